"""Read facts given by a caller: strict types, ranges, and messages that say what is allowed."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from app.aids.facts import APPLICANT_FACTS, Fact, FactKind, FactValue
from app.errors import InvalidInput

Json = Mapping[str, object]
AID_ID = re.compile(r"\A[a-z0-9_-]{1,40}\Z")
DECIMAL = re.compile(r"\A-?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
ISO_DATE = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z", re.ASCII)
QUESTION_DATES = (date(2000, 1, 1), date(2100, 12, 31))
"""The laws modelled begin in 2000 at the earliest; later than 2100 is a typing error."""
FACT_DATES = (date(1940, 1, 1), date(2100, 12, 31))
"""A practice may be older than any law asked about."""
HELD_MAXIMUM = 50


@dataclass(frozen=True, slots=True)
class Held:
    """An aid already granted: signature (contracts) or decision (lump sums), and how it ended, if it did."""

    aid: str
    granted_on: date
    ends: date | None = None
    received: float | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person who asks: known facts only (absent = unknown, defaults apply later) and the aids already held."""

    facts: Mapping[str, FactValue]
    held: tuple[Held, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))


def refuse_unknown(given: Json, known: Sequence[str], where: str) -> None:
    """Refuse a key that nobody declared, with the closest declared name.

    Raises:
        InvalidInput: names the object, and what it accepts.
    """
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise InvalidInput(
                f"{where} has an unknown field.{hint} Accepted fields: {', '.join(sorted(known))}.",
                field=where if not close else f"{where}.{close[0]}",
            )


def read_date(value: object, field: str, bounds: tuple[date, date] = FACT_DATES) -> date:
    """An ISO date (YYYY-MM-DD) within bounds, inclusive."""
    if isinstance(value, str) and ISO_DATE.match(value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if type(value) is not date or not bounds[0] <= value <= bounds[1]:
        raise InvalidInput(f"{field} must be a date YYYY-MM-DD between {bounds[0]} and {bounds[1]}.", field=field)
    return value


def read_number(value: object, field: str, low: float, high: float, integer: bool = False) -> float:
    """A finite number (never a boolean, never a text) within inclusive bounds."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not low <= number <= high or (integer and not float(number).is_integer()):
        what = "an integer" if integer else "a number"
        raise InvalidInput(f"{field} must be {what} between {_bound(low)} and {_bound(high)}.", field=field)
    return int(number) if integer else float(number)


def _bound(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:g}"


def read_choice(value: object, field: str, allowed: Sequence[str]) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or text not in allowed:
        raise InvalidInput(f"{field} must be one of: {', '.join(allowed)}.", field=field)
    return text


def read_flag(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{field} must be true or false.", field=field)
    return value


def read_fact(fact: Fact, value: object, prefix: str) -> FactValue:
    """Check one value against its declaration.

    Raises:
        InvalidInput: names the field and what is allowed.
    """
    field = f"{prefix}.{fact.name}"
    if fact.kind is FactKind.CHOICE:
        return read_choice(value, field, fact.allowed)
    if fact.kind is FactKind.CHOICES:
        if not isinstance(value, (list, tuple)):
            raise InvalidInput(f"{field} must be a list among: {', '.join(fact.allowed)}.", field=field)
        return tuple(sorted({read_choice(item, field, fact.allowed) for item in value}))
    if fact.kind is FactKind.FLAG:
        return read_flag(value, field)
    if fact.kind is FactKind.DATE:
        return read_date(value, field)
    if fact.kind is FactKind.TEXT:
        if not isinstance(value, str) or re.match(fact.pattern or r"\A.{1,80}\Z", value) is None:
            raise InvalidInput(
                f'{field} must be an official code written as text, such as "{fact.example}".', field=field
            )
        return value
    assert fact.minimum is not None
    assert fact.maximum is not None
    return read_number(value, field, fact.minimum, fact.maximum, fact.kind is FactKind.INTEGER)


def read_facts(given: Json, declared: Mapping[str, Fact], prefix: str) -> dict[str, FactValue]:
    """Read known facts; `null` is the same as absent."""
    return {
        name: read_fact(declared[name], value, prefix)
        for name, value in given.items()
        if name in declared and value is not None
    }


def read_fact_text(fact: Fact, text: str) -> FactValue:
    """Read one fact from a query string or a command line: `true`, `1,5` is refused, lists are comma-separated.

    Raises:
        InvalidInput: names the field and what is allowed.
    """
    value: object = text
    if fact.kind is FactKind.FLAG:
        value = {"true": True, "false": False}.get(text.lower())
    elif fact.kind is FactKind.CHOICES:
        value = [item for item in text.split(",") if item]
    elif fact.kind in (FactKind.INTEGER, FactKind.NUMBER):
        value = float(text) if DECIMAL.match(text) else text
    return read_fact(fact, value, "applicant")


def read_applicant(given: Json) -> Applicant:
    """Read `applicant` of a question: declared facts and `held`.

    Raises:
        InvalidInput: an unknown field, a value out of range, or facts that contradict each other.
    """
    refuse_unknown(given, [*APPLICANT_FACTS, "held"], "applicant")
    facts = read_facts(given, APPLICANT_FACTS, "applicant")
    _refuse_contradictions(facts)
    return Applicant(facts, _read_held(given.get("held")))


def _read_held(value: object) -> tuple[Held, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or len(value) > HELD_MAXIMUM:
        raise InvalidInput(f"applicant.held must be a list of at most {HELD_MAXIMUM} aids.", field="applicant.held")
    return tuple(_read_one_held(item) for item in value)


def _read_one_held(item: object) -> Held:
    field = "applicant.held"
    if not isinstance(item, Mapping):
        raise InvalidInput(f"{field} must list objects with aid and granted_on.", field=field)
    refuse_unknown(item, ["aid", "granted_on", "ends", "received", "ended_on"], field)
    aid = item.get("aid")
    if not isinstance(aid, str) or AID_ID.match(aid) is None:
        raise InvalidInput(f"{field}.aid must be the id of an aid.", field=f"{field}.aid")
    dates = {
        name: read_date(item[name], f"{field}.{name}")
        for name in ("granted_on", "ends", "ended_on")
        if item.get(name) is not None
    }
    if "granted_on" not in dates:
        raise InvalidInput(f"{field}.granted_on is required: a date YYYY-MM-DD.", field=f"{field}.granted_on")
    received = item.get("received")
    held = Held(
        aid,
        dates["granted_on"],
        dates.get("ends"),
        None if received is None else read_number(received, f"{field}.received", 0, 1e8),
        dates.get("ended_on"),
    )
    for name in ("ends", "ended_on"):
        if name in dates and dates[name] < held.granted_on:
            raise InvalidInput(f"{field}.{name} must not be before granted_on.", field=f"{field}.{name}")
    return held


_NOT_ABOVE = (
    ("fees_in_zip_year", "fees_year"),
    ("group_gp_count", "group_size"),
)


def _refuse_contradictions(facts: Mapping[str, FactValue]) -> None:
    for small, large in _NOT_ABOVE:
        part, whole = facts.get(small), facts.get(large)
        if isinstance(part, (int, float)) and isinstance(whole, (int, float)) and part > whole:
            raise InvalidInput(f"applicant.{small} must not exceed applicant.{large}.", field=f"applicant.{small}")
    size = facts.get("group_size")
    if facts.get("group") == "none" and isinstance(size, int) and size > 1:
        raise InvalidInput("applicant.group_size must be 1 when group is none.", field="applicant.group_size")
