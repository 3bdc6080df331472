"""What each rule reads of a place: two places that a rule reads alike have one answer of that rule to an applicant."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date

from app.aids.environment import Environment, known_facts
from app.aids.models import RuleBook
from app.aids.place_reads import Atom, atoms_of
from app.aids.question import Question
from app.aids.tree import Value
from app.aids.zone_predicate import ZonePredicate

Ask = Callable[[bool], Question]
"""The question of a place, with its memberships or without."""


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """A place as all rules read it on one entry day: `readings` holds one number per rule, equal for what is read alike."""

    number: int
    readings: tuple[int, ...]


class PlaceClasses:
    """Numbers places by what the rules read of them. Not thread-safe: its owner locks.

    Zones are read once for all places alike, the few facts that rules read (commune, population…) once per place.
    """

    def __init__(self, book: RuleBook) -> None:
        self._atoms: dict[Atom, int] = {}
        self._atoms_of = tuple(
            tuple(self._atoms.setdefault(atom, len(self._atoms)) for atom in dict.fromkeys(atoms_of(rule)))
            for rule in book.aids.values()
        )
        self._of_zones = tuple(atom for atom in self._atoms if isinstance(atom, ZonePredicate))
        self._of_facts = tuple(atom for atom in self._atoms if not isinstance(atom, ZonePredicate))
        order = {atom: position for position, atom in enumerate((*self._of_zones, *self._of_facts))}
        self._place_of = tuple(order[atom] for atom in self._atoms)
        self._number_of: dict[Hashable, int] = {}
        self._class_of: dict[Hashable, PlaceClass] = {}
        self._zones: dict[Hashable, tuple[Value, ...]] = {}
        self._facts: dict[Hashable, tuple[Value, ...]] = {}

    def forget(self) -> None:
        """Let go of what was read; numbers stay."""
        self._zones.clear()
        self._facts.clear()

    def of(self, zones: Hashable, place: Hashable, question: Ask, entry: date) -> PlaceClass:
        """The class of a place, its zones read on `entry`.

        `zones` and `place` are keys: places of one `zones` have the same memberships on every day, those of one `place`
        the same facts. `question(with_zones)` is called for what is new; its applicant knows nothing.
        """
        of_zones, of_facts = self._zones.get((zones, entry)), self._facts.get(place)
        if of_zones is None:
            env = _environment(question(True), entry)
            of_zones = self._zones[zones, entry] = tuple(env.over_worlds(atom) for atom in self._of_zones)
        if of_facts is None:
            env = _environment(question(False), entry)
            of_facts = self._facts[place] = tuple(
                env.get(atom) if isinstance(atom, str) else env.over_worlds(atom) for atom in self._of_facts
            )
        read = (*of_zones, *of_facts)
        values = tuple(read[position] for position in self._place_of)
        found = self._class_of.get(values)
        if found is None:
            found = self._class_of[values] = PlaceClass(len(self._class_of), self._readings(values))
        return found

    def _readings(self, values: tuple[Value, ...]) -> tuple[int, ...]:
        return tuple(
            self._number_of.setdefault((rule, *(values[atom] for atom in atoms)), len(self._number_of))
            for rule, atoms in enumerate(self._atoms_of)
        )


def _environment(question: Question, entry: date) -> Environment:
    return Environment(question, known_facts(question), entry)
