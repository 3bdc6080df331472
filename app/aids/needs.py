"""Which facts would settle an unknown: only those that the undecided part of a rule reads."""

from __future__ import annotations

from collections.abc import Iterator

from app.aids.environment import Environment
from app.aids.facts import FACTS
from app.aids.rule_facts import UNDERLYING, children
from app.aids.territory import CodeIs, Every, InTerritory, Outside, Since, Territory, That
from app.aids.tree import Call, Choice, Name, Node


def unknown_facts(node: Node, env: Environment) -> tuple[str, ...]:
    """Facts that an undecided expression waits for, in reading order; none when its value is known."""
    return tuple(dict.fromkeys(_needs(node, env)))


def unknown_place_facts(territory: Territory, env: Environment) -> tuple[str, ...]:
    """Facts that an undecided territory waits for; a membership is not a fact that can be asked."""
    return tuple(dict.fromkeys(_place_needs(territory, env)))


def _needs(node: Node, env: Environment) -> Iterator[str]:
    if node.value(env) is not None:
        return
    if isinstance(node, Name):
        for fact in UNDERLYING.get(node.name, (node.name,)):
            if fact in FACTS and env.get(fact) is None:
                yield fact
    elif isinstance(node, InTerritory):
        yield from _place_needs(node.territory, env)
    elif isinstance(node, Choice):
        branch = node.test if node.test.value(env) is None else node.shown(env)
        yield from _needs(branch, env)
    elif isinstance(node, Call) and node.name == "given_or":
        yield from _needs(node.arguments[1], env)
    else:
        for child in children(node):
            yield from _needs(child, env)


def _place_needs(territory: Territory, env: Environment) -> Iterator[str]:
    if env.over_worlds(territory) is not None:
        return
    if isinstance(territory, CodeIs):
        yield territory.fact
    elif isinstance(territory, That):
        yield from _needs(territory.expression, env)
    elif isinstance(territory, Every):
        for part in territory.parts:
            yield from _place_needs(part, env)
    elif isinstance(territory, Outside):
        yield from _place_needs(territory.part, env)
    elif isinstance(territory, Since):
        yield from _place_needs(territory.at(env.on), env)
