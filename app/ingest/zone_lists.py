"""From outlines and indexes of zones to rows: which communes of today each zone is in, which arrondissements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import shapely

from app.ingest.content import Vintage
from app.ingest.readers.zones import ListedZone, ZoneInCommune
from app.ingest.reference import Reference
from app.ingest.tables import CommuneRow, OutlineRow, ZoneCommuneRow
from app.places import ARRONDISSEMENT_CITIES, department_of_insee

_NEAR_DEG = 0.0015
"""The precision of the simplified commune outlines, about 120 m east-west in mainland France."""


def _today(codes: Iterable[str], reference: Reference) -> list[str]:
    """Communes of today behind the codes, each once; codes of collectivities stay as they are."""
    return list(dict.fromkeys(reference.today(code) or code for code in codes))


def _touched(row: OutlineRow, communes: Sequence[CommuneRow], tree: shapely.STRtree, distance_deg: float) -> list[str]:
    found = tree.query(row.geometry, predicate="dwithin", distance=distance_deg)
    return sorted(communes[position].insee_code for position in found)


def _drawn(reference: Reference, kind: str) -> tuple[list[CommuneRow], shapely.STRtree]:
    rows = [row for row in reference.communes if row.kind == kind and row.geometry is not None]
    return rows, shapely.STRtree([row.geometry for row in rows if row.geometry is not None])


class Places:
    """Finds communes and arrondissements by geometry, for files that do not name them."""

    def __init__(self, reference: Reference) -> None:
        self._communes, self._commune_tree = _drawn(reference, "COM")
        self._parts, self._part_tree = _drawn(reference, "ARM")
        self._names = {
            (row.department, row.name.casefold()): row.insee_code for row in reference.communes if row.kind == "COM"
        }

    def communes(self, zone: ListedZone) -> list[str]:
        """Communes whose outline the zone meets, and those of the same departments that the file names."""
        found = _touched(zone.row, self._communes, self._commune_tree, 0.0)
        departments = {department_of_insee(code) for code in found}
        named = [
            self._names.get((department, name.casefold())) for department in departments for name in zone.commune_names
        ]
        return list(dict.fromkeys([*found, *(code for code in named if code)]))

    def arrondissements(self, row: OutlineRow) -> list[str]:
        """Arrondissements that the zone is in, or within the precision of their outlines."""
        return _touched(row, self._parts, self._part_tree, _NEAR_DEG)


def outline_rows(zones: Sequence[ListedZone], reference: Reference, places: Places) -> list[OutlineRow]:
    """The zones with communes of today; arrondissements where the commune is Paris, Lyon or Marseille."""
    rows = []
    for zone in zones:
        codes = _today(zone.row.insee_codes, reference) or places.communes(zone)
        split = any(code in ARRONDISSEMENT_CITIES for code in codes)
        parts = places.arrondissements(zone.row) if split else []
        rows.append(replace(zone.row, insee_codes=tuple(codes), arrondissements=tuple(parts)))
    return rows


def missing_outline_rows(
    rows: Sequence[OutlineRow], index: Sequence[ZoneInCommune], reference: Reference, precision_m: float
) -> list[OutlineRow]:
    """Zones that the index names and no outline draws: known to exist, not installed."""
    drawn = {row.code for row in rows}
    found: dict[str, OutlineRow] = {}
    for entry in index:
        if entry.code not in drawn:
            known = found.get(entry.code, OutlineRow(entry.code, entry.label, (), precision_m))
            codes = _today([*known.insee_codes, entry.insee_code], reference)
            found[entry.code] = replace(known, insee_codes=tuple(codes))
    return list(found.values())


def zone_commune_rows(
    rows: Sequence[OutlineRow], index: Iterable[ZoneInCommune], reference: Reference
) -> list[ZoneCommuneRow]:
    """Each zone in each commune that its outline's file or the index names: when they differ, both stand."""
    labels = {row.code: row.label for row in rows}
    pairs = {(row.code, code) for row in rows for code in row.insee_codes}
    pairs |= {(entry.code, _today([entry.insee_code], reference)[0]) for entry in index if entry.code in labels}
    return [ZoneCommuneRow(code, labels[code], insee_code) for code, insee_code in sorted(pairs)]


def merged_with_pilot(national: Vintage, pilot: Vintage | None) -> Vintage:
    """A partial list completed by the hand-written one: zones it lacks, and outlines that are more precise."""
    if pilot is None:
        return national
    rows: dict[str, OutlineRow] = {row.code: row for row in national.outlines}
    for row in pilot.outlines:
        known = rows.get(row.code)
        if known is None or (row.geometry is not None and row.precision_m < known.precision_m):
            rows[row.code] = row
    pairs: Mapping[tuple[str, str], ZoneCommuneRow] = {
        (row.code, row.insee_code): row for row in [*pilot.zone_communes, *national.zone_communes]
    }
    return replace(
        national,
        outlines=[rows[code] for code in sorted(rows)],
        zone_communes=[pairs[key] for key in sorted(pairs)],
    )
