"""The catalogue of rules and its answers: frozen values. Also the door to the words and parts of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from app.aids.rules import (
    Amount,
    AmountValue,
    Audience,
    Bound,
    Condition,
    Example,
    Instalment,
    Note,
    Promise,
    Relation,
    Rule,
    Term,
    Uncertainty,
    Window,
)
from app.aids.timetable import Timetable
from app.aids.words import BearsOn, Confidence, Kind, Reference, Status
from app.aids.zone_predicate import ZonePredicate

__all__ = [
    "Amount", "AmountValue", "Audience", "BearsOn", "Bound", "Combination", "Condition",
    "Confidence", "Contact", "Evaluation", "Example", "Family", "Instalment", "Kind", "Missing",
    "Note", "Offer", "Payment", "Promise", "Reason", "Reference", "Relation", "Rule", "RuleBook",
    "Status", "Term", "Uncertainty", "Window",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """A category of aids that cannot be granted again within `years` (`rule-10-years`), from `since` on."""

    id: str
    label: str
    since: date
    years: int
    published_on: date
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for an aid; `by_region` (INSEE code) refines the label and the address."""

    id: str
    label: str
    url: str | None = None
    by_region: Mapping[str, Contact] = field(default_factory=dict)

    def of(self, region: str | None) -> Contact:
        return self.by_region.get(region or "", self)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The whole catalogue, immutable. `order` evaluates an aid after those it yields to; `version` hashes the files.

    `planned` are ids announced without a file yet; `conflicts` is symmetric: aid -> other aid -> why.
    """

    version: str
    aids: Mapping[str, Rule]
    families: Mapping[str, Family]
    contacts: Mapping[str, Contact]
    planned: frozenset[str]
    order: tuple[str, ...]
    conflicts: Mapping[str, Mapping[str, str | None]]
    predicates: frozenset[ZonePredicate]
    facts_asked: frozenset[str]
    timetables: Mapping[str, Timetable]


class Reason(NamedTuple):
    """Why an answer is what it is. `code` names the condition; `holds` is False (fails) or None (cannot be told)."""

    code: str
    text: str
    holds: bool | None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """One instalment as computed, in euros."""

    label: str
    contract_year: int
    amount_eur: float
    due_months: int | None = None


class Offer(NamedTuple):
    """What one rule answers to one question. A tuple: made once a rule and a question, ten times faster than frozen slots."""

    aid: str
    label: str
    kind: Kind
    status: Status
    unit: str | None
    amount_eur: float | None
    is_maximum: bool
    arithmetic: str | None
    conditional_amount_eur: float | None
    instalments: tuple[Payment, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    missing_for_amount: tuple[str, ...]
    excluded_by: tuple[str, ...]
    notes: tuple[str, ...]
    promises: tuple[str, ...]
    references: tuple[Reference, ...]
    published_on: date | None
    checked_on: date
    confidence: Confidence
    payer: str
    contact: Contact


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact to ask for, and the aids that its answer may settle."""

    fact: str
    settles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Combination:
    """The compatible set of available aids with the largest sum. `excluded` pairs each other aid with what bars it."""

    aids: tuple[str, ...]
    amount_eur: float
    by_unit: Mapping[str, float]
    excluded: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole answer: one offer per rule in catalogue order, the best combination, the facts to ask for."""

    offers: tuple[Offer, ...]
    combination: Combination
    missing: tuple[Missing, ...]
