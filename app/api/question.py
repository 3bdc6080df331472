"""Reads the question of a caller, from a query string or a JSON body: place, dates, applicant. Strict, nothing echoed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.aids.facts import APPLICANT_FACTS
from app.aids.reading import (
    QUESTION_DATES,
    Applicant,
    read_applicant,
    read_date,
    read_fact_text,
    read_number,
    refuse_unknown,
)
from app.errors import InvalidInput
from app.places import INSEE_CODE, POSTCODE, LonLat

MAX_ADDRESS_CHARS = 200
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters other than tabs and line ends, and lone surrogates."""
PLACE_FIELDS = ("address", "postcode", "lon", "lat", "uncertainty_m", "citycode")
DATE_FIELDS = ("date", "known_on")
WIDEST_UNCERTAINTY_M = 10_000.0
"""A point known less finely than a large commune answers nothing about zones."""


@dataclass(frozen=True, slots=True)
class PlaceQuestion:
    """One way of naming a place: an address (with a postcode as evidence), a WGS 84 point, or an INSEE code.

    `uncertainty_m` goes with a point: the true place lies within this radius (a telephone says 12 m, or 3 km).
    """

    address: str | None = None
    postcode: str | None = None
    point: LonLat | None = None
    citycode: str | None = None
    uncertainty_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """A whole question, as the page, the API and the command line ask it."""

    place: PlaceQuestion
    on: date
    known_on: date
    applicant: Applicant
    near: bool = True


def today() -> date:
    """The day it is in France's time zone of reference (UTC is at most two hours behind)."""
    return datetime.now(UTC).date()


def clean_text(value: object, field: str, longest: int = MAX_ADDRESS_CHARS) -> str:
    """A text without control characters or lone surrogates, 1 to `longest` characters once trimmed.

    Raises:
        InvalidInput: says what is allowed.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"{field} must be a text.", field=field)
    if CONTROL.search(value):
        raise InvalidInput(f"{field} must not hold control characters.", field=field)
    text = " ".join(value.split())
    if not 1 <= len(text) <= longest:
        raise InvalidInput(f"{field} must have 1 to {longest} characters.", field=field)
    return text


def read_place(given: Mapping[str, object], prefix: str = "") -> PlaceQuestion:
    """Exactly one of address, lon + lat, citycode; `null` is absent.

    Raises:
        InvalidInput: none, several, half a point, or a malformed value.
    """
    known = {name: value for name, value in given.items() if value is not None}
    ways = [way for way, names in {"address": ("address",), "lon+lat": ("lon", "lat"), "citycode": ("citycode",)}.items()
            if any(name in known for name in names)]  # fmt: skip
    if len(ways) != 1:
        raise InvalidInput(
            "Name the place in exactly one way: address, or lon and lat, or citycode.", field=prefix or "place"
        )
    if "postcode" in known and ways != ["address"]:
        raise InvalidInput("postcode goes with address only.", field=f"{prefix}postcode")
    if "uncertainty_m" in known and ways != ["lon+lat"]:
        raise InvalidInput("uncertainty_m goes with lon and lat only.", field=f"{prefix}uncertainty_m")
    if ways == ["citycode"]:
        code = known["citycode"]
        if not isinstance(code, str) or not INSEE_CODE.match(code):
            raise InvalidInput(
                "citycode must be an INSEE code of five characters (2A004, 75120), not a postal code.",
                field=f"{prefix}citycode",
            )
        return PlaceQuestion(citycode=code)
    if ways == ["address"]:
        postcode = known.get("postcode")
        if postcode is not None and (not isinstance(postcode, str) or not POSTCODE.match(postcode)):
            raise InvalidInput("postcode must have five digits.", field=f"{prefix}postcode")
        return PlaceQuestion(address=clean_text(known["address"], f"{prefix}address"), postcode=postcode)
    if "lon" not in known or "lat" not in known:
        raise InvalidInput("lon and lat go together, both in WGS 84 degrees.", field=f"{prefix}lon")
    lon, lat = (
        read_number(known[name], f"{prefix}{name}", -limit, limit) for name, limit in (("lon", 180.0), ("lat", 90.0))
    )
    radius_m = read_number(known.get("uncertainty_m", 0.0), f"{prefix}uncertainty_m", 0.0, WIDEST_UNCERTAINTY_M)
    return PlaceQuestion(point=LonLat(lon, lat), uncertainty_m=radius_m)


def read_dates(given: Mapping[str, object]) -> tuple[date, date]:
    """(date, known_on), each today when absent."""
    day = today()
    on, known_on = (
        day if given.get(name) is None else read_date(given[name], name, QUESTION_DATES) for name in DATE_FIELDS
    )
    return on, known_on


def read_once(params: Iterable[tuple[str, str]], known: Collection[str]) -> dict[str, str]:
    """Parameters of a query string by name.

    Raises:
        InvalidInput: one is repeated; it is named only if it is one of `known`.
    """
    given: dict[str, str] = {}
    for name, value in params:
        if name in given:
            raise InvalidInput("Each parameter may be given once.", field=name if name in known else None)
        given[name] = value
    return given


def read_days(params: Iterable[tuple[str, str]]) -> tuple[date, date]:
    """(date, known_on) of a query string that takes nothing else."""
    given = read_once(params, DATE_FIELDS)
    refuse_unknown(given, DATE_FIELDS, "query")
    return read_dates(given)


def read_flat(params: Iterable[tuple[str, str]], *, with_applicant: bool) -> Question:
    """Read a query string. Applicant fields stand beside the others; each parameter once.

    Raises:
        InvalidInput: an unknown or repeated parameter, or a value out of range.
    """
    given = read_once(params, _known(with_applicant))
    refuse_unknown(given, _known(with_applicant), "query")
    numbers: dict[str, object] = {name: given[name] for name in PLACE_FIELDS if name in given}
    for name, unit in (
        ("lon", "degrees, such as 2.3522"),
        ("lat", "degrees, such as 48.8566"),
        ("uncertainty_m", "metres"),
    ):
        if name in given:
            numbers[name] = _float(given[name], name, unit)
    facts = {name: read_fact_text(fact, given[name]) for name, fact in APPLICANT_FACTS.items() if name in given}
    applicant = read_applicant(facts)
    near = given.get("near", "1" if with_applicant else "0")
    if near not in ("0", "1"):
        raise InvalidInput("near must be 0 or 1.", field="near")
    return Question(read_place(numbers), *read_dates(given), applicant, near == "1")


def read_body(body: object) -> Question:
    """Read the JSON body of `POST /v1/assess`: `{place, date, known_on?, applicant, near?}`.

    Raises:
        InvalidInput: an unknown field, or a value out of range.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput("The body must be a JSON object with place, date and applicant.")
    refuse_unknown(body, ("place", *DATE_FIELDS, "applicant", "near"), "body")
    place, applicant, near = body.get("place"), body.get("applicant") or {}, body.get("near")
    if not isinstance(place, Mapping):
        raise InvalidInput("place must be an object with address, or lon and lat, or citycode.", field="place")
    if not isinstance(applicant, Mapping):
        raise InvalidInput("applicant must be an object.", field="applicant")
    if near is not None and not isinstance(near, bool):
        raise InvalidInput("near must be true or false.", field="near")
    refuse_unknown(place, PLACE_FIELDS, "place")
    return Question(read_place(place, "place."), *read_dates(body), read_applicant(applicant), near is not False)


def _known(with_applicant: bool) -> tuple[str, ...]:
    return (*PLACE_FIELDS, *DATE_FIELDS, "near", *(APPLICANT_FACTS if with_applicant else ()))


def _float(text: str, field: str, unit: str) -> float:
    """A plain decimal number: `1_000`, `nan`, `1e999` and spaces are refused."""
    try:
        if not text or len(text) > 40 or not set(text) <= set("+-.0123456789eE"):
            raise ValueError
        return float(text)
    except ValueError:
        raise InvalidInput(f"{field} must be a decimal number of {unit}.", field=field) from None
