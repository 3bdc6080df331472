"""The one pipeline of the service: place -> zones -> aids. Every face (HTTP, CLI, page) asks it here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.aids.answers import evaluation_json
from app.aids.changes import what_changes
from app.aids.evaluate import evaluate
from app.aids.models import Evaluation
from app.aids.place_facts import place_facts
from app.aids.question import Question as AidQuestion
from app.aids.question import entry_days
from app.api.dependencies import Service
from app.api.question import PlaceQuestion, Question
from app.api.words import Json, change_json, membership_json, near_json, place_json
from app.errors import InvalidInput, PlaceNotFound
from app.geocoding.geocoder import AddressQuery, GeocodeResult, Status
from app.zones.classify import Classification, classify
from app.zones.models import Membership, Place, Precision, State
from app.zones.near import is_in_zip_or_zac, km_to_nearest_zip_zac, nearest_better


@dataclass(frozen=True, slots=True)
class Located:
    """A place with its classification, how it was found, and what could not be had while finding it."""

    classification: Classification
    geocoded: GeocodeResult | None
    degraded: tuple[str, ...]


async def locate(service: Service, question: Question) -> Located:
    """Find the place of a question and classify it.

    Raises:
        PlaceNotFound: the address names no place we know, or the point is outside France.
        InvalidInput: the address was rejected as unreadable.
    """
    place, geocoded = await _place(service, question.place)
    classification = classify(service.catalogue, place, question.on, question.known_on)
    if geocoded is not None and geocoded.oldcitycode and geocoded.oldcitycode != geocoded.citycode:
        classification = _in_its_own_cog(service, question, place, geocoded, classification)
    return Located(classification, geocoded, geocoded.degraded if geocoded else ())


async def _place(service: Service, asked: PlaceQuestion) -> tuple[Place, GeocodeResult | None]:
    if asked.point is not None:
        return Place(asked.point.lon, asked.point.lat), None
    if asked.citycode is not None:
        return Place(insee_code=asked.citycode, precision=Precision.MUNICIPALITY), None
    assert asked.address is not None
    found = await service.geocoder.search(AddressQuery(asked.address, postcode=asked.postcode))
    if found.status is Status.REJECTED:
        raise InvalidInput(
            "address cannot be read as an address: give a number, a street and a commune.", field="address"
        )
    if found.status in (Status.NOT_FOUND, Status.UNAVAILABLE) or found.precision is None or found.citycode is None:
        raise PlaceNotFound(
            "No place found for this address. Check the commune or its postal code, or send lon and lat.",
            field="address",
        )
    return (
        Place(found.lon, found.lat, found.citycode, Precision(found.precision.value), found.uncertainty_m or 0.0),
        found,
    )


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
            if lon is None or lat is None
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


def aid_question(service: Service, question: Question, located: Located, on: date | None = None) -> AidQuestion:
    """The question put to the rules, on its own date or another; zones of the days that rules read are looked up too."""
    day = on or question.on
    catalogue, place = service.catalogue, located.classification.place

    def memberships_on(that_day: date) -> tuple[Membership, ...]:
        if that_day == question.on:
            return located.classification.memberships
        return classify(catalogue, place, that_day, question.known_on).memberships

    memberships = memberships_on(day)
    km: float | None = None
    if is_in_zip_or_zac(memberships):
        km = 0.0
    elif place.has_point and place.lon is not None and place.lat is not None:
        km = km_to_nearest_zip_zac(catalogue, place.lon, place.lat, day, question.known_on)
    resolution = located.classification.resolution
    return AidQuestion.from_memberships(
        memberships,
        question.applicant,
        day,
        question.known_on,
        place_facts(resolution.commune if resolution else None, place.precision, place.uncertainty_m, km),
        dated_memberships={other: memberships_on(other) for other in entry_days(question.applicant, day)},
    )


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole answer before it becomes JSON."""

    located: Located
    asked: AidQuestion
    evaluation: Evaluation


async def assess(service: Service, question: Question) -> Assessment:
    """Place -> zones -> aids.

    Raises:
        PlaceNotFound, InvalidInput: as `locate`; `held` names an aid that the catalogue does not know.
    """
    located = await locate(service, question)
    asked = aid_question(service, question, located)
    return Assessment(located, asked, evaluate(service.rules, asked))


def _zone_days(service: Service, question: Question, located: Located) -> dict[date, frozenset[str]]:
    """Days to come at which the place's membership of some zonings changes, as far as installed vintages tell."""
    days: dict[date, frozenset[str]] = {}
    before = located.classification.memberships
    for day in service.catalogue.turning_days:
        if day > question.on:
            after = classify(service.catalogue, located.classification.place, day, question.known_on).memberships
            changed = {
                new.zoning
                for old, new in zip(before, after, strict=True)
                if (old.state, old.codes, old.sub, old.boosted) != (new.state, new.codes, new.sub, new.boosted)
            }
            if changed:
                days[day] = frozenset(changed)
            before = after
    return days


async def assess_json(service: Service, question: Question) -> Json:
    """The answer of `/v1/assess`: zones, then offers, best lawful combination, facts to ask for, what changes next."""
    found = await assess(service, question)
    answer = zones_json(service, question, found.located)
    aids = evaluation_json(found.evaluation, service.data_version)
    for name in ("offers", "combination", "missing"):
        answer[name] = aids[name]
    changes = what_changes(
        service.rules,
        found.asked,
        place_on=lambda day: aid_question(service, question, found.located, day).place,
        zone_days=_zone_days(service, question, found.located),
    )
    answer["changes"] = [change_json(change, service.rules.aids[change.aid].label) for change in changes]
    answer["rules_version"] = service.rules.version
    return answer
