"""The unit of work: a piece of the input that a worker can load by itself, and what loading gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from app.errors import ZoningError

CHUNK_ROWS = 131_072
"""Rows of a chunk where the format can be cut anywhere; also the rows of a Parquet row group that is written."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rows, and what was already wrong with some of them when they were read (row -> error)."""

    batch: pa.RecordBatch
    faults: dict[int, ZoningError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """`load` may run in any thread. `weight` is its share of the input, in the unit of the table's `size`."""

    load: Callable[[], Loaded]
    weight: int
