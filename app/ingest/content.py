"""What a bundle holds, before it is written: communes, former codes, areas, and the vintages of each zoning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from app.ingest.tables import AreaRow, ClassRow, CommuneRow, FormerCommuneRow, OutlineRow, ZoneClassRow, ZoneCommuneRow
from app.zones.models import Source

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Vintage:
    """One list of a zoning (by key: `frr`, `qpv-2024`) and the days it holds, both inclusive.

    `published_on` filters what was known on a day; `observed_on` is the state of the copy that was read, shown as a
    caveat only. `departments` None means the whole country, or what the rows hold of it.
    """

    zoning: str
    id: str
    valid_from: date
    valid_to: date | None
    published_on: date | None
    observed_on: date | None
    confidence: Confidence
    source: Source
    caveats: tuple[str, ...] = ()
    departments: tuple[str, ...] | None = None
    classes: Sequence[ClassRow] = ()
    outlines: Sequence[OutlineRow] = ()
    zone_communes: Sequence[ZoneCommuneRow] = ()
    zone_classes: Sequence[ZoneClassRow] = ()

    @property
    def table(self) -> Literal["classes", "outlines"]:
        return "outlines" if self.outlines or self.zone_communes else "classes"


@dataclass(frozen=True, slots=True)
class ZoneList:
    """Where the list of zones of an outline zoning is complete: a commune it does not name there has no zone at all.

    None means everywhere; an empty tuple, nowhere.
    """

    zoning: str
    complete_for_departments: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made a dataset of the base, and under which licence."""

    producer: str
    licence: str
    source_url: str | None
    credits: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a bundle holds."""

    id: str
    territory: str
    cog_date: date
    commune_precision_m: float
    communes: Sequence[CommuneRow]
    former_communes: Sequence[FormerCommuneRow]
    areas: Sequence[AreaRow]
    base_credit: Credit
    vintages: Sequence[Vintage] = field(default=())
    zone_lists: Sequence[ZoneList] = field(default=())
