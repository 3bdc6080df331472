"""The place of a question, as rules see it: zones that may hold it, what is doubtful, and facts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from app.aids.facts import FactValue
from app.aids.regions import with_region
from app.zones.models import Generation, Membership, State
from app.zones.models import Reason as ZoneReason

DEFAULT_TOLERANCE_M = 30.0
"""Distance to a border under which an address cannot say on which side it is (zones.md § 4: 5 to 30 m; the widest)."""

OUTSIDE_WHEN_ABSENT = frozenset({"qpv", "zfu", "zrr", "frr", "pharmacy", "montagne", "massif", "zone_rouge"})
"""Zonings whose lists are complete: a place that no membership names is outside (aids.md § 0). Others: unknown."""

OUTLINE_ZONINGS = frozenset({"qpv", "zfu"})
"""Zonings decided by an outline: a street or a commune is too coarse to conclude from absence."""


@dataclass(frozen=True, slots=True)
class ZoneFact:
    """One zoning of the place. `codes` are all the codes that may apply; `why` says in French what is doubtful.

    `valid_from` and `valid_to` are inclusive; `None` means no bound on that side.
    """

    zoning: str
    state: State = State.INSIDE
    code: str | None = None
    codes: tuple[str, ...] = ()
    generation: Generation | None = None
    scope: str | None = None
    coverage: str | None = None
    sub: str | None = None
    boosted: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    published_on: date | None = None
    why: str | None = None
    distance_m: float | None = None

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class NearZone:
    """A border close to the place: signed distance in metres, positive outside the zone."""

    zoning: str
    signed_distance_m: float
    generation: Generation | None = None


@dataclass(frozen=True, slots=True)
class World:
    """One possible set of zones. `closed` are the zonings whose absence here decides, even for a coarse place.

    `exhaustive` says that every known zoning is listed: an absent one is then unknown (service), not outside (caller).
    """

    zones: tuple[ZoneFact, ...]
    closed: frozenset[str] = frozenset()
    exhaustive: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place: the worlds it may be in (one when it is certain), borders close by, and place facts known.

    `dated_worlds` are the zones of the same place on other days that rules read: creation, installation.
    """

    worlds: tuple[World, ...]
    facts: Mapping[str, FactValue]
    near: tuple[NearZone, ...] = ()
    helped: World | None = None
    dated_worlds: Mapping[date, World] = field(default_factory=dict)
    tolerance_m: float = DEFAULT_TOLERANCE_M
    is_coarse: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", MappingProxyType(with_region(dict(self.facts))))

    def border_near(self, zoning: str, generation: Generation | None) -> NearZone | None:
        """The border of this zoning closer than the address is precise, if any."""
        for near in self.near:
            same = near.generation is None or generation is None or near.generation == generation
            if near.zoning == zoning and same and abs(near.signed_distance_m) <= self.tolerance_m:
                return near
        return None


_WHY = {
    "no_outline": "contour de la zone absent",
    "partial_commune": "commune classée en partie seulement",
    "place_ambiguous": "adresse qui désigne plusieurs lieux",
    "place_too_coarse": "lieu trop imprécis pour conclure",
    "no_data_for_date": "aucune liste pour cette date",
    "no_data_for_known_on": "aucune liste publiée à la date de connaissance",
    "territory_not_covered": "territoire non couvert par les données installées",
    "not_in_list": "commune absente de la liste",
    "no_value_in_list": "classe non renseignée dans la liste",
    "no_data_installed": "données non installées",
    "whole_city_code": "arrondissement à préciser",
    "parts_differ": "les parties de la commune diffèrent",
    "near_border": "adresse trop proche de la limite",
    "geocoder_down": "géocodage indisponible",
}


def zone_fact(membership: Membership) -> ZoneFact:
    """A membership computed by the service, in the words of the rules."""
    reason = None if membership.reason is None else _WHY.get(membership.reason.value)
    is_over = membership.reason is ZoneReason.ZONING_ENDED  # its dates are those of the zoning: outside ever since
    return ZoneFact(
        membership.zoning,
        membership.state,
        membership.code,
        membership.codes or ((membership.code,) if membership.code else ()),
        membership.generation,
        membership.scope,
        membership.coverage,
        membership.sub,
        membership.boosted,
        membership.valid_to + timedelta(days=1) if is_over and membership.valid_to else membership.valid_from,
        None if is_over else membership.valid_to,
        membership.published_on,
        reason,
        membership.distance_to_border_m,
    )
