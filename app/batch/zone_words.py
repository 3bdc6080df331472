"""What zonings say of places on a day, as rows of words: a state and codes for each pair of columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.batch.columns import zoning_columns
from app.batch.deciding import ALONE, DecidingCommunes, keys_of
from app.batch.word_table import WordTable
from app.zones.decider import Decider
from app.zones.gather import EvidenceTable
from app.zones.models import Membership, Reason, State
from app.zones.vocabulary import ZONINGS

Numbers = NDArray[np.int32]
_NOT_IN_FORCE = (Reason.ZONING_ENDED, Reason.NO_DATA_FOR_DATE, Reason.NO_DATA_FOR_KNOWN_ON)
Pair = tuple[int, int]


class ZoneWords:
    """Rows of `table` for evidences. One thread adds at a time.

    Where only communes count, which is nearly everywhere, each pair of columns is decided once for all places whose
    communes its zonings treat alike: a hundred thousand places are a few thousand decisions.
    """

    def __init__(self, evidences: EvidenceTable, deciding: DecidingCommunes) -> None:
        self._evidences = evidences
        self._deciding = deciding
        self._choices = tuple(_positions(zoning, generation) for _, zoning, generation in zoning_columns())
        self.table = WordTable(2 * len(self._choices))
        self._pairs: dict[tuple[object, ...], dict[int, Pair]] = {}
        self._of_numbers: dict[tuple[object, ...], Pair] = {}

    def of_numbers(self, numbers: tuple[int, ...], decider: Decider) -> int:
        """The row of one place, from its memberships by number."""
        return int(self.table.rows(np.array([self._alone(numbers, decider)], np.int32))[0])

    def of_evidences(self, evidence: Numbers, decider: Decider) -> Numbers:
        """The row of each place, by number of evidence."""
        words = np.empty((len(evidence), 2 * len(self._choices)), np.int32)
        kind, rows = self._deciding.of(evidence, decider)
        for position in np.flatnonzero(kind == ALONE).tolist():
            words[position] = self._alone(self._deciding.alone(int(evidence[position]), decider), decider)
        for number in np.unique(kind[kind >= 0]).tolist():
            members = np.flatnonzero(kind == number)
            words[members] = self._together(number, evidence[members], rows[members], decider)
        return self.table.rows(words)

    def _alone(self, numbers: tuple[int, ...], decider: Decider) -> tuple[int, ...]:
        """Words of one place, from its memberships by number."""
        words: list[int] = []
        for column, positions in enumerate(self._choices):
            key = (decider.on, column, *(numbers[position] for position in positions))
            pair = self._of_numbers.get(key)
            if pair is None:
                chosen = [decider.memberships[position][numbers[position]] for position in positions]
                pair = self._of_numbers[key] = self._numbers(column, _in_force(chosen, positions, decider.on))
            words += pair
        return tuple(words)

    def _together(self, kind: int, evidence: Numbers, rows: Numbers, decider: Decider) -> Numbers:
        """Words of places of one kind, (n, width); `rows` (n, 4) are the communes that decide, -1 beyond."""
        words = np.empty((len(evidence), 2 * len(self._choices)), np.int32)
        for column, positions in enumerate(self._choices):
            key = keys_of(decider.alike(positions), rows)
            distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
            known = self._pairs.setdefault((decider.since(positions), column, kind), {})
            for number, row in zip(distinct.tolist(), first.tolist(), strict=True):
                if number not in known:
                    place = self._evidences.at(int(evidence[row]))
                    chosen = [decider.memberships[position][decider.number(position, place)] for position in positions]
                    known[number] = self._numbers(column, _in_force(chosen, positions, decider.on))
            pairs = np.array([known[number] for number in distinct.tolist()], np.int32)
            words[:, 2 * column : 2 * column + 2] = pairs[inverse]
        return words

    def _numbers(self, column: int, membership: Membership) -> Pair:
        state, codes = membership.state.value, codes_of(membership)
        return self.table.number(2 * column, state), self.table.number(2 * column + 1, codes)


def codes_of(membership: Membership) -> str | None:
    """The codes of a cell: the code, or every candidate joined by `;` when the place is near a border or undecided."""
    if membership.code is not None and membership.state is not State.NEAR_BORDER and len(membership.codes) <= 1:
        return membership.code
    return ";".join(membership.codes) or membership.code


def _positions(zoning: str, generation: str | None) -> tuple[int, ...]:
    """Positions in the vocabulary that a pair of columns reads, latest generation first."""
    return tuple(
        position
        for position, spec in reversed(list(enumerate(ZONINGS)))
        if spec.id == zoning and generation in (None, str(spec.generation))
    )


def _in_force(memberships: Sequence[Membership], positions: tuple[int, ...], day: date) -> Membership:
    """The generation in force that day, of memberships in the order of `positions`: the latest one whose vintage holds
    then, else the latest that had begun.
    """
    for membership in memberships if len(memberships) > 1 else ():
        if membership.vintage is not None and membership.reason not in _NOT_IN_FORCE:
            return membership
    for membership, position in zip(memberships, positions, strict=True):
        generation = ZONINGS[position].generation
        if isinstance(generation, int) and generation <= day.year:
            return membership
    return memberships[-1]
