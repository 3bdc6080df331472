"""The second half of the whole answer: zones -> aids, best lawful combination, what changes next.

Two places whose memberships, facts and dates are the same to the rules have the same aids: their JSON is written once and
kept (`memory.AidMemory`), so that a busy service evaluates each distinct question once.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

import orjson

from app.aids.answers import evaluation_json
from app.aids.changes import what_changes
from app.aids.evaluate import evaluate
from app.aids.models import Evaluation
from app.aids.place_facts import place_facts
from app.aids.question import Question as AidQuestion
from app.aids.question import entry_days
from app.api.answer import Located, locate, zones_json
from app.api.dependencies import Service
from app.api.question import Question
from app.api.words import Json, change_json
from app.zones.classify import classify
from app.zones.decide import decide
from app.zones.models import Membership, State
from app.zones.near import is_in_zip_or_zac, km_to_nearest_zip_zac

Memberships = tuple[Membership, ...]


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


async def assess_json(service: Service, question: Question) -> Json:
    """The answer of `/v1/assess` as plain values: zones, offers, best lawful combination, facts to ask for, changes."""
    located = await locate(service, question)
    return zones_json(service, question, located) | _aids_json(service, question, located)


async def assess_bytes(service: Service, question: Question) -> bytes:
    """The same answer as JSON text, its aids taken from memory when an equal question was answered before."""
    located = await locate(service, question)
    answer = zones_json(service, question, located)
    key = _memory_key(service, question, located)
    aids = None if key is None else service.memory.get(key)
    if aids is None:
        aids = {name: orjson.dumps(value) for name, value in _aids_json(service, question, located).items()}
        if key is not None:
            service.memory.put(key, aids)
    answer |= {name: orjson.Fragment(text) for name, text in aids.items()}
    return orjson.dumps(answer)


def aid_question(service: Service, question: Question, located: Located, on: date | None = None) -> AidQuestion:
    """The question put to the rules, on its own date or another; zones of the days that rules read are looked up too."""
    day = on or question.on
    place, resolution = located.classification.place, located.classification.resolution
    facts = place_facts(
        None if resolution is None or located.classification.evidence.is_ambiguous else resolution.commune,
        place.precision,
        place.uncertainty_m,
        _km_to_zip_zac(service, question, located, day),
    )
    dated = {other: _memberships_on(service, question, located, other) for other in entry_days(question.applicant, day)}
    return AidQuestion.from_memberships(
        _memberships_on(service, question, located, day),
        question.applicant,
        day,
        question.known_on,
        facts,
        dated_memberships=dated,
    )


def _memberships_on(service: Service, question: Question, located: Located, day: date) -> Memberships:
    if day == question.on:
        return located.classification.memberships
    if located.classification.evidence.is_ambiguous:
        return decide(service.catalogue, located.classification.evidence, day, question.known_on)
    return classify(service.catalogue, located.classification.place, day, question.known_on).memberships


def _km_to_zip_zac(service: Service, question: Question, located: Located, day: date) -> float | None:
    place = located.classification.place
    if is_in_zip_or_zac(_memberships_on(service, question, located, day)):
        return 0.0
    if not place.has_point or place.lon is None or place.lat is None:
        return None
    return km_to_nearest_zip_zac(service.catalogue, place.lon, place.lat, day, question.known_on)


def _aids_json(service: Service, question: Question, located: Located) -> Json:
    asked = aid_question(service, question, located)
    evaluation = evaluate(service.rules, asked)
    aids = evaluation_json(evaluation, service.data_version)
    changes = what_changes(
        service.rules,
        asked,
        evaluated=evaluation,
        place_on=lambda day: aid_question(service, question, located, day).place,
        zone_days=_zone_days(service, question, located),
    )
    return {
        **{name: aids[name] for name in ("offers", "combination", "missing")},
        "changes": [change_json(change, service.rules.aids[change.aid].label) for change in changes],
        "rules_version": service.rules.version,
    }


def _zone_days(service: Service, question: Question, located: Located) -> dict[date, frozenset[str]]:
    """Days to come at which the place's membership of some zonings changes, as far as installed vintages tell."""
    days: dict[date, frozenset[str]] = {}
    before = located.classification.memberships
    for day in service.catalogue.turning_days:
        if day > question.on:
            after = _memberships_on(service, question, located, day)
            changed = {
                new.zoning
                for old, new in zip(before, after, strict=True)
                if (old.state, old.codes, old.sub, old.boosted) != (new.state, new.codes, new.sub, new.boosted)
            }
            if changed:
                days[day] = frozenset(changed)
            before = after
    return days


def _memory_key(service: Service, question: Question, located: Located) -> Hashable | None:
    """Everything the aids of this answer depend on; None when it is particular to the place (a distance to a border)."""
    place = located.classification.place
    ahead = [day for day in service.catalogue.turning_days if day > question.on]
    days = (question.on, *ahead, *entry_days(question.applicant, question.on))
    worlds = tuple(_memberships_on(service, question, located, day) for day in days)
    if any(membership.state is State.NEAR_BORDER for world in worlds for membership in world):
        return None
    if not all(is_in_zip_or_zac(world) for world in worlds[: 1 + len(ahead)]):
        return None  # the distance to the nearest ZIP or ZAC counts
    resolution = located.classification.resolution
    commune = resolution.commune if resolution else None
    facts = place_facts(commune, place.precision, place.uncertainty_m, 0.0)
    applicant = tuple(sorted(question.applicant.facts.items())), question.applicant.held
    asked = tuple(facts.get(name) for name in sorted(service.rules.facts_asked))
    return worlds, asked, place.precision, applicant, question.on, question.known_on
