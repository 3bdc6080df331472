"""The words of the answer: zoning, vintage, membership in four states, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Generation = int | str
"""Which generation of rules a zoning belongs to: 2015 or 2024 for QPV, `avenant5` or `avenant7` for physiotherapists."""


class State(StrEnum):
    """Four states, never a bare yes or no."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    NEAR_BORDER = "near_border"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What decided: the outline of the zone, or the INSEE code of the commune."""

    OUTLINE = "outline"
    INSEE_CODE = "insee_code"


class Reason(StrEnum):
    """Why a state is not a plain yes or no; machine-readable and stable."""

    NO_OUTLINE = "no_outline"
    PARTIAL_COMMUNE = "partial_commune"
    PLACE_TOO_COARSE = "place_too_coarse"
    PLACE_AMBIGUOUS = "place_ambiguous"
    NO_DATA_FOR_DATE = "no_data_for_date"
    NO_DATA_FOR_KNOWN_ON = "no_data_for_known_on"
    TERRITORY_NOT_COVERED = "territory_not_covered"
    NOT_IN_LIST = "not_in_list"
    NO_VALUE_IN_LIST = "no_value_in_list"
    NO_DATA_INSTALLED = "no_data_installed"
    WHOLE_CITY_CODE = "whole_city_code"
    PARTS_DIFFER = "parts_differ"
    NEAR_BORDER = "near_border"
    GEOCODER_DOWN = "geocoder_down"
    ZONING_ENDED = "zoning_ended"


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so: title and address of the document read, producer, licence, legal references."""

    title: str
    url: str | None = None
    producer: str | None = None
    licence: str | None = None
    legal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """How one place stands towards one zoning (one generation of it) on one day, as known on another.

    `code` is the class or the zone's official code (domain vocabulary: ZIP, tres_sous_dotee, FRR+, QN07517I…); it is
    kept when the state is outside (`HZ`). `codes` lists every code that may apply: one when certain, several when
    `near_border` or when zones overlap. `distance_to_border_m` is signed: negative inside, positive outside, and only
    given inside the doubtful band. `scope` is `qpv` when the class belongs to the QPV and not to its commune.
    """

    zoning: str
    state: State
    label: str
    basis: Basis
    generation: Generation | None = None
    code: str | None = None
    codes: tuple[str, ...] = ()
    reason: Reason | None = None
    distance_to_border_m: float | None = None
    scope: str | None = None
    coverage: str | None = None
    sub: str | None = None
    boosted: bool = False
    vintage: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    published_on: date | None = None
    observed_on: date | None = None
    confidence: str | None = None
    caveats: tuple[str, ...] = ()
    source: Source | None = None


class Precision(StrEnum):
    """How finely a place is known. `point`: the caller gave coordinates."""

    POINT = "point"
    HOUSENUMBER = "housenumber"
    INTERPOLATED = "interpolated"
    STREET = "street"
    LOCALITY = "locality"
    MUNICIPALITY = "municipality"


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a place: a WGS 84 point with its uncertainty, an INSEE code, or both.

    `uncertainty_m` is the radius of the disc that holds the true place (half the extent of a street). `insee_code`, when
    given, decides the commune zonings; it may be the code of a former commune.
    """

    lon: float | None = None
    lat: float | None = None
    insee_code: str | None = None
    precision: Precision = Precision.POINT
    uncertainty_m: float = 0.0

    @property
    def has_point(self) -> bool:
        """Whether an outline can be tested at all: a commune's own point says nothing about a district."""
        return self.lon is not None and self.lat is not None and self.precision is not Precision.MUNICIPALITY


@dataclass(frozen=True, slots=True)
class Near:
    """The closest better zone of a zoning: where it starts and in which direction.

    `signed_distance_m` is positive outside the zone; `bearing_deg` is clockwise from north, towards the zone.
    """

    zoning: str
    code: str
    label: str
    signed_distance_m: float
    bearing_deg: float
    lon: float
    lat: float
    generation: Generation | None = None
