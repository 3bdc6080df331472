"""Aids shared by rows that the rules read alike are those of each row evaluated alone."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.aids.evaluate import evaluate
from app.aids.facts import PROFESSIONS, FactValue
from app.aids.loader import load_rules
from app.aids.models import Status
from app.aids.place_facts import place_facts
from app.aids.question import Question, entry_days
from app.aids.reading import Applicant, Held
from app.batch.answers import AnswerTable
from app.batch.offers import Asked, OfferTable, Outcome
from app.zones.catalogue import Catalogue
from app.zones.decide import decide
from app.zones.gather import EvidenceTable
from app.zones.models import Precision

RULES = Path(__file__).resolve().parents[2] / "data" / "aids"
KNOWN_ON = date(2026, 11, 23)
DAYS = [date(2019, 6, 1), date(2022, 5, 7), date(2023, 12, 31), date(2024, 7, 1), date(2026, 3, 1)]


def applicant(chance: random.Random) -> Applicant:
    facts: dict[str, FactValue] = {
        "profession": chance.choice([*PROFESSIONS, "medecin", "medecin", "medecin"]),
        "status": chance.choice(["installing", "installed", "ceding", "replacement", "docteur-junior", "structure"]),
        "sector": chance.choice(["1", "2", "2-optam"]),
        "tax_regime": "real",
        "employees": chance.randint(0, 12),
        "profit": chance.randint(10_000, 90_000),
        "days_per_week": chance.choice([2.0, 3.5, 5.0]),
        "first_installation": chance.random() < 0.5,
        "half_days_per_week": chance.randint(4, 10),
        "fees_month": 5000.0,
    }
    for name in ("installed_since", "activity_created_on"):
        if chance.random() < 0.6:
            facts[name] = date(2015, 1, 1) + timedelta(days=chance.randint(0, 4200))
    kept = {name: value for name, value in facts.items() if chance.random() < 0.9}
    held = (Held(chance.choice(["caim", "paris-med-2015", "zrr-44quindecies"]), date(2022, 3, 1)),)
    return Applicant(kept, held if chance.random() < 0.3 else ())


def alone(table: OfferTable, answers: AnswerTable, asked: Asked, catalogue: Catalogue) -> Outcome:
    """The row as a question of its own: exact distance, exact days, every rule asked."""
    evidence, who, today = answers.evidence(asked.answer), table.applicants[asked.applicant], asked.day
    facts = place_facts(answers.commune(asked.answer), asked.precision, asked.address_error_m, asked.km_to_zip_zac)
    dated = {day: decide(catalogue, evidence, day, KNOWN_ON) for day in entry_days(who, today)}
    memberships = decide(catalogue, evidence, today, KNOWN_ON)
    question = Question.from_memberships(memberships, who, today, KNOWN_ON, facts, dated_memberships=dated)
    found = evaluate(table.book, question)

    def having(status: Status) -> tuple[str, ...]:
        return tuple(offer.aid for offer in found.offers if offer.status is status)

    return Outcome(having(Status.AVAILABLE), having(Status.TO_CHECK), found.combination.amount_eur)


@pytest.mark.parametrize("seed", [1, 2])
def test_outcomes_shared_by_rows_are_those_of_each_row(seed: int, small: Catalogue) -> None:
    chance, places = random.Random(seed), np.random.default_rng(seed)
    evidences = EvidenceTable(small)
    found = [evidences.of_points(places.uniform(1.95, 2.65, 300), places.uniform(45.95, 46.25, 300))]
    found.append(evidences.of_codes([*small.communes.codes, *small.communes.former]))
    known = np.unique(np.concatenate([numbers[numbers >= 0] for numbers in found]))
    answers = AnswerTable(small, evidences, KNOWN_ON)
    table = OfferTable(load_rules(RULES), answers, small.turning_days)
    people = [table.applicant_number(applicant(chance)) for _ in range(40)]
    numbers = [(number, day) for day in DAYS for number in answers.of_evidence(known, day).tolist()]
    seen: set[Outcome] = set()
    for _ in range(700):
        km = chance.choice([None, 0.0, 3.0, 9.99, 10.0, 10.02, 12.5])
        error_m = chance.choice([0.0, 30.0, 3000.0])
        precision = chance.choice([Precision.POINT, Precision.MUNICIPALITY])
        number, day = chance.choice(numbers)
        who = chance.choice(people)
        outcome = table.outcome(Asked(number, day, precision, who, *table.alike(km, error_m)))
        asked = Asked(number, day, precision, who, km, error_m)
        assert outcome == alone(table, answers, asked, small), asked
        assert isinstance(outcome, Outcome)
        seen.add(outcome)
    assert len(seen) > 100
