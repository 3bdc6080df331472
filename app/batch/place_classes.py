"""What each rule reads of a place: two places that a rule reads alike have one answer of that rule to an applicant."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date

from app.aids.environment import Environment, known_facts
from app.aids.facts import PLACE_FACTS
from app.aids.models import Rule, RuleBook
from app.aids.question import Question
from app.aids.rule_facts import expressions_of, predicates_of, territories_of, walk
from app.aids.territory import CodeIs, Territory, That
from app.aids.tree import Name, Value


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """A place as all rules read it on one entry day: `readings` holds one number per rule, equal for what is read alike."""

    number: int
    readings: tuple[int, ...]


class PlaceClasses:
    """Numbers places by what the rules read of them. Not thread-safe: its owner locks."""

    def __init__(self, book: RuleBook) -> None:
        self._atoms: dict[_Atom, int] = {}
        self._atoms_of = tuple(
            tuple(self._atoms.setdefault(atom, len(self._atoms)) for atom in dict.fromkeys(_atoms(rule)))
            for rule in book.aids.values()
        )
        self._number_of: dict[Hashable, int] = {}
        self._class_of: dict[Hashable, PlaceClass] = {}

    def of(self, question: Question, entry: date) -> PlaceClass:
        """The class of the question's place, its zones read on `entry`; the question's applicant knows nothing."""
        env = Environment(question, known_facts(question), entry)
        values = tuple(env.get(atom) if isinstance(atom, str) else env.over_worlds(atom) for atom in self._atoms)
        found = self._class_of.get(values)
        if found is None:
            found = self._class_of[values] = PlaceClass(len(self._class_of), self._readings(values))
        return found

    def _readings(self, values: tuple[Value, ...]) -> tuple[int, ...]:
        return tuple(
            self._number_of.setdefault((rule, *(values[atom] for atom in atoms)), len(self._number_of))
            for rule, atoms in enumerate(self._atoms_of)
        )


_Atom = Territory | str
"""What a rule reads at once: a test of its territories that only the place decides, or a fact of the place."""


def _atoms(rule: Rule) -> Iterator[_Atom]:
    yield from predicates_of(rule)
    for leaf in leaves_of(rule):
        names = list(leaf.names())
        place_names = [name for name in names if name in PLACE_FACTS]
        yield from (leaf,) if place_names and len(place_names) == len(names) else place_names
    notes = [note.when for note in rule.notes]  # they change no status and no amount
    for expression in expressions_of(rule):
        for node in () if expression in notes else walk(expression):
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
