"""Facts about one aid already held, for rules that compute on it (`about_held`): received sum, dates, months run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.aids import calendar
from app.aids.reading import Held
from app.aids.tree import Env, Node, Value, text_of

HELD_KEY = "held:"
"""Prefix under which the environment keeps what is held: `held:caim` is never a fact's name."""


def held_values(held: tuple[Held, ...]) -> dict[str, Value]:
    """Values of every held aid, one that ended being preferred when the same aid is held twice."""
    values: dict[str, Value] = {}
    for item in sorted(held, key=lambda item: item.ended_on is not None):
        prefix = f"{HELD_KEY}{item.aid}:"
        values[prefix + "granted_on"] = item.granted_on
        values[prefix + "ended_on"] = item.ended_on
        values[prefix + "ends"] = item.ends
        values[prefix + "received"] = item.received
        ended = item.ended_on
        values[prefix + "months"] = None if ended is None else calendar.whole_months(item.granted_on, ended)
    return values


@dataclass(frozen=True, slots=True)
class HeldField:
    """One value of the held aid; unknown when it was not given."""

    aid: str
    field: str

    def value(self, env: Env) -> Value:
        return env.get(f"{HELD_KEY}{self.aid}:{self.field}")

    def names(self) -> Iterator[str]:
        yield "held"

    def show(self, env: Env) -> str:
        return text_of(self.value(env))


def held_scope(aid: str) -> Mapping[str, Node]:
    """Names that `about_held: <aid>` adds to the rule's expressions."""
    return {
        f"held_{field}": HeldField(aid, field) for field in ("granted_on", "ended_on", "ends", "received", "months")
    }
