"""The head of a gazetteer as flat columns: a few megabytes that are read as they lie, no object per commune or name.

A packed head is a JSON directory of columns, then the columns. Texts are UTF-8 laid end to end with the offset of each.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict, cast, overload

import orjson

INSEE_NUMBERS = 100_000
"""INSEE codes and postcodes have five digits once Corsica's letters are read as the unused départements 20 and 96."""
_CORSICA = {"2A": "20", "2B": "96"}
_ALIGNED = 8


class HeadColumns(TypedDict):
    """What a head is made from: one value per commune, then one per alias, then look-up tables."""

    insee: list[str]
    name: list[str]
    kind: list[str]
    department: list[str]
    population: list[int]
    postcodes: list[str]  # joined by spaces
    lon: list[float]
    lat: list[float]
    radius_m: list[float]
    box: list[float]  # west, south, east, north of each commune, laid flat; zeros when unknown
    parent: list[str | None]
    alias_commune: list[int]
    alias_words: list[str]
    alias_name: list[str]
    alias_old: list[str]
    keys: dict[str, int | list[int]]
    former: dict[str, int]
    departments: dict[str, str]
    contexts: dict[str, str]
    by_postcode: dict[str, list[int]]


_TextColumn = Literal["insee", "name", "kind", "department", "postcodes", "alias_words", "alias_name", "alias_old"]


class Texts(Sequence[str]):
    """Many texts in two buffers; each is decoded when it is asked for."""

    __slots__ = ("_bytes", "_offsets")

    def __init__(self, offsets: memoryview[int], content: memoryview[int]) -> None:
        self._offsets = offsets
        self._bytes = content

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        return str(self._bytes[self._offsets[at] : self._offsets[at + 1]], "utf-8")


class Index:
    """Positions of sorted distinct texts, by hash: a table of slots, empty ones 0, else the position plus one."""

    __slots__ = ("_mask", "_slots", "_texts")

    def __init__(self, slots: memoryview[int], texts: Texts) -> None:
        self._slots = slots
        self._mask = len(slots) - 1
        self._texts = texts

    def find(self, text: str) -> int | None:
        """Where a text stands, None when it is not there."""
        slots, mask = self._slots, self._mask
        at = zlib.crc32(text.encode()) & mask
        while found := slots[at]:
            if self._texts[found - 1] == text:
                return found - 1
            at = (at + 1) & mask
        return None


@dataclass(frozen=True, slots=True)
class Lists:
    """Many short lists of numbers in two buffers."""

    offsets: memoryview[int]
    values: memoryview[int]

    def __getitem__(self, at: int) -> memoryview[int]:
        return self.values[self.offsets[at] : self.offsets[at + 1]]


class Head:
    """The columns of a packed head, by name."""

    def __init__(self, packed: bytes) -> None:
        """Raises ValueError when it is damaged."""
        size = int.from_bytes(packed[:4], "little")
        directory: dict[str, tuple[str, int, int]] = orjson.loads(packed[4 : 4 + size])
        start = _round_up(4 + size)
        body = memoryview(packed)[start:]
        self._columns = {
            name: cast("memoryview[int]", memoryview.cast(body[at : at + length], kind))  # type: ignore[call-overload]
            for name, (kind, at, length) in directory.items()
        }

    def numbers(self, name: str) -> memoryview[int]:
        return self._columns[name]

    def measures(self, name: str) -> memoryview[float]:
        """Degrees or metres."""
        return cast("memoryview[float]", self._columns[name])

    def texts(self, name: str) -> Texts:
        return Texts(self._columns[f"{name}_at"], self._columns[name])

    def lists(self, name: str) -> Lists:
        return Lists(self._columns[f"{name}_at"], self._columns[name])

    def index(self, name: str) -> Index:
        return Index(self._columns[f"{name}_slots"], self.texts(name))

    def document(self, name: str) -> dict[str, str]:
        found: dict[str, str] = orjson.loads(bytes(self._columns[name]))
        return found


def code_number(code: str) -> int | None:
    """A five-character INSEE code or postcode as a number below 100,000; None when it is no such code."""
    if len(code) != 5:
        return None
    digits = _CORSICA.get(code[:2], code[:2]) + code[2:]
    return int(digits) if digits.isascii() and digits.isdigit() else None


def pack_head(columns: HeadColumns) -> bytes:
    """Lay the columns of a head end to end."""
    packed = _Packer()
    texts: tuple[_TextColumn, ...] = (
        "insee", "name", "kind", "department", "postcodes", "alias_words", "alias_name", "alias_old",
    )  # fmt: skip
    for text in texts:
        packed.texts(text, columns[text])
    packed.texts("parent", [parent or "" for parent in columns["parent"]])
    packed.numbers("population", "I", columns["population"])
    packed.numbers("radius_m", "f", columns["radius_m"])
    packed.numbers("lon", "d", columns["lon"])
    packed.numbers("lat", "d", columns["lat"])
    packed.numbers("box", "d", columns["box"])
    packed.numbers("alias_commune", "I", columns["alias_commune"])
    keys = sorted(columns["keys"])
    packed.texts("keys", keys)
    packed.numbers("keys_slots", "I", _slots(keys))
    entries = (columns["keys"][key] for key in keys)
    packed.lists("key_entries", [[entry] if isinstance(entry, int) else entry for entry in entries])
    postcodes = sorted(code for code in columns["by_postcode"] if code_number(code) is not None)
    packed.texts("served", postcodes)
    packed.lists("served_communes", [columns["by_postcode"][code] for code in postcodes])
    packed.numbers("postcode_number", "H", _by_number({code: at for at, code in enumerate(postcodes)}))
    today = {code: index for index, code in enumerate(columns["insee"])}
    packed.numbers("insee_number", "H", _by_number({**columns["former"], **today}))
    packed.add("departments", "B", orjson.dumps(columns["departments"]))
    packed.add("contexts", "B", orjson.dumps(columns["contexts"]))
    return packed.done()


class _Packer:
    def __init__(self) -> None:
        self._directory: dict[str, tuple[str, int, int]] = {}
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, name: str, kind: str, content: bytes) -> None:
        self._directory[name] = (kind, self._size, len(content))
        padding = -len(content) % _ALIGNED
        self._parts.append(content + b"\0" * padding)
        self._size += len(content) + padding

    def numbers(self, name: str, kind: str, values: Iterable[float]) -> None:
        column = array(kind, values)
        if sys.byteorder != "little":
            column.byteswap()
        self.add(name, kind, column.tobytes())

    def texts(self, name: str, values: Sequence[str]) -> None:
        encoded = [value.encode() for value in values]
        self.numbers(f"{name}_at", "I", _offsets(encoded))
        self.add(name, "B", b"".join(encoded))

    def lists(self, name: str, values: Sequence[Sequence[int]]) -> None:
        self.numbers(f"{name}_at", "I", _offsets(values))
        self.numbers(name, "I", (number for value in values for number in value))

    def done(self) -> bytes:
        directory = orjson.dumps(self._directory)
        start = len(directory).to_bytes(4, "little") + directory
        return start.ljust(_round_up(len(start)), b"\0") + b"".join(self._parts)


def _round_up(size: int) -> int:
    return size + -size % _ALIGNED


def _offsets(values: Sequence[Sequence[int]] | Sequence[bytes]) -> list[int]:
    offsets = [0]
    for value in values:
        offsets.append(offsets[-1] + len(value))
    return offsets


def _slots(texts: Sequence[str]) -> array[int]:
    size = 1 << max(4, (3 * len(texts)).bit_length())
    slots = array("I", bytes(4 * size))
    for position, text in enumerate(texts, start=1):
        at = zlib.crc32(text.encode()) & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at] = position
    return slots


def _by_number(positions: dict[str, int]) -> array[int]:
    """A table of 100,000: the position of a code plus one, 0 for none."""
    table = array("H", bytes(2 * INSEE_NUMBERS))
    for code, position in positions.items():
        number = code_number(code)
        if number is not None:
            table[number] = position + 1
    return table
