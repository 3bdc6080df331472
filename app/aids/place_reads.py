"""What rules read of a place: two places read alike have one answer to an applicant."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from datetime import date
from functools import lru_cache

from app.aids.environment import Environment, known_facts
from app.aids.facts import PLACE_FACTS, FactValue
from app.aids.models import Rule, RuleBook
from app.aids.place import Place, World
from app.aids.question import Question
from app.aids.reading import Applicant
from app.aids.rule_facts import expressions_of, predicates_of, territories_of, walk
from app.aids.territory import CodeIs, Territory, That
from app.aids.tree import Name
from app.aids.zone_predicate import ZonePredicate

Atom = Territory | str
"""What a rule reads at once: a test of its territories that only the place decides, or a fact of the place."""
READINGS_KEPT = 4_096


class FactReader:
    """Reads the facts of a place as the rules do: `population: 1162` becomes which of their limits it passes.

    Places of one reading, with the same memberships, have the same answers to the word.
    """

    def __init__(self, book: RuleBook) -> None:
        atoms = {atom: None for rule in book.aids.values() for atom in atoms_of(rule, with_notes=True)}
        self._names = tuple(atom for atom in atoms if isinstance(atom, str))
        self._tests = tuple(atom for atom in atoms if not isinstance(atom, str | ZonePredicate))
        self._asked = frozenset(name for test in self._tests for name in test.names())
        self._read = lru_cache(READINGS_KEPT)(self._read_anew)

    def read(self, facts: Mapping[str, FactValue]) -> Hashable:
        """`facts` are those of facts.PLACE_FACTS that are known."""
        return self._read(frozenset(facts.items()))

    def _read_anew(self, items: frozenset[tuple[str, FactValue]]) -> Hashable:
        facts = dict(items)
        env = environment_of(facts)
        return (
            tuple(env.get(name) for name in self._names),
            tuple(test.test(env) for test in self._tests),
            self._asked.intersection(facts),  # a fact to ask for is told
        )


_NOWHERE = Question(date.min, date.min, Applicant({}), Place((World(()),), {}))
_NOTHING_KNOWN = known_facts(_NOWHERE)


def environment_of(facts: Mapping[str, FactValue]) -> Environment:
    """What the tests and facts among the atoms read of a place; no day, no applicant and no zone counts for them."""
    question = Question(date.min, date.min, _NOWHERE.applicant, Place(_NOWHERE.place.worlds, facts))
    return Environment(question, {**_NOTHING_KNOWN, **question.place.facts}, date.min)


def atoms_of(rule: Rule, *, with_notes: bool = False) -> Iterator[Atom]:
    """All that a rule's answer depends on in a place; with its notes, which change no status and no amount, its words too."""
    yield from predicates_of(rule)
    for leaf in leaves_of(rule):
        names = list(leaf.names())
        place_names = [name for name in names if name in PLACE_FACTS]
        yield from (leaf,) if place_names and len(place_names) == len(names) else place_names
    left_out = [] if with_notes else [note.when for note in rule.notes]
    for expression in expressions_of(rule):
        for node in () if expression in left_out else walk(expression):
            if isinstance(node, Name) and node.name in PLACE_FACTS:
                yield node.name
    if any(audience.regions for audience in (rule.audience, *(window.audience for window in rule.windows))):
        yield "region"


def leaves_of(rule: Rule) -> Iterator[CodeIs | That]:
    """The tests of the rule's territories on codes and facts; predicates of zones apart."""
    waiting = list(territories_of(rule))
    while waiting:
        node = waiting.pop()
        if isinstance(node, CodeIs | That):
            yield node
        waiting += _inside(node)


def _inside(node: Territory) -> Iterator[Territory]:
    """The territories that a node is made of."""
    yield from getattr(node, "parts", ())
    yield from (part for _, part in getattr(node, "versions", ()))
    yield from (inner for name in ("part", "territory") if (inner := getattr(node, name, None)) is not None)


def version_days(book: RuleBook) -> Iterator[date]:
    """Days from which a rule reads another version of its territory."""
    for rule in book.aids.values():
        for territory in territories_of(rule):
            waiting: list[Territory] = [territory]
            while waiting:
                node = waiting.pop()
                yield from (since for since, _ in getattr(node, "versions", ()))
                waiting += _inside(node)
