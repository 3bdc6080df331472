"""The official datasets: who makes them, where they are, how they are read, which days they hold (data/sources.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import DataError, NotInCatalogue
from app.ingest.content import Confidence
from app.zones.models import Source
from app.zones.vocabulary import ZONINGS_BY_KEY

ReaderId = Literal[
    "addresses",
    "atlasante",
    "code-table",
    "cog",
    "doctors",
    "doctors-qpv",
    "frr",
    "frr-observatoire",
    "iris",
    "professions",
    "qpv-2015",
    "qpv-2015-partial",
    "qpv-2024",
    "qpv-2024-communes",
    "zrr",
]
MAINLAND = (*(f"{number:02d}" for number in range(1, 96) if number != 20), "2A", "2B")
OVERSEAS = ("971", "972", "973", "974", "975", "976", "977", "978", "986", "987", "988")
_Id = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VintageSpec(_Strict):
    """One vintage that a dataset gives: which list of the file, which days, which reserves.

    `valid_from_by_region` (INSEE region codes) wins over `valid_from` for the rows of that region.
    """

    id: _Id
    zoning: str
    list: str | None = None
    territory: Literal["france", "mainland", "overseas"] = "france"
    valid_from: date
    valid_to: date | None = None
    published_on: date | None = None
    observed_on: date | None = None
    valid_from_by_region: Mapping[str, date] = {}
    generation: str | None = None
    confidence: Confidence
    caveats: tuple[str, ...] = ()

    @property
    def departments(self) -> tuple[str, ...] | None:
        return {"france": None, "mainland": MAINLAND, "overseas": OVERSEAS}[self.territory]

    @model_validator(mode="after")
    def _known_zoning(self) -> VintageSpec:
        if self.zoning not in ZONINGS_BY_KEY:
            raise ValueError(f"{self.id}: zoning {self.zoning} is not in the vocabulary")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"{self.id}: valid_to comes before valid_from")
        return self


class DatasetSpec(_Strict):
    """One official dataset. Without `url` or `reader`, `by_hand` says how a user gets it, or that none was found."""

    id: _Id
    title: str
    producer: str
    licence: str
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    by_hand: str | None = None
    file: str | None = None
    reader: ReaderId | None = None
    max_bytes: int = Field(268_435_456, gt=0)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    precision_m: float | None = Field(None, gt=0)
    complete: bool = False
    supersedes: tuple[ReaderId, ...] = ()
    layout_confidence: Confidence
    legal: tuple[str, ...] = ()
    zonings: tuple[str, ...] = ()
    vintages: tuple[VintageSpec, ...] = ()

    @property
    def source(self) -> Source:
        return Source(self.title, self.url, self.producer, self.licence, self.legal)

    @model_validator(mode="after")
    def _reachable(self) -> DatasetSpec:
        if self.url is None and self.by_hand is None:
            raise ValueError(f"{self.id}: give url, or by_hand")
        if self.url is not None and self.file is None:
            raise ValueError(f"{self.id}: file names what url is saved as")
        return self


@dataclass(frozen=True, slots=True)
class Sources:
    """Every dataset of the file, by id."""

    datasets: tuple[DatasetSpec, ...]

    def by_id(self, dataset_id: str) -> DatasetSpec:
        """The dataset of that id.

        Raises:
            NotInCatalogue: there is none.
        """
        for dataset in self.datasets:
            if dataset.id == dataset_id:
                return dataset
        raise NotInCatalogue(f"No dataset has this id. Known: {', '.join(d.id for d in self.datasets)}.")

    def by_reader(self, reader: ReaderId) -> DatasetSpec:
        return next(dataset for dataset in self.datasets if dataset.reader == reader)


class _Document(_Strict):
    schema_version: Literal[1]
    datasets: tuple[DatasetSpec, ...]


def load_sources(path: Path) -> Sources:
    """Read data/sources.yaml.

    Raises:
        DataError: a key is unknown, missing or wrong (named), or an id or reader comes twice.
    """
    try:
        document = _Document.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise DataError(f"{path.name}: {error}") from error
    for name in ("id", "reader"):
        values = [getattr(dataset, name) for dataset in document.datasets if getattr(dataset, name)]
        if len(values) != len(set(values)):
            raise DataError(f"{path.name}: a {name} comes twice.")
    return Sources(document.datasets)
