"""Streets of one commune in a compact block: names, keys, points, extents, and where their numbers are.

A block is zlib-compressed columns. Coordinates are WGS 84 degrees times 100,000 (about 1 m), as integers.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import KeysView, Sequence
from dataclasses import dataclass, field

from app.geocoding.normalise import expand_street, fold_lines, split_type
from app.geocoding.number_block import NUMBERS_PER_BLOCK, StreetNumber, distinct_numbers, pack_numbers

DEGREE = 100_000
KIND_STREET, KIND_LOCALITY, KIND_TOWNHALL = 0, 1, 2
_HEAD = struct.Struct("<IIII")
_COLUMNS = (
    ("kind", "B"), ("old", "B"), ("postcode", "B"), ("lon", "i"), ("lat", "i"),
    ("west", "i"), ("south", "i"), ("east", "i"), ("north", "i"), ("count", "I"), ("block", "H"), ("offset", "H"),
)  # fmt: skip


_READERS = tuple(
    (struct.Struct(f"<{kind}"), sum(struct.calcsize(f"<{before}") for _, before in _COLUMNS[:at]))
    for at, (_, kind) in enumerate(_COLUMNS)
)
"""For each column, its reader and the bytes a street takes in the columns before it."""
_BOX = tuple(at for at, (name, _) in enumerate(_COLUMNS) if name in ("west", "south", "east", "north"))


@dataclass(slots=True)
class StreetRecord:
    """A street while it is being built."""

    name: str
    key: str
    kind: int
    old: str
    postcode: str
    lon: int
    lat: int
    numbers: list[StreetNumber] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Street:
    """One street as stored. Coordinates are integers; the box holds all its numbers; `old` is a former commune's code."""

    index: int
    name: str
    key: str
    kind: int
    old: str
    postcode: str
    lon: int
    lat: int
    west: int
    south: int
    east: int
    north: int
    count: int
    block: int
    offset: int


def pack_commune(streets: Sequence[StreetRecord]) -> tuple[bytes, list[bytes]]:
    """The block of a commune's streets, and its number blocks."""
    olds = sorted({street.old for street in streets})
    postcodes = sorted({street.postcode for street in streets})
    olds, postcodes = olds[:255], postcodes[:255]
    old_at = {code: index for index, code in enumerate(olds)}
    postcode_at = {code: index for index, code in enumerate(postcodes)}
    columns: dict[str, list[int]] = {name: [] for name, _ in _COLUMNS}
    blocks: list[bytes] = []
    pending: list[StreetNumber] = []
    for street in streets:
        numbers = distinct_numbers(street.numbers)
        if pending and len(pending) + len(numbers) > NUMBERS_PER_BLOCK:
            blocks.append(pack_numbers(pending))
            pending = []
        if numbers:
            lons, lats = [n[2] for n in numbers], [n[3] for n in numbers]
            box = (min(lons), min(lats), max(lons), max(lats))
        else:
            box = (street.lon, street.lat, street.lon, street.lat)
        row = (street.kind, old_at.get(street.old, 0), postcode_at.get(street.postcode, 0), street.lon, street.lat,
               *box, len(numbers), len(blocks), len(pending))  # fmt: skip
        for (name, _), value in zip(_COLUMNS, row, strict=True):
            columns[name].append(value)
        pending.extend(numbers)
    if pending:
        blocks.append(pack_numbers(pending))
    names = "\n".join(street.name for street in streets).encode()
    keys = "\n".join(street.key for street in streets).encode()
    codes = (",".join(olds) + ";" + ",".join(postcodes)).encode()
    body = b"".join(array(kind, columns[name]).tobytes() for name, kind in _COLUMNS)
    head = _HEAD.pack(len(streets), len(names), len(keys), len(codes))
    return zlib.compress(head + names + keys + codes + body, 6), blocks


class KeyTable:
    """Street indexes by text. One street, the usual case, is a bare number: nothing for the garbage collector to walk."""

    __slots__ = ("_table",)

    def __init__(self, keys: Sequence[str]) -> None:
        self._table: dict[str, int | list[int]] = {}
        for index, key in enumerate(keys):
            known = self._table.setdefault(key, index)
            if isinstance(known, list):
                known.append(index)
            elif known != index:
                self._table[key] = [known, index]

    def streets(self, key: str) -> tuple[int, ...]:
        """Streets under this text; none when there is none."""
        found = self._table.get(key)
        return () if found is None else (found,) if isinstance(found, int) else tuple(found)

    def texts(self) -> KeysView[str]:
        return self._table.keys()


class CommuneStreets:
    """The streets of one commune, decoded. Look-up tables are built when first asked and kept with it."""

    __slots__ = (
        "_body",
        "_by_key",
        "_by_name",
        "_first_block",
        "_full_names",
        "complete",
        "keys",
        "names",
        "olds",
        "postcodes",
    )

    def __init__(self, packed: bytes, first_block: int) -> None:
        raw = zlib.decompress(packed)
        count, names, keys, codes = _HEAD.unpack_from(raw)
        at = _HEAD.size
        self.names = raw[at : at + names].decode().split("\n") if count else []
        at += names
        self.keys = raw[at : at + keys].decode().split("\n") if count else []
        at += keys
        olds, _, postcodes = raw[at : at + codes].decode().partition(";")
        self.olds, self.postcodes = olds.split(","), postcodes.split(",")
        at += codes
        self._body = raw[at:]
        self._first_block = first_block
        self.complete = self._body[:count].count(KIND_TOWNHALL) < count  # the first column is the kind, one byte each
        self._by_key: KeyTable | None = None
        self._by_name: KeyTable | None = None
        self._full_names: list[str] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def by_key(self) -> KeyTable:
        """Streets by whole key."""
        if self._by_key is None:
            self._by_key = KeyTable(self.keys)
        return self._by_key

    @property
    def by_name(self) -> KeyTable:
        """Streets by key without its way type."""
        if self._by_name is None:
            self._by_name = KeyTable([split_type(key)[1] for key in self.keys])
        return self._by_name

    @property
    def full_names(self) -> list[str]:
        """Every name folded, abbreviations expanded, articles kept, spaces left out; for faults around articles."""
        if self._full_names is None:
            self._full_names = ["".join(expand_street(words.split())) for words in fold_lines(self.names)]
        return self._full_names

    def street(self, index: int) -> Street:
        """One street, all its columns."""
        count = len(self.keys)
        kind, old, postcode, lon, lat, west, south, east, north, numbers, block, offset = (
            reader.unpack_from(self._body, start * count + index * reader.size)[0] for reader, start in _READERS
        )
        return Street(
            index, self.names[index], self.keys[index], kind, self.olds[old], self.postcodes[postcode], lon, lat,
            west, south, east, north, numbers, self._first_block + block, offset,
        )  # fmt: skip

    def _column(self, at: int) -> array[int]:
        reader, start = _READERS[at]
        count = len(self.keys)
        return array(_COLUMNS[at][1], self._body[start * count : (start + reader.size) * count])

    def near(self, lon: int, lat: int, reach_lon: int, reach_lat: int) -> list[int]:
        """Streets whose box, widened by the reach, holds the point (integer coordinates)."""
        boxes = zip(*(self._column(at) for at in _BOX), strict=True)
        return [
            index
            for index, (west, south, east, north) in enumerate(boxes)
            if west - reach_lon <= lon <= east + reach_lon and south - reach_lat <= lat <= north + reach_lat
        ]
