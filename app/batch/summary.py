"""Counts of a run: rows by status, zonings by state, errors by kind. Summaries of parts add up to that of the whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import orjson
import pyarrow as pa

from app.batch.columns import zoning_columns
from app.errors import DataError


@dataclass(slots=True)
class Summary:
    """`states` is keyed by `<zoning>.<state>`, `errors` by the code of the error."""

    rows: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: Summary) -> None:
        self.rows += other.rows
        self.statuses.update(other.statuses)
        self.states.update(other.states)
        self.errors.update(other.errors)

    def to_json(self) -> bytes:
        return orjson.dumps(
            {"rows": self.rows, "statuses": self.statuses, "states": self.states, "errors": self.errors},
            option=orjson.OPT_SORT_KEYS,
        )

    @classmethod
    def from_json(cls, text: bytes) -> Summary:
        """
        Raises:
            DataError: not what `to_json` wrote.
        """
        try:
            read = orjson.loads(text)
            counters = (
                Counter({str(k): int(v) for k, v in read[name].items()}) for name in ("statuses", "states", "errors")
            )
            return cls(int(read["rows"]), *counters)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            raise DataError("A part of this batch has an unreadable summary: run without --resume.") from None


def summarise(batch: pa.RecordBatch) -> Summary:
    """The counts of one scored batch."""
    summary = Summary(rows=len(batch), statuses=_counts(batch, "row_status"))
    for name, _, generation in zoning_columns():
        if generation is None:
            summary.states.update({f"{name}.{state}": n for state, n in _counts(batch, f"{name}_state").items()})
    if summary.statuses["error"] or summary.statuses["check"]:
        for text in batch.column(batch.schema.get_field_index("row_error")).drop_null().to_pylist():
            summary.errors[text.partition(":")[0]] += 1
    return summary


def _counts(batch: pa.RecordBatch, name: str) -> Counter[str]:
    column = batch.column(batch.schema.get_field_index(name))
    indices = column.indices
    numbers = indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
    counts = np.bincount(numbers, minlength=len(column.dictionary) + 1)
    return Counter({word: int(n) for word, n in zip(column.dictionary.to_pylist(), counts, strict=False) if n})
