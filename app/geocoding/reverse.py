"""The address at a point: nearest number of the commune that holds it, else its street, else the commune."""

from __future__ import annotations

import math

from app.geocoding.answer import city_name, label_of, street_extent
from app.geocoding.communes import Commune
from app.geocoding.gazetteer_file import GazetteerFile
from app.geocoding.geocoder import Facets, GeocodeResult, Precision, Status
from app.geocoding.number_match import SOURCE_ERROR_M, number_text
from app.geocoding.outlines import border_distance_m, holds, unpack_outline
from app.geocoding.streets import DEGREE, Street
from app.places import LonLat, distance_m

REACH_M = 200.0
"""No number beyond: the national API's own limit."""
OUTLINE_ERROR_M = 120.0
"""The stored outlines are simplified: real addresses lie up to 119 m outside them (shared data, Bondy)."""
CLEARLY_NEARER_M = 30.0
"""Within the outline's error, a number of the next commune this near, and twice nearer, says more than the outline."""


def reverse_place(file: GazetteerFile, point: LonLat) -> GeocodeResult:
    """What stands at a WGS 84 point. NOT_FOUND outside every commune."""
    holders, neighbours = communes_at(file, point)
    if not holders and not neighbours:
        return GeocodeResult(Status.NOT_FOUND, engine="embedded", data_vintage=file.vintage)
    nearest = {commune: _nearest(file, commune, point) for commune in (*holders, *neighbours)}
    chosen = holders[0] if holders else neighbours[0]
    best = nearest[chosen]
    for commune in neighbours:
        other = nearest[commune]
        if other is not None and other[0] <= CLEARLY_NEARER_M and (best is None or other[0] * 2 < best[0]):
            chosen, best = commune, other
    if best is None:
        return _commune(file, file.communes.commune(chosen), point)
    return _door(file, file.communes.commune(chosen), best, point)


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


def _nearest(file: GazetteerFile, commune: int, point: LonLat) -> tuple[float, Street, int] | None:
    streets = file.streets_of(commune)
    if streets is None:
        return None
    lon, lat = round(point.lon * DEGREE), round(point.lat * DEGREE)
    scale = math.cos(math.radians(point.lat))
    reach = round(REACH_M / 111_195 * DEGREE)
    best: tuple[float, Street, int] | None = None
    for index in streets.near(lon, lat, round(reach / max(0.1, scale)), reach):
        street = streets.street(index)
        if not street.count:
            continue
        block = file.numbers(street.block)
        for at in range(street.offset, street.offset + street.count):
            away = math.hypot((block.lons[at] - lon) * scale, block.lats[at] - lat) * 111_195 / DEGREE
            if away <= REACH_M and (best is None or away < best[0]):
                best = (away, street, at)
    return best


def _door(file: GazetteerFile, commune: Commune, best: tuple[float, Street, int], point: LonLat) -> GeocodeResult:
    away, street, at = best
    block = file.numbers(street.block)
    city = city_name(commune)
    postcode = street.postcode or (commune.postcodes[0] if commune.postcodes else None)
    text = number_text(block.numbers[at], file.suffixes[block.suffixes[at]])
    lon, lat = block.lons[at] / DEGREE, block.lats[at] / DEGREE
    away = distance_m(point, LonLat(lon, lat))
    return GeocodeResult(
        Status.MATCHED, Precision.HOUSENUMBER, lon, lat, SOURCE_ERROR_M, street_extent(street), commune.insee_code,
        street.old or None, city, postcode, street.name, text, label_of(text, street.name, postcode, city),
        round(max(0.0, 1 - away / 1000), 3), round(1 - min(1.0, away / 10_000), 4), round(away, 1),
        Facets(street_similarity=None), (), "embedded", file.vintage,
    )  # fmt: skip


def _commune(file: GazetteerFile, commune: Commune, point: LonLat) -> GeocodeResult:
    away = distance_m(point, LonLat(commune.lon, commune.lat))
    postcode = commune.postcodes[0] if len(commune.postcodes) == 1 else None
    return GeocodeResult(
        Status.MATCHED, Precision.MUNICIPALITY, commune.lon, commune.lat, commune.radius_m, commune.extent,
        commune.insee_code, None, city_name(commune), postcode, None, None, label_of(None, None, postcode, commune.name),
        0.9, 0.0, round(away, 1), Facets(), (), "embedded", file.vintage,
    )  # fmt: skip
