"""One meaning of confidence for every engine: agreement, field by field, between what was asked and what was found."""

from __future__ import annotations

from app.geocoding.geocoder import Facets, Precision

POSTCODE_WEIGHT = {"same": 1.0, "absent": 0.98, "other_in_city": 0.97, "other": 0.90}
CITY_WEIGHT = {"exact": 1.0, "alias": 0.99, "fuzzy": 0.93, "from_postcode": 0.92, "absent": 0.85}
NUMBER_WEIGHT = {"found": 1.0, "missing": 1.0, "absent": 0.88}
STREET_NOT_FOUND = 0.72
"""The commune stands, the street does not: sure enough for a zoning by commune, not for a door."""
CLOSE_RUNNER_UP = 0.02
OTHER_DEPARTMENT = 0.6
"""The postcode and the commune lie in different départements: one of them is wrong, and nothing says which."""
AMBIGUOUS = 0.6
"""Several places fit alike: one of them is a guess, so confidence is brought below any sensible threshold for acting on it."""


def confidence_of(facets: Facets, precision: Precision, *, asked_street: bool, other_department: bool = False) -> float:
    """0 to 1. 0.9 and above: every field agrees. Below 0.5: do not use without asking the person."""
    value = POSTCODE_WEIGHT[facets.postcode] * CITY_WEIGHT[facets.city]
    if other_department:
        value *= OTHER_DEPARTMENT if facets.street_similarity is None else 0.9
    if asked_street:
        if precision is Precision.MUNICIPALITY:
            value *= STREET_NOT_FOUND
        else:
            similarity = 1.0 if facets.street_similarity is None else facets.street_similarity
            value *= 1 - 0.9 * (1 - similarity)
            value *= NUMBER_WEIGHT[facets.number]
            value *= 0.97 if precision is Precision.INTERPOLATED else 1.0
    if facets.runner_up_gap is not None and facets.runner_up_gap < CLOSE_RUNNER_UP:
        value *= AMBIGUOUS
    return round(min(1.0, max(0.0, value)), 3)
