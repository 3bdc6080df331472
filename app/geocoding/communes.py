"""Communes by postcode, by name, by former name, by misspelt name: the head of a gazetteer, loaded when it is opened."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from app.geocoding.geocoder import Extent
from app.geocoding.normalise import compact, without_article

Box = tuple[float, float, float, float]


class HeadColumns(TypedDict):
    """The head of a gazetteer: one value per commune, then one per alias, then look-up tables."""

    insee: list[str]
    name: list[str]
    kind: list[str]
    department: list[str]
    population: list[int]
    postcodes: list[
        str
    ]  # joined by spaces, and boxes laid flat: few objects, so that the collector never pauses over them
    lon: list[float]
    lat: list[float]
    radius_m: list[float]
    box: list[float]
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


MIN_FUZZY_LENGTH = 4
"""Shorter names are not looked up with a fault: one letter of four changed makes too many other communes."""


@dataclass(frozen=True, slots=True)
class Commune:
    """One commune or municipal arrondissement of today. `lon, lat` is its town hall or an inner point (WGS 84 degrees)."""

    index: int
    insee_code: str
    name: str
    kind: str
    department: str
    population: int
    postcodes: tuple[str, ...]
    lon: float
    lat: float
    radius_m: float
    extent: Extent | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """One name of a commune: of today (`old` empty), or of a former commune with its code."""

    commune: int
    words: str
    name: str
    old: str


@dataclass(frozen=True, slots=True)
class PostcodeNames:
    """What a postcode serves: compact names with their aliases (in parallel, and by name), communes, département."""

    names: tuple[str, ...]
    aliases: tuple[int, ...]
    by_name: Mapping[str, Sequence[int]]
    communes: frozenset[int]
    department: str


class CommuneTable:
    """All communes and their names. Columns, not objects: opened in some 50 ms, 40 MB."""

    def __init__(self, head: HeadColumns, deletes: bytes) -> None:
        self._head = head
        self._keys: dict[str, int | list[int]] = head["keys"]
        self._key_list = list(self._keys)
        self._by_postcode: dict[str, list[int]] = head["by_postcode"]
        self.departments: dict[str, str] = head["departments"]
        self.department_codes = frozenset(self.departments.values())
        self._insee: list[str] = head["insee"]
        self._by_insee = {code: index for index, code in enumerate(self._insee)}
        self.arrondissements: dict[str, list[int]] = {}
        for index, parent in enumerate(head["parent"]):
            if parent is not None:
                self.arrondissements.setdefault(parent, []).append(index)
        self._former: dict[str, int] = head["former"]
        half = len(deletes) // 2
        self._delete_hash: NDArray[np.uint32] = np.frombuffer(deletes[:half], dtype=np.uint32)
        self._delete_key: NDArray[np.uint32] = np.frombuffer(deletes[half:], dtype=np.uint32)
        owners = np.array(head["alias_commune"], dtype=np.uint32)
        order = np.argsort(owners, kind="stable").astype(np.uint32)
        self._alias_order = array("I", order.tobytes())
        self._alias_owner = array("I", owners[order].tobytes())
        self.contexts = head["contexts"]
        self._old_names: dict[str, str] | None = None
        self._sorted_keys: list[str] | None = None
        self.commune = lru_cache(4096)(self._commune)
        self.alias = lru_cache(8192)(self._alias)
        self.postcode_names = lru_cache(2048)(self._postcode_names)

    def __len__(self) -> int:
        return len(self._insee)

    def _commune(self, index: int) -> Commune:
        head = self._head
        west, south, east, north = head["box"][4 * index : 4 * index + 4]
        return Commune(
            index=index, insee_code=self._insee[index], name=head["name"][index], kind=head["kind"][index],
            department=head["department"][index], population=head["population"][index],
            postcodes=tuple(head["postcodes"][index].split()), lon=head["lon"][index], lat=head["lat"][index],
            radius_m=head["radius_m"][index], extent=Extent(west, south, east, north) if west < east else None,
            parent=head["parent"][index],
        )  # fmt: skip

    def _alias(self, entry: int) -> Alias:
        head = self._head
        return Alias(
            head["alias_commune"][entry],
            head["alias_words"][entry],
            head["alias_name"][entry],
            head["alias_old"][entry],
        )

    def index_of(self, insee_code: str) -> int | None:
        """The commune of a code of today, or the one that took over a former code."""
        index = self._by_insee.get(insee_code)
        return index if index is not None else self._former.get(insee_code)

    def knows_postcode(self, postcode: str) -> bool:
        return postcode in self._by_postcode

    def in_postcode(self, postcode: str) -> Sequence[int]:
        """Communes served by a postcode; none when it is unknown (CEDEX, abroad)."""
        return self._by_postcode.get(postcode, ())

    def named(self, key: str) -> Sequence[int]:
        """Aliases that bear this name exactly (compact key)."""
        found = self._keys.get(key)
        return () if found is None else (found,) if isinstance(found, int) else found

    def nearly_named(self, *keys: str) -> list[int]:
        """Aliases at one typing fault from a name (one letter dropped, added, swapped or changed), given in one or two ways."""
        if len(keys[0]) < MIN_FUZZY_LENGTH:
            return []
        all_variants = {variant for key in keys for variant in variants(key)}
        hashes = np.fromiter((zlib.crc32(variant) for variant in all_variants), dtype=np.uint32)
        first = np.searchsorted(self._delete_hash, hashes, "left")
        last = np.searchsorted(self._delete_hash, hashes, "right")
        hits = {int(self._delete_key[at]) for low, high in zip(first, last, strict=True) for at in range(low, high)}
        found: list[int] = []
        for hit in hits:
            name = self._key_list[hit]
            if any(OSA.distance(key, name, score_cutoff=2) <= 2 for key in keys):
                found.extend(self.named(name))
        return found

    def department_of(self, index: int) -> str:
        return self._head["department"][index]

    def _postcode_names(self, postcode: str) -> PostcodeNames:
        """Names of every commune of a postcode, former names included."""
        names: list[str] = []
        entries: list[int] = []
        for index in self.in_postcode(postcode):
            for entry in self.aliases_of(index):
                words = self._head["alias_words"][entry]
                for form in dict.fromkeys((words, without_article(words))):
                    names.append(compact(form))
                    entries.append(entry)
        by_name: dict[str, list[int]] = {}
        for name, entry in zip(names, entries, strict=True):
            by_name.setdefault(name, []).append(entry)
        members = frozenset(self.in_postcode(postcode))
        return PostcodeNames(tuple(names), tuple(entries), by_name, members, self.department_of(next(iter(members))))

    def old_names(self) -> Mapping[str, str]:
        """Names of former communes by their code."""
        if self._old_names is None:
            pairs = zip(self._head["alias_old"], self._head["alias_name"], strict=True)
            self._old_names = {old: name for old, name in pairs if old}
        return self._old_names

    def districts(self) -> Mapping[str, str]:
        """Names of municipal arrondissements by their code."""
        return {
            self._insee[index]: self._head["name"][index] for each in self.arrondissements.values() for index in each
        }

    def starting_with(self, key: str, limit: int) -> list[int]:
        """Aliases whose compact name starts so, at most `limit` names looked at."""
        if self._sorted_keys is None:
            self._sorted_keys = sorted(self._keys)
        start = bisect_left(self._sorted_keys, key)
        found: list[int] = []
        for name in self._sorted_keys[start : start + limit]:
            if not name.startswith(key):
                break
            found.extend(self.named(name))
        return found

    def postcodes_starting_with(self, digits: str) -> list[str]:
        """Postcodes that start with these digits."""
        return [postcode for postcode in self._by_postcode if postcode.startswith(digits)]

    def aliases_of(self, index: int) -> list[int]:
        """Aliases of one commune."""
        start = bisect_left(self._alias_owner, index)
        return self._alias_order[start : bisect_left(self._alias_owner, index + 1, start)].tolist()


def variants(key: str) -> Iterable[bytes]:
    """A name and all it becomes with one letter less: two names share one when a single fault separates them."""
    raw = key.encode()
    yield raw
    for at in range(len(raw)):
        if at == 0 or raw[at] != raw[at - 1]:
            yield raw[:at] + raw[at + 1 :]


def pack_deletes(keys: Sequence[str]) -> bytes:
    """The table behind `nearly_named`: hashes of the variants of every name, sorted, then the names they come from."""
    hashes: list[int] = []
    owners: list[int] = []
    for owner, key in enumerate(keys):
        if len(key) >= MIN_FUZZY_LENGTH - 1:
            for variant in variants(key):
                hashes.append(zlib.crc32(variant))
                owners.append(owner)
    table = np.array(hashes, dtype=np.uint32)
    order = np.argsort(table, kind="stable")
    return table[order].tobytes() + np.array(owners, dtype=np.uint32)[order].tobytes()


def unpack_head(packed: bytes) -> HeadColumns:
    """The columns of a head as `pack_head` wrote them."""
    return cast(HeadColumns, orjson.loads(zlib.decompress(packed)))


def pack_head(head: HeadColumns) -> bytes:
    """Compress the columns of a head."""
    return zlib.compress(orjson.dumps(head), 6)
