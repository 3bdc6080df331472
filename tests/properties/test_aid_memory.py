"""An answer taken from memory is, to the byte, the one that would have been worked out for that place."""

from __future__ import annotations

import asyncio
import random
from datetime import date, timedelta

import orjson
import pytest

from app.aids.facts import FactValue
from app.aids.reading import Applicant
from app.api.answer import locate
from app.api.assessment import assess_bytes, assess_json
from app.api.dependencies import Service
from app.api.place_days import PlaceDays
from app.api.question import PlaceQuestion, Question
from app.errors import PlaceOutsideFrance
from app.main import open_service
from app.places import LonLat
from app.settings import Settings
from app.zones.decide import decide

KNOWN_ON = date(2026, 11, 23)
PILOT = ("09", "32", "65", "75")
DAYS = [date(2017, 3, 1), date(2024, 1, 15), date(2024, 9, 30), KNOWN_ON]
APPLICANTS: list[dict[str, FactValue]] = [
    {"profession": "medecin", "status": "installing"},
    {"profession": "pharmacien", "status": "installed", "installed_since": date(2025, 2, 1)},
    {"profession": "infirmier", "activity_created_on": date(2024, 5, 2), "profit": 40_000.0},
]


@pytest.fixture(scope="module")
def service() -> Service:
    return open_service(Settings())


def places(service: Service, chance: random.Random, count: int) -> list[PlaceQuestion]:
    """Communes of the pilot departments by code, and points in and around their town halls, beside borders too."""
    table = service.catalogue.communes
    rows = chance.sample([row for row in range(len(table)) if table.department_of(row) in PILOT], count)
    found = [PlaceQuestion(citycode=table.codes[row]) for row in rows[: count // 2]]
    for row in rows[count // 2 :]:
        hall = table.at(row).townhall
        if hall is not None:
            point = LonLat(hall.lon + chance.uniform(-0.02, 0.02), hall.lat + chance.uniform(-0.02, 0.02))
            found.append(PlaceQuestion(point=point, uncertainty_m=chance.choice([0.0, 0.0, 40.0])))
    return found


def test_remembered_answers_equal_those_worked_out(service: Service) -> None:
    chance = random.Random(7)
    answered, kept = 0, set()
    for place in places(service, chance, 500):
        applicant = Applicant(chance.choice(APPLICANTS))
        question = Question(place, chance.choice(DAYS), KNOWN_ON, applicant)
        try:
            told = asyncio.run(assess_bytes(service, question))
        except PlaceOutsideFrance:
            continue
        alone = asyncio.run(assess_json(service, question))  # never looks into the memory
        assert orjson.loads(told) == orjson.loads(orjson.dumps(alone))
        answered += 1
        located = asyncio.run(locate(service, question))
        kept.add(service.memory.key(question, located.classification, PlaceDays(service, question, located)))
    assert answered > 400
    assert len(kept) < 0.7 * answered  # places that the rules read alike do share


def test_days_between_turning_days_read_alike(service: Service) -> None:
    chance = random.Random(11)
    for place in places(service, chance, 60):
        question = Question(place, date(2015, 1, 1), KNOWN_ON, Applicant({}))
        try:
            located = asyncio.run(locate(service, question))
        except PlaceOutsideFrance:
            continue
        days = PlaceDays(service, question, located)
        for _ in range(6):
            day = question.on + timedelta(days=chance.randint(1, 5_000))
            exact = decide(service.catalogue, located.classification.evidence, day, KNOWN_ON)
            mine = [(m.zoning, m.state, m.codes, m.sub, m.vintage, m.valid_from) for m in days.memberships(day)]
            assert mine == [(m.zoning, m.state, m.codes, m.sub, m.vintage, m.valid_from) for m in exact]
