"""The whole aid catalogue for one question, and for many rows that share a thousand profiles."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from app.aids.evaluate import evaluate
from app.aids.facts import FactValue
from app.aids.loader import load_rules
from app.aids.models import RuleBook
from app.aids.question import Question, read_question
from app.aids.reading import Applicant
from app.batch.answers import AnswerTable
from app.batch.offers import Asked, OfferTable
from app.main import bundle_directory, cache_directory
from app.settings import DataSettings
from app.zones.catalogue import Catalogue
from app.zones.gather import EvidenceTable
from app.zones.models import Precision
from bench.lines import Line, Profile, at_most, timed

RULES = Path(__file__).resolve().parents[1] / "data" / "aids"
GOAL_MS = 2.0
PROFILES = 1_000
TODAY = date(2026, 11, 23)
PROFESSIONS = (
    *("medecin", "chirurgien-dentiste", "infirmier", "masseur-kinesitherapeute"),
    *("sage-femme", "orthophoniste", "pharmacien"),
)
ZONES: tuple[dict[str, object], ...] = (
    {"zoning": "doctors", "code": "ZIP"},
    {"zoning": "doctors", "code": "ZAC"},
    {"zoning": "nurses", "code": "tres_sous_dotee"},
    {"zoning": "qpv", "generation": 2024},
    {"zoning": "frr", "code": "FRR+"},
    {"zoning": "montagne"},
)


def lines(profile: Profile) -> Iterator[Line]:
    book = load_rules(RULES)
    questions = [_question(random.Random(seed)) for seed in range(PROFILES)]
    evaluate(book, questions[0])
    yield _whole_catalogue(book, questions[:300], profile)
    yield _rows(book, profile)


def _applicant(chance: random.Random) -> dict[str, FactValue]:
    """The facts that a page or a batch profile usually holds; some are left unknown."""
    facts: dict[str, FactValue | None] = {
        "profession": chance.choice(PROFESSIONS),
        "specialty": chance.choice(["mg", "other", None]),
        "status": chance.choice(["installing", "installed", "ceding", "intern"]),
        "installed_since": date(2000 + chance.randint(15, 24), chance.randint(1, 9), 1),
        "sector": chance.choice(["1", "2", "2-optam"]),
        "group": chance.choice(["none", "mono", "pluri", None]),
        "pdsa": chance.choice([True, False, None]),
        "days_per_week": chance.choice([2, 3.5, 5, None]),
        "fees_year": chance.randint(20_000, 200_000),
        "profit": chance.randint(10_000, 120_000),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _question(chance: random.Random) -> Question:
    zones = {str(zone["zoning"]): zone for zone in chance.sample(ZONES, 3)}
    place = {"departement": chance.choice(["31", "93", "48", "77", "971"]), "zones": list(zones.values())}
    day = f"20{chance.randint(18, 27)}-{chance.randint(1, 12):02d}-15"
    asked = read_question({"date": day, "known_on": "2026-11-23", "place": place}, TODAY)
    return replace(asked, applicant=Applicant(_applicant(chance)))


def _whole_catalogue(book: RuleBook, questions: list[Question], profile: Profile) -> Line:
    """Distinct questions, nothing remembered from one to the next."""
    rounds = []
    for _ in range(profile.rounds):
        rounds.append([timed(lambda asked=question: evaluate(book, asked)) for question in questions])  # type: ignore[misc]
    medians = [statistics.median(seconds) * 1e3 for seconds in rounds]
    slow = statistics.median(sorted(seconds)[int(len(seconds) * 0.95)] * 1e3 for seconds in rounds)
    note = f"{len(book.aids)} rules, {len(questions)} distinct questions; p95 {slow:.2f} ms"
    return at_most("aids: whole catalogue for one question", statistics.median(medians), "ms", GOAL_MS, note)


def _rows(book: RuleBook, profile: Profile) -> Line:
    """Rows of a batch in random order: a commune of the bundle in service and one of a thousand applicants each."""
    settings = DataSettings()
    bundle = bundle_directory(settings)
    catalogue = Catalogue(bundle, cache_directory(settings, bundle))
    evidences = EvidenceTable(catalogue)
    answers = AnswerTable(catalogue, evidences, TODAY)
    numbers = answers.of_evidence(evidences.of_codes(list(catalogue.communes.codes)), TODAY)
    table = OfferTable(book, answers, catalogue.turning_days)
    chance = random.Random(7)
    applicants = [table.applicant_number(Applicant(_applicant(chance))) for _ in range(PROFILES)]
    rows = 5_000 if profile.name == "quick" else 200_000
    places = chance.choices(numbers[numbers >= 0].tolist(), k=rows)

    def answer() -> None:
        for place in places:
            table.outcome(Asked(place, TODAY, Precision.MUNICIPALITY, chance.choice(applicants)))

    seconds = timed(answer)
    note = f"{len(places):,} rows, {PROFILES:,} profiles, {len(numbers):,} communes; starts cold, one thread"
    return Line("aids: rows with 1,000 distinct profiles", round(len(places) / seconds), "rows/s", note=note)
