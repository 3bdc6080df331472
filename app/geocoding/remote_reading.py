"""Reads what a GeocodeJSON engine returned. Nothing is trusted: every field may be absent, null, a list, or absurd."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson

from app.errors import PlaceOutsideFrance
from app.geocoding.agreement import Returned, compare
from app.geocoding.answer import label_of
from app.geocoding.facets import CLOSE_RUNNER_UP, confidence_of
from app.geocoding.geocoder import AddressQuery, Facets, GeocodeResult, Precision, Status
from app.places import INSEE_CODE, territory_at

UNCERTAINTY_M = {Precision.HOUSENUMBER: 30.0, Precision.STREET: 1_000.0, Precision.LOCALITY: 1_000.0,
                 Precision.MUNICIPALITY: 10_000.0}  # fmt: skip
"""A remote answer has no extent: a street is taken as long as long streets are."""
MAX_CANDIDATES = 5
REACH_M = 200.0
_FINEST = (*Precision, None)
_TYPES = {"housenumber": Precision.HOUSENUMBER, "street": Precision.STREET, "locality": Precision.LOCALITY,
          "place": Precision.LOCALITY, "municipality": Precision.MUNICIPALITY, "city": Precision.MUNICIPALITY}  # fmt: skip


class UnreadableAnswer(Exception):
    """The engine answered something that is no answer."""


def read_features(body: bytes) -> list[Mapping[str, object]]:
    """Features of a GeocodeJSON body.

    Raises:
        UnreadableAnswer: not JSON (NaN included), or not a FeatureCollection.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableAnswer("not JSON") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UnreadableAnswer("no FeatureCollection")
    return [feature for feature in features if isinstance(feature, dict)]


def search_result(query: AddressQuery, features: Sequence[Mapping[str, object]], engine: str) -> GeocodeResult:
    """The best answer with our own facets and confidence; NOT_FOUND when there is none.

    Raises:
        UnreadableAnswer: features came, and none of them is a place in France.
    """
    plain = [place for place in (_place(feature, engine) for feature in features) if place is not None]
    if features and not plain:
        raise UnreadableAnswer("no plausible place")
    if not plain:
        return GeocodeResult(Status.NOT_FOUND, engine=engine)
    judged = [_judged(query, place) for place in plain[:MAX_CANDIDATES]]
    judged.sort(key=lambda place: -place.confidence)  # stable: the engine's order decides between equals
    best = _with_lead(judged)
    return replace(best, candidates=(best, *judged[1:]) if len(judged) > 1 else ())


def _with_lead(judged: Sequence[GeocodeResult]) -> GeocodeResult:
    """The first place with its lead over the next other one, in our confidence; AMBIGUOUS when they fit alike."""
    best = judged[0]
    where = (best.citycode, best.street, best.housenumber)
    others = [place.confidence for place in judged if (place.citycode, place.street, place.housenumber) != where]
    gap = round(best.confidence - max(others), 4) if others else 1.0
    facets = replace(best.facets, runner_up_gap=gap)
    asked_street = best.facets.street_similarity is not None or best.status is Status.PARTIAL
    confidence = confidence_of(facets, best.precision or Precision.MUNICIPALITY, asked_street=asked_street)
    status = Status.AMBIGUOUS if gap < CLOSE_RUNNER_UP else best.status
    return replace(best, facets=facets, confidence=confidence, status=status)


def reverse_result(features: Sequence[Mapping[str, object]], engine: str) -> GeocodeResult:
    """The nearest address; NOT_FOUND when there is none near.

    Raises:
        UnreadableAnswer: features came, and none of them is a place in France.
    """
    plain = [place for place in (_place(feature, engine) for feature in features) if place is not None]
    if features and not plain:
        raise UnreadableAnswer("no plausible place")
    if not plain:
        return GeocodeResult(Status.NOT_FOUND, engine=engine)
    near = [place for place in plain if place.distance_m is not None and place.distance_m <= REACH_M]
    best = min(near, key=lambda place: (_FINEST.index(place.precision), place.distance_m), default=plain[0])
    away = best.distance_m
    return replace(best, facets=Facets(), confidence=0.9 if away is None else round(max(0.0, 1 - away / 1000), 3))


def _place(feature: Mapping[str, object], engine: str) -> GeocodeResult | None:
    """Fields of one feature, None when it is no plausible place in France."""
    geometry, fields = feature.get("geometry"), feature.get("properties")
    if not isinstance(geometry, dict) or not isinstance(fields, dict):
        return None
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    lon, lat = (
        value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        for value in coordinates[:2]
    )
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        return None
    try:
        territory_at(lon, lat)
    except PlaceOutsideFrance:
        return None
    code = _text(fields, "citycode") or ""
    precision = _TYPES.get(_text(fields, "type") or "")
    if precision is None or not INSEE_CODE.match(code):
        return None
    housenumber = _text(fields, "housenumber") if precision is Precision.HOUSENUMBER else None
    street = None
    if precision is not Precision.MUNICIPALITY:
        street = _text(fields, "street") or _text(fields, "locality") or _text(fields, "name")
        if housenumber and street and street.startswith(f"{housenumber} "):
            street = street[len(housenumber) + 1 :]
    score, distance = fields.get("score"), fields.get("distance")
    postcode, city = _text(fields, "postcode"), _text(fields, "city")
    return GeocodeResult(
        Status.MATCHED, precision, round(lon, 6), round(lat, 6), UNCERTAINTY_M[precision], None, code,
        _text(fields, "oldcitycode"), city, postcode, street, housenumber,
        _text(fields, "label") or label_of(housenumber, street, postcode, city or ""),
        score=float(score) if isinstance(score, int | float) and math.isfinite(score) else None,
        distance_m=float(distance) if isinstance(distance, int | float) and math.isfinite(distance) else None,
        facets=Facets(city=" / ".join(n for n in (_text(fields, "oldcity"), _text(fields, "district")) if n)), engine=engine,
    )  # fmt: skip


def _text(fields: Mapping[str, object], name: str) -> str | None:
    """A text field; the first of a list; None when absent, null or of another kind."""
    value = fields.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip()[:300] or None if isinstance(value, str) else None


def _judged(query: AddressQuery, place: GeocodeResult) -> GeocodeResult:
    """The place with our facets and confidence. A street that is not the one asked leaves only its commune."""
    also = tuple(name for name in (place.city, *place.facets.city.split(" / ")) if name)
    returned = Returned(place.housenumber, place.street, place.postcode, also, place.citycode or "")
    agreement = compare(query, returned)
    facets, precision, status = agreement.facets, place.precision or Precision.MUNICIPALITY, Status.MATCHED
    if precision is not Precision.MUNICIPALITY and agreement.asked_street and facets.street_similarity is None:
        precision = Precision.MUNICIPALITY  # another street: the engine never says that a street does not exist
        place = replace(
            place, street=None, housenumber=None, label=label_of(None, None, place.postcode, place.city or ""),
            uncertainty_m=2 * UNCERTAINTY_M[Precision.MUNICIPALITY],
        )  # fmt: skip
    elif precision is Precision.HOUSENUMBER and facets.number != "found":
        precision = Precision.STREET
        place = replace(place, housenumber=None, uncertainty_m=UNCERTAINTY_M[Precision.STREET])
    if agreement.asked_street and (precision is Precision.MUNICIPALITY or facets.number == "absent"):
        status = Status.PARTIAL
    confidence = confidence_of(facets, precision, asked_street=agreement.asked_street)
    return replace(place, precision=precision, status=status, facets=facets, confidence=confidence)
