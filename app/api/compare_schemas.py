"""Public shapes of `/v1/compare`: places, dates or people side by side."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812  (a field named `date` hides the type)

from pydantic import Field

from app.api.aid_schemas import CombinationOut, MissingOut, OfferOut
from app.api.schemas import MembershipShape, OfferState, PlaceShape, Shape


class ColumnProblem(Shape):
    code: str
    detail: str


class CompareColumn(Shape):
    """One question of a comparison: the answer, or why there is none."""

    label: str | None
    found: bool
    problem: ColumnProblem | None = None
    place: PlaceShape | None = None
    date: Day | None = None
    known_on: Day | None = None
    memberships: list[MembershipShape] = Field(default_factory=list)
    degraded: list[str] = Field(default_factory=list)
    offers: list[OfferOut] = Field(default_factory=list)
    combination: CombinationOut | None = None
    missing: list[MissingOut] = Field(default_factory=list)


class ZoningCell(Shape):
    state: str
    code: str | None
    label: str


class ZoningRow(Shape):
    zoning: str
    generation: int | str | None
    values: list[ZoningCell | None]


class AidRow(Shape):
    aid: str
    label: str
    values: list[OfferState | None]


class Differences(Shape):
    zonings: list[ZoningRow]
    aids: list[AidRow]


class BestColumns(Shape):
    """Sum of the best lawful combination of each column, in euros; `columns` are those that reach the largest."""

    sums_eur: list[float | None]
    columns: list[int]


class CompareAnswer(Shape):
    questions: list[CompareColumn]
    differences: Differences
    best: BestColumns
    data_version: str
    rules_version: str
