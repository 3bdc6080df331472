"""The vintages of QPV, 2015 and 2024, that the files of a build give, completed by the hand-written index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.ingest.class_vintages import vintage_of
from app.ingest.content import Content, Vintage, ZoneList
from app.ingest.files import Files
from app.ingest.readers.zones import ZoneInCommune, read_outlines, read_zone_communes
from app.ingest.reference import Reference
from app.ingest.sources import OVERSEAS, DatasetSpec, ReaderId, VintageSpec
from app.ingest.tables import OutlineRow
from app.ingest.zone_lists import Places, merged_with_pilot, missing_outline_rows, outline_rows, zone_commune_rows
from app.places import department_of_insee

_READERS: tuple[ReaderId, ...] = ("qpv-2015", "qpv-2015-partial", "qpv-2024")
_DEFAULT_PRECISION_M = 10.0


def _is_in(row: OutlineRow, spec: VintageSpec) -> bool:
    is_overseas = any(department_of_insee(code) in OVERSEAS for code in row.insee_codes)
    return {"france": True, "overseas": is_overseas, "mainland": not is_overseas}[spec.territory]


def _index(files: Files, zoning: str) -> list[ZoneInCommune]:
    path = files.one("qpv-2024-communes") if zoning == "qpv-2024" else None
    return read_zone_communes(path, zoning) if path is not None else []


def _part(
    dataset: DatasetSpec,
    spec: VintageSpec,
    rows: Sequence[OutlineRow],
    index: Sequence[ZoneInCommune],
    reference: Reference,
) -> Vintage:
    kept = [row for row in rows if _is_in(row, spec)]
    return replace(vintage_of(dataset, spec), outlines=kept, zone_communes=zone_commune_rows(kept, index, reference))


def qpv_vintages(files: Files, reference: Reference, base: Content) -> tuple[list[Vintage], list[ZoneList]]:
    """One vintage for each territory of each generation that the files draw.

    A dataset that is complete replaces the hand-written index; a partial one is completed by it, and the list of zones
    stays complete only where that index says so.

    Raises:
        DataError: a recognised file has another layout, or a code of another shape.
    """
    vintages: list[Vintage] = []
    lists: list[ZoneList] = []
    places: Places | None = None
    for reader in _READERS:
        path = files.one(reader)
        if path is None:
            continue
        dataset = files.sources.by_reader(reader)
        zoning = dataset.vintages[0].zoning
        places = places or Places(reference)
        precision_m = dataset.precision_m or _DEFAULT_PRECISION_M
        drawn = outline_rows(read_outlines(path, zoning, precision_m), reference, places)
        index = _index(files, zoning)
        rows = [*drawn, *missing_outline_rows(drawn, index, reference, precision_m)]
        pilot = next((vintage for vintage in base.vintages if vintage.zoning == zoning), None)
        for spec in dataset.vintages:
            part = _part(dataset, spec, rows, index, reference)
            if not dataset.complete and spec.territory != "overseas":
                part = merged_with_pilot(part, pilot)
            if part.outlines:
                vintages.append(part)
        known = next((zones for zones in base.zone_lists if zones.zoning == zoning), ZoneList(zoning, ()))
        lists.append(ZoneList(zoning, None) if dataset.complete else known)
    return vintages, lists
