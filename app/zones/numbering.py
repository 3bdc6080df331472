"""Numbers of evidence: each distinct one is kept once, a point of which only its communes count as their codes alone."""

from __future__ import annotations

import threading
from typing import TypeVar

from app.zones.evidence import Evidence

Codes = tuple[str, ...]
T = TypeVar("T", Evidence, Codes)


class EvidenceNumbers:
    """Evidence in order of first appearance. Safe to share between threads; a number means nothing outside its table.

    Of the hundred thousand evidences of a country nearly all are of communes only.
    """

    def __init__(self) -> None:
        self._kept: list[Evidence | Codes] = []
        self._of_evidence: dict[Evidence, int] = {}
        self._of_codes: dict[Codes, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def at(self, number: int) -> Evidence:
        kept = self._kept[number]
        return Evidence.of_communes(kept) if isinstance(kept, tuple) else kept

    def communes_at(self, number: int) -> Codes | None:
        """The codes of a point of which only they count; None for any other evidence."""
        kept = self._kept[number]
        return kept if isinstance(kept, tuple) else None

    def add(self, evidence: Evidence) -> int:
        if evidence == Evidence.of_communes(evidence.codes):
            return self.add_communes(evidence.codes)
        number = self._of_evidence.get(evidence)
        return self._next(self._of_evidence, evidence) if number is None else number

    def add_communes(self, codes: Codes) -> int:
        """The number of a point in these communes, or near their common border, and in or near no zone."""
        number = self._of_codes.get(codes)
        return self._next(self._of_codes, codes) if number is None else number

    def _next(self, numbers: dict[T, int], key: T) -> int:
        with self._lock:
            number = numbers.get(key)
            if number is None:
                number = len(self._kept)
                self._kept.append(key)
                numbers[key] = number
            return number
