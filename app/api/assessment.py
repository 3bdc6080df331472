"""The second half of the whole answer: zones -> aids, best lawful combination, what changes next.

Two places that the rules read alike have the same aids: their JSON is written once and kept (`memory.AidMemory`), so that
a busy service evaluates each distinct question once.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from app.aids.answers import evaluation_json
from app.aids.changes import what_changes
from app.aids.evaluate import evaluate
from app.aids.models import Evaluation
from app.aids.question import Question as AidQuestion
from app.api.answer import Located, locate, zones_json
from app.api.dependencies import Service
from app.api.place_days import PlaceDays
from app.api.question import Question
from app.api.words import Json, change_json


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
    asked = PlaceDays(service, question, located).question()
    return Assessment(located, asked, evaluate(service.rules, asked))


async def assess_json(service: Service, question: Question) -> Json:
    """The answer of `/v1/assess` as plain values: zones, offers, best lawful combination, facts to ask for, changes."""
    located = await locate(service, question)
    return zones_json(service, question, located) | _aids_json(service, PlaceDays(service, question, located))


async def assess_bytes(service: Service, question: Question) -> bytes:
    """The same answer as JSON text, its aids taken from memory when an equal question was answered before."""
    located = await locate(service, question)
    answer = zones_json(service, question, located)
    days = PlaceDays(service, question, located)
    key = service.memory.key(question, located.classification, days)
    aids = None if key is None else service.memory.get(key)
    if aids is None:
        aids = {name: orjson.dumps(value) for name, value in _aids_json(service, days).items()}
        if key is not None:
            service.memory.put(key, aids)
    answer |= {name: orjson.Fragment(text) for name, text in aids.items()}
    return orjson.dumps(answer)


def _aids_json(service: Service, days: PlaceDays) -> Json:
    asked = days.question()
    evaluation = evaluate(service.rules, asked)
    aids = evaluation_json(evaluation, service.data_version)
    changes = what_changes(service.rules, asked, evaluated=evaluation, place_on=days.place, zone_days=days.changes())
    return {
        **{name: aids[name] for name in ("offers", "combination", "missing")},
        "changes": [change_json(change, service.rules.aids[change.aid].label) for change in changes],
        "rules_version": service.rules.version,
    }
