"""Numbers of evidence: each distinct one is kept once, a place of which only its communes count as their rows alone."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.errors import DataError
from app.zones.evidence import COMMUNE, DOOR, POINT, STREET, Evidence, Knowledge

Numbers = NDArray[np.int32]
MAX_COMMUNES = 4
"""Places near more communes than this, a few in a thousand, are kept as they are."""
KNOWLEDGE = (POINT, DOOR, STREET, COMMUNE)
"""How places kept as rows may be known, by number."""
_ROW_BITS = 16


class EvidenceNumbers:
    """Evidence in order of first appearance. Safe to share between threads; a number means nothing outside its table.

    Of the hundred thousand evidences of a country nearly all are of communes only: 16 bytes each.
    """

    def __init__(self, codes: Sequence[str], row_of: Mapping[str, int]) -> None:
        """`codes` are the INSEE codes of the communes of today, by row.

        Raises:
            DataError: there are more communes than a key can name.
        """
        if len(codes) >= 1 << _ROW_BITS:
            raise DataError(f"a bundle holds at most {(1 << _ROW_BITS) - 1:,} communes.")
        self._codes = codes
        self._row_of = row_of
        self._size = 0
        self._rows: Numbers = np.full((1024, MAX_COMMUNES), -1, np.int32)
        self._known: NDArray[np.int8] = np.full(1024, -1, np.int8)
        self._of_rows: tuple[dict[int, int], ...] = tuple({} for _ in KNOWLEDGE)
        self._others: dict[int, Evidence] = {}
        self._of_other: dict[Evidence, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._size

    def at(self, number: int) -> Evidence:
        other = self._others.get(number)
        if other is not None:
            return other
        codes = tuple(self._codes[row] for row in self._rows[number].tolist() if row >= 0)
        return Evidence.of_communes(codes, KNOWLEDGE[self._known[number]])

    def is_ambiguous(self, number: int) -> bool:
        known = self._known[number]
        if known < 0:
            return self._others[number].is_ambiguous
        return not KNOWLEDGE[known].has_point and bool(self._rows[number, 1] >= 0)

    def rows_at(self, numbers: Numbers) -> Numbers:
        """int32[N, 4]: rows of the communes of places of which only they count, -1 beyond; all -1 for other evidence."""
        return self._rows[numbers]

    def known_at(self, numbers: Numbers) -> NDArray[np.int8]:
        """int8[N]: the positions in KNOWLEDGE of places of which only communes count, -1 for other evidence."""
        return self._known[numbers]

    def add(self, evidence: Evidence) -> int:
        if evidence == Evidence.of_communes(evidence.codes, evidence.known):
            return self.add_communes(evidence.codes, evidence.known)
        return self._add_other(evidence)

    def add_communes(self, codes: tuple[str, ...], known: Knowledge = POINT) -> int:
        """The number of a place in these communes, or near their common border, and in or near no zone."""
        rows = [self._row_of.get(code, -1) for code in codes]
        if known not in KNOWLEDGE or not rows or -1 in rows or len(rows) > MAX_COMMUNES:
            return self._add_other(Evidence.of_communes(codes, known))
        rows += [-1] * (MAX_COMMUNES - len(rows))
        key = 0
        for row in rows:
            key = key << _ROW_BITS | row + 1
        position = KNOWLEDGE.index(known)
        number = self._of_rows[position].get(key)
        if number is None:
            with self._lock:
                self._make_room(1)
                number = self._number(key, rows, position)
        return number

    def add_rows(self, rows: Numbers, known: int = 0) -> Numbers:
        """`add_communes` of many: `rows` is int32[N, 4], those of one to four communes, -1 beyond; `known` is a position in
        KNOWLEDGE.
        """
        keys = np.zeros(len(rows), np.uint64)
        for rank in range(MAX_COMMUNES):
            keys = (keys << np.uint64(_ROW_BITS)) | (rows[:, rank] + 1).astype(np.uint64)
        with self._lock:
            self._make_room(len(rows))
            numbers = [self._number(key, communes, known) for key, communes in zip(keys.tolist(), rows, strict=True)]
        return np.array(numbers, np.int32)

    def _number(self, key: int, rows: Numbers | list[int], known: int) -> int:
        number = self._of_rows[known].get(key)
        if number is None:
            number = self._of_rows[known][key] = self._size
            self._rows[number], self._known[number] = rows, known
            self._size += 1
        return number

    def _add_other(self, evidence: Evidence) -> int:
        with self._lock:
            number = self._of_other.get(evidence)
            if number is None:
                self._make_room(1)
                number = self._size
                self._others[number] = evidence
                self._of_other[evidence] = number
                self._size += 1
            return number

    def _make_room(self, count: int) -> None:
        while self._size + count > len(self._rows):
            self._rows = np.concatenate([self._rows, np.full_like(self._rows, -1)])
            self._known = np.concatenate([self._known, np.full_like(self._known, -1)])
