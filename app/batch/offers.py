"""Aids for millions of rows: each distinct question, as the rules see it, is evaluated once."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date

from app.aids.environment import Environment, known_facts
from app.aids.evaluate import evaluate
from app.aids.facts import FactValue
from app.aids.models import Evaluation, RuleBook, Status
from app.aids.place_facts import place_facts
from app.aids.question import Question, entry_days
from app.aids.reading import Applicant
from app.aids.rule_facts import expressions_of, territories_of
from app.aids.territory import CodeIs, Territory, That
from app.aids.tree import Value
from app.batch.answers import AnswerKey, AnswerTable
from app.errors import InvalidInput, ZoningError
from app.zones.models import Precision

KM_FACT = "km_to_nearest_zip_zac"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the columns and the score need of one evaluation."""

    available: tuple[str, ...]
    to_check: tuple[str, ...]
    amount_eur: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of a row that aids depend on: numbers of its answer and applicant, precision, kilometres to a ZIP or ZAC."""

    answer: int
    precision: Precision
    applicant: int
    km_to_zip_zac: float | None = None
    address_error_m: float = 0.0


def outcome_of(evaluation: Evaluation) -> Outcome:
    """The statuses and the sum of one evaluation."""

    def having(status: Status) -> tuple[str, ...]:
        return tuple(offer.aid for offer in evaluation.offers if offer.status is status)

    return Outcome(having(Status.AVAILABLE), having(Status.TO_CHECK), evaluation.combination.amount_eur)


class OfferTable:
    """Outcomes of rows. Thread-safe. `asks_km`: some rule reads the distance to the nearest ZIP or ZAC."""

    def __init__(self, book: RuleBook, answers: AnswerTable) -> None:
        self.asks_km = KM_FACT in book.facts_asked
        self.asks_error = "address_error_m" in book.facts_asked
        self.evaluations = 0
        self.applicants: list[Applicant] = []
        self._book = book
        self._answers = answers
        self._leaves, raw = _leaves(book)
        self._raw = tuple(sorted(raw & book.facts_asked))
        self._km_leaves = tuple(
            leaf for leaf in self._leaves if isinstance(leaf, That) and set(leaf.expression.names()) == {KM_FACT}
        )
        self._km_of_truths: dict[tuple[Value, ...], float] = {}
        self._of_asked: dict[Asked, Outcome | ZoningError] = {}
        self._of_truths: dict[Hashable, Outcome | ZoningError] = {}
        self._lock = threading.RLock()

    def applicant_number(self, applicant: Applicant) -> int:
        with self._lock:
            for number, known in enumerate(self.applicants):
                if known == applicant:
                    return number
            self.applicants.append(applicant)
            return len(self.applicants) - 1

    def alike_km(self, km_to_zip_zac: float | None) -> float | None:
        """A distance that every rule reads as it reads this one: rows at 3 and 4 km share one outcome."""
        if km_to_zip_zac is None or not self.asks_km:
            return None
        if KM_FACT in self._raw:
            return km_to_zip_zac
        lone = _Kilometres(km_to_zip_zac)
        truths = tuple(leaf.expression.value(lone) for leaf in self._km_leaves)
        return self._km_of_truths.setdefault(truths, km_to_zip_zac)

    def outcome(self, asked: Asked) -> Outcome | ZoningError:
        """The aids of one row, or why its profile cannot be read by the rules."""
        found = self._of_asked.get(asked)
        if found is None:
            with self._lock:
                question = self.question(asked)
                key = self._truths(question, asked.applicant)
                found = self._of_truths.get(key)
                if found is None:
                    found = self._of_truths[key] = self._evaluate(question)
                if len(self._of_asked) > 1_000_000:
                    self._of_asked.clear()
                self._of_asked[asked] = found
        return found

    def question(self, asked: Asked) -> Question:
        """The question of one row, as `/v1/assess` puts it to the rules."""
        key = self._answers.keys[asked.answer]
        applicant = self.applicants[asked.applicant]
        today = AnswerKey(key.evidence, -1, key.day)
        dated = {day: self._answers.memberships_on(today, day) for day in entry_days(applicant, key.day)}
        commune = self._answers.commune(asked.answer)
        facts = place_facts(commune, asked.precision, asked.address_error_m, asked.km_to_zip_zac)
        return Question.from_memberships(
            self._answers.memberships(asked.answer), applicant, key.day, self._answers.known_on, facts,
            dated_memberships=dated,
        )  # fmt: skip

    def _evaluate(self, question: Question) -> Outcome | ZoningError:
        self.evaluations += 1
        try:
            return outcome_of(evaluate(self._book, question))
        except InvalidInput as error:
            return error

    def _truths(self, question: Question, applicant: int) -> Hashable:
        """Everything the rules read of this place: truths of predicates and of territorial tests, and plain facts."""
        facts = known_facts(question)
        days = {question.date, facts.get("activity_created_on"), facts.get("installed_since")}
        truths: list[bool | None] = []
        for day in sorted(day for day in days if isinstance(day, date)):
            env = Environment(question, facts, day)
            truths += [env.over_worlds(predicate) for predicate in self._book.sorted_predicates]
            truths += [leaf.test(env) for leaf in self._leaves]
        return (
            applicant,
            question.date,
            question.place.is_coarse,
            tuple(truths),
            tuple(facts.get(name) for name in self._raw),
        )


@dataclass(frozen=True, slots=True)
class _Kilometres:
    """An environment that knows one distance."""

    km_to_zip_zac: float

    def get(self, name: str) -> Value:
        return self.km_to_zip_zac if name == KM_FACT else None


def _leaves(book: RuleBook) -> tuple[tuple[Territory, ...], frozenset[str]]:
    """Territorial tests on place facts, and the facts that rules read in any other way (their value then counts)."""
    leaves: dict[Territory, None] = {}
    raw: set[str] = {name for rule in book.aids.values() for node in expressions_of(rule) for name in node.names()}
    tested: set[str] = set()

    def walk(node: Territory) -> None:
        if isinstance(node, CodeIs | That):
            leaves[node] = None
            tested.update(node.names())
        for part in getattr(node, "parts", ()):
            walk(part)
        for name in ("part", "territory"):
            if (inner := getattr(node, name, None)) is not None:
                walk(inner)
        for _, part in getattr(node, "versions", ()):
            walk(part)

    for rule in book.aids.values():
        for territory in territories_of(rule):
            walk(territory)
        audiences = [rule.audience, *(window.audience for window in rule.windows)]
        if any(audience.regions for audience in audiences):
            raw.add("region")
    return tuple(leaves), frozenset(raw)


def applicant_with(base: Applicant | None, facts: Mapping[str, FactValue]) -> Applicant:
    """The applicant of a row: the file's profile with the row's own facts over it."""
    return Applicant({**(base.facts if base else {}), **facts}, base.held if base else ())
