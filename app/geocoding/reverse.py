"""The address at a point: nearest number of the commune that holds it, else its street, else the commune."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.geocoding.answer import city_name, label_of, street_extent, street_radius_m
from app.geocoding.communes import Commune
from app.geocoding.gazetteer_file import GazetteerFile
from app.geocoding.geocoder import Facets, GeocodeResult, Precision, Status
from app.geocoding.number_match import SOURCE_ERROR_M, number_text
from app.geocoding.outlines import border_distance_m, holds, unpack_outline
from app.geocoding.streets import DEGREE, KIND_LOCALITY, Street
from app.places import LonLat, distance_m

REACH_M = 200.0
"""No number beyond: the national API's own limit."""
OUTLINE_ERROR_M = 120.0
"""The stored outlines are simplified: real addresses lie up to 119 m outside them (shared data, Bondy)."""
CLEARLY_NEARER_M = 30.0
"""Within the outline's error, a number of the next commune this near, and twice nearer, says more than the outline."""


@dataclass(frozen=True, slots=True)
class Near:
    """A street beside a point: how far, and its nearest number (None: the street has none, its own point is near)."""

    distance_m: float
    street: Street
    number: int | None


def reverse_place(file: GazetteerFile, point: LonLat) -> GeocodeResult:
    """What stands at a WGS 84 point. NOT_FOUND outside every commune."""
    found = places_around(file, point, 1, None)
    return found[0] if found else GeocodeResult(Status.NOT_FOUND, engine="embedded", data_vintage=file.vintage)


def places_around(file: GazetteerFile, point: LonLat, limit: int, wanted: Precision | None) -> list[GeocodeResult]:
    """The nearest places of one type, at most `limit`; without a type: numbers, else streets, else the commune."""
    holders, neighbours = communes_at(file, point)
    if not holders and not neighbours:
        return []
    beside = {commune: _beside(file, commune, point) for commune in (*holders, *neighbours)}
    chosen = _chosen(holders, neighbours, beside)
    commune, near = file.communes.commune(chosen), beside[chosen]
    if wanted in (None, Precision.HOUSENUMBER):
        doors = [_door(file, commune, each, point) for each in near if each.number is not None]
        if doors or wanted is not None:
            return doors[:limit]
    if wanted is not Precision.MUNICIPALITY:
        kept: dict[tuple[str, str], Near] = {}
        for each in near:
            kept.setdefault((each.street.name, each.street.old), each)
        streets = [_street(file, commune, each.street, each.distance_m) for each in kept.values()]
        streets = [place for place in streets if wanted in (None, place.precision)]
        if streets or wanted is not None:
            return streets[:limit]
    return [_commune(file, commune, point)]


def _chosen(holders: list[int], neighbours: list[int], beside: Mapping[int, list[Near]]) -> int:
    """The commune that holds the point, unless a number of the next one says more than the simplified outline."""

    def first(commune: int) -> float:
        return next((each.distance_m for each in beside[commune] if each.number is not None), math.inf)

    chosen = holders[0] if holders else neighbours[0]
    for commune in neighbours:
        if first(commune) <= CLEARLY_NEARER_M and first(commune) * 2 < first(chosen):
            chosen = commune
    return chosen


def communes_at(file: GazetteerFile, point: LonLat) -> tuple[list[int], list[int]]:
    """(communes whose outline holds the point, communes whose outline is within its own error of it)."""
    lon, lat = point.lon * DEGREE, point.lat * DEGREE
    holders, neighbours = [], []
    for index in file.communes_around(point.lon, point.lat):
        packed = file.outline(index)
        if packed is None:
            continue
        rings = unpack_outline(packed)
        if holds(rings, lon, lat):
            holders.append(index)
        elif border_distance_m(rings, lon, lat) <= OUTLINE_ERROR_M:
            neighbours.append(index)
    return holders, neighbours


def _beside(file: GazetteerFile, commune: int, point: LonLat) -> list[Near]:
    """Numbers within reach, and streets without any, nearest first."""
    streets = file.streets_of(commune)
    if streets is None:
        return []
    lon, lat = round(point.lon * DEGREE), round(point.lat * DEGREE)
    scale = math.cos(math.radians(point.lat))
    reach = round(REACH_M / 111_195 * DEGREE)
    to_m = 111_195 / DEGREE
    found: list[Near] = []
    for index in streets.near(lon, lat, round(reach / max(0.1, scale)), reach):
        street = streets.street(index)
        if not street.count:
            away = math.hypot((street.lon - lon) * scale, street.lat - lat) * to_m
            found += [Near(away, street, None)] if away <= REACH_M else []
            continue
        block = file.numbers(street.block)
        for at in range(street.offset, street.offset + street.count):
            away = math.hypot((block.lons[at] - lon) * scale, block.lats[at] - lat) * to_m
            if away <= REACH_M:
                found.append(Near(away, street, at))
    found.sort(key=lambda each: each.distance_m)
    return found


def _door(file: GazetteerFile, commune: Commune, near: Near, point: LonLat) -> GeocodeResult:
    street, at = near.street, near.number
    assert at is not None
    block = file.numbers(street.block)
    city = city_name(commune)
    postcode = street.postcode or (commune.postcodes[0] if commune.postcodes else None)
    text = number_text(block.numbers[at], file.suffixes[block.suffixes[at]])
    lon, lat = (units / DEGREE for units in block.point(at))
    away = distance_m(point, LonLat(lon, lat))
    return GeocodeResult(
        Status.MATCHED, Precision.HOUSENUMBER, lon, lat, SOURCE_ERROR_M, street_extent(street), commune.insee_code,
        street.old or None, city, postcode, street.name, text, label_of(text, street.name, postcode, city),
        round(max(0.0, 1 - away / 1000), 3), round(1 - min(1.0, away / 10_000), 4), round(away, 1),
        Facets(street_similarity=None), (), "embedded", file.vintage,
    )  # fmt: skip


def _street(file: GazetteerFile, commune: Commune, street: Street, away: float) -> GeocodeResult:
    precision = Precision.LOCALITY if street.kind == KIND_LOCALITY else Precision.STREET
    city = city_name(commune)
    postcode = street.postcode or (commune.postcodes[0] if commune.postcodes else None)
    return GeocodeResult(
        Status.MATCHED, precision, street.lon / DEGREE, street.lat / DEGREE, street_radius_m(street, commune),
        street_extent(street), commune.insee_code, street.old or None, city, postcode, street.name, None,
        label_of(None, street.name, postcode, city), round(max(0.0, 1 - away / 1000), 3),
        round(1 - min(1.0, away / 10_000), 4), round(away, 1), Facets(), (), "embedded", file.vintage,
    )  # fmt: skip


def _commune(file: GazetteerFile, commune: Commune, point: LonLat) -> GeocodeResult:
    away = distance_m(point, LonLat(commune.lon, commune.lat))
    postcode = commune.postcodes[0] if len(commune.postcodes) == 1 else None
    return GeocodeResult(
        Status.MATCHED, Precision.MUNICIPALITY, commune.lon, commune.lat, commune.radius_m, commune.extent,
        commune.insee_code, None, city_name(commune), postcode, None, None, label_of(None, None, postcode, commune.name),
        0.9, 0.0, round(away, 1), Facets(), (), "embedded", file.vintage,
    )  # fmt: skip
