"""Shape of the answers about aids, for the OpenAPI description; app.aids.answers builds the values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from app.aids.models import Confidence, Kind, Status


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReferenceOut(_Closed):
    title: str
    href: str | None
    tag: str | None


class ContactOut(_Closed):
    id: str
    label: str
    url: str | None


class PaymentOut(_Closed):
    label: str
    contract_year: int
    amount_eur: float
    due_months: int | None


class ReasonOut(_Closed):
    code: str
    text: str
    outcome: str
    facts: list[str]


class OfferOut(_Closed):
    """What one rule answers. `conditional_amount_eur` is what would be paid once everything to check is settled."""

    aid: str
    label: str
    kind: Kind
    status: Status
    amount_eur: float | None
    unit: str | None
    unit_label: str | None
    is_maximum: bool
    arithmetic: str | None
    conditional_amount_eur: float | None
    instalments: list[PaymentOut]
    reasons: list[ReasonOut]
    missing: list[str]
    missing_for_amount: list[str]
    excluded_by: list[str]
    notes: list[str]
    promises: list[str]
    references: list[ReferenceOut]
    published_on: str | None
    checked_on: str
    confidence: Confidence
    payer: str
    contact: ContactOut


class ExclusionOut(_Closed):
    aid: str
    by: list[str]


class CombinationOut(_Closed):
    """Largest lawful sum over compatible available aids. `by_unit` keeps sums paid and exempt profit apart."""

    aids: list[str]
    amount_eur: float
    by_unit: dict[str, float]
    excluded: list[ExclusionOut]


class QuestionOut(_Closed):
    """A fact to ask for."""

    fact: str
    side: str
    question: str
    type: str
    unit: str | None
    allowed: list[str] | None
    minimum: float | None
    maximum: float | None


class MissingOut(QuestionOut):
    settles: list[str]


class EvaluationOut(_Closed):
    offers: list[OfferOut]
    combination: CombinationOut
    missing: list[MissingOut]
    data_version: str


class AidSummaryOut(_Closed):
    """One line of the catalogue; `status` is that of its window on the date: open, closed or not_yet_open."""

    id: str
    label: str
    summary: str
    kind: Kind
    payer: str
    professions: list[str]
    zone_kinds: list[str]
    status: str
    confidence: Confidence
    checked_on: str


class AidListOut(_Closed):
    aids: list[AidSummaryOut]
    data_version: str


class EventOut(_Closed):
    date: str
    event: str
    references: list[ReferenceOut]


class CoverageOut(_Closed):
    checked_on: str
    confidence: Confidence
    references: int
    examples: int
    statuses_shown: list[Status]
    has_amount: bool
    edge_dates: int


class ExampleOut(_Closed):
    name: str
    question: dict[str, object]
    expect: Status
    amount_eur: float | None = None


class AidOut(AidSummaryOut):
    """One rule in full; `rule` is its file as data (docs/rules.md)."""

    rule: dict[str, object]
    territory: str | None
    asks: list[QuestionOut]
    excludes: list[str]
    history: list[EventOut]
    examples: list[ExampleOut]
    contact: ContactOut
    coverage: CoverageOut
    rules_version: str
