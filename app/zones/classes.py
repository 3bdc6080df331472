"""Classes given to whole communes: one small table of distinct entries, one number per commune."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.places import ARRONDISSEMENT_CITIES, city_of_arrondissement
from app.zones.communes import shared_texts
from app.zones.models import Reason, State
from app.zones.vintages import Validity, Vintage

if TYPE_CHECKING:
    import pyarrow as pa

    from app.zones.communes import CommuneTable


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """What one list says of one commune. `codes` has several codes only when parts of the place differ."""

    state: State
    code: str | None = None
    reason: Reason | None = None
    generation: str | None = None
    coverage: str | None = None
    sub: str | None = None
    boosted: bool = False
    valid_from: date | None = None
    published_on: date | None = None
    codes: tuple[str, ...] = ()

    def validity(self, vintage: Vintage) -> Validity:
        return Validity(
            self.valid_from or vintage.valid_from, vintage.valid_to, self.published_on or vintage.published_on
        )


@dataclass(frozen=True, slots=True)
class ClassVintage:
    """One vintage of a commune zoning: `entry_of_code` gives the entry's number for each INSEE code the list names."""

    vintage: Vintage
    entries: tuple[ClassEntry, ...]
    entry_of_code: dict[str, int]

    def entry(self, code: str, communes: CommuneTable) -> ClassEntry | None:
        """The list's word on a code: in the list's own COG first, then as the commune of today.

        An arrondissement the list does not name takes its city's class; a whole city named only by arrondissement
        has no single class unless they all agree (zones.md § 6.3).
        """
        number = self.entry_of_code.get(code)
        if number is not None:
            entry = self.entries[number]
            return entry if entry.reason is not Reason.WHOLE_CITY_CODE else self._whole_city(code) or entry
        city = city_of_arrondissement(code)
        if city is not None and city in self.entry_of_code:
            return self.entries[self.entry_of_code[city]]
        if code in ARRONDISSEMENT_CITIES:
            return self._whole_city(code)
        for former in communes.former.get(code, ()):
            if code not in communes.row_of and former.commune != code:
                return self.entry(former.commune, communes)
        return None

    def alike(self, communes: CommuneTable) -> list[int | ClassEntry | None]:
        """Per commune of today, equal for two only if `entry` is: the entry's number where the list gives it one."""
        found: list[int | ClassEntry | None] = list(map(self.entry_of_code.get, communes.codes))
        special = {None, *(n for n, entry in enumerate(self.entries) if entry.reason is Reason.WHOLE_CITY_CODE)}
        for row, number in enumerate(found):
            if number in special:
                found[row] = self.entry(communes.codes[row], communes)
        return found

    def _whole_city(self, city: str) -> ClassEntry | None:
        parts = [
            self.entries[self.entry_of_code[str(code)]]
            for code in ARRONDISSEMENT_CITIES[city]
            if str(code) in self.entry_of_code
        ]
        if not parts:
            return None
        if len(set(parts)) == 1 and len(parts) == len(ARRONDISSEMENT_CITIES[city]):
            return parts[0]
        codes = tuple(sorted({part.code for part in parts if part.code is not None}))
        return replace(
            parts[0],
            state=State.UNKNOWN,
            code=None,
            reason=Reason.WHOLE_CITY_CODE,
            codes=codes,
            sub=None,
            boosted=False,
        )


@dataclass(frozen=True, slots=True)
class CommuneGroups:
    """Communes of which every vintage of a zoning says the same: `group_of_row` int32, and one INSEE code per group."""

    group_of_row: NDArray[np.int32]
    codes: tuple[str, ...]


def group_communes(vintages: list[ClassVintage], communes: CommuneTable) -> CommuneGroups:
    """Group today's communes so that a date is decided once per group instead of once per commune."""
    groups: dict[tuple[object, ...], int] = {}
    codes: list[str] = []
    numbers = np.empty(len(communes), np.int32)
    listed = [vintage.alike(communes) for vintage in vintages]
    in_none = (None,) * len(vintages)
    entries_of_row = zip(*listed, strict=True) if vintages else (() for _ in communes.codes)
    for row, (code, entries) in enumerate(zip(communes.codes, entries_of_row, strict=True)):
        key = (communes.department_of(row),) if entries == in_none else entries
        if key not in groups:
            groups[key] = len(groups)
            codes.append(code)
        numbers[row] = groups[key]
    return CommuneGroups(numbers, tuple(codes))


_COLUMNS = ("code", "state", "reason", "generation", "coverage", "sub", "boosted", "valid_from", "published_on")


def read_class_vintages(table: pa.Table, vintages: dict[tuple[str, str], Vintage]) -> dict[str, list[ClassVintage]]:
    """Group `classes.parquet` by zoning and vintage, with the distinct entries shared by all communes."""
    encoded = [table[name].combine_chunks().dictionary_encode(null_encoding="encode") for name in _COLUMNS]
    zoning, vintage = (table[name].combine_chunks().dictionary_encode() for name in ("zoning", "vintage"))
    numbers = [
        np.from_dlpack(column.indices).astype(np.int64) for column in (zoning, vintage, *encoded)
    ]  # without pandas
    sizes = [max(len(column.dictionary), 1) for column in (zoning, vintage, *encoded)]
    key: NDArray[np.int64] = reduce(
        lambda total, pair: total * pair[1] + pair[0],
        zip(numbers[1:], sizes[1:], strict=True),
        numbers[0],
    )
    distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    values = [column.dictionary.to_pylist() for column in (zoning, vintage, *encoded)]
    codes = shared_texts(table["insee_code"])

    groups: dict[tuple[str, str], tuple[list[ClassEntry], dict[str, int]]] = {}
    number_in_group: list[tuple[dict[str, int], int]] = []
    for row in first[: len(distinct)]:
        zoning_key, vintage_id, *rest = (value[number[row]] for value, number in zip(values, numbers, strict=True))
        entries, entry_of_code = groups.setdefault((zoning_key, vintage_id), ([], {}))
        number_in_group.append((entry_of_code, len(entries)))
        entries.append(_entry(dict(zip(_COLUMNS, rest, strict=True))))
    for code, number in zip(codes, inverse.tolist(), strict=True):
        entry_of_code, position = number_in_group[number]
        entry_of_code[code] = position

    result: dict[str, list[ClassVintage]] = {}
    for (zoning_key, vintage_id), (entries, entry_of_code) in groups.items():
        result.setdefault(zoning_key, []).append(
            ClassVintage(vintages[zoning_key, vintage_id], tuple(entries), entry_of_code)
        )
    return result


def _entry(row: dict[str, object]) -> ClassEntry:
    reason, boosted = row["reason"], row["boosted"]
    code = row["code"]
    return ClassEntry(
        state=State(str(row["state"])),
        code=code if isinstance(code, str) else None,
        reason=Reason(reason) if isinstance(reason, str) else None,
        boosted=bool(boosted),
        codes=(code,) if isinstance(code, str) else (),
        **{name: row[name] for name in ("generation", "coverage", "sub", "valid_from", "published_on")},  # type: ignore[arg-type]
    )
