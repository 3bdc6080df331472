"""Finds a house number in a street; places an unknown one between its neighbours only when both are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.geocoding.streets import DEGREE, HouseNumber
from app.places import LonLat, distance_m

MAX_GAP = 12
"""Numbers apart: further, the street may turn or be numbered by metres."""
MAX_GAP_M = 150.0
_SAME_SUFFIX = {"b": "bis", "bis": "b", "t": "ter", "ter": "t", "q": "quater", "quater": "q"}
SOURCE_ERROR_M = 15.0
"""How far a BAN number may be from its door (research/geocoding.md § 7: 15 to 30 m)."""


@dataclass(frozen=True, slots=True)
class NumberMatch:
    """What became of the number: `found`, `interpolated` (between two found neighbours) or `absent`; a WGS 84 point."""

    how: str
    text: str
    lon: float
    lat: float
    uncertainty_m: float


def match_number(
    numbers: Sequence[HouseNumber], suffixes: Sequence[str], number: int, suffix: str, *, suffix_sure: bool
) -> NumberMatch | None:
    """The number among those of a street (sorted), None when it is absent and cannot be placed."""
    same = [entry for entry in numbers if entry.number == number]
    wanted = (suffix, _SAME_SUFFIX.get(suffix, suffix)) if suffix else ("",)
    for text in wanted:
        for entry in same:
            if suffixes[entry.suffix] == text:
                return _found(entry, suffixes)
    if suffix and not suffix_sure:
        return match_number(numbers, suffixes, number, "", suffix_sure=True)
    return _between(numbers, number, suffix, suffixes)


def _found(entry: HouseNumber, suffixes: Sequence[str]) -> NumberMatch:
    text = number_text(entry.number, suffixes[entry.suffix])
    return NumberMatch("found", text, entry.lon / DEGREE, entry.lat / DEGREE, SOURCE_ERROR_M)


def number_text(number: int, suffix: str) -> str:
    """`12`, `12 bis`."""
    return f"{number} {suffix}" if suffix else str(number)


def _between(numbers: Sequence[HouseNumber], number: int, suffix: str, suffixes: Sequence[str]) -> NumberMatch | None:
    side = [entry for entry in numbers if entry.number % 2 == number % 2 and suffixes[entry.suffix] == ""]
    below = max((entry for entry in side if entry.number <= number), key=lambda entry: entry.number, default=None)
    above = min((entry for entry in side if entry.number > number), key=lambda entry: entry.number, default=None)
    if below is None or above is None or above.number - below.number > MAX_GAP:
        return None
    start = LonLat(below.lon / DEGREE, below.lat / DEGREE)
    end = LonLat(above.lon / DEGREE, above.lat / DEGREE)
    length = distance_m(start, end)
    if length > MAX_GAP_M:
        return None
    share = (number + (0.5 if suffix else 0.0) - below.number) / (above.number - below.number)
    lon, lat = start.lon + share * (end.lon - start.lon), start.lat + share * (end.lat - start.lat)
    text = number_text(number, suffix)
    return NumberMatch("interpolated", text, round(lon, 6), round(lat, 6), round(SOURCE_ERROR_M + length / 2, 1))
