"""Query parameters of OGC API - Features Part 1 (§ 7.15), read strictly: what is wrong or unknown is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.aids.reading import QUESTION_DATES
from app.errors import InvalidInput

MAX_LIMIT = 10_000
DEFAULT_LIMIT = 100
FORMATS = ("json", "html")

_NUMBER = re.compile(r"\A[+-]?(?:[0-9]{1,3}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,2})?\Z")
_COUNT = re.compile(r"\A[0-9]{1,9}\Z")
_MOMENT = re.compile(
    r"\A([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?\Z"
)

Box = tuple[float, float, float, float]


class InvalidQuery(InvalidInput):
    """A query parameter that the standard wants answered by 400."""

    code = "invalid-query"


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """What part of a collection is asked. `boxes` (west, south, east, north) has two where the box crosses 180°;
    `interval` is None when no datetime was given; None at an end leaves it open."""

    boxes: tuple[Box, ...] = ()
    interval: tuple[date | None, date | None] | None = None
    limit: int = DEFAULT_LIMIT
    offset: int = 0


def read_items_query(params: Iterable[tuple[str, str]]) -> ItemsQuery:
    """Read `bbox`, `datetime`, `limit`, `offset`; `limit` beyond the cap is the cap, as the standard allows.

    Raises:
        InvalidQuery: unknown, repeated or malformed.
    """
    given = read_names(params, ("bbox", "datetime", "limit", "offset", "f"))
    return ItemsQuery(
        boxes=read_bbox(given["bbox"]) if "bbox" in given else (),
        interval=read_interval(given["datetime"]) if "datetime" in given else None,
        limit=min(_count(given["limit"], "limit", 1), MAX_LIMIT) if "limit" in given else DEFAULT_LIMIT,
        offset=_count(given["offset"], "offset", 0) if "offset" in given else 0,
    )


def read_names(params: Iterable[tuple[str, str]], known: tuple[str, ...]) -> dict[str, str]:
    """Parameters by name, each known and given once.

    Raises:
        InvalidQuery: names what is accepted, never what was sent.
    """
    given: dict[str, str] = {}
    for name, value in params:
        if name not in known:
            raise InvalidQuery(f"Unknown query parameter. Accepted: {', '.join(known)}.")
        if name in given:
            raise InvalidQuery("Each query parameter may be given once.", field=name)
        given[name] = value
    if given.get("f", "json") not in FORMATS:
        raise InvalidQuery("f must be json or html.", field="f")
    return given


def read_bbox(text: str) -> tuple[Box, ...]:
    """A box of four numbers, or six with heights, which are ignored: west,south,east,north in WGS 84 degrees."""
    parts = text.split(",") if len(text) <= 200 else []
    if len(parts) not in (4, 6) or not all(_NUMBER.match(part) for part in parts):
        raise InvalidQuery("bbox must be west,south,east,north in WGS 84 degrees (lon, lat order).", field="bbox")
    numbers = [float(part) for part in parts]
    west, south = numbers[:2]
    east, north = numbers[len(numbers) // 2 : len(numbers) // 2 + 2]
    if (
        not all(math.isfinite(n) for n in numbers)
        or max(abs(west), abs(east)) > 180
        or max(abs(south), abs(north)) > 90
    ):
        raise InvalidQuery("bbox must have longitudes within 180 and latitudes within 90 degrees.", field="bbox")
    if south > north:
        raise InvalidQuery("bbox must be west,south,east,north: its south is above its north.", field="bbox")
    if west > east:
        return ((west, south, 180.0, north), (-180.0, south, east, north))
    return ((west, south, east, north),)


def read_interval(text: str) -> tuple[date | None, date | None]:
    """A day or an instant (`2024-07-01`, RFC 3339), or an interval with `..` or nothing for an open end."""
    parts = text.split("/") if len(text) <= 100 else []
    if len(parts) == 1:
        day = _day(parts[0])
        return day, day
    if len(parts) != 2:
        raise _not_a_time()
    start, end = (None if part in ("", "..") else _day(part) for part in parts)
    if start is not None and end is not None and start > end:
        raise InvalidQuery("datetime must not end before it starts.", field="datetime")
    return start, end


def _day(text: str) -> date:
    found = _MOMENT.match(text)
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if day is None:
        raise _not_a_time()
    first, last = QUESTION_DATES
    return min(max(day, first), last)


def _not_a_time() -> InvalidQuery:
    return InvalidQuery(
        "datetime must be a day, an RFC 3339 instant, or two of them as start/end (.. is open).", field="datetime"
    )


def _count(text: str, name: str, least: int) -> int:
    if not _COUNT.match(text) or int(text) < least:
        raise InvalidQuery(f"{name} must be a whole number from {least}.", field=name)
    return int(text)
