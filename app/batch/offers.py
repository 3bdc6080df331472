"""Aids for millions of rows: each distinct question, as the rules see it, is evaluated once."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.aids.combine import best_combination
from app.aids.evaluate import Session
from app.aids.facts import FactValue
from app.aids.models import Kind, Offer, Rule, RuleBook, Status
from app.aids.place_facts import PRECISION_FACT, place_facts
from app.aids.place_reads import leaves_of, version_days
from app.aids.question import Question, entry_days
from app.aids.reading import Applicant
from app.aids.rule_facts import expressions_of
from app.aids.territory import That
from app.aids.tree import Value
from app.aids.windows import entry_day
from app.batch.answers import AnswerTable
from app.batch.place_classes import PlaceClass, PlaceClasses
from app.errors import InvalidInput, ZoningError
from app.zones.models import Precision
from app.zones.vintages import first_alike

KEPT_MAXIMUM = 1_000_000
"""Distinct rows remembered before all is forgotten: about 200 MB."""
KM_FACT, ERROR_FACT = "km_to_nearest_zip_zac", "address_error_m"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the columns and the score need of one evaluation."""

    available: tuple[str, ...]
    to_check: tuple[str, ...]
    amount_eur: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of a row that aids depend on: number of its answer, day, precision, number of its applicant, kilometres to
    a ZIP or ZAC.
    """

    answer: int
    day: date
    precision: Precision
    applicant: int
    km_to_zip_zac: float | None = None
    address_error_m: float = 0.0


@dataclass(frozen=True, slots=True)
class _Judged:
    """The answer of one rule: its status, and its offer when it may enter a combination."""

    status: Status
    offer: Offer | None


class OfferTable:
    """Outcomes of rows. Thread-safe. `asks_km`: some rule reads the distance to the nearest ZIP or ZAC.

    A rule is asked once per applicant, day and reading of the place (`PlaceClasses`); a row whose rules were all asked
    before costs a look-up per rule, and a row of a class met before a single one.
    """

    def __init__(self, book: RuleBook, answers: AnswerTable, turning_days: Iterable[date]) -> None:
        """`turning_days` are those of the catalogue: between two of them no membership changes."""
        self.asks_km = KM_FACT in book.facts_asked
        self.asks_error = ERROR_FACT in book.facts_asked
        self.applicants: list[Applicant] = []
        self.book = book
        self._answers = answers
        self._classes = PlaceClasses(book, answers.membership_numbers)
        self._turning = sorted({*turning_days, *version_days(book)})
        self._rivals = tuple(_rivals(rule, book) for rule in book.aids.values())
        tests = {leaf.expression for rule in book.aids.values() for leaf in leaves_of(rule) if isinstance(leaf, That)}
        self._km_tests = tuple(test for test in tests if not {KM_FACT, ERROR_FACT}.isdisjoint(test.names()))
        others = [node for rule in book.aids.values() for node in expressions_of(rule)]
        self._reads_km = any(not {KM_FACT, ERROR_FACT}.isdisjoint(node.names()) for node in others) or any(
            not {KM_FACT, ERROR_FACT}.issuperset(test.names()) for test in self._km_tests
        )
        self._km_of_truths: dict[tuple[Value, ...], tuple[float | None, float]] = {}
        self._number_of: dict[Hashable, int] = {}
        self._entries: dict[tuple[int, date], tuple[list[date], list[int]]] = {}
        self._of_asked: dict[Asked, Outcome | ZoningError] = {}
        self._of_classes: dict[Hashable, Outcome | ZoningError] = {}
        self._judged: dict[tuple[int, date], dict[Hashable, _Judged]] = {}
        self._sums: dict[tuple[int, date], dict[Hashable, float]] = {}
        self._lock = threading.RLock()

    def applicant_number(self, applicant: Applicant) -> int:
        with self._lock:
            key = frozenset(applicant.facts.items()), applicant.held
            number = self._number_of.setdefault(key, len(self.applicants))
            if number == len(self.applicants):
                self.applicants.append(applicant)
            return number

    def alike(self, km_to_zip_zac: float | None, address_error_m: float) -> tuple[float | None, float]:
        """A distance and an error that every rule reads as it reads these: rows at 3 and 4 km share one outcome."""
        km, error_m = km_to_zip_zac if self.asks_km else None, address_error_m if self.asks_error else 0.0
        if self._reads_km:
            return km, error_m
        lone = _Distance({KM_FACT: km, ERROR_FACT: error_m or None})
        truths = tuple(test.value(lone) for test in self._km_tests)
        return self._km_of_truths.setdefault(truths, (km, error_m))

    def outcome(self, asked: Asked) -> Outcome | ZoningError:
        """The aids of one row, or why its profile cannot be read by the rules."""
        found = self._of_asked.get(asked)
        if found is None:
            with self._lock:
                if len(self._of_asked) > KEPT_MAXIMUM:
                    self._forget()
                found = self._of_asked[asked] = self._of_class(asked)
        return found

    def _forget(self) -> None:
        for kept in (self._entries, self._of_asked, self._of_classes, self._judged, self._sums):
            kept.clear()
        self._classes.forget()

    def _of_class(self, asked: Asked) -> Outcome | ZoningError:
        days, day_of_rule = self._entry_days(asked.applicant, asked.day)
        classes = [self._class(asked, entry) for entry in days]
        key = asked.applicant, asked.day, *(place.number for place in classes)
        found = self._of_classes.get(key)
        if found is None:
            readings = [classes[day].readings[rule] for rule, day in enumerate(day_of_rule)]
            found = self._of_classes[key] = self._judge(asked, asked.day, readings)
        return found

    def _entry_days(self, applicant: int, day: date) -> tuple[list[date], list[int]]:
        """The days on which the rules look at zones, and for each rule the position of its own."""
        known = self._entries.get((applicant, day))
        if known is None:
            facts = self.applicants[applicant].facts
            of_rules = [
                self._alike_day(entry_day(rule.bears_on, facts, day) or day, day) for rule in self.book.aids.values()
            ]
            days = list(dict.fromkeys(of_rules))
            known = self._entries[applicant, day] = days, [days.index(each) for each in of_rules]
        return known

    def _alike_day(self, entry: date, day: date) -> date:
        """The first day on which zones read as on `entry`: a thousand installation days make a few classes."""
        return day if entry == day else first_alike(self._turning, entry)

    def _class(self, asked: Asked, entry: date) -> PlaceClass:
        """The class of a place, its zones read on the entry day of a rule."""
        how = PRECISION_FACT[asked.precision]
        return self._classes.of(
            (how, self._memberships_on(asked.answer, asked.day, entry)),
            (self._answers.commune_row(asked.answer), how, asked.km_to_zip_zac, asked.address_error_m),
            lambda: self._facts(asked),
            lambda: self._question(asked, Applicant({}), (entry,)),
            entry,
        )

    def _memberships_on(self, answer: int, day: date, entry: date) -> int:
        """The row of the memberships that rules read which look at zones on `entry`."""
        if entry == day:
            return self._answers.membership_row(answer)
        return self._answers.membership_row_on(answer, entry)

    def _judge(self, asked: Asked, day: date, readings: list[int]) -> Outcome | ZoningError:
        """Every rule's answer, asked of the rules only for readings not met before with this applicant and day."""
        known = self._judged.setdefault((asked.applicant, day), {})
        session: Session | None = None
        available: list[str] = []
        to_check: list[str] = []
        offers: list[Offer] = []
        summed: list[Hashable] = []
        for aid, reading, rivals in zip(self.book.aids, readings, self._rivals, strict=True):
            key = (reading, *(readings[rival] for rival in rivals)) if rivals else reading
            judged = known.get(key)
            if judged is None:
                if session is None:
                    try:
                        session = Session(self.book, self.question(asked))
                    except InvalidInput as error:
                        return error
                judged = known[key] = _judged(session.offer(aid))
            if judged.status is Status.AVAILABLE:
                available.append(aid)
            elif judged.status is Status.TO_CHECK:
                to_check.append(aid)
            if judged.offer is not None:
                offers.append(judged.offer)
                summed.append(key)
        sums = self._sums.setdefault((asked.applicant, day), {})
        chosen = tuple(summed)
        if chosen not in sums:
            on_day = Question.from_memberships((), self.applicants[asked.applicant], day, self._answers.known_on)
            sums[chosen] = best_combination(offers, self.book, on_day).amount_eur
        return Outcome(tuple(available), tuple(to_check), sums[chosen])

    def question(self, asked: Asked) -> Question:
        """The question of one row, as `/v1/assess` puts it to the rules."""
        applicant = self.applicants[asked.applicant]
        return self._question(asked, applicant, entry_days(applicant, asked.day))

    def _question(self, asked: Asked, applicant: Applicant, days: tuple[date, ...]) -> Question:
        zones = {day: self._memberships_on(asked.answer, asked.day, day) for day in {asked.day, *days}}
        memberships = {day: self._answers.memberships(row) for day, row in zones.items()}
        return Question.from_memberships(
            memberships.pop(asked.day),
            applicant,
            asked.day,
            self._answers.known_on,
            self._facts(asked),
            dated_memberships=memberships,
        )

    def _facts(self, asked: Asked) -> dict[str, FactValue]:
        commune = self._answers.commune(asked.answer)
        return place_facts(commune, asked.precision, asked.address_error_m, asked.km_to_zip_zac)


def _judged(offer: Offer) -> _Judged:
    is_summed = offer.status is Status.AVAILABLE and offer.kind is Kind.AID
    return _Judged(offer.status, offer if is_summed else None)


def _rivals(rule: Rule, book: RuleBook) -> tuple[int, ...]:
    """Positions of the rules whose answers this one waits for, and of those that they wait for."""
    positions = {aid: position for position, aid in enumerate(book.aids)}
    found: dict[int, None] = {}
    waiting = [tie.aid for tie in rule.yields_to if tie.aid in positions]
    while waiting:
        aid = waiting.pop()
        if positions[aid] not in found:
            found[positions[aid]] = None
            waiting += [tie.aid for tie in book.aids[aid].yields_to if tie.aid in positions]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Distance:
    """An environment that knows a distance and how precise the place is."""

    facts: Mapping[str, float | None]

    def get(self, name: str) -> Value:
        return self.facts.get(name)


def applicant_with(base: Applicant | None, facts: Mapping[str, FactValue]) -> Applicant:
    """The applicant of a row: the file's profile with the row's own facts over it."""
    return Applicant({**(base.facts if base else {}), **facts}, base.held if base else ())
