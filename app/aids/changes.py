"""What changes next: the days at which an offer's status or amount changes for this question, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from app.aids import calendar
from app.aids.evaluate import Session
from app.aids.models import Evaluation, Offer, Rule, RuleBook, Status
from app.aids.place import Place
from app.aids.question import Question
from app.aids.reading import QUESTION_DATES
from app.aids.timetable import NEXT_DAY, Timetable


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
    evaluated: Evaluation | None = None,
    place_on: Callable[[date], Place] | None = None,
    zone_days: Mapping[date, frozenset[str]] = MappingProxyType({}),
) -> tuple[Change, ...]:
    """Days after `question.date` (all of them with `past`) at which an answer changes, all facts being kept.

    Each rule is asked only at its own dates; professions and situations that a rule does not concern are skipped.
    `evaluated` is the answer to the question itself, when the caller has it. `place_on` classifies the place again for a
    day; `zone_days` names the zonings whose membership changes that day.
    """
    sessions: dict[date, Session] = {}
    known = {offer.aid: offer for offer in evaluated.offers} if evaluated else {}

    def offer_on(day: date, aid: str) -> Offer:
        if day == question.date and aid in known:
            return known[aid]
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
        turning |= {day for day, changed in zone_days.items() if changed & book.timetables[rule.id].zonings}
        days = sorted(day for day in turning if _is_asked(day, question, past))
        before = offer_on(days[0] - NEXT_DAY, rule.id) if past and days else today
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
    timetable = book.timetables[rule.id]
    yield from timetable.days
    yield from _person_days(rule, book, question)
    yield from _zone_days(timetable, question)
    yield from _schedule_days(timetable, question)


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
        yield from (end + NEXT_DAY for end in (held.ends, held.ended_on) if end is not None)
        if family is not None:
            yield calendar.add_years(held.granted_on, family.years)
        other = book.aids.get(held.aid)
        if other is not None and other.term is not None:
            yield from (day for day in other.term.turns(held.granted_on) if day is not None)


def _zone_days(timetable: Timetable, question: Question) -> Iterator[date]:
    worlds = (*question.place.worlds, *((question.place.helped,) if question.place.helped else ()))
    for world in worlds:
        for zone in world.zones:
            if zone.zoning in timetable.zonings:
                yield from (zone.valid_from,) if zone.valid_from else ()
                yield from (zone.valid_to + NEXT_DAY,) if zone.valid_to else ()


def _schedule_days(timetable: Timetable, question: Question) -> Iterator[date]:
    """First days after each step of a schedule over months or years of activity."""
    facts = question.applicant.facts
    for schedule in timetable.schedules:
        names = ("activity_created_on", "installed_since")
        if schedule.subject == "practice_year":
            names = ("installed_since", "activity_created_on")
        start = next((facts[name] for name in names if isinstance(facts.get(name), date)), None)
        if facts.get(schedule.subject) is not None or not isinstance(start, date):
            continue
        for passed in schedule.passed:
            if schedule.subject == "activity_month":
                yield calendar.add_months(start.replace(day=1), passed)
            else:
                yield calendar.add_years(start, passed)
