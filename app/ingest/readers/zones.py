"""Zones with an outline (QPV 2015 and 2024), the communes they are in, and the classes given to single zones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import DataError
from app.ingest.readers.features import is_rounded, read_features
from app.ingest.readers.text_tables import Column, TextRow, TextTable, read_text_table
from app.ingest.spellings import read_class
from app.ingest.tables import OutlineRow, ZoneClassRow
from app.zones.models import State

ROUNDED_PRECISION_M = 30.0
"""Outlines rounded to four decimals: measured 7 to 45 m off fifteen exact ones; 30 m is what the copy's makers state."""
_CODE_SHAPE = {"qpv-2015": re.compile(r"QP[0-9AB]{6}"), "qpv-2024": re.compile(r"QN[0-9AB]{5}[A-Z]")}
_OUTLINE_COLUMNS = (
    Column("code", ("code_qp", "codeqp")),
    Column("label", ("lib_qp", "nom_qp")),
    Column("communes", ("insee_com",), required=False),
    Column("commune_names", ("commune_qp", "lib_com"), required=False),
)
INDEX_COLUMNS = (Column("code", ("code_qp",)), Column("label", ("lib_qp",)), Column("commune", ("insee_com",)))
CLASS_COLUMNS = (Column("code", ("code_qp",)), Column("class", ("zonage_medecin_qpv",)))


@dataclass(frozen=True, slots=True)
class ListedZone:
    """One zone as a file gives it: commune codes of the file's COG (none told: empty), and their names."""

    row: OutlineRow
    commune_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ZoneInCommune:
    """One line of an index of zones: the commune's code is of the index's own COG."""

    code: str
    label: str
    insee_code: str


def _checked_code(code: str, zoning: str, where: str) -> str:
    if not _CODE_SHAPE[zoning].fullmatch(code):
        raise DataError(f"{where}: {code[:20]!r} is not a code of {zoning}.")
    return code


def read_outlines(path: Path, zoning: str, precision_m: float) -> list[ListedZone]:
    """The zones of a file, one each. `precision_m` is that of exact copies; rounded ones get ROUNDED_PRECISION_M.

    Raises:
        DataError: a column is missing, a code has another shape, or a code comes twice.
    """
    zones: dict[str, ListedZone] = {}
    for feature in read_features(path, _OUTLINE_COLUMNS):
        where = f"{path.name}, feature {feature.number}"
        code = _checked_code(feature.cells["code"], zoning, where)
        if code in zones:
            raise DataError(f"{where}: {code} comes twice.")
        outline = feature.geometry
        zones[code] = ListedZone(
            OutlineRow(
                code,
                feature.cells["label"],
                tuple(re.split(r"[;,]\s*", feature.cells["communes"])) if feature.cells["communes"] else (),
                max(precision_m, ROUNDED_PRECISION_M) if is_rounded(outline) else precision_m,
                bbox=outline.bounds,
                geometry=outline,
            ),
            tuple(name for name in re.split(r"[;,]\s*", feature.cells["commune_names"]) if name),
        )
    return [zones[code] for code in sorted(zones)]


def _rows(table: TextTable, zoning: str) -> list[TextRow]:
    for row in table.rows:
        _checked_code(row.cells["code"], zoning, table.where(row, "code"))
    return table.rows


def read_zone_communes(path: Path, zoning: str) -> list[ZoneInCommune]:
    """The pairs of an index of zones and communes."""
    table = read_text_table(path, INDEX_COLUMNS)
    return [ZoneInCommune(row.cells["code"], row.cells["label"], row.cells["commune"]) for row in _rows(table, zoning)]


def read_zone_classes(path: Path, zoning: str, zone_zoning: str) -> list[ZoneClassRow]:
    """The class of each zone that has its own.

    Raises:
        DataError: a class is not in the spelling table, or gives no class (a zone listed has one).
    """
    table = read_text_table(path, CLASS_COLUMNS)
    found: dict[str, ZoneClassRow] = {}
    for row in _rows(table, zone_zoning):
        where = table.where(row, "class")
        reading = read_class(zoning, row.cells["class"], where)
        if reading.state is State.UNKNOWN or reading.code is None:
            raise DataError(f"{where}: no class for {row.cells['code']}.")
        entry = ZoneClassRow(zone_zoning, row.cells["code"], reading.code, reading.state)
        if found.setdefault(entry.zone_code, entry) != entry:
            raise DataError(f"{where}: {entry.zone_code} is listed twice, with two classes.")
    return list(found.values())


def labels_by_code(zones: list[ListedZone]) -> Mapping[str, str]:
    return {zone.row.code: zone.row.label for zone in zones}
