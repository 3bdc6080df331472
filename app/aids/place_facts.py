"""Facts of a classified place in the words of rules: where it is, how well it is known, how far the next ZIP or ZAC is."""

from __future__ import annotations

from datetime import date

from app.aids.facts import FactValue
from app.zones.catalogue import Catalogue
from app.zones.classify import Classification
from app.zones.models import Membership, Precision, State
from app.zones.near import km_to_nearest_zip_zac

_PRECISION = {
    Precision.POINT: "point",
    Precision.HOUSENUMBER: "point",
    Precision.INTERPOLATED: "point",
    Precision.STREET: "street",
    Precision.LOCALITY: "street",
    Precision.MUNICIPALITY: "commune",
}


def facts_of_place(catalogue: Catalogue, classification: Classification, on: date, known_on: date) -> dict[str, FactValue]:
    """Place facts (facts.PLACE_FACTS) that the service knows by itself. A distance is given only from a real point."""
    place, resolution = classification.place, classification.resolution
    facts: dict[str, FactValue] = {"precision": _PRECISION[place.precision]}
    if place.uncertainty_m:
        facts["address_error_m"] = min(place.uncertainty_m, 10_000.0)
    if resolution is not None:
        commune = resolution.commune
        facts |= {"region": commune.region, "departement": commune.department, "commune": commune.insee_code}
        if commune.epci is not None:
            facts["epci"] = commune.epci
        if commune.population is not None:
            facts["population"] = commune.population
    if in_zip_or_zac(classification.memberships):
        facts["km_to_nearest_zip_zac"] = 0.0
    elif place.has_point and place.lon is not None and place.lat is not None:
        km = km_to_nearest_zip_zac(catalogue, place.lon, place.lat, on, known_on)
        if km is not None:
            facts["km_to_nearest_zip_zac"] = km
    return facts


def in_zip_or_zac(memberships: tuple[Membership, ...]) -> bool:
    """Whether the place is surely in a ZIP or a ZAC: then no distance needs to be measured."""
    doctors = next(membership for membership in memberships if membership.zoning == "doctors")
    return doctors.state is State.INSIDE and doctors.code in ("ZIP", "ZAC")
