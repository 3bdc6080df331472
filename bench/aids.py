"""The whole aid catalogue for one question, and for many rows that share a thousand profiles."""

from __future__ import annotations

import random
import statistics
from collections.abc import Hashable, Iterator
from datetime import date
from pathlib import Path

from app.aids.evaluate import evaluate, signature
from app.aids.loader import load_rules
from app.aids.models import Evaluation, RuleBook
from app.aids.question import Question, read_question
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
    yield _rows(book, questions, profile)


def _question(chance: random.Random) -> Question:
    """A question with the facts that a page or a batch profile usually holds; some are left unknown."""
    applicant: dict[str, object] = {
        "profession": chance.choice(PROFESSIONS),
        "specialty": chance.choice(["mg", "other", None]),
        "status": chance.choice(["installing", "installed", "ceding", "intern"]),
        "installed_since": f"20{chance.randint(15, 24)}-0{chance.randint(1, 9)}-01",
        "sector": chance.choice(["1", "2", "2-optam"]),
        "group": chance.choice(["none", "mono", "pluri", None]),
        "pdsa": chance.choice([True, False, None]),
        "days_per_week": chance.choice([2, 3.5, 5, None]),
        "fees_year": chance.randint(20_000, 200_000),
        "profit": chance.randint(10_000, 120_000),
    }
    zones = {str(zone["zoning"]): zone for zone in chance.sample(ZONES, 3)}
    place = {"departement": chance.choice(["31", "93", "48", "77", "971"]), "zones": list(zones.values())}
    day = f"20{chance.randint(18, 27)}-{chance.randint(1, 12):02d}-15"
    return read_question({"date": day, "known_on": "2026-11-23", "applicant": applicant, "place": place}, TODAY)


def _whole_catalogue(book: RuleBook, questions: list[Question], profile: Profile) -> Line:
    """Distinct questions, nothing remembered from one to the next."""
    rounds = []
    for _ in range(profile.rounds):
        rounds.append([timed(lambda asked=question: evaluate(book, asked)) for question in questions])  # type: ignore[misc]
    medians = [statistics.median(seconds) * 1e3 for seconds in rounds]
    slow = statistics.median(sorted(seconds)[int(len(seconds) * 0.95)] * 1e3 for seconds in rounds)
    note = f"{len(book.aids)} rules, {len(questions)} distinct questions; p95 {slow:.2f} ms"
    return at_most("aids: whole catalogue for one question", statistics.median(medians), "ms", GOAL_MS, note)


def _rows(book: RuleBook, questions: list[Question], profile: Profile) -> Line:
    """Rows in random order; each answer is kept under its question's `signature`, what the rules ask of it."""
    count = min(profile.points, 200_000) // 10
    chance = random.Random(7)
    rows = [questions[chance.randrange(PROFILES)] for _ in range(count)]

    def answer() -> int:
        kept: dict[Hashable, Evaluation] = {}
        for question in rows:
            key = signature(book, question)
            if key not in kept:
                kept[key] = evaluate(book, question)
        return len(kept)

    distinct = answer()
    seconds = [timed(answer) for _ in range(profile.rounds)]
    note = f"{count:,} rows, {PROFILES:,} profiles, {distinct:,} answers computed, one thread"
    return Line(
        "aids: rows answered with 1,000 distinct profiles",
        round(count / statistics.median(seconds)),
        "rows/s",
        note=note,
    )
