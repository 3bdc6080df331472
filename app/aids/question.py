"""The question put to the rules, built from a caller's JSON or from memberships computed by the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as calendar_day

from app.aids.facts import PLACE_FACTS, FactValue
from app.aids.place import DEFAULT_TOLERANCE_M, NearZone, Place, World, ZoneFact, zone_fact
from app.aids.reading import (
    QUESTION_DATES,
    Applicant,
    Json,
    read_applicant,
    read_choice,
    read_date,
    read_facts,
    read_flag,
    read_number,
    refuse_unknown,
)
from app.aids.regions import with_region
from app.aids.zone_words import GENERATIONS, ZONING_CODES
from app.errors import InvalidInput
from app.zones.models import Generation, Membership

ZONES_MAXIMUM = 200
CANDIDATES_MAXIMUM = 64


@dataclass(frozen=True, slots=True)
class Question:
    """This place, on `date`, as the law was published on `known_on`, for this applicant."""

    date: calendar_day
    known_on: calendar_day
    applicant: Applicant
    place: Place

    @classmethod
    def from_memberships(
        cls,
        memberships: Sequence[Membership],
        applicant: Applicant,
        date: calendar_day,
        known_on: calendar_day,
        facts: Mapping[str, FactValue] | None = None,
        *,
        dated_memberships: Mapping[calendar_day, Sequence[Membership]] | None = None,
    ) -> Question:
        """Build a question from memberships in four states; a zoning they do not list is unknown.

        `facts` are place facts (facts.PLACE_FACTS). `dated_memberships` are the same place classified on other days:
        those of `entry_days`, whose zones tax regimes and lump sums read.
        """
        known = dict(facts or {})
        dated = {day: _exhaustive(listed) for day, listed in (dated_memberships or {}).items()}
        place = Place((_exhaustive(memberships),), known, dated_worlds=dated, is_coarse=_is_coarse(known))
        return cls(date, known_on, applicant, place)


def entry_days(applicant: Applicant, on: calendar_day) -> tuple[calendar_day, ...]:
    """Days other than `on` whose zones rules may read: creation of the activity, installation."""
    days = (applicant.facts.get(name) for name in ("activity_created_on", "installed_since"))
    return tuple(sorted({day for day in days if isinstance(day, calendar_day) and day != on}))


def _exhaustive(memberships: Sequence[Membership]) -> World:
    return World(tuple(zone_fact(membership) for membership in memberships), exhaustive=True)


def _is_coarse(facts: Mapping[str, FactValue]) -> bool:
    return facts.get("precision", "point") != "point"


def read_question(body: Json, today: calendar_day) -> Question:
    """Read the body of `/v1/aids/evaluate` (design.md § 5; meaning of absence: aids.md § 0).

    `today` is what an absent `known_on` means.

    Raises:
        InvalidInput: names the field and what is allowed.
    """
    refuse_unknown(body, ["date", "known_on", "place", "applicant"], "body")
    if body.get("date") is None:
        raise InvalidInput("date is required: the day asked about, YYYY-MM-DD.", field="date")
    day = read_date(body["date"], "date", QUESTION_DATES)
    known_on = body.get("known_on")
    return Question(
        day,
        today if known_on is None else read_date(known_on, "known_on", QUESTION_DATES),
        read_applicant(_object(body.get("applicant"), "applicant")),
        read_place(_object(body.get("place"), "place")),
    )


def _object(value: object, field: str) -> Json:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object ({{…}}), not a list or a bare value.", field=field)
    return value


def _item(value: object, field: str) -> Json:
    """One item of a list of objects."""
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must list objects ({{…}}).", field=field)
    return value


def _items(value: object, field: str, maximum: int) -> Sequence[object]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or len(value) > maximum:
        raise InvalidInput(f"{field} must be a list of at most {maximum} items.", field=field)
    return value


def read_place(given: Json) -> Place:
    """Read `place`: memberships known to the caller (inside), candidates, borders close by, and place facts."""
    refuse_unknown(given, [*PLACE_FACTS, "zones", "candidates", "near", "helped_place"], "place")
    facts = read_facts(given, PLACE_FACTS, "place")
    _refuse_contradictory_codes(facts)
    zones = _read_zones(given.get("zones"), "place.zones")
    candidates = [
        _read_candidate(item) for item in _items(given.get("candidates"), "place.candidates", CANDIDATES_MAXIMUM)
    ]
    helped = given.get("helped_place")
    helped_world = None
    if helped is not None:
        helped_object = _object(helped, "place.helped_place")
        refuse_unknown(helped_object, ["zones"], "place.helped_place")
        helped_world = World(_read_zones(helped_object.get("zones"), "place.helped_place.zones"))
    error_m = facts.get("address_error_m")
    coarse = _is_coarse(facts)
    return Place(
        _worlds(zones, candidates, coarse),
        facts,
        tuple(_read_near(item) for item in _items(given.get("near"), "place.near", ZONES_MAXIMUM)),
        helped_world,
        tolerance_m=float(error_m) if isinstance(error_m, (int, float)) else DEFAULT_TOLERANCE_M,
        is_coarse=coarse,
    )


def _read_candidate(item: object) -> tuple[ZoneFact, ...]:
    field = "place.candidates"
    if isinstance(item, Mapping):
        refuse_unknown(item, ["zones"], field)
        return _read_zones(item.get("zones"), f"{field}.zones")
    if item is None:
        raise InvalidInput(f"each item of {field} must be a list of memberships; [] when none.", field=field)
    return _read_zones(item, field)


def _refuse_contradictory_codes(facts: Mapping[str, FactValue]) -> None:
    """The department follows from the commune's INSEE code, the region from the department."""
    for name, sources in (("departement", ("commune",)), ("region", ("commune", "departement"))):
        follows = with_region({source: facts[source] for source in sources if source in facts}).get(name)
        if name in facts and follows is not None and facts[name] != follows:
            words = " or ".join(f"place.{source}" for source in sources)
            raise InvalidInput(f"place.{name} is not that of {words}; send one of them.", field=f"place.{name}")


def _worlds(zones: tuple[ZoneFact, ...], candidates: Sequence[tuple[ZoneFact, ...]], coarse: bool) -> tuple[World, ...]:
    """Each candidate set completes the zones known for certain; for a coarse place it replaces them.

    The zonings that candidates tell apart are decided inside each of them, absence included.
    """
    if not candidates:
        return (World(zones),)
    told = {zone.zoning for candidate in candidates for zone in candidate}
    if not coarse:
        told -= {zone.zoning for zone in zones}
    kept = tuple(zone for zone in zones if zone.zoning not in told)
    return tuple(
        World(kept + tuple(zone for zone in candidate if zone.zoning in told), frozenset(told))
        for candidate in candidates
    )


_ZONE_KEYS = (
    *("zoning", "code", "generation", "scope", "coverage", "sub", "boosted"),
    *("valid_from", "valid_to", "published_on", "source"),
)


def _read_zones(value: object, field: str) -> tuple[ZoneFact, ...]:
    return tuple(_read_zone(item, field) for item in _items(value, field, ZONES_MAXIMUM))


def _read_zone(item: object, field: str) -> ZoneFact:
    given = _item(item, field)
    refuse_unknown(given, _ZONE_KEYS, field)
    zoning = read_choice(given.get("zoning"), f"{field}.zoning", sorted(ZONING_CODES))
    code = given.get("code")
    codes = ZONING_CODES[zoning]
    if code is not None:
        code = read_choice(code, f"{field}.code", codes) if codes else _read_text(code, f"{field}.code")
    elif codes and len(codes) == 1:
        code = codes[0]
    elif codes:
        raise InvalidInput(f"{field}.code is required: one of {', '.join(codes)}.", field=f"{field}.code")
    dates = {
        name: read_date(given[name], f"{field}.{name}")
        for name in ("valid_from", "valid_to", "published_on")
        if given.get(name) is not None
    }
    if "valid_from" in dates and dates["valid_from"] > dates.get("valid_to", dates["valid_from"]):
        raise InvalidInput(f"{field}.valid_to must not be before valid_from.", field=f"{field}.valid_to")
    texts = {
        name: _read_text(given[name], f"{field}.{name}")
        for name in ("scope", "coverage", "sub")
        if given.get(name) is not None
    }
    if texts.get("coverage", "full") not in ("full", "partial"):
        raise InvalidInput(f"{field}.coverage must be one of: full, partial.", field=f"{field}.coverage")
    return ZoneFact(
        zoning,
        code=code,
        codes=(code,) if code else (),
        generation=_read_generation(given.get("generation"), zoning, f"{field}.generation"),
        boosted=given.get("boosted") is not None and read_flag(given["boosted"], f"{field}.boosted"),
        scope=texts.get("scope"),
        coverage=texts.get("coverage"),
        sub=texts.get("sub"),
        valid_from=dates.get("valid_from"),
        valid_to=dates.get("valid_to"),
        published_on=dates.get("published_on"),
    )


def _read_text(value: object, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 80 or not value.isprintable():
        raise InvalidInput(f"{field} must be a text of 1 to 80 printable characters.", field=field)
    return value


def _read_generation(value: object, zoning: str, field: str) -> Generation | None:
    allowed = GENERATIONS.get(zoning, ())
    if value is None:
        return None
    for generation in allowed:
        if not isinstance(value, bool) and str(value) == str(generation):
            return generation
    listed = ", ".join(str(generation) for generation in allowed)
    raise InvalidInput(
        f"{field} must be one of: {listed}." if allowed else f"{field}: this zoning has no generation.", field=field
    )


def _read_near(item: object) -> NearZone:
    given = _item(item, "place.near")
    refuse_unknown(given, ["zoning", "generation", "signed_distance_m", "code"], "place.near")
    zoning = read_choice(given.get("zoning"), "place.near.zoning", sorted(ZONING_CODES))
    return NearZone(
        zoning,
        read_number(given.get("signed_distance_m"), "place.near.signed_distance_m", -1e6, 1e6),
        _read_generation(given.get("generation"), zoning, "place.near.generation"),
    )
