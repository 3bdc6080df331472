"""Public shapes of the answers. They document and test what routes write; the hot routes write the same JSON by hand."""

from __future__ import annotations

from datetime import date
from datetime import date as Day  # noqa: N812  (a field named `date` hides the type)
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.aid_schemas import CombinationOut, MissingOut, OfferOut


class Shape(BaseModel):
    """A documented answer: unknown fields are a mistake of ours."""

    model_config = ConfigDict(extra="forbid")


class Live(Shape):
    status: Literal["ok"]


class Ready(Shape):
    status: Literal["ready"]
    bundle: str
    data_version: str
    rules_version: str
    geocoder: dict[str, str | bool | None]
    reload_failed: str | None = None


class Limits(Shape):
    """Sizes in bytes, counts per request, seconds."""

    max_body_bytes: int
    max_batch_bytes: int
    max_concurrency: int
    rate_limit: str | None
    deadline_s: float
    max_address_chars: int
    max_uncertainty_m: float
    max_compare: int
    max_score_candidates: int
    max_ogc_items: int
    max_geocode_results: int
    max_geocode_csv_rows: int
    max_geocode_csv_bytes: int
    max_held_aids: int
    max_evaluated_zones: int
    max_evaluated_candidates: int
    max_batch_columns: int
    max_batch_record_bytes: int
    max_batch_geojson_bytes: int
    max_batch_sheet_rows: int
    max_tile_zoom: int


class ProblemItem(Shape):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457. `errors` names each faulty field; nothing the caller sent is repeated."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemItem] = Field(default_factory=list)


class SourceShape(Shape):
    title: str
    url: str | None = None
    producer: str | None = None
    licence: str | None = None
    legal: list[str] = Field(default_factory=list)


class MembershipShape(Shape):
    """One zoning (one generation of it) for one place. `distance_to_border_m` is signed: negative inside. `install` says
    how to get the data that is missing."""

    zoning: str
    generation: int | str | None = None
    state: Literal["inside", "outside", "near_border", "unknown"]
    code: str | None = None
    codes: list[str] = Field(default_factory=list)
    label: str
    reason: str | None = None
    basis: Literal["outline", "insee_code"]
    scope: str | None = None
    coverage: str | None = None
    sub: str | None = None
    boosted: bool | None = None
    distance_to_border_m: float | None
    vintage: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    published_on: date | None = None
    observed_on: date | None = None
    confidence: str | None = None
    caveats: list[str] = Field(default_factory=list)
    source: SourceShape | None = None
    install: str | None = None


class NearShape(Shape):
    zoning: str
    generation: int | str | None = None
    code: str
    label: str
    signed_distance_m: float
    bearing_deg: float
    lon: float
    lat: float


class CandidateShape(Shape):
    label: str | None = None
    citycode: str | None = None
    confidence: float | None = None


class GeocodingShape(Shape):
    status: str
    engine: str | None = None
    data_vintage: str | None = None
    candidates: list[CandidateShape] = Field(default_factory=list)


class PlaceShape(Shape):
    lon: float | None
    lat: float | None
    citycode: str | None
    city: str | None
    postcode: str | None
    precision: Literal["point", "housenumber", "interpolated", "street", "locality", "municipality"]
    uncertainty_m: float
    confidence: float
    label: str
    department: str | None
    region: str | None
    epci: str | None
    population: int | None
    notes: list[str]
    oldcitycode: str | None = None
    geocoding: GeocodingShape | None = None


class ZonesAnswer(Shape):
    place: PlaceShape
    date: Day
    known_on: Day
    memberships: list[MembershipShape]
    near: list[NearShape] | None = None
    degraded: list[str]
    data_version: str


class OfferState(Shape):
    status: Literal["available", "not_available", "closed", "not_yet_open", "to_check"]
    amount_eur: float | None


class ChangeShape(Shape):
    """On `on`, the answer of `aid` goes from one status and amount to another, all facts being kept."""

    on: date
    aid: str
    label: str
    before: OfferState
    after: OfferState


class AssessAnswer(ZonesAnswer):
    """The whole answer. `combination` is the compatible set of available aids with the largest sum."""

    offers: list[OfferOut]
    combination: CombinationOut
    missing: list[MissingOut]
    changes: list[ChangeShape]
    rules_version: str
