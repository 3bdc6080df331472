"""Mask tables of squares: every zone set that a point of each may have, enumerated by two threads where they are many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.zones.index.borders import Borders
from app.zones.index.grid import LAST_SHIFT, UNITS, Reference
from app.zones.index.sets import SETS, SetTable, absorb, check_room, copy_of
from app.zones.index.states import MAX_GROUPS, Tables, enumerate_squares, joined

Ints = NDArray[np.int64]
Nodes = NDArray[np.int32]

MAX_GROUPS_OF_SQUARE = 12
MAX_EDGES_OF_SQUARE = 100
"""Beyond either, a square is split: a lookup should read a few hundred bytes."""
MANY_SQUARES = 10_000
"""From here on a second thread is worth a copy of the sets known so far."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """What squares are enumerated with, at every level."""

    borders: Borders
    reference: Reference
    shape_count: int

    def tables(
        self, table: SetTable, start: Ints, edge: Ints, origin: NDArray[np.float64], base: Nodes, shift: int
    ) -> Tables:
        """The tables of squares of one level, whose edges are `edge[start[i]:start[i + 1]]`; sets are added to `table`.

        Many are enumerated by halves, on every machine alike, each half with its own sets.

        Raises:
            SetTableFull: `table` has no room for the sets.
        """
        if len(base) < MANY_SQUARES:
            return self._half(table, start, edge, origin, base, shift)
        cut = int(np.searchsorted(start, start[-1] // 2))
        known, other = int(table.counts[SETS]), copy_of(table)
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(
                self._half, other, start[cut:] - start[cut], edge[start[cut] :], origin[cut:], base[cut:], shift
            )
            first = self._half(table, start[: cut + 1], edge[: start[cut]], origin[:cut], base[:cut], shift)
            tables = second.result()
        renumbered = np.arange(other.counts[SETS], dtype=np.int32)
        absorb(table, other, known, renumbered)
        check_room(table)
        return joined(first, tables._replace(set_number=renumbered[tables.set_number]))

    def _half(
        self, table: SetTable, start: Ints, edge: Ints, origin: NDArray[np.float64], base: Nodes, shift: int
    ) -> Tables:
        is_last = shift == LAST_SHIFT
        scratch = np.empty(self.shape_count + 1, dtype=np.int32)
        capacity = 4 * len(base) + 4096
        while True:
            tables = Tables(
                np.zeros(len(base) + 1, dtype=np.int64),
                np.zeros(capacity, dtype=np.int64),
                np.zeros(capacity, dtype=np.int32),
                np.zeros(len(edge), dtype=np.uint8),
                np.zeros(len(base), dtype=np.int32),
            )
            done = enumerate_squares(
                table, self.borders, start, edge, origin, (1 << shift) / UNITS,
                self.reference.x, self.reference.y, base,
                MAX_GROUPS if is_last else MAX_GROUPS_OF_SQUARE,
                len(edge) if is_last else MAX_EDGES_OF_SQUARE,
                scratch, tables,
            )  # fmt: skip
            check_room(table)
            if done:
                return tables
            capacity *= 2
