"""Code movements: the INSEE COG archive, and the short table of codes that lists name and the COG no longer has."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import DataError
from app.ingest.readers.text_tables import Column, TextTable, csv_grid, read_text_table, table_from_grids
from app.ingest.reference import Movement

COG_FILE = re.compile(r"cog_ensemble_\d{4}_csv\.zip\Z", re.IGNORECASE)
CODES_FILE = re.compile(r"codes_absents.*\.csv(\.gz)?\Z", re.IGNORECASE)
CODES_COLUMNS = (Column("old", ("code_absent_2026", "code_absent*")), Column("new", ("commune_2026", "commune_2*")))
_COMMUNES = (
    Column("kind", ("TYPECOM",)),
    Column("code", ("COM",)),
    Column("name", ("LIBELLE",)),
    Column("parent", ("COMPARENT",)),
)
_MOVES = (
    Column("event", ("MOD",)),
    Column("day", ("DATE_EFF",)),
    Column("kind_before", ("TYPECOM_AV",)),
    Column("before", ("COM_AV",)),
    Column("name_before", ("LIBELLE_AV",)),
    Column("kind_after", ("TYPECOM_AP",)),
    Column("after", ("COM_AP",)),
)
_CREATION, _RESTORATION = "20", "21"
"""INSEE event types: what these make new was, before, part of another commune that stays."""
_OLDEST_LIST = "2013-01-01"
"""Restorations before the oldest list that the service reads change nothing."""


@dataclass(frozen=True, slots=True)
class CodeHistory:
    """Old codes and where they went; communes restored, and what they were part of; the living communes, if told."""

    movements: tuple[Movement, ...]
    restored_from: Mapping[str, str]
    living: frozenset[str] | None = None


def read_code_table(path: Path) -> CodeHistory:
    """The two-column table of old codes; a row without a commune of today (collectivities) is left out."""
    table = read_text_table(path, CODES_COLUMNS)
    found = {row.cells["old"]: row.cells["new"] for row in table.rows if row.cells["new"]}
    return CodeHistory(tuple(Movement(old, new) for old, new in sorted(found.items())), {})


def _member(archive: zipfile.ZipFile, pattern: str, file: str) -> bytes:
    names = [name for name in archive.namelist() if re.search(pattern, name, re.IGNORECASE)]
    if not names:
        raise DataError(f"{file} has no file named like {pattern}.")
    return archive.read(names[0])


def _follow(code: str, steps: Mapping[str, str], living: frozenset[str]) -> str | None:
    """The living commune at the end of a chain of mergers and renumberings, None when the chain leads nowhere."""
    seen = set()
    while code not in living:
        if code in seen or code not in steps:
            return None
        seen.add(code)
        code = steps[code]
    return code


def _moves(rows: TextTable, living: frozenset[str]) -> CodeHistory:
    steps: dict[str, str] = {}
    names: dict[str, str] = {}
    restored: dict[str, str] = {}
    for row in sorted(rows.rows, key=lambda row: row.cells["day"]):
        cells = row.cells
        if cells["kind_before"] != "COM" or cells["kind_after"] != "COM" or cells["before"] == cells["after"]:
            continue
        if cells["event"] in (_CREATION, _RESTORATION):
            if cells["day"] >= _OLDEST_LIST and cells["after"] in living:
                restored[cells["after"]] = cells["before"]
            continue
        steps[cells["before"]] = cells["after"]
        names[cells["before"]] = cells["name_before"]
    targets = {code: _follow(code, steps, living) for code in steps if code not in living}
    movements = tuple(Movement(old, new, names[old]) for old, new in sorted(targets.items()) if new is not None)
    return CodeHistory(movements, restored, living)


def read_cog(path: Path) -> CodeHistory:
    """The movements of the INSEE COG archive, followed to the communes of its year.

    Raises:
        DataError: the archive is damaged, or a table or column of it is missing.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            communes = csv_grid(_member(archive, r"(^|/)v_?commune_\d{4}\.csv$", path.name))
            moves = csv_grid(_member(archive, r"(^|/)v_?mvt_?commune_\d{4}\.csv$", path.name))
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name} is not a ZIP archive that can be read: {error}.") from error
    table = table_from_grids(f"{path.name}, communes", [communes], _COMMUNES)
    living = frozenset(row.cells["code"] for row in table.rows if row.cells["kind"] == "COM")
    return _moves(table_from_grids(f"{path.name}, movements", [moves], _MOVES), living)


def joined(histories: Iterable[CodeHistory], base_communes: Iterable[str], file: str = "COG") -> CodeHistory:
    """Several histories as one; a COG whose communes are not those of the base is refused.

    Raises:
        DataError: the COG is of another year than the base.
    """
    base = frozenset(base_communes)
    movements: dict[str, Movement] = {}
    restored: dict[str, str] = {}
    for history in histories:
        if history.living is not None and (differing := history.living ^ base):
            raise DataError(
                f"{file}: {len(differing)} communes differ from those of the embedded base ({min(differing)} first): "
                "use the COG of the same year."
            )
        for movement in history.movements:
            movements[movement.old] = movement
        restored.update(history.restored_from)
    return CodeHistory(tuple(movements.values()), restored)
