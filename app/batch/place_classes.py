"""What each rule reads of a place: two places that a rule reads alike have one answer of that rule to an applicant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.aids.environment import Environment, known_facts
from app.aids.facts import FactValue
from app.aids.models import RuleBook
from app.aids.place_reads import Atom, atoms_of, environment_of
from app.aids.question import Question
from app.aids.territory import Territory
from app.aids.tree import Value
from app.aids.zone_predicate import ZonePredicate
from app.zones.vocabulary import ZONINGS

Ask = Callable[[], Question]
Facts = Callable[[], Mapping[str, FactValue]]
Zones = tuple[str, int]
"""How finely a place is known (facts.PLACE_FACTS, `precision`), and the row of its memberships of one day."""
Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """A place as all rules read it on one entry day: `readings` holds one number per rule, equal for what is read alike."""

    number: int
    readings: tuple[int, ...]


class _Read(NamedTuple):
    """What atoms were found to be, with a number: one for equal values."""

    number: int
    values: Values


class PlaceClasses:
    """Numbers places by what the rules read of them. Not thread-safe: its owner locks.

    Zones are read once for all memberships alike, the few facts that rules read (commune, population…) once per place.
    """

    def __init__(self, book: RuleBook, numbers: Callable[[int], tuple[int, ...]]) -> None:
        """`numbers` gives the memberships of a row: a number per zoning of the vocabulary."""
        self._numbers = numbers
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
        by_names: dict[tuple[str, ...], list[Territory | str]] = {}
        for atom in self._atoms:
            if not isinstance(atom, ZonePredicate):
                names = (atom,) if isinstance(atom, str) else tuple(sorted(set(atom.names())))
                by_names.setdefault(names, []).append(atom)
        self._of_facts = tuple((names, tuple(atoms), dict[Values, Values]()) for names, atoms in by_names.items())
        """Atoms that read the same facts, and what they were for each values of these."""
        of_facts = [atom for _, atoms, _ in self._of_facts for atom in atoms]
        order = {atom: position for position, atom in enumerate((*self._of_zones, *of_facts))}
        self._place_of = tuple(order[atom] for atom in self._atoms)
        self._number_of: dict[Hashable, int] = {}
        self._class_of: dict[Values, PlaceClass] = {}
        self._truths: dict[Hashable, Value] = {}
        self._zones: dict[tuple[Zones, date], _Read] = {}
        self._facts: dict[Hashable, _Read] = {}
        self._reads: dict[Values, _Read] = {}
        self._of_reads: dict[tuple[int, int], PlaceClass] = {}

    def forget(self) -> None:
        """Let go of what was read; numbers stay."""
        self._truths.clear()
        self._zones.clear()
        self._facts.clear()
        for _, _, known in self._of_facts:
            known.clear()

    def of(self, zones: Zones, place: Hashable, facts: Facts, question: Ask, entry: date) -> PlaceClass:
        """The class of a place, its zones read on `entry`.

        `place` is a key: places of one have the same `facts()`. These and the question, whose applicant knows nothing, are
        asked for what is new.
        """
        of_zones, of_facts = self._zones.get((zones, entry)), self._facts.get(place)
        if of_zones is None:
            of_zones = self._zones[zones, entry] = self._read(self._read_zones(zones, question, entry))
        if of_facts is None:
            of_facts = self._facts[place] = self._read(self._read_facts(facts()))
        found = self._of_reads.get((of_zones.number, of_facts.number))
        if found is None:
            read = (*of_zones.values, *of_facts.values)
            values = tuple(read[position] for position in self._place_of)
            found = self._class_of.get(values)
            if found is None:
                found = self._class_of[values] = PlaceClass(len(self._class_of), self._readings(values))
            self._of_reads[of_zones.number, of_facts.number] = found
        return found

    def _read(self, values: Values) -> _Read:
        return self._reads.setdefault(values, _Read(len(self._reads), values))

    def _read_facts(self, facts: Mapping[str, FactValue]) -> Values:
        env: Environment | None = None
        read: list[Value] = []
        for names, atoms, known in self._of_facts:
            key = tuple(facts.get(name) for name in names)
            values = known.get(key)
            if values is None:
                env = env or environment_of(facts)
                values = known[key] = tuple(
                    env.get(atom) if isinstance(atom, str) else env.over_worlds(atom) for atom in atoms
                )
            read += values
        return tuple(read)

    def _read_zones(self, zones: Zones, question: Ask, entry: date) -> Values:
        """Each predicate of the rules; read once for all places of the same memberships in its own zoning."""
        how, row = zones
        numbers = self._numbers(row)
        env: Environment | None = None
        truths = []
        for at, (predicate, positions) in enumerate(zip(self._of_zones, self._looked_at, strict=True)):
            key = (at, entry, how, *(numbers[position] for position in positions))
            if key not in self._truths:
                env = env or _environment(question(), entry)
                self._truths[key] = env.over_worlds(predicate)
            truths.append(self._truths[key])
        return tuple(truths)

    def _readings(self, values: Values) -> tuple[int, ...]:
        return tuple(
            self._number_of.setdefault((rule, *(values[atom] for atom in atoms)), len(self._number_of))
            for rule, atoms in enumerate(self._atoms_of)
        )


def _environment(question: Question, entry: date) -> Environment:
    return Environment(question, known_facts(question), entry)
