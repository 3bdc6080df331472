"""The record of a square that borders cross: its table of zone sets, then its borders as chains of vertices.

In 8-byte words, little-endian; `i` are halves (int32), `d` whole words (float64):
    i  groups (dense table) or -entries (sparse table) · i  number of chains
    dense: i x 2^groups: the set of each mask, -1 where no point has it · sparse: (i mask, i set) x entries
    (padded to a whole word), then for each chain:
    i  group number · i  vertices << 5 | bit, then d lon, d lat for each vertex
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.zones.index.borders import Borders, Ints
from app.zones.index.compiled import compiled
from app.zones.index.states import Tables

VERTICES_SHIFT = 5


@compiled
def _follows(borders: Borders, previous: int, edge: int) -> bool:
    """Whether an edge continues the one before it on its ring."""
    return (
        edge == previous + 1
        and borders.ends[previous, 2] == borders.ends[edge, 0]
        and borders.ends[previous, 3] == borders.ends[edge, 1]
    )


@compiled
def _is_dense(groups: int, entries: int) -> bool:
    return (1 << groups) <= 2 * entries


@compiled
def measure(borders: Borders, square_start: Ints, square_edge: Ints, tables: Tables, offset: Ints) -> None:
    """Compute where each record starts, in words: `offset[i]` to `offset[i + 1]`."""
    for square in range(len(offset) - 1):
        entries = tables.start[square + 1] - tables.start[square]
        groups = tables.groups[square]
        words = 0
        if entries > 0:
            words = 1 + (max(1, (1 << groups) // 2) if _is_dense(groups, entries) else entries)
            for bit in range(groups):
                previous = -2
                for i in range(square_start[square], square_start[square + 1]):
                    if tables.bit[i] == bit:
                        edge = square_edge[i]
                        words += 2 if _follows(borders, previous, edge) else 5
                        previous = edge
        offset[square + 1] = offset[square] + words


@compiled
def write(
    borders: Borders,
    square_start: Ints,
    square_edge: Ints,
    tables: Tables,
    offset: Ints,
    halves: NDArray[np.int32],
    words: NDArray[np.float64],
) -> None:
    """Write the records. `halves` and `words` are two views of the same memory."""
    for square in range(len(offset) - 1):
        first, last = tables.start[square], tables.start[square + 1]
        if first == last:
            continue
        groups = tables.groups[square]
        word = offset[square]
        half = 2 * word + 2
        if _is_dense(groups, last - first):
            halves[2 * word] = groups
            for mask in range(max(2, 1 << groups)):
                halves[half + mask] = -1
            for entry in range(first, last):
                halves[half + tables.mask[entry]] = tables.set_number[entry]
            word += 1 + max(1, (1 << groups) // 2)
        else:
            halves[2 * word] = first - last
            for entry in range(first, last):
                halves[half] = tables.mask[entry]
                halves[half + 1] = tables.set_number[entry]
                half += 2
            word += 1 + last - first
        chains = 0
        for bit in range(groups):
            previous = -2
            head = 0
            for i in range(square_start[square], square_start[square + 1]):
                if tables.bit[i] != bit:
                    continue
                edge = square_edge[i]
                if not _follows(borders, previous, edge):
                    chains += 1
                    head = 2 * word
                    halves[head] = borders.group[edge]
                    halves[head + 1] = 1 << VERTICES_SHIFT | bit
                    words[word + 1], words[word + 2] = borders.ends[edge, 0], borders.ends[edge, 1]
                    word += 3
                words[word], words[word + 1] = borders.ends[edge, 2], borders.ends[edge, 3]
                halves[head + 1] += 1 << VERTICES_SHIFT
                word += 2
                previous = edge
        halves[2 * offset[square] + 1] = chains
