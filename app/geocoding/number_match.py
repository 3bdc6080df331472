"""Finds a house number in a street; places an unknown one between its neighbours only when both are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.geocoding.number_block import NumberBlock
from app.geocoding.streets import DEGREE, Street
from app.places import LonLat, distance_m

MAX_GAP = 12
"""Numbers apart: further, the street may turn or be numbered by metres."""
MAX_GAP_M = 150.0
_SAME_SUFFIX = {"b": "bis", "bis": "b", "t": "ter", "ter": "t", "q": "quater", "quater": "q"}
SOURCE_ERROR_M = 15.0
"""How far a BAN number may be from its door (research/geocoding.md § 7: 15 to 30 m)."""


class NumberMatch(NamedTuple):
    """What became of the number: `found`, `interpolated` (between two found neighbours) or `absent`; a WGS 84 point."""

    how: str
    text: str
    lon: float
    lat: float
    uncertainty_m: float


def match_number(
    block: NumberBlock, street: Street, suffixes: Sequence[str], number: int, suffix: str, *, suffix_sure: bool
) -> NumberMatch | None:
    """The number among those of a street, None when it is absent and cannot be placed."""
    same = block.positions(number, street.offset, street.count)
    wanted = (suffix, _SAME_SUFFIX.get(suffix, suffix)) if suffix else ("",)
    for text in wanted:
        for at in same:
            if suffixes[block.suffixes[at]] == text:
                return _found(block, at, suffixes)
    if suffix and not suffix_sure:
        return match_number(block, street, suffixes, number, "", suffix_sure=True)
    return _between(block, street, number, suffix)


def _found(block: NumberBlock, at: int, suffixes: Sequence[str]) -> NumberMatch:
    text = number_text(block.numbers[at], suffixes[block.suffixes[at]])
    lon, lat = block.point(at)
    return NumberMatch("found", text, lon / DEGREE, lat / DEGREE, SOURCE_ERROR_M)


def number_text(number: int, suffix: str) -> str:
    """`12`, `12 bis`."""
    return f"{number} {suffix}" if suffix else str(number)


def _between(block: NumberBlock, street: Street, number: int, suffix: str) -> NumberMatch | None:
    """A place between the neighbours of the same side, when both are there and close."""
    side = [
        at
        for at in range(street.offset, street.offset + street.count)
        if block.suffixes[at] == 0 and (block.numbers[at] - number) % 2 == 0
    ]
    below = max((at for at in side if block.numbers[at] <= number), default=None)
    above = min((at for at in side if block.numbers[at] > number), default=None)
    if below is None or above is None or block.numbers[above] - block.numbers[below] > MAX_GAP:
        return None
    start, end = (LonLat(lon / DEGREE, lat / DEGREE) for lon, lat in (block.point(below), block.point(above)))
    length = distance_m(start, end)
    if length > MAX_GAP_M:
        return None
    share = (number + (0.5 if suffix else 0.0) - block.numbers[below]) / (block.numbers[above] - block.numbers[below])
    lon, lat = start.lon + share * (end.lon - start.lon), start.lat + share * (end.lat - start.lat)
    text = number_text(number, suffix)
    return NumberMatch("interpolated", text, round(lon, 6), round(lat, 6), round(SOURCE_ERROR_M + length / 2, 1))
