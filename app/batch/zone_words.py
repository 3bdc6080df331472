"""What zonings say of places on a day, as rows of words: a state and codes for each pair of columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from app.batch.columns import zoning_columns
from app.batch.word_table import WordTable
from app.zones.decider import Decider, kind_of
from app.zones.evidence import Evidence
from app.zones.models import Membership, Reason, State
from app.zones.vocabulary import ZONINGS

Numbers = NDArray[np.int32]
_NOT_IN_FORCE = (Reason.ZONING_ENDED, Reason.NO_DATA_FOR_DATE, Reason.NO_DATA_FOR_KNOWN_ON)
_COMMUNES_MAXIMUM = 4
"""Places near more communes than this, a few in a thousand, are decided one by one."""
Pair = tuple[int, int]


class ZoneWords:
    """Rows of `table` for evidences. One thread adds at a time.

    Where only communes count, which is nearly everywhere, each pair of columns is decided once for all places whose
    communes its zonings treat alike: a hundred thousand places are a few thousand decisions.
    """

    def __init__(self) -> None:
        self._choices = tuple(_positions(zoning, generation) for _, zoning, generation in zoning_columns())
        self.table = WordTable(2 * len(self._choices))
        self._pairs: dict[tuple[object, ...], dict[int, Pair]] = {}

    def of_memberships(self, memberships: Sequence[Membership], day: date) -> int:
        """The row of one place, from a membership per zoning of the vocabulary."""
        pairs = (self._pair(column, memberships, day) for column in range(len(self._choices)))
        return int(self.table.rows(np.array([tuple(chain.from_iterable(pairs))], np.int32))[0])

    def of_evidences(self, evidences: Sequence[Evidence], decider: Decider) -> Numbers:
        """The row of each place."""
        words = np.empty((len(evidences), 2 * len(self._choices)), np.int32)
        alone: list[int] = []
        groups: dict[tuple[object, ...], tuple[list[int], list[list[int]]]] = {}
        for position, evidence in enumerate(evidences):
            communes = decider.communes_that_decide(evidence)
            if communes is None or len(communes) > _COMMUNES_MAXIMUM:
                alone.append(position)
            else:
                members, rows = groups.setdefault((*kind_of(evidence), len(communes)), ([], []))
                members.append(position)
                rows.append(communes)
        for position in alone:
            memberships = decider.decide(evidences[position])
            pairs = (self._pair(column, memberships, decider.on) for column in range(len(self._choices)))
            words[position] = tuple(chain.from_iterable(pairs))
        for kind, (members, rows) in groups.items():
            together = [evidences[position] for position in members]
            words[members] = self._together(kind, together, np.array(rows), decider)
        return self.table.rows(words)

    def _together(
        self, kind: tuple[object, ...], evidences: Sequence[Evidence], communes: NDArray[np.int64], decider: Decider
    ) -> Numbers:
        """Words of places of one kind, (n, width); `communes` (n, k) are the rows of those that decide."""
        words = np.empty((len(evidences), 2 * len(self._choices)), np.int32)
        for column, positions in enumerate(self._choices):
            alike = decider.alike(positions)
            size = int(alike.max(initial=0)) + 1
            key = np.zeros(len(evidences), np.int64)
            for rank in range(communes.shape[1]):
                key = key * size + alike[communes[:, rank]]
            distinct, first, inverse = np.unique(key, return_index=True, return_inverse=True)
            known = self._pairs.setdefault((decider.on, column, kind), {})
            for number, row in zip(distinct.tolist(), first.tolist(), strict=True):
                if number not in known:
                    chosen = [decider.membership(position, evidences[row]) for position in positions]
                    known[number] = self._numbers(column, _in_force(chosen, positions, decider.on))
            pairs = np.array([known[number] for number in distinct.tolist()], np.int32)
            words[:, 2 * column : 2 * column + 2] = pairs[inverse]
        return words

    def _pair(self, column: int, memberships: Sequence[Membership], day: date) -> Pair:
        positions = self._choices[column]
        return self._numbers(column, _in_force([memberships[position] for position in positions], positions, day))

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
