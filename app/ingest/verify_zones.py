"""Checks of zones with an outline: geometry, codes, and agreement between outlines, communes and classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from app.ingest.content import Vintage
from app.ingest.reference import Reference
from app.ingest.tables import OutlineRow
from app.places import Territory, territory_of_insee
from app.zones.vocabulary import ZONINGS_BY_KEY

_BBOX_TOLERANCE_DEG = 1e-9


def is_sound(outline: BaseGeometry, territory: Territory) -> bool:
    """A valid, non-empty polygon with finite coordinates, inside the box of its territory."""
    if outline.is_empty or outline.geom_type not in ("Polygon", "MultiPolygon") or not shapely.is_valid(outline):
        return False
    west, south, east, north = outline.bounds
    return territory.holds(west, south) and territory.holds(east, north)


def _outline_is_sound(row: OutlineRow) -> bool:
    if (
        not row.precision_m
        or not math.isfinite(row.precision_m)
        or row.precision_m < 0
        or not row.code
        or not row.label
    ):
        return False
    if row.geometry is None:
        return True
    if row.bbox is not None and any(
        abs(told - true) > _BBOX_TOLERANCE_DEG for told, true in zip(row.bbox, row.geometry.bounds, strict=True)
    ):
        return False
    return bool(row.insee_codes) and is_sound(row.geometry, territory_of_insee(row.insee_codes[0]))


def _vintage_problems(vintage: Vintage, reference: Reference) -> Iterator[str]:
    where = f"{vintage.zoning}, {vintage.id}"
    codes = [row.code for row in vintage.outlines]
    if len(codes) != len(set(codes)):
        yield f"{where}: a zone is listed twice"
    bad = [row.code for row in vintage.outlines if not _outline_is_sound(row)]
    if bad:
        yield f"{where}: {len(bad)} zones with a bad outline, box, precision or no commune ({bad[0]} first)"
    pairs = {(row.code, row.insee_code) for row in vintage.zone_communes}
    told = {(row.code, insee_code) for row in vintage.outlines for insee_code in row.insee_codes}
    if missing := sorted(told - pairs):
        yield f"{where}: {len(missing)} communes of a zone are not in zone_communes ({missing[0][0]} first)"
    if stray := sorted(code for code, _ in pairs if code not in set(codes)):
        yield f"{where}: zone_communes names zones that outlines has not ({stray[0]} first)"
    unknown = sorted(insee_code for _, insee_code in pairs if not reference.is_known(insee_code))
    if unknown:
        yield f"{where}: zone_communes names {len(unknown)} codes of no commune ({unknown[0]} first)"
    parts = {part for row in vintage.outlines for part in row.arrondissements}
    if wrong := sorted(part for part in parts if reference.city(part) == part):
        yield f"{where}: {wrong[0]} is no arrondissement"


def problems(vintages: Sequence[Vintage], reference: Reference) -> Iterator[str]:
    """What makes the outlines, their communes or the classes of zones unfit for service."""
    zones: dict[str, set[str]] = {}
    for vintage in vintages:
        zones.setdefault(vintage.zoning, set()).update(row.code for row in vintage.outlines)
        if vintage.table == "outlines":
            yield from _vintage_problems(vintage, reference)
    for vintage in vintages:
        for row in vintage.zone_classes:
            if row.code not in ZONINGS_BY_KEY[vintage.zoning].codes:
                yield f"{vintage.zoning}, {vintage.id}: the class of {row.zone_code} is not in the vocabulary"
            if row.zone_code not in zones.get(row.zone_zoning, set()):
                yield f"{vintage.zoning}, {vintage.id}: {row.zone_code} is no zone of {row.zone_zoning}"


def reserves(vintages: Sequence[Vintage]) -> Iterator[str]:
    """Zones known to exist whose outline is not installed."""
    for vintage in vintages:
        undrawn = [row.code for row in vintage.outlines if row.geometry is None]
        if undrawn:
            yield f"{vintage.zoning}, {vintage.id}: {len(undrawn)} zones without outline ({undrawn[0]} first)"
