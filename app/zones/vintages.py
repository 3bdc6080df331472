"""Vintages side by side: which one holds on a date, as the law and lists were known on another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.zones.models import Reason, Source

STALE_AFTER = timedelta(days=3 * 365 + 1)
"""Data older than the question by more than three years is still answered, with a caveat (design.md § 2.6)."""


@dataclass(frozen=True, slots=True)
class Vintage:
    """One state of one zoning. Bounds are inclusive; None is "no bound known". `departments` None is the whole country."""

    id: str
    zoning: str
    valid_from: date | None
    valid_to: date | None
    published_on: date | None
    observed_on: date | None
    confidence: str
    caveats: tuple[str, ...]
    departments: frozenset[str] | None
    source: Source

    def covers(self, department: str) -> bool:
        return self.departments is None or department in self.departments


@dataclass(frozen=True, slots=True)
class Validity:
    """The dates that bear on one row: the vintage's own, unless the row's order has its own."""

    valid_from: date | None
    valid_to: date | None
    published_on: date | None

    def holds(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def known(self, known_on: date) -> bool:
        """A missing publication date counts as the first day of validity."""
        published = self.published_on or self.valid_from
        return published is None or published <= known_on


@dataclass(frozen=True, slots=True)
class Choice:
    """The position of the vintage that answers, or why none does."""

    index: int | None
    reason: Reason | None = None
    ended_on: date | None = None


def choose(validities: Iterable[Validity], on: date, known_on: date) -> Choice:
    """Pick the vintage in force on `on` among those published by `known_on`; the latest to begin, then to be published.

    A date after the last day of every vintage gives `zoning_ended` with that day: the zoning is over, which is known.
    """
    rows = list(validities)
    current = [
        (row.valid_from or date.min, row.published_on or date.min, i) for i, row in enumerate(rows) if row.holds(on)
    ]
    known = [entry for entry in current if rows[entry[2]].known(known_on)]
    if known:
        return Choice(max(known)[2])
    if current:
        return Choice(None, Reason.NO_DATA_FOR_KNOWN_ON)
    ends = [row.valid_to for row in rows if row.valid_to is not None and row.known(known_on)]
    if rows and len(ends) == len(rows) and on > max(ends):
        return Choice(None, Reason.ZONING_ENDED, max(ends))
    return Choice(None, Reason.NO_DATA_FOR_DATE)


def first_alike(turning_days: Sequence[date], day: date) -> date:
    """The first day that reads as this one does: the latest turning day, or the eve of all. `turning_days` ascend."""
    position = bisect_right(turning_days, day)
    if position:
        return turning_days[position - 1]
    return turning_days[0] - timedelta(days=1) if turning_days else day


def stale_caveat(vintage: Vintage, validity: Validity, on: date) -> str | None:
    """The reserve an answer must carry when it rests on a state read long before the date asked."""
    if validity.valid_to is not None:
        return None
    read_on = vintage.observed_on or validity.published_on or validity.valid_from
    if read_on is None or on - read_on <= STALE_AFTER:
        return None
    return f"Dernier état connu du {read_on:%d/%m/%Y}, plus de trois ans avant la date demandée : à vérifier."
