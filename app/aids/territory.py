"""Territorial conditions: a tree over memberships, codes and place facts, in three-valued logic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.aids import french
from app.aids.environment import Environment
from app.aids.facts import APPLICANT_FACTS
from app.aids.regions import REGION_NAMES, may_lie_in
from app.aids.tree import Env, Node, Value, text_of
from app.aids.zone_predicate import Truth, ZonePredicate


class Territory(Protocol):
    """One node: true, false or unknown here; `describe` is what is required, `doubts` why it is unknown.

    With `env`, `describe` keeps what concerns this applicant on this day; without, all that the rule says.
    """

    def test(self, env: Environment) -> Truth: ...

    def describe(self, env: Environment | None = None) -> str: ...

    def doubts(self, env: Environment) -> Iterator[str]: ...

    def names(self) -> Iterator[str]: ...

    def predicates(self) -> Iterator[ZonePredicate]: ...


CODES_SHOWN = 8
"""Codes that a reason prints before it stops: a longer list is in the rule."""


_PLACE_CODES = {"region": "région", "departement": "département", "commune": "commune", "epci": "EPCI"}


@dataclass(frozen=True, slots=True)
class CodeIs:
    """The region, department, commune or EPCI is one of a list.

    A code that is not known is still ruled out when a wider one is: no department of Occitanie in region 84.
    """

    fact: str
    codes: frozenset[str]

    def test(self, env: Environment) -> Truth:
        code = env.get(self.fact)
        if code is not None:
            return code in self.codes
        return None if any(may_lie_in(self.fact, listed, env.place.facts) for listed in self.codes) else False

    def describe(self, env: Environment | None = None) -> str:
        word = _PLACE_CODES[self.fact]
        listed = [REGION_NAMES.get(code, code) if self.fact == "region" else code for code in sorted(self.codes)]
        shown = listed if len(listed) <= CODES_SHOWN else [*listed[:CODES_SHOWN], "…"]
        return f"{word}{'s' if len(listed) > 1 and self.fact != 'epci' else ''} {', '.join(shown)}"

    def doubts(self, env: Environment) -> Iterator[str]:
        if self.test(env) is None:
            yield f"{_PLACE_CODES[self.fact]} du lieu à préciser"

    def names(self) -> Iterator[str]:
        yield self.fact

    def predicates(self) -> Iterator[ZonePredicate]:
        return iter(())


@dataclass(frozen=True, slots=True)
class That:
    """A place fact under an expression (distance, population…), with the words that state it."""

    expression: Node
    words: str

    def test(self, env: Environment) -> Truth:
        value = self.expression.value(env)
        return None if value is None else bool(value)

    def describe(self, env: Environment | None = None) -> str:
        return self.words

    def bears_on_applicant(self) -> bool:
        """A profession or a kind of practice: it chooses a branch, it is not a requirement on the place."""
        return all(name in APPLICANT_FACTS for name in self.names())

    def doubts(self, env: Environment) -> Iterator[str]:
        if self.test(env) is None:
            yield self.words

    def names(self) -> Iterator[str]:
        return self.expression.names()

    def predicates(self) -> Iterator[ZonePredicate]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Doubt:
    """Always unknown: a local list or decision that nobody holds here."""

    because: str

    def test(self, env: Environment) -> Truth:
        return None

    def describe(self, env: Environment | None = None) -> str:
        return self.because

    def doubts(self, env: Environment) -> Iterator[str]:
        yield self.because

    def names(self) -> Iterator[str]:
        return iter(())

    def predicates(self) -> Iterator[ZonePredicate]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Every:
    """`all`: one false decides, else one unknown spreads."""

    parts: tuple[Territory, ...]

    def test(self, env: Environment) -> Truth:
        truths = [part.test(env) for part in self.parts]
        return False if False in truths else (None if None in truths else True)

    def describe(self, env: Environment | None = None) -> str:
        parts = [part for part in self.parts if env is None or not (_chooses(part) and part.test(env))]
        return " et ".join(_grouped(part, env) for part in parts or self.parts)

    def doubts(self, env: Environment) -> Iterator[str]:
        for part in self.parts:
            if part.test(env) is None:
                yield from part.doubts(env)

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()

    def predicates(self) -> Iterator[ZonePredicate]:
        for part in self.parts:
            yield from part.predicates()


@dataclass(frozen=True, slots=True)
class Either(Every):
    """`any`: one true decides, else one unknown spreads."""

    def test(self, env: Environment) -> Truth:
        truths = [part.test(env) for part in self.parts]
        return True if True in truths else (None if None in truths else False)

    def describe(self, env: Environment | None = None) -> str:
        parts = [part for part in self.parts if env is None or not _is_for_others(part, env)]
        if len(parts) == 1:
            return parts[0].describe(env)
        return " ou ".join(_grouped(part, env) for part in parts or self.parts)


def _grouped(part: Territory, env: Environment | None) -> str:
    text = part.describe(env)
    return f"({text})" if isinstance(part, Every) and (" et " in text or " ou " in text) else text


def _chooses(part: Territory) -> bool:
    return isinstance(part, That) and part.bears_on_applicant()


def _is_for_others(part: Territory, env: Environment) -> bool:
    """A branch that another profession or kind of practice takes."""
    inside = part.parts if type(part) is Every else (part,)
    return any(_chooses(one) and one.test(env) is False for one in inside)


@dataclass(frozen=True, slots=True)
class Outside:
    """`not`."""

    part: Territory

    def test(self, env: Environment) -> Truth:
        truth = self.part.test(env)
        return None if truth is None else not truth

    def describe(self, env: Environment | None = None) -> str:
        return f"hors {_grouped(self.part, env)}"

    def doubts(self, env: Environment) -> Iterator[str]:
        return self.part.doubts(env)

    def names(self) -> Iterator[str]:
        return self.part.names()

    def predicates(self) -> Iterator[ZonePredicate]:
        return self.part.predicates()


@dataclass(frozen=True, slots=True)
class Since:
    """A territory that changed: the version in force on the entry day, the first one before its own date too."""

    versions: tuple[tuple[date, Territory], ...]

    def at(self, day: date) -> Territory:
        chosen = self.versions[0][1]
        for start, part in self.versions:
            if start <= day:
                chosen = part
        return chosen

    def test(self, env: Environment) -> Truth:
        return self.at(env.on).test(env)

    def describe(self, env: Environment | None = None) -> str:
        if env is not None:
            return self.at(env.on).describe(env)
        return " ; ".join(f"à partir du {french.day(start)} : {part.describe()}" for start, part in self.versions)

    def doubts(self, env: Environment) -> Iterator[str]:
        return self.at(env.on).doubts(env)

    def names(self) -> Iterator[str]:
        for _, part in self.versions:
            yield from part.names()

    def predicates(self) -> Iterator[ZonePredicate]:
        for _, part in self.versions:
            yield from part.predicates()


@dataclass(frozen=True, slots=True)
class InTerritory:
    """A named territory (`zones:` of a rule) used inside an expression."""

    name: str
    territory: Territory

    def value(self, env: Env) -> Value:
        assert isinstance(env, Environment)
        return env.over_worlds(self.territory)

    def names(self) -> Iterator[str]:
        return self.territory.names()

    def show(self, env: Env) -> str:
        return text_of(self.value(env))
