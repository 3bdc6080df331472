"""What a collection of OGC API - Features is: items by official code, an extent, and versions over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from app.api.words import Json
from app.zones.vintages import Validity, Vintage

if TYPE_CHECKING:
    from app.tiles.ground import Ground  # brings shapely: not at start-up

Interval = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Item:
    """One feature: its official code, and where its outline is (layer and row of the catalogue)."""

    code: str
    layer: int
    row: int


@dataclass(frozen=True, slots=True)
class Extent:
    """West, south, east, north in WGS 84 degrees, and first and last day; None is an open end."""

    box: tuple[float, float, float, float]
    start: date | None
    end: date | None


class Collection(ABC):
    """One collection. Items are in the order of their codes, each once: its latest version within the interval."""

    def __init__(self, ground: Ground, id: str, title: str, description: str) -> None:
        self.ground = ground
        self.catalogue = ground.catalogue
        self.id = id
        self.title = title
        self.description = description

    @abstractmethod
    def items(self, interval: Interval, known_on: date) -> Selection:
        """What the collection holds over an interval, by what was published on `known_on`."""

    @abstractmethod
    def layers(self) -> Sequence[int]:
        """Layers its outlines are in."""

    @abstractmethod
    def vintages(self) -> Sequence[Vintage]: ...

    def extent(self) -> Extent:
        boxes = np.concatenate([self.ground.lonlat_bounds(layer) for layer in self.layers()])
        boxes = boxes[~np.isnan(boxes[:, 0])]
        west, south = boxes[:, :2].min(axis=0).tolist() if len(boxes) else (-180.0, -90.0)
        east, north = boxes[:, 2:].max(axis=0).tolist() if len(boxes) else (180.0, 90.0)
        starts = [vintage.valid_from for vintage in self.vintages()]
        ends = [vintage.valid_to for vintage in self.vintages()]
        start = None if None in starts or not starts else min(day for day in starts if day is not None)
        end = None if None in ends or not ends else max(day for day in ends if day is not None)
        return Extent((west, south, east, north), start, end)


class Selection(ABC):
    """Items chosen, and what each says."""

    items: list[Item]

    @abstractmethod
    def properties(self, item: Item) -> Json: ...


def days_of(interval: Interval, validities: Sequence[Validity], today: date) -> list[date]:
    """Days that show every version that was in force within an interval, latest first.

    Between two bounds of validity nothing changes: the last day of the interval, each last day of a version and the eve
    of each next one are enough.
    """
    start, end = interval
    bounds = {day for v in validities for day in (v.valid_from, v.valid_to) if day is not None}
    eves = {
        v.valid_from - timedelta(days=1) for v in validities if v.valid_from is not None and v.valid_from > date.min
    }
    last = end if end is not None else max([today, *bounds])
    days = {last, *(day for day in bounds | eves if day <= last)}
    return sorted((day for day in days if start is None or day >= start), reverse=True)


def vintage_properties(vintage: Vintage | None, validity: Validity | None) -> Json:
    """What a feature rests on: vintage, days, source and law."""

    def day(value: date | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "vintage": vintage.id if vintage else None,
        "valid_from": day(validity.valid_from) if validity else None,
        "valid_to": day(validity.valid_to) if validity else None,
        "published_on": day(validity.published_on) if validity else None,
        "source": vintage.source.title if vintage else None,
        "legal": "; ".join(vintage.source.legal) if vintage else None,
    }
