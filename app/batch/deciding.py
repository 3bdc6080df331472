"""What decides of each evidence, on every day: its kind and the communes that count, as numbers in arrays."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.zones.decider import Decider, kind_of
from app.zones.evidence import COMMUNE, Evidence
from app.zones.gather import EvidenceTable
from app.zones.numbering import KNOWLEDGE, MAX_COMMUNES

Numbers = NDArray[np.int32]
ALONE = -1
"""The kind of a place of which more than its communes counts, or too many of them."""
KEPT = 200_000
"""Places decided by themselves that are remembered, each on one day."""
_WITHOUT_POINT = KNOWLEDGE.index(COMMUNE)


class DecidingCommunes:
    """Kinds of evidence, each read once. One thread reads at a time.

    A kind is what counts of a place beside its communes (`kind_of`). The first are those of numbering.KNOWLEDGE, which
    nearly all places have.
    """

    def __init__(self, evidences: EvidenceTable) -> None:
        self._evidences = evidences
        plain = (Evidence.of_communes((), known) for known in KNOWLEDGE)
        self._kinds: dict[tuple[object, ...], int] = {kind_of(each): number for number, each in enumerate(plain)}
        self._others: dict[int, tuple[int, list[int]]] = {}
        self._alone: dict[tuple[date, int], tuple[int, ...]] = {}

    def of(self, evidence: Numbers, decider: Decider) -> tuple[NDArray[np.int16], Numbers]:
        """The kind of each evidence (a number, or ALONE), and int32[N, 4] rows of the communes that decide, -1 beyond."""
        rows = self._evidences.rows_at(evidence)
        kind = self._evidences.known_at(evidence).astype(np.int16)
        other = np.flatnonzero(kind < 0)
        kind[(kind == _WITHOUT_POINT) & decider.is_listed[rows].any(axis=1)] = ALONE
        for position in other.tolist():
            number = int(evidence[position])
            known = self._others.get(number)
            if known is None:
                known = self._others[number] = self._read(number, decider)
            kind[position], communes = known
            rows[position, : len(communes)] = communes
        return kind, rows

    def alone(self, number: int, decider: Decider) -> tuple[int, ...]:
        """`Decider.numbers` of one evidence."""
        key = decider.on, number
        known = self._alone.get(key)
        if known is None:
            if len(self._alone) >= KEPT:
                self._alone.clear()
            known = self._alone[key] = decider.numbers(self._evidences.at(number))
        return known

    def _read(self, number: int, decider: Decider) -> tuple[int, list[int]]:
        evidence = self._evidences.at(number)
        communes = decider.communes_that_decide(evidence)
        if communes is None or len(communes) > MAX_COMMUNES:
            return ALONE, []
        return self._kinds.setdefault(kind_of(evidence), len(self._kinds)), communes


def keys_of(alike: NDArray[np.int64], communes: Numbers) -> NDArray[np.int64]:
    """One number per place, equal for places whose communes, int32[N, 4] rows with -1 beyond, have the same numbers in
    `alike` (Decider.alike).
    """
    size = int(alike.max()) + 1
    keys = np.zeros(len(communes), np.int64)
    for each in alike[communes].T:
        keys = keys * size + each
    return keys
