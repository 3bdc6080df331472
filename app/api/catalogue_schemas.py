"""Public shapes of the catalogues: zonings and their vintages, communes, datasets."""

from __future__ import annotations

from datetime import date
from datetime import date as Day  # noqa: N812  (a field named `date` hides the type)
from typing import Literal

from pydantic import Field

from app.api.schemas import MembershipShape, Shape, SourceShape


class VintageShape(Shape):
    id: str
    valid_from: date | None
    valid_to: date | None
    published_on: date | None
    observed_on: date | None
    confidence: str
    caveats: list[str]
    departments: list[str] | None
    source: SourceShape


class ZoningShape(Shape):
    """A zoning known to the service; without vintages, it answers `unknown` and `install` says what to do."""

    id: str
    key: str
    generation: int | str | None
    label: str
    kind: Literal["commune_class", "outline"]
    family: str
    codes: dict[str, str]
    vintages: list[VintageShape]
    install: str | None


class ZoningsAnswer(Shape):
    zonings: list[ZoningShape]
    data_version: str


class CommuneShape(Shape):
    citycode: str
    kind: str
    city: str
    department: str
    department_name: str | None = None
    region: str
    region_name: str | None = None
    epci: str | None = None
    epci_name: str | None = None
    population: int | None = None
    postcodes: list[str] = Field(default_factory=list)
    parent: str | None = None


class CommuneAnswer(Shape):
    commune: CommuneShape
    notes: list[str]
    date: Day
    known_on: Day
    memberships: list[MembershipShape]
    data_version: str


class DatasetShape(Shape):
    id: str
    file: str
    kind: str
    rows: int | None
    bytes: int
    sha256: str
    producer: str
    licence: str
    source_url: str | None
    credits: str | None
    crs: str | None
    precision_m: float | None
    valid_from: date | None
    valid_to: date | None
    downloads: list[str] = Field(default_factory=list)


class DatasetsAnswer(Shape):
    bundle: str
    territory: str
    datasets: list[DatasetShape]
    data_version: str
