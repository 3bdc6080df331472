"""One question ready to be read by rules: every known fact, what follows from it, and the zones of each world."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from app.aids import calendar
from app.aids.facts import FACTS
from app.aids.held_fields import held_values
from app.aids.place import Place, World
from app.aids.question import Question
from app.aids.tree import Value

if TYPE_CHECKING:
    from app.aids.territory import Territory
    from app.aids.zone_predicate import ZonePredicate

_DEFAULTS: dict[str, Value] = {name: fact.default for name, fact in FACTS.items() if fact.default is not None}


def known_facts(question: Question) -> dict[str, Value]:
    """Facts given, defaults of absence, and the periods that follow from dates (aids.md § 0, "Reading the inputs")."""
    facts: dict[str, Value] = {**_DEFAULTS, **question.place.facts, **question.applicant.facts}
    day = question.date
    installed, created = _date(facts.get("installed_since")), _date(facts.get("activity_created_on"))
    starting = facts.get("status") == "installing"
    start = created or installed
    if facts.get("activity_month") is None:
        facts["activity_month"] = calendar.month_number(start, day) if start else (1 if starting else None)
    if facts.get("practice_year") is None:
        began = installed or created
        facts["practice_year"] = (
            max(0, calendar.whole_months(began, day)) // 12 + 1 if began else (1 if starting else None)
        )
    facts["recent"] = _recent(facts.get("status"), installed, day)
    facts["date"], facts["known_on"] = day, question.known_on
    facts.update(held_values(question.applicant.held))
    return facts


def _date(value: Value) -> date | None:
    return value if isinstance(value, date) else None


def _recent(status: Value, installed_since: date | None, day: date) -> bool | None:
    """Project, or installed for less than a year; unknown when the status, or the day of an installation, is."""
    if status == "installing":
        return True
    if status == "installed":
        return None if installed_since is None else calendar.less_than_a_year(installed_since, day)
    return None if status is None else False


_UNREAD = object()
"""Marks a predicate not read yet: unknown is a value of its own."""


class Environment:
    """What the expressions of one rule read. `on` is the day zones are read: the entry day, or the question's date when
    that is unknown (`entry_unknown`)."""

    __slots__ = ("_on_entry", "_truths", "_world", "entry_unknown", "facts", "known_on", "on", "place")

    def __init__(self, question: Question, facts: dict[str, Value], entry: date | None) -> None:
        on = question.date if entry is None else entry
        self.facts = facts
        self.entry_unknown = entry is None
        self.place: Place = question.place
        self.known_on = question.known_on
        self.on = on
        self._on_entry = on != question.date
        self._world = 0
        self._truths: tuple[dict[ZonePredicate, bool | None], ...] = tuple({} for _ in question.place.worlds)

    def get(self, name: str) -> Value:
        if name == "entry":
            return None if self.entry_unknown else self.on
        return self.facts.get(name)

    def world(self) -> World:
        """The possible world being read."""
        if self._on_entry and self.on in self.place.dated_worlds:
            return self.place.dated_worlds[self.on]
        return self.place.worlds[self._world]

    def helped_world(self) -> World | None:
        return self.place.helped

    def zone_truth(self, predicate: ZonePredicate) -> bool | None:
        """The truth of one predicate in the world being read; read once, shared by all rules."""
        truths = self._truths[self._world]
        truth = truths.get(predicate, _UNREAD)
        if truth is _UNREAD:
            world = self.helped_world() if predicate.at_helped else self.world()
            truth = truths[predicate] = predicate.decide(self, world)
        return truth  # type: ignore[return-value]

    def over_worlds(self, territory: Territory) -> bool | None:
        """True or false when every possible world agrees, else unknown."""
        if len(self.place.worlds) == 1:
            return territory.test(self)
        kept, truths = self._world, set()
        for index in range(len(self.place.worlds)):
            self._world = index
            truths.add(territory.test(self))
        self._world = kept
        return truths.pop() if len(truths) == 1 else None
