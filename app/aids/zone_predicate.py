"""Is the place in a zone? The atom of every territory, in three-valued logic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.aids import french
from app.aids.environment import Environment
from app.aids.place import OUTLINE_ZONINGS, OUTSIDE_WHEN_ABSENT, World, ZoneFact
from app.aids.zone_words import PROFESSION_ZONINGS, SATISFIED_BY, describe_zone
from app.zones.models import Generation, State

Truth = bool | None


@dataclass(frozen=True, slots=True)
class ZonePredicate:
    """Is the place in a zone of this zoning, with one of these codes? The atom that batch evaluates once.

    `codes` empty = any zone of the zoning; `at_helped` reads the helped place (CSTM) instead of the practice.
    """

    zoning: str
    codes: tuple[str, ...] = ()
    generation: Generation | None = None
    scope: str | None = None
    coverage: str | None = None
    sub: str | None = None
    boosted: bool | None = None
    at_helped: bool = False
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        words = (
            self.zoning,
            self.codes,
            self.generation,
            self.scope,
            self.coverage,
            self.sub,
            self.boosted,
            self.at_helped,
        )
        object.__setattr__(self, "_hash", hash(words))

    def __hash__(self) -> int:
        """Computed once: every rule of every question looks its predicates up."""
        return self._hash

    def test(self, env: Environment) -> Truth:
        return env.zone_truth(self)

    def decide(self, env: Environment, world: World | None) -> Truth:
        """Read one possible world; a missing helped place is unknown."""
        if world is None:
            return None
        is_coarse = env.place.is_coarse and self.zoning not in world.closed
        zones = self._zones(env, world, is_coarse)
        if not zones:
            return self._decide_absent(env, world)
        if not self.at_helped and env.place.border_near(self.zoning, self.generation) is not None:
            return None
        found = [self._match(zone, env) for zone in zones]
        is_split = is_coarse and self._is_partial(zones)
        if True in found and not is_split and (self.at_helped or not _contradict(zones)):
            return True
        return None if None in found or True in found else False

    def _is_partial(self, zones: list[ZoneFact]) -> bool:
        """A class given to the QPV only says nothing of the rest of a commune."""
        return any(zone.scope == "qpv" for zone in zones) and self.scope is None

    def _zones(self, env: Environment, world: World, is_coarse: bool) -> list[ZoneFact]:
        """Memberships of this zoning in force and known; in a QPV with its own class, that class alone counts."""
        zones = [
            zone
            for zone in world.zones
            if zone.zoning == self.zoning
            and zone.holds_on(env.on)
            and (zone.published_on is None or zone.published_on <= env.known_on)
        ]
        if self.generation is not None and self.zoning not in PROFESSION_ZONINGS:
            zones = [zone for zone in zones if zone.generation in (None, self.generation)]
        own = [zone for zone in zones if zone.scope == "qpv" and zone.state is State.INSIDE]
        return own if own and not is_coarse else zones

    def _decide_absent(self, env: Environment, world: World) -> Truth:
        if self.zoning in world.closed:
            return False if self.zoning in OUTSIDE_WHEN_ABSENT else None
        if world.exhaustive:
            return None
        if self.zoning == "doctors" and not self.at_helped and env.place.is_coarse:
            return self._decide_commune_class(env)
        if self.zoning not in OUTSIDE_WHEN_ABSENT:
            return None
        if self.at_helped:
            return False
        if env.place.border_near(self.zoning, self.generation) is not None:
            return None
        return None if self.zoning in OUTLINE_ZONINGS and env.place.is_coarse else False

    def _decide_commune_class(self, env: Environment) -> Truth:
        """The class of the commune outside any QPV classed apart, which can only be better than the commune's."""
        known = env.place.facts.get("commune_class")
        if not isinstance(known, str) or self.scope is not None or self.sub is not None or self.boosted is not None:
            return None
        if not self.codes or known in self.codes:
            return True
        order = ("ZIP", "ZAC", "ZAR", "ZV", "HZ")
        better = order[: order.index(known)]
        return None if any(code in self.codes for code in better) else False

    def _match(self, zone: ZoneFact, env: Environment) -> Truth:
        if zone.state is State.UNKNOWN:
            return None
        if zone.state is State.OUTSIDE:
            return False
        truths = [self._match_code(zone)]
        if self.generation is not None:
            truths.append(None if zone.generation is None else zone.generation == self.generation)
        if self.coverage is not None:
            truths.append(None if zone.coverage is None else zone.coverage == self.coverage)
        elif zone.coverage == "partial":
            truths.append(None)
        if self.scope is not None:
            truths.append(zone.scope == self.scope)
        if self.sub is not None:
            truths.append(zone.sub == self.sub)
        if self.boosted is not None:
            truths.append(zone.boosted == self.boosted)
        return False if False in truths else (None if None in truths else True)

    def _match_code(self, zone: ZoneFact) -> Truth:
        accepted = {name for code in self.codes for name in SATISFIED_BY.get(code, frozenset({code}))}
        if zone.state is State.NEAR_BORDER:
            if not accepted or not zone.codes or self.zoning in OUTLINE_ZONINGS:
                return None
            inside = {code in accepted for code in zone.codes}
            return None if len(inside) == 2 or (inside == {True} and len(zone.codes) == 1) else inside.pop()
        if not accepted:
            return True
        return None if zone.code is None else zone.code in accepted

    def describe(self, env: Environment | None = None) -> str:
        text = describe_zone(self.zoning, self.codes, self.generation, self.sub, bool(self.boosted))
        return f"{text}, au lieu aidé" if self.at_helped else text

    def doubts(self, env: Environment) -> Iterator[str]:
        if self.test(env) is not None:
            return
        text = self.describe()
        near = env.place.border_near(self.zoning, self.generation)
        if near is not None and not self.at_helped:
            yield f"{text} : adresse à {_metres(near.signed_distance_m)} de la limite"
            return
        world = env.helped_world() if self.at_helped else env.world()
        for zone in world.zones if world is not None else ():
            same = self.generation is None or zone.generation in (None, self.generation)
            if zone.zoning == self.zoning and same and zone.state in (State.UNKNOWN, State.NEAR_BORDER):
                distance = "" if zone.distance_m is None else f" ({_metres(zone.distance_m)} de la limite)"
                yield f"{text} : {zone.why or 'appartenance inconnue'}{distance}"
                return
        listed = self._zones(env, world, env.place.is_coarse) if world is not None else []
        yield f"{text} : {'classes contradictoires' if _contradict(listed) else 'appartenance inconnue'}"

    def names(self) -> Iterator[str]:
        return iter(())

    def predicates(self) -> Iterator[ZonePredicate]:
        yield self


def _contradict(zones: list[ZoneFact]) -> bool:
    """Two classes of one profession's zoning at once: a place has a single one (zones.md § 1)."""
    classes: dict[tuple[str, Generation | None], str | None] = {}
    return any(
        classes.setdefault((zone.zoning, zone.generation), zone.code) != zone.code
        for zone in zones
        if zone.state is State.INSIDE and zone.zoning in PROFESSION_ZONINGS
    )


def _metres(signed_m: float) -> str:
    side = "à l'extérieur" if signed_m > 0 else "à l'intérieur"
    return f"{french.number(round(abs(signed_m), 1))}{french.NO_BREAK}m {side}"
