"""Memberships of many places as rows of numbers, one per zoning: places of one row have the same memberships."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.batch.deciding import ALONE, DecidingCommunes, keys_of
from app.zones.decider import Decider
from app.zones.gather import EvidenceTable
from app.zones.models import Membership
from app.zones.vocabulary import ZONINGS

Numbers = NDArray[np.int32]


class MembershipRows:
    """Numbers the distinct rows of all days; each belongs to one day. One thread adds at a time."""

    def __init__(self, evidences: EvidenceTable, deciding: DecidingCommunes) -> None:
        self._evidences = evidences
        self._deciding = deciding
        self._row_of: dict[tuple[date, tuple[int, ...]], int] = {}
        self._rows: list[tuple[Decider, tuple[int, ...]]] = []
        self._numbers: dict[tuple[date, int, int], dict[int, int]] = {}
        self._memberships: dict[int, tuple[Membership, ...]] = {}

    def numbers(self, row: int) -> tuple[int, ...]:
        """One number per zoning of the vocabulary: equal for two rows of a day whose memberships of it are the same."""
        return self._rows[row][1]

    def day(self, row: int) -> date:
        return self._rows[row][0].on

    def memberships(self, row: int) -> tuple[Membership, ...]:
        known = self._memberships.get(row)
        if known is None:
            decider, numbers = self._rows[row]
            known = self._memberships[row] = decider.memberships_of(numbers)
        return known

    def of_numbers(self, numbers: tuple[int, ...], decider: Decider) -> int:
        key = decider.on, numbers
        row = self._row_of.get(key)
        if row is None:
            row = self._row_of[key] = len(self._rows)
            self._rows.append((decider, numbers))
        return row

    def of_evidences(self, evidence: Numbers, decider: Decider) -> Numbers:
        """The row of each place on the decider's day, by number of evidence."""
        numbers = np.empty((len(evidence), len(ZONINGS)), np.int32)
        kinds, communes = self._deciding.of(evidence, decider)
        for position in np.flatnonzero(kinds == ALONE).tolist():
            numbers[position] = self._deciding.alone(int(evidence[position]), decider)
        for kind in np.unique(kinds[kinds >= 0]).tolist():
            members = np.flatnonzero(kinds == kind)
            numbers[members] = self._together(kind, evidence[members], communes[members], decider)
        return np.array([self.of_numbers(tuple(each), decider) for each in numbers.tolist()], np.int32)

    def _together(self, kind: int, evidence: Numbers, communes: Numbers, decider: Decider) -> Numbers:
        """Numbers of places of one kind, (n, zonings): each pair of zoning and communes treated alike is decided once."""
        numbers = np.empty((len(evidence), len(ZONINGS)), np.int32)
        for position in range(len(ZONINGS)):
            distinct, first, inverse = np.unique(
                keys_of(decider.alike((position,)), communes), return_index=True, return_inverse=True
            )
            known = self._numbers.setdefault((decider.on, position, kind), {})
            for key, row in zip(distinct.tolist(), first.tolist(), strict=True):
                if key not in known:
                    known[key] = decider.number(position, self._evidences.at(int(evidence[row])))
            numbers[:, position] = np.array([known[key] for key in distinct.tolist()], np.int32)[inverse]
        return numbers
