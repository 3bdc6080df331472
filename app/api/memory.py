"""Aids already worked out, as JSON texts, for the next place that is the same to the rules."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from app.aids.models import RuleBook
from app.aids.place_reads import FactReader
from app.zones.classify import Classification
from app.zones.models import State

if TYPE_CHECKING:
    from app.api.place_days import PlaceDays
    from app.api.question import Question


class AidMemory:
    """At most `maximum` answers, 60 to 120 kB each; the oldest leaves first. Dies with the bundle and rules it rests on."""

    def __init__(self, book: RuleBook, maximum: int = 200) -> None:
        self._facts = FactReader(book)
        self._maximum = maximum
        self._known: dict[Hashable, Mapping[str, bytes]] = {}

    def key(self, question: Question, found: Classification, days: PlaceDays) -> Hashable | None:
        """Everything the aids of an answer depend on; None when it is particular to the place (a distance to a border)."""
        coming = (question.on, *days.turning)
        worlds = tuple(days.memberships(day) for day in (*coming, *days.entries))
        if any(membership.state is State.NEAR_BORDER for world in worlds for membership in world):
            return None
        facts = tuple(self._facts.read(days.facts(day)) for day in coming)
        applicant = frozenset(question.applicant.facts.items()), question.applicant.held
        return worlds, facts, found.place.precision, applicant, question.on, question.known_on

    def get(self, key: Hashable) -> Mapping[str, bytes] | None:
        return self._known.get(key)

    def put(self, key: Hashable, aids: Mapping[str, bytes]) -> None:
        if len(self._known) >= self._maximum:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = aids
