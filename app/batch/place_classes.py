"""What each rule reads of a place: two places that a rule reads alike have one answer of that rule to an applicant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date

from app.aids.environment import Environment, known_facts
from app.aids.facts import FactValue
from app.aids.models import RuleBook
from app.aids.place_reads import Atom, atoms_of, environment_of
from app.aids.question import Question
from app.aids.tree import Value
from app.aids.zone_predicate import ZonePredicate
from app.zones.vocabulary import ZONINGS

Ask = Callable[[], Question]
Facts = Callable[[], Mapping[str, FactValue]]
Zones = tuple[str, tuple[int, ...]]
"""How finely a place is known (facts.PLACE_FACTS, `precision`), and its memberships of one day: a number per zoning."""


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """A place as all rules read it on one entry day: `readings` holds one number per rule, equal for what is read alike."""

    number: int
    readings: tuple[int, ...]


class PlaceClasses:
    """Numbers places by what the rules read of them. Not thread-safe: its owner locks.

    Zones are read once for all memberships alike, the few facts that rules read (commune, population…) once per place.
    """

    def __init__(self, book: RuleBook) -> None:
        self._atoms: dict[Atom, int] = {}
        self._atoms_of = tuple(
            tuple(self._atoms.setdefault(atom, len(self._atoms)) for atom in dict.fromkeys(atoms_of(rule)))
            for rule in book.aids.values()
        )
        self._of_zones = tuple(atom for atom in self._atoms if isinstance(atom, ZonePredicate))
        self._looked_at = tuple(
            tuple(position for position, spec in enumerate(ZONINGS) if spec.id == predicate.zoning)
            for predicate in self._of_zones
        )
        self._of_facts = tuple(atom for atom in self._atoms if not isinstance(atom, ZonePredicate))
        order = {atom: position for position, atom in enumerate((*self._of_zones, *self._of_facts))}
        self._place_of = tuple(order[atom] for atom in self._atoms)
        self._number_of: dict[Hashable, int] = {}
        self._class_of: dict[Hashable, PlaceClass] = {}
        self._truths: dict[Hashable, Value] = {}
        self._zones: dict[tuple[Zones, date], tuple[Value, ...]] = {}
        self._facts: dict[Hashable, tuple[Value, ...]] = {}

    def forget(self) -> None:
        """Let go of what was read; numbers stay."""
        self._truths.clear()
        self._zones.clear()
        self._facts.clear()

    def of(self, zones: Zones, place: Hashable, facts: Facts, question: Ask, entry: date) -> PlaceClass:
        """The class of a place, its zones read on `entry`.

        `place` is a key: places of one have the same `facts()`. These and the question, whose applicant knows nothing, are
        asked for what is new.
        """
        of_zones, of_facts = self._zones.get((zones, entry)), self._facts.get(place)
        if of_zones is None:
            of_zones = self._zones[zones, entry] = self._read_zones(zones, question, entry)
        if of_facts is None:
            env = environment_of(facts())
            of_facts = self._facts[place] = tuple(
                env.get(atom) if isinstance(atom, str) else env.over_worlds(atom) for atom in self._of_facts
            )
        read = (*of_zones, *of_facts)
        values = tuple(read[position] for position in self._place_of)
        found = self._class_of.get(values)
        if found is None:
            found = self._class_of[values] = PlaceClass(len(self._class_of), self._readings(values))
        return found

    def _read_zones(self, zones: Zones, question: Ask, entry: date) -> tuple[Value, ...]:
        """Each predicate of the rules; read once for all places of the same memberships in its own zoning."""
        how, numbers = zones
        env: Environment | None = None
        truths = []
        for predicate, positions in zip(self._of_zones, self._looked_at, strict=True):
            key = (predicate, entry, how, *(numbers[position] for position in positions))
            if key not in self._truths:
                env = env or _environment(question(), entry)
                self._truths[key] = env.over_worlds(predicate)
            truths.append(self._truths[key])
        return tuple(truths)

    def _readings(self, values: tuple[Value, ...]) -> tuple[int, ...]:
        return tuple(
            self._number_of.setdefault((rule, *(values[atom] for atom in atoms)), len(self._number_of))
            for rule, atoms in enumerate(self._atoms_of)
        )


def _environment(question: Question, entry: date) -> Environment:
    return Environment(question, known_facts(question), entry)
