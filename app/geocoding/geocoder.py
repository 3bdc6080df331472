"""The protocol every geocoding engine speaks, and the words of its answers."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol, runtime_checkable

from app.places import LonLat


class Status(StrEnum):
    """How the search ended. `partial`: part of the address was found, at a coarser precision than asked."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


class Precision(StrEnum):
    """How finely the place is known, finest first."""

    HOUSENUMBER = "housenumber"
    INTERPOLATED = "interpolated"
    STREET = "street"
    LOCALITY = "locality"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """An address as a person wrote it, with the fields the caller already knows.

    `postcode` is evidence, never a hard filter; `citycode` is an INSEE code (2A/2B accepted); `near` favours close results.
    `needs` is the coarsest precision that decides what is asked: MUNICIPALITY for zonings by commune; None = as written.
    """

    text: str
    postcode: str | None = None
    citycode: str | None = None
    city: str | None = None
    near: LonLat | None = None
    type: Precision | None = None
    needs: Precision | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """Why we believe it: agreement between what was asked and what was found, field by field."""

    postcode: str = "absent"  # same | other_in_city | other | absent
    city: str = "absent"  # exact | alias | fuzzy | from_postcode | absent
    street_similarity: float | None = None  # 0..1, None when no street was asked
    number: str = "missing"  # found | absent | missing (= none asked)
    runner_up_gap: float | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """A bounding box in WGS 84 degrees: the whole street, or the whole commune."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class GeocodeResult:
    """One place, or the reason there is none.

    `lon, lat` are WGS 84 degrees; `uncertainty_m` is the radius within which the true place lies; `confidence` is ours,
    0 to 1, the same scale for every engine; `score` is the engine's own and only sorts.
    """

    status: Status
    precision: Precision | None = None
    lon: float | None = None
    lat: float | None = None
    uncertainty_m: float | None = None
    extent: Extent | None = None
    citycode: str | None = None
    oldcitycode: str | None = None
    city: str | None = None
    postcode: str | None = None
    street: str | None = None
    housenumber: str | None = None
    label: str = ""
    confidence: float = 0.0
    score: float | None = None
    distance_m: float | None = None
    facets: Facets = field(default_factory=Facets)
    candidates: tuple[GeocodeResult, ...] = ()
    engine: str = ""
    data_vintage: str | None = None
    degraded: tuple[str, ...] = ()

    @property
    def rival_citycodes(self) -> tuple[str, ...]:
        """INSEE codes of the places an ambiguous text may name, likeliest first; empty for any other result."""
        if self.status is not Status.AMBIGUOUS:
            return ()
        alike = (each.citycode for each in (self, *self.candidates))
        return tuple(dict.fromkeys(code for code in alike if code is not None))


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do: finest precision, data vintage, largest batch, whether it works offline."""

    finest: Precision
    data_vintage: date | str | None
    batch_limit: int | None
    offline: bool


@runtime_checkable
class Closable(Protocol):
    """An engine that holds connections."""

    async def close(self) -> None: ...


class Geocoder(Protocol):
    """Anything that turns an address into a place and back."""

    def capabilities(self) -> Capabilities: ...

    async def search(self, query: AddressQuery) -> GeocodeResult: ...

    def search_many(self, queries: AsyncIterable[AddressQuery]) -> AsyncIterator[GeocodeResult]:
        """Answers in the order of the questions, with a bounded number in flight."""
        ...

    async def reverse(self, point: LonLat) -> GeocodeResult: ...
