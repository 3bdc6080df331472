"""Communes by postcode, by name, by former name, by misspelt name: the head of a gazetteer, loaded when it is opened."""

from __future__ import annotations

import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from app.geocoding.geocoder import Extent
from app.geocoding.head import Head, code_number
from app.geocoding.normalise import compact, digits, without_article

Box = tuple[float, float, float, float]

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


class Alias(NamedTuple):
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
    """All communes and their names: columns read where they lie (9 MB), objects made when they are asked for."""

    def __init__(self, packed: bytes, deletes: bytes) -> None:
        head = Head(packed)
        self._insee, self._name, self._kind = head.texts("insee"), head.texts("name"), head.texts("kind")
        self._department = [sys.intern(code) for code in head.texts("department")]
        self._postcodes, self._parent = head.texts("postcodes"), head.texts("parent")
        self._population, self._radius_m = head.numbers("population"), head.measures("radius_m")
        self._lon, self._lat, self._box = head.measures("lon"), head.measures("lat"), head.measures("box")
        self._insee_at, self._postcode_at = head.numbers("insee_number"), head.numbers("postcode_number")
        self._alias_commune = head.numbers("alias_commune")
        self._alias_words, self._alias_name = head.texts("alias_words"), head.texts("alias_name")
        self._alias_old = head.texts("alias_old")
        self._key_list, self._keys, self._entries = head.texts("keys"), head.index("keys"), head.lists("key_entries")
        self._served, self._served_communes = head.texts("served"), head.lists("served_communes")
        self.departments, self.contexts = head.document("departments"), head.document("contexts")
        self.department_codes = frozenset(self.departments.values())
        self.arrondissements: dict[str, list[int]] = {}
        for index, parent in enumerate(self._parent):
            if parent:
                self.arrondissements.setdefault(parent, []).append(index)
        half = len(deletes) // 2
        self._delete_hash: NDArray[np.uint32] = np.frombuffer(deletes, np.uint32, half // 4)
        self._delete_key: NDArray[np.uint32] = np.frombuffer(deletes, np.uint32, half // 4, half)
        owners = np.frombuffer(self._alias_commune, dtype=np.uint32)
        order = np.argsort(owners, kind="stable").astype(np.uint32)
        self._alias_order = array("I", order.tobytes())
        self._alias_owner = array("I", owners[order].tobytes())
        self._old_names: dict[str, str] | None = None
        self.commune = lru_cache(2048)(self._commune)
        self.alias = lru_cache(4096)(self._alias)
        self.postcode_names = lru_cache(2048)(self._postcode_names)

    def __len__(self) -> int:
        return len(self._insee)

    def _commune(self, index: int) -> Commune:
        west, south, east, north = self._box[4 * index : 4 * index + 4]
        return Commune(
            index=index, insee_code=self._insee[index], name=self._name[index], kind=self._kind[index],
            department=self._department[index], population=self._population[index],
            postcodes=tuple(self._postcodes[index].split()), lon=self._lon[index], lat=self._lat[index],
            radius_m=self._radius_m[index], extent=Extent(west, south, east, north) if west < east else None,
            parent=self._parent[index] or None,
        )  # fmt: skip

    def _alias(self, entry: int) -> Alias:
        return Alias(
            self._alias_commune[entry], self._alias_words[entry], self._alias_name[entry], self._alias_old[entry]
        )

    def index_of(self, insee_code: str) -> int | None:
        """The commune of a code of today, or the one that took over a former code."""
        number = code_number(insee_code)
        found = 0 if number is None else self._insee_at[number]
        return found - 1 if found else None

    def knows_postcode(self, postcode: str) -> bool:
        number = code_number(postcode) if postcode.isdigit() else None
        return number is not None and self._postcode_at[number] > 0

    def in_postcode(self, postcode: str) -> Sequence[int]:
        """Communes served by a postcode; none when it is unknown (CEDEX, abroad)."""
        number = code_number(postcode) if postcode.isdigit() else None
        found = 0 if number is None else self._postcode_at[number]
        return self._served_communes[found - 1] if found else ()

    def named(self, key: str) -> Sequence[int]:
        """Aliases that bear this name exactly (compact key)."""
        found = self._keys.find(key)
        return () if found is None else self._entries[found]

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
            if any(OSA.distance(key, name, score_cutoff=2) <= 2 and digits(key) == digits(name) for key in keys):
                found.extend(self.named(name))
        return found

    def department_of(self, index: int) -> str:
        return self._department[index]

    def _postcode_names(self, postcode: str) -> PostcodeNames:
        """Names of every commune of a postcode, former names included."""
        names: list[str] = []
        entries: list[int] = []
        for index in self.in_postcode(postcode):
            for entry in self.aliases_of(index):
                words = self._alias_words[entry]
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
            pairs = zip(self._alias_old, self._alias_name, strict=True)
            self._old_names = {old: name for old, name in pairs if old}
        return self._old_names

    def arrondissements_of(self, index: int) -> Sequence[int]:
        """Arrondissements of Paris, Lyon or Marseille; none for another commune."""
        return self.arrondissements.get(self._insee[index], ())

    def districts(self) -> Mapping[str, str]:
        """Names of municipal arrondissements by their code."""
        return {self._insee[index]: self._name[index] for each in self.arrondissements.values() for index in each}

    def starting_with(self, key: str, limit: int) -> list[int]:
        """Aliases whose compact name starts so, at most `limit` names looked at."""
        start = bisect_left(self._key_list, key)
        found: list[int] = []
        for at in range(start, min(start + limit, len(self._key_list))):
            if not self._key_list[at].startswith(key):
                break
            found.extend(self._entries[at])
        return found

    def postcodes_starting_with(self, digits: str) -> list[str]:
        """Postcodes that start with these digits."""
        start = bisect_left(self._served, digits)
        return self._served[start : bisect_left(self._served, digits + "~", start)]

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
    """The table behind `nearly_named`: sorted hashes of the variants of every name, then the names they come from."""
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
