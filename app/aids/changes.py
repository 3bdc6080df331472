"""What changes next: the days at which an offer's status or amount changes for this question, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.aids import calendar
from app.aids.evaluate import Session
from app.aids.models import Offer, Rule, RuleBook, Status
from app.aids.place import Place
from app.aids.question import Question
from app.aids.reading import QUESTION_DATES
from app.aids.rule_facts import expressions_of, territories_of, walk
from app.aids.territory import Since
from app.aids.tree import Call, Const, Name
from app.aids.zone_predicate import ZonePredicate

_NEXT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """On `on`, the answer of `aid` goes from one status and amount to another."""

    on: date
    aid: str
    before: Status
    after: Status
    before_eur: float | None
    after_eur: float | None


def what_changes(
    book: RuleBook,
    question: Question,
    *,
    past: bool = False,
    place_on: Callable[[date], Place] | None = None,
    zone_days: Iterable[date] = (),
) -> tuple[Change, ...]:
    """Days after `question.date` (all of them with `past`) at which an answer changes, all facts being kept.

    Each rule is asked only at its own dates; professions and situations that a rule does not concern are skipped.
    `place_on` classifies the place again for a day; `zone_days` are days at which a zoning's vintage begins or ends.
    """
    vintage_days = set(zone_days)
    sessions: dict[date, Session] = {}

    def offer_on(day: date, aid: str) -> Offer:
        if day not in sessions:
            place = question.place if place_on is None or day == question.date else place_on(day)
            sessions[day] = Session(book, replace(question, date=day, place=place))
        return sessions[day].offer(aid)

    changes: list[Change] = []
    for rule in book.aids.values():
        today = offer_on(question.date, rule.id)
        if any(reason.code in ("profession", "specialty") and reason.holds is False for reason in today.reasons):
            continue
        turning = set(_turning_days(rule, book, question))
        if rule.where is not None:
            turning |= vintage_days
        days = sorted(day for day in turning if _is_asked(day, question, past))
        before = offer_on(days[0] - _NEXT, rule.id) if past and days else today
        for day in days:
            after = offer_on(day, rule.id)
            if (before.status, before.amount_eur) != (after.status, after.amount_eur):
                changes.append(Change(day, rule.id, before.status, after.status, before.amount_eur, after.amount_eur))
            before = after
    return tuple(sorted(changes, key=lambda change: (change.on, change.aid)))


def _is_asked(day: date, question: Question, past: bool) -> bool:
    return QUESTION_DATES[0] < day <= QUESTION_DATES[1] and (past or day > question.date)


def _turning_days(rule: Rule, book: RuleBook, question: Question) -> Iterator[date]:
    """Days at which something the rule reads changes; the first day of the new state."""
    for window in rule.windows:
        for _, opens in window.opens.versions:
            if opens is not None:
                yield opens
        for _, closes in window.closes.versions:
            if closes is not None:
                yield closes + _NEXT
    spans = [(item.since, item.until) for item in rule.conditions] + [(item.since, item.until) for item in rule.doubts]
    for since, until in spans:
        if since is not None:
            yield since
        if until is not None:
            yield until + _NEXT
    yield from (value.since for value in rule.amount.values) if rule.amount else ()
    for territory in territories_of(rule):
        if isinstance(territory, Since):
            yield from (start for start, _ in territory.versions)
    yield from _person_days(rule, book, question)
    yield from _zone_days(rule, question)
    yield from _schedule_days(rule, question)


def _person_days(rule: Rule, book: RuleBook, question: Question) -> Iterator[date]:
    for name in ("installed_since", "successor_installed_since", "order_since", "activity_created_on"):
        value = question.applicant.facts.get(name)
        if isinstance(value, date):
            yield from (value, calendar.add_years(value, 1))
    family = book.families.get(rule.family or "")
    if family is not None:
        yield family.since
    for held in question.applicant.held:
        yield held.granted_on
        yield from (end + _NEXT for end in (held.ends, held.ended_on) if end is not None)
        if family is not None:
            yield calendar.add_years(held.granted_on, family.years)
        other = book.aids.get(held.aid)
        if other is not None and other.term_months is not None:
            yield calendar.add_months(held.granted_on, other.term_months)


def _zone_days(rule: Rule, question: Question) -> Iterator[date]:
    asked = {predicate.zoning for predicate in _predicates(rule)}
    worlds = (*question.place.worlds, *((question.place.helped,) if question.place.helped else ()))
    for world in worlds:
        for zone in world.zones:
            if zone.zoning in asked:
                yield from (zone.valid_from,) if zone.valid_from else ()
                yield from (zone.valid_to + _NEXT,) if zone.valid_to else ()


def _predicates(rule: Rule) -> Iterator[ZonePredicate]:
    for territory in territories_of(rule):
        yield from territory.predicates()


def _schedule_days(rule: Rule, question: Question) -> Iterator[date]:
    """First days after each step of a schedule over months or years of activity."""
    facts = question.applicant.facts
    for expression in expressions_of(rule):
        for node in walk(expression):
            if not isinstance(node, Call) or node.name not in ("schedule", "steps"):
                continue
            subject = node.arguments[0]
            names = ("activity_created_on", "installed_since")
            if not isinstance(subject, Name) or subject.name not in ("activity_month", "practice_year"):
                continue
            if subject.name == "practice_year":
                names = ("installed_since", "activity_created_on")
            start = next((facts[name] for name in names if isinstance(facts.get(name), date)), None)
            if facts.get(subject.name) is not None or not isinstance(start, date):
                continue
            for bound in node.arguments[1::2]:
                if isinstance(bound, Const) and isinstance(bound.content, (int, float)):
                    passed = int(bound.content) - (1 if node.name == "steps" else 0)
                    if subject.name == "activity_month":
                        yield calendar.add_months(start.replace(day=1), passed)
                    else:
                        yield calendar.add_years(start, passed)
