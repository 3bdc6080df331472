"""Turns what was found in the gazetteer into an answer: point, uncertainty, label, facets, confidence."""

from __future__ import annotations

import math

from app.geocoding.city_by_name import in_department
from app.geocoding.communes import Commune
from app.geocoding.facets import CLOSE_RUNNER_UP, confidence_of
from app.geocoding.gazetteer_file import GazetteerFile
from app.geocoding.geocoder import Extent, Facets, GeocodeResult, Precision, Status
from app.geocoding.parse import department_of_postcode
from app.geocoding.ranking import Found
from app.geocoding.streets import DEGREE, KIND_LOCALITY, KIND_TOWNHALL, Street
from app.places import ARRONDISSEMENT_CITIES, LonLat, distance_m

STREET_MARGIN_M = 30.0
"""Added around the numbers of a street: the roadway reaches past its last doors."""


def place_of(file: GazetteerFile, found: Found, gap: float) -> GeocodeResult:
    """One answer. `gap` is its lead over the next place."""
    if found.street is None:
        return _commune_answer(file, found, gap)
    return _street_answer(file, found, found.street, gap)


def city_name(commune: Commune) -> str:
    """`Paris` for an arrondissement, as the national API does; the commune's name otherwise."""
    return commune.name.split(" ")[0] if commune.parent in ARRONDISSEMENT_CITIES else commune.name


def street_extent(street: Street) -> Extent | None:
    """Box of a street in WGS 84 degrees with a margin; None when only one of its doors is known (town halls)."""
    if street.kind == KIND_TOWNHALL or not street.count:
        return None
    lat_margin = STREET_MARGIN_M / 111_195
    lon_margin = lat_margin / max(0.1, math.cos(math.radians(street.lat / DEGREE)))
    return Extent(
        round(street.west / DEGREE - lon_margin, 6), round(street.south / DEGREE - lat_margin, 6),
        round(street.east / DEGREE + lon_margin, 6), round(street.north / DEGREE + lat_margin, 6),
    )  # fmt: skip


def street_radius_m(street: Street, commune: Commune) -> float:
    """Radius around the street's point that holds the street; the commune's when its extent is unknown."""
    extent = street_extent(street)
    if extent is None:
        return commune.radius_m if street.kind != KIND_LOCALITY else 300.0
    point = LonLat(street.lon / DEGREE, street.lat / DEGREE)
    corners = [LonLat(lon, lat) for lon in (extent.west, extent.east) for lat in (extent.south, extent.north)]
    return round(max(distance_m(point, corner) for corner in corners), 1)


def postcode_facet(asked: str | None, found: str | None, commune: Commune) -> str:
    """Agreement of postcodes: same | other_in_city | other | absent (= none asked)."""
    if asked is None:
        return "absent"
    if asked == found:
        return "same"
    return "other_in_city" if asked in commune.postcodes else "other"


def label_of(housenumber: str | None, street: str | None, postcode: str | None, city: str) -> str:
    """`12 bis Rue de la Paix 50100 Cherbourg-en-Cotentin`."""
    return " ".join(part for part in (housenumber, street, postcode, city) if part)


def _street_answer(file: GazetteerFile, found: Found, street: Street, gap: float) -> GeocodeResult:
    commune, number = found.commune, found.number
    located = number if found.asked_number and number is not None else None
    if located is not None:
        precision = Precision.HOUSENUMBER if located.how == "found" else Precision.INTERPOLATED
        lon, lat, uncertainty_m = located.lon, located.lat, located.uncertainty_m
    else:
        precision = Precision.LOCALITY if street.kind == KIND_LOCALITY else Precision.STREET
        lon, lat, uncertainty_m = street.lon / DEGREE, street.lat / DEGREE, street_radius_m(street, commune)
    number_state = "missing"
    if found.asked_number:
        number_state = "found" if located is not None and located.how == "found" else "absent"
    facets = Facets(
        postcode=postcode_facet(found.postcode, street.postcode, commune), city=found.city.how,
        street_similarity=round(found.match.similarity, 3) if found.match else None, number=number_state, runner_up_gap=gap,
    )  # fmt: skip
    complete = number_state != "absent"
    status = Status.AMBIGUOUS if gap < CLOSE_RUNNER_UP else Status.MATCHED if complete else Status.PARTIAL
    city = city_name(commune)
    postcode = street.postcode or (commune.postcodes[0] if commune.postcodes else None)
    housenumber = located.text if located is not None else None
    return GeocodeResult(
        status, precision, round(lon, 6), round(lat, 6), uncertainty_m, street_extent(street), commune.insee_code,
        _old(file, found, street), city, postcode, street.name, housenumber,
        label_of(housenumber, street.name, postcode, city), _confidence(facets, precision, found),
        round(found.weight, 4), None, facets, (), "embedded", file.vintage,
    )  # fmt: skip


def _in_other_department(found: Found) -> bool:
    """Whether the postcode, or the département behind the name, is another one than that of the commune found."""
    if found.city.contradicted:
        return True
    written = department_of_postcode(found.postcode) if found.postcode else None
    return written is not None and not in_department(found.commune.department, written) and (
        found.postcode not in found.commune.postcodes
    )  # fmt: skip


def _confidence(facets: Facets, precision: Precision, found: Found) -> float:
    return confidence_of(
        facets, precision, asked_street=found.asked_street or found.street is not None,
        other_department=_in_other_department(found),
    )  # fmt: skip


def _old(file: GazetteerFile, found: Found, street: Street | None) -> str | None:
    """The former commune, when the street or the name that was written says so."""
    if street is not None and street.old:
        return street.old
    return found.city.alias.old or None if found.city.alias else None


def _commune_answer(file: GazetteerFile, found: Found, gap: float) -> GeocodeResult:
    commune = found.commune
    postcode = found.postcode if found.postcode in commune.postcodes else None
    if postcode is None and commune.postcodes:
        postcode = commune.postcodes[0]
    facets = Facets(
        postcode=postcode_facet(found.postcode, postcode, commune), city=found.city.how, street_similarity=None,
        number="absent" if found.asked_number else "missing", runner_up_gap=gap,
    )  # fmt: skip
    status = Status.PARTIAL if found.asked_street else Status.MATCHED
    if gap < CLOSE_RUNNER_UP or _in_other_department(found):
        status = Status.AMBIGUOUS
    precision = Precision.MUNICIPALITY
    return GeocodeResult(
        status, precision, commune.lon, commune.lat, commune.radius_m, commune.extent, commune.insee_code,
        _old(file, found, None), city_name(commune), postcode, None, None,
        label_of(None, None, postcode, commune.name), _confidence(facets, precision, found),
        round(found.weight, 4), None, facets, (), "embedded", file.vintage,
    )  # fmt: skip
