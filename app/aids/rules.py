"""What a rule is: one file of `data/aids`, compiled. Frozen values, no behaviour beyond reading themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.aids import calendar
from app.aids.territory import Territory
from app.aids.tree import Node
from app.aids.words import BearsOn, Confidence, Kind, Reference, Status
from app.aids.yaml_text import Plain


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom something concerns; an empty set means everyone. `recent` = project or installed < 1 year.

    `tests` are the sets that are not empty, by the fact they bear on.
    """

    professions: frozenset[str] = frozenset()
    specialties: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    recent: bool = False
    tests: tuple[tuple[str, frozenset[str]], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        named = (
            ("profession", self.professions),
            ("specialty", self.specialties),
            ("status", self.statuses),
            ("region", self.regions),
        )
        object.__setattr__(self, "tests", tuple(pair for pair in named if pair[1]))


@dataclass(frozen=True, slots=True)
class Bound:
    """A first or last day, as it was known from each publication date on (`None` key-date: always)."""

    versions: tuple[tuple[date | None, date | None], ...] = ()

    def known(self, known_on: date) -> date | None:
        """The bound as published on `known_on`; before its first publication, the first one."""
        chosen = self.versions[0][1] if self.versions else None
        for published, day in self.versions:
            if published is None or published <= known_on:
                chosen = day
        return chosen


@dataclass(frozen=True, slots=True)
class Window:
    """First and last day, inclusive, for an audience; `published_on` hides it from earlier `known_on`."""

    audience: Audience
    bears_on: BearsOn
    opens: Bound
    closes: Bound
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One personal condition. Failing gives `not_available`, or `to_check` when a waiver exists (`waivable`)."""

    id: str
    that: Node
    otherwise: str
    since: date | None = None
    until: date | None = None
    waivable: bool = False


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A declared doubt: from `since` to `until`, when `when` is not false, the answer is `to_check`."""

    because: str
    since: date | None = None
    until: date | None = None
    when: Node | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A text listed with the answer; shown when `when` is absent or true."""

    text: str
    when: Node | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What the applicant undertakes; with `commitment_years`, a shorter commitment given is refused."""

    text: str
    commitment_years: float | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment: contract year it falls in, label, formula, months after the signature when known."""

    year: int
    label: str
    formula: Node
    due_months: int | None = None


@dataclass(frozen=True, slots=True)
class AmountValue:
    """The amount in force from `since`: a formula, its instalments, or nothing (then `note` says why)."""

    since: date
    formula: Node | None
    instalments: tuple[Instalment, ...] = ()
    published_on: date | None = None
    confidence: Confidence | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """Dated values of one amount. `unit_with` gives another unit when a fact is known (months: total)."""

    unit: str
    values: tuple[AmountValue, ...]
    is_maximum: bool = False
    unit_with: tuple[tuple[str, str], ...] = ()

    def value_on(self, day: date, known_on: date) -> AmountValue | None:
        chosen = None
        for value in self.values:
            if value.since <= day and (value.published_on is None or value.published_on <= known_on):
                chosen = value
        return chosen


@dataclass(frozen=True, slots=True)
class Relation:
    """A tie to another aid: exclusion both ways, or giving way to it when it is available.

    `is_doubtful`: sources disagree, so that the other aid, while held, leads to `to_check`.
    """

    aid: str
    because: str | None = None
    when: Node | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """How long a contract runs once signed, when its end was not given.

    `tacit_until`: terms that begin by that day follow each other by themselves. `renewals`: how many more may be asked for.
    """

    months: int
    tacit_until: date | None = None
    renewals: int = 0

    def turns(self, signed_on: date) -> tuple[date, date | None]:
        """First day on which the contract may be over, and first day on which it is (None: never for certain)."""
        terms = 1
        if self.tacit_until is not None:
            terms += max(0, calendar.whole_months(signed_on, self.tacit_until)) // self.months
        certain = calendar.add_months(signed_on, terms * self.months)
        if self.tacit_until is not None:
            return certain, None
        return certain, calendar.add_months(signed_on, (1 + self.renewals) * self.months)

    def runs(self, signed_on: date, day: date) -> bool | None:
        """Does the contract run on a day not before its signature? Unknown when it depends on a renewal."""
        may_end, ends = self.turns(signed_on)
        return True if day < may_end else (None if ends is None or day < ends else False)


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a question in the words of `/v1/aids/evaluate` and what must come out."""

    name: str
    question: Mapping[str, Plain]
    expect: Status
    amount_eur: float | None = None
    has_amount: bool = False
    failing: tuple[str, ...] | None = None
    missing: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One aid, computation, service or piece of history, as its YAML file states it."""

    id: str
    label: str
    summary: str
    kind: Kind
    payer: str
    contact: str
    audience: Audience
    windows: tuple[Window, ...]
    where: Territory | None
    conditions: tuple[Condition, ...]
    doubts: tuple[Uncertainty, ...]
    promises: tuple[Promise, ...]
    notes: tuple[Note, ...]
    amount: Amount | None
    excludes: tuple[Relation, ...]
    yields_to: tuple[Relation, ...]
    family: str | None
    once_in_career: bool
    term: Term | None
    about_held: str | None
    references: tuple[tuple[date | None, tuple[Reference, ...]], ...]
    published_on: date | None
    checked_on: date
    confidence: Confidence
    source: Mapping[str, Plain] = field(default_factory=dict, compare=False, repr=False)

    @property
    def bears_on(self) -> BearsOn:
        return self.windows[0].bears_on if self.windows else BearsOn.PRACTICE
