"""What decides of each evidence, on every day: its kind and the communes that count, as numbers in arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.zones.decider import Decider, kind_of
from app.zones.evidence import Evidence
from app.zones.gather import EvidenceTable

Numbers = NDArray[np.int32]
ALONE = -1
"""The kind of a place of which more than its communes counts, or too many of them."""
_UNREAD = -2
_KIND_OF_POINTS = kind_of(Evidence.of_communes(()))
MAX_COMMUNES = 4
"""Places near more communes than this, a few in a thousand, are decided one by one."""


class DecidingCommunes:
    """Per number of evidence, read once. One thread reads at a time; memory is 18 bytes an evidence."""

    def __init__(self, evidences: EvidenceTable) -> None:
        self._evidences = evidences
        self._kind = np.full(1024, _UNREAD, np.int16)
        self._rows: Numbers = np.full((1024, MAX_COMMUNES), -1, np.int32)
        self._kinds: dict[tuple[object, ...], int] = {}
        """Numbers of kinds: what counts of a place beside its communes (`kind_of`), and how many these are."""

    def of(self, evidence: Numbers, decider: Decider) -> tuple[NDArray[np.int16], Numbers]:
        """The kind of each evidence (a number, or ALONE), and int32[N, 4] rows of the communes that decide, -1 beyond."""
        while len(self._kind) <= evidence.max(initial=0):
            self._kind = np.concatenate([self._kind, np.full_like(self._kind, _UNREAD)])
            self._rows = np.concatenate([self._rows, np.full_like(self._rows, -1)])
        for number in evidence[self._kind[evidence] == _UNREAD].tolist():
            self._kind[number] = self._read(number, decider)
        return self._kind[evidence], self._rows[evidence]

    def _read(self, number: int, decider: Decider) -> int:
        codes = self._evidences.communes_at(number)
        if codes is None:
            evidence = self._evidences.at(number)
            kind, communes = kind_of(evidence), decider.communes_that_decide(evidence)
        else:
            kind, communes = _KIND_OF_POINTS, decider.rows_of(codes)
        if communes is None or len(communes) > MAX_COMMUNES:
            return ALONE
        self._rows[number, : len(communes)] = communes
        return self._kinds.setdefault((*kind, len(communes)), len(self._kinds))
