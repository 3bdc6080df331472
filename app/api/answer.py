"""The first half of every answer: find the place, classify it, say its zones. Aids follow in `assessment`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.api.dependencies import Service
from app.api.question import PlaceQuestion, Question
from app.api.words import Json, membership_json, near_json, place_json
from app.errors import PlaceNotFound
from app.geocoding.geocoder import AddressQuery, GeocodeResult, Status
from app.geocoding.geocoder import Precision as Finest
from app.zones.classify import Classification, classify
from app.zones.decide import decide
from app.zones.evidence import Evidence
from app.zones.models import Place, Precision, Reason, State
from app.zones.near import nearest_better


@dataclass(frozen=True, slots=True)
class Located:
    """A place with its classification, how it was found, and what could not be had while finding it."""

    classification: Classification
    geocoded: GeocodeResult | None
    degraded: tuple[str, ...]


async def locate(service: Service, question: Question) -> Located:
    """Find the place of a question and classify it.

    An address is first looked up as finely as zonings by commune need; only where a zone of its commune has an outline
    to be tested is a finer place asked for, of the remote engine too when there is one.

    Raises:
        PlaceNotFound: the address names no place we know, or the point is outside France.
    """
    place, geocoded = await _place(service, question.place, Finest.MUNICIPALITY)
    classification = classify(service.catalogue, place, question.on, question.known_on)
    if geocoded is not None and any(m.reason is Reason.PLACE_TOO_COARSE for m in classification.memberships):
        place, geocoded = await _place(service, question.place, Finest.HOUSENUMBER)
        classification = classify(service.catalogue, place, question.on, question.known_on)
    if geocoded is not None and geocoded.rival_citycodes:
        classification = _among_rivals(service, question, place, geocoded, classification)
    elif geocoded is not None and geocoded.oldcitycode and geocoded.oldcitycode != geocoded.citycode:
        classification = _in_its_own_cog(service, question, place, geocoded, classification)
    return Located(classification, geocoded, geocoded.degraded if geocoded else ())


async def _place(service: Service, asked: PlaceQuestion, needs: Finest) -> tuple[Place, GeocodeResult | None]:
    if asked.point is not None:
        return Place(asked.point.lon, asked.point.lat, uncertainty_m=asked.uncertainty_m), None
    if asked.citycode is not None:
        return Place(insee_code=asked.citycode, precision=Precision.MUNICIPALITY), None
    assert asked.address is not None
    found = await service.geocoder.search(AddressQuery(asked.address, postcode=asked.postcode, needs=needs))
    if (
        found.status in (Status.REJECTED, Status.NOT_FOUND, Status.UNAVAILABLE)
        or found.precision is None
        or found.citycode is None
    ):
        raise PlaceNotFound(
            "No place found for this address. Check the commune or its postal code, or send lon and lat.",
            field="address",
        )
    return (
        Place(found.lon, found.lat, found.citycode, Precision(found.precision.value), found.uncertainty_m or 0.0),
        found,
    )


def _among_rivals(
    service: Service, question: Question, place: Place, geocoded: GeocodeResult, first: Classification
) -> Classification:
    """An address that names several places says only what is true of all of them."""
    evidence = Evidence.of_candidates(geocoded.rival_citycodes)
    memberships = decide(service.catalogue, evidence, question.on, question.known_on)
    return Classification(replace(place, precision=Precision.MUNICIPALITY), first.resolution, evidence, memberships)


def _in_its_own_cog(
    service: Service, question: Question, place: Place, geocoded: GeocodeResult, current: Classification
) -> Classification:
    """A former commune named in the address settles what today's commune leaves open (lists frozen on an older COG)."""
    if all(membership.state is not State.UNKNOWN for membership in current.memberships):
        return current
    former = classify(
        service.catalogue, replace(place, insee_code=geocoded.oldcitycode), question.on, question.known_on
    )
    settled = tuple(
        old if new.state is State.UNKNOWN and old.state is not State.UNKNOWN else new
        for new, old in zip(current.memberships, former.memberships, strict=True)
    )
    return replace(current, memberships=settled)


def zones_json(service: Service, question: Question, located: Located) -> Json:
    """`{place, memberships, near?, degraded?, data_version}`: the answer of `/v1/zones`."""
    classification = located.classification
    answer: Json = {
        "place": place_json(classification, service.catalogue, located.geocoded),
        "date": question.on.isoformat(),
        "known_on": question.known_on.isoformat(),
        "memberships": [membership_json(membership) for membership in classification.memberships],
    }
    if question.near:
        place = classification.place
        commune = classification.resolution.commune if classification.resolution else None
        point = (place.lon, place.lat)
        if (place.lon is None or place.lat is None) and commune is not None and commune.townhall is not None:
            point = (commune.townhall.lon, commune.townhall.lat)
        lon, lat = point
        answer["near"] = (
            []
            if lon is None or lat is None or classification.evidence.is_ambiguous
            else [
                near_json(near)
                for near in nearest_better(
                    service.catalogue, lon, lat, classification.memberships, question.on, question.known_on
                )
            ]
        )
    answer["degraded"] = list(located.degraded)
    answer["data_version"] = service.data_version
    return answer
