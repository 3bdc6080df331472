"""Counts of a run: rows by status, zonings by state, errors by kind. Summaries of parts add up to that of the whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.batch.columns import zoning_columns
from app.batch.scored import Scored, positions
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


def summarise(scored: Scored) -> Summary:
    """The counts of one scored batch."""
    batch = scored.batch
    summary = Summary(rows=len(batch), statuses=_counts(batch.column(batch.schema.get_field_index("row_status"))))
    states = {f"{name}_state": name for name, _, generation in zoning_columns() if generation is None}
    for block in scored.repeated:
        rows = np.bincount(block.index, minlength=len(block.distinct))
        for column, name in zip(block.distinct.columns, batch.schema.names[block.start :], strict=False):
            if name in states:
                summary.states.update({f"{states[name]}.{state}": n for state, n in _counts(column, rows).items()})
    if summary.statuses["error"] or summary.statuses["check"]:
        told = batch.column(batch.schema.get_field_index("row_error")).drop_null()
        for each in pc.value_counts(told).to_pylist():
            summary.errors[str(each["values"]).partition(":")[0]] += each["counts"]
    return summary


def _counts(column: pa.DictionaryArray, rows: NDArray[np.int64] | None = None) -> Counter[str]:
    """How often each word occurs; row i counts for `rows[i]`."""
    words = positions(column)
    chosen = words >= 0
    weights = None if rows is None else rows[chosen]
    counts = np.bincount(words[chosen], weights, minlength=len(column.dictionary)).astype(np.int64)
    return Counter({word: n for word, n in zip(column.dictionary.to_pylist(), counts.tolist(), strict=True) if n})
