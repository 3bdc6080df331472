"""From a list of communes frozen on its own COG to one row per code, old and new, with doubt where parts differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.errors import DataError
from app.ingest.reference import Reference
from app.ingest.spellings import NO_VALUE, Reading
from app.ingest.tables import ClassRow
from app.zones.models import Generation, Reason, State


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of one code. `is_blank`: the cell is empty, as where two lists of different COG were joined."""

    insee_code: str
    reading: Reading
    where: str
    is_blank: bool = False
    valid_from: date | None = None
    generation: Generation | None = None


def _one_per_code(listed: Iterable[Listed]) -> dict[str, Listed]:
    by_code: dict[str, Listed] = {}
    for entry in listed:
        known = by_code.setdefault(entry.insee_code, entry)
        if known is not entry and known.reading != entry.reading:
            raise DataError(f"{entry.where}: {entry.insee_code} is listed twice, with two classes.")
    return by_code


def _parts(commune: str, by_code: dict[str, Listed], reference: Reference) -> Sequence[Listed]:
    """What the list says of the communes, as they were in its COG, that make up a commune of today."""
    codes = [commune, *reference.old_codes.get(commune, ())]
    parts = [by_code[code] for code in codes if code in by_code]
    told = [part for part in parts if not part.is_blank]
    whole = by_code.get(reference.restored_from.get(commune, ""))
    if not told and whole is not None:
        return [whole]
    return told or parts


def _row(insee_code: str, parts: Sequence[Listed], start: Callable[[str], date | None]) -> ClassRow:
    starts = [part.valid_from for part in parts if part.valid_from is not None]
    valid_from = max(starts) if starts else start(insee_code)
    reading = parts[0].reading
    if any(part.reading != reading for part in parts):
        return ClassRow(
            insee_code, State.UNKNOWN, reason=Reason.PARTS_DIFFER, coverage="partial", valid_from=valid_from
        )
    generations = {part.generation for part in parts}
    return ClassRow(
        insee_code,
        reading.state,
        reading.code,
        reading.reason,
        generation=generations.pop() if len(generations) == 1 else None,
        coverage=reading.coverage,
        sub=reading.sub,
        valid_from=valid_from,
    )


def class_rows(
    listed: Iterable[Listed], reference: Reference, start: Callable[[str], date | None] = lambda insee_code: None
) -> list[ClassRow]:
    """One row for each commune and arrondissement of today that the list tells of, and one for each old code in it.

    The old codes of a commune are looked up in the list's own COG: when they agree the commune has their class; when
    they differ it is unknown, `parts_differ`, while each old code keeps its own. `start` gives the first day of
    validity of a code whose entry has no date of its own.

    Raises:
        DataError: a code is listed twice with two classes, or is no commune of today or before.
    """
    by_code = _one_per_code(listed)
    if stray := sorted(code for code in by_code if not reference.is_known(code)):
        first = by_code[stray[0]]
        raise DataError(
            f"{first.where}: {len(stray)} codes are no commune of today or before, {stray[0]} first. "
            "Put the COG beside it, which knows the communes merged since: zonage data fetch cog-2026."
        )
    rows = []
    for commune in reference.by_code:
        if parts := _parts(commune, by_code, reference):
            rows.append(_row(commune, parts, start))
    rows.extend(
        _row(code, [entry], start)
        for code, entry in by_code.items()
        if code not in reference.by_code and not entry.is_blank
    )
    return sorted(rows, key=lambda row: row.insee_code)


def is_blank(reading: Reading, spelled: str) -> bool:
    """An empty cell, as opposed to a list that says "not available"."""
    return reading == NO_VALUE and not spelled.strip()
