"""What a rule's calendar depends on, read once from its file: its own dates, the zonings it reads, its schedules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.aids.rule_facts import expressions_of, territories_of, walk
from app.aids.rules import Rule
from app.aids.territory import Since
from app.aids.tree import Call, Const, Name

NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps over months or years of activity: `subject` is `activity_month` or `practice_year`, `passed` how many of
    them are over when each step begins."""

    subject: str
    passed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timetable:
    """The days of a rule that no question changes, ascending; the zonings that its territories read; its schedules."""

    days: tuple[date, ...]
    zonings: frozenset[str]
    schedules: tuple[Schedule, ...]


def timetable_of(rule: Rule) -> Timetable:
    territories = tuple(territories_of(rule))
    return Timetable(
        tuple(sorted(set(_own_days(rule)))),
        frozenset(predicate.zoning for territory in territories for predicate in territory.predicates()),
        tuple(_schedules(rule)),
    )


def _own_days(rule: Rule) -> Iterator[date]:
    """First days of each state: openings, days after closings, dates of conditions, doubts, amounts and territories."""
    for window in rule.windows:
        yield from (opens for _, opens in window.opens.versions if opens is not None)
        yield from (closes + NEXT_DAY for _, closes in window.closes.versions if closes is not None)
    spans = [(item.since, item.until) for item in rule.conditions] + [(item.since, item.until) for item in rule.doubts]
    for since, until in spans:
        yield from (since,) if since is not None else ()
        yield from (until + NEXT_DAY,) if until is not None else ()
    yield from (value.since for value in rule.amount.values) if rule.amount else ()
    for territory in territories_of(rule):
        if isinstance(territory, Since):
            yield from (start for start, _ in territory.versions)


def _schedules(rule: Rule) -> Iterator[Schedule]:
    for expression in expressions_of(rule):
        for node in walk(expression):
            if not isinstance(node, Call) or node.name not in ("schedule", "steps"):
                continue
            subject = node.arguments[0]
            if isinstance(subject, Name) and subject.name in ("activity_month", "practice_year"):
                bounds = [bound.content for bound in node.arguments[1::2] if isinstance(bound, Const)]
                ended = 1 if node.name == "steps" else 0
                yield Schedule(subject.name, tuple(int(b) - ended for b in bounds if isinstance(b, (int, float))))
