"""What a rule reads: its facts, its zone predicates, and its expressions."""

from __future__ import annotations

from collections.abc import Iterator

from app.aids.facts import FACTS
from app.aids.logic import AllOf, AnyOf, Compare, NotOf
from app.aids.models import Rule
from app.aids.territory import InTerritory, Territory
from app.aids.tree import Arithmetic, Call, Choice, Let, Negative, Node
from app.aids.zone_predicate import ZonePredicate

UNDERLYING = {
    "recent": ("status", "installed_since"),
    "entry": ("activity_created_on", "installed_since"),
}
"""Facts to ask for when a derived name is unknown."""


def expressions_of(rule: Rule) -> Iterator[Node]:
    """Every expression of the rule, its territory's apart."""
    for condition in rule.conditions:
        yield condition.that
    guards = [item.when for item in rule.doubts] + [item.when for item in rule.notes]
    guards += [item.when for item in (*rule.excludes, *rule.yields_to)]
    yield from (guard for guard in guards if guard is not None)
    for value in rule.amount.values if rule.amount else ():
        if value.formula is not None:
            yield value.formula
        for instalment in value.instalments:
            yield instalment.formula


def facts_of(rule: Rule) -> Iterator[str]:
    """Names of the facts that the rule reads anywhere."""
    yield from ("profession", "status")
    if rule.audience.specialties or any(window.audience.specialties for window in rule.windows):
        yield "specialty"
    names = [name for node in expressions_of(rule) for name in node.names()]
    if rule.where is not None:
        names += rule.where.names()
    if rule.audience.recent or rule.windows:
        names += ["recent", "entry"]
    if rule.audience.regions or any(window.audience.regions for window in rule.windows):
        yield "region"
    for name in names:
        yield from UNDERLYING.get(name, (name,) if name in FACTS else ())


def predicates_of(rule: Rule) -> Iterator[ZonePredicate]:
    """Every zone predicate of the rule: its territory, and zones named in its expressions."""
    if rule.where is not None:
        yield from rule.where.predicates()
    for expression in expressions_of(rule):
        for node in walk(expression):
            if isinstance(node, InTerritory):
                yield from node.territory.predicates()


def walk(node: Node) -> Iterator[Node]:
    """A tree's nodes, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes that a node reads directly."""
    if isinstance(node, (AllOf, AnyOf)):
        return node.parts
    if isinstance(node, (Arithmetic, Compare)):
        return (node.left, node.right)
    if isinstance(node, (Negative, NotOf, Let)):
        return (node.inner,)
    if isinstance(node, Choice):
        return (node.test, node.then, node.otherwise)
    return node.arguments if isinstance(node, Call) else ()


def territories_of(rule: Rule) -> Iterator[Territory]:
    """The rule's territory and those it names."""
    if rule.where is not None:
        yield rule.where
    for expression in expressions_of(rule):
        for node in walk(expression):
            if isinstance(node, InTerritory):
                yield node.territory
