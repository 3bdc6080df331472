"""Every zone set that a point of a square can be in, on borders included, enumerated once at build time.

In a square, each group of edges is either crossed an odd number of times on the way from the reference point to the
point (its bit is 1), or not (0), or the point is on one of its edges (on). The bits without "on" make a mask; a
square keeps a table mask -> set. To find the combinations that occur, the square is quartered until at most one group
passes. Pieces where none passes are left out: their state also holds beside the border around it, in that border's
piece. At the last depth every combination of the groups that pass is taken, as in a square of one or two groups. So
the table may hold combinations that no point has, and lacks none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.zones.index.borders import Borders, groups_of, parity, touching
from app.zones.index.compiled import compiled
from app.zones.index.sets import IS_FULL, SetTable, change, intern, load

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

QUARTERINGS = 5
"""32 x 32 pieces of a square: 14 m by 9 m at the base level."""

MAX_GROUPS = 12
"""Groups of a square at the smallest level: 3^12 combinations at most. No real borders meet in such numbers."""


class Tables(NamedTuple):
    """Mask tables of squares: entries `start[i]:start[i + 1]` of `mask`, `set_number`; entry 0 is mask 0.

    `bit` is, for each (square, edge) pair, the bit of the edge's group; `groups` the number of groups of each square.
    """

    start: Ints
    mask: Ints
    set_number: NDArray[np.int32]
    bit: NDArray[np.uint8]
    groups: NDArray[np.int32]


def joined(first: Tables, second: Tables) -> Tables:
    """The tables of the squares of both, one after the other, without the room left over."""
    size, more = int(first.start[-1]), int(second.start[-1])
    return Tables(
        np.concatenate((first.start, size + second.start[1:])),
        np.concatenate((first.mask[:size], second.mask[:more])),
        np.concatenate((first.set_number[:size], second.set_number[:more])),
        np.concatenate((first.bit, second.bit)),
        np.concatenate((first.groups, second.groups)),
    )


@compiled
def _enter(
    table: SetTable, borders: Borders, groups: Ints, base: int, odd: int, on: int, shapes: NDArray[np.int32]
) -> int:
    """The set of a state: the reference's set `base`, the shapes of odd groups toggled, those of "on" groups added."""
    size = load(table, base, shapes)
    for bit in range(len(groups)):
        if odd >> bit & 1:
            for i in range(borders.group_start[groups[bit]], borders.group_start[groups[bit] + 1]):
                size = change(shapes, size, borders.group_shapes[i], True)
    for bit in range(len(groups)):
        if on >> bit & 1:
            for i in range(borders.group_start[groups[bit]], borders.group_start[groups[bit] + 1]):
                size = change(shapes, size, borders.group_shapes[i], False)
    return intern(table, shapes, size)


@compiled
def _combine(
    table: SetTable,
    borders: Borders,
    groups: Ints,
    base: int,
    odd: int,
    free: int,
    shapes: NDArray[np.int32],
    tables: Tables,
    first: int,
    last: int,
) -> int:
    """Enter every state in which the `free` groups are 0, 1 or on, and the others as in `odd`; the new end of table.

    A group that bounds a single shape needs no "on": its shape is then in the set, as with its bit at 0 or at 1.
    -1 when the table of masks is full.
    """
    bits = np.zeros(MAX_GROUPS, dtype=np.int64)
    states = np.zeros(MAX_GROUPS, dtype=np.int64)
    count, combinations = 0, 1
    for bit in range(len(groups)):
        if free >> bit & 1:
            bits[count] = bit
            shape_count = borders.group_start[groups[bit] + 1] - borders.group_start[groups[bit]]
            states[count] = 3 if shape_count > 1 else 2
            combinations *= states[count]
            count += 1
    for combination in range(combinations):
        rest, mask, on = combination, odd & ~free, 0
        for i in range(count):
            state = rest % states[i]
            rest //= states[i]
            if state == 1:
                mask |= 1 << int(bits[i])
            elif state == 2:
                on |= 1 << int(bits[i])
        if on == 0:
            is_known = False
            for i in range(first, last):
                if tables.mask[i] == mask:
                    is_known = True
                    break
            if not is_known:
                if last >= len(tables.mask):
                    return -1
                tables.mask[last] = mask
                tables.set_number[last] = _enter(table, borders, groups, base, mask, 0, shapes)
                last += 1
        else:
            _enter(table, borders, groups, base, mask, on, shapes)
    return last


@compiled
def _enumerate_square(
    table: SetTable,
    borders: Borders,
    edge: Ints,
    bit: NDArray[np.uint8],
    groups: Ints,
    base: int,
    origin_lon: float,
    origin_lat: float,
    square_deg: float,
    reference_x: float,
    reference_y: float,
    shapes: NDArray[np.int32],
    tables: Tables,
    first: int,
) -> int:
    """Fill one square's table from entry `first` on; its end, or -1 when the table is full."""
    if first >= len(tables.mask):
        return -1
    tables.mask[first] = 0
    tables.set_number[first] = base
    last = first + 1
    if len(groups) <= 2:
        return _combine(table, borders, groups, base, 0, (1 << len(groups)) - 1, shapes, tables, first, last)
    lon, lat = origin_lon + reference_x * square_deg, origin_lat + reference_y * square_deg
    stack = np.empty((4 * QUARTERINGS + 4, 3))
    stack[0, 0], stack[0, 1], stack[0, 2] = origin_lon + square_deg / 2, origin_lat + square_deg / 2, square_deg / 2
    height = 1
    smallest = square_deg / 2 / (1 << QUARTERINGS)
    seen = np.empty((256, 2), dtype=np.int64)
    seen_count = 0
    while height > 0:
        height -= 1
        piece_lon, piece_lat, half = stack[height, 0], stack[height, 1], stack[height, 2]
        passing = touching(borders, edge, bit, piece_lon, piece_lat, half)
        if passing == 0:
            continue  # what holds here holds beside some border of the square, in another piece
        if passing & (passing - 1) and half > smallest * 1.5:
            half /= 2
            for quarter in range(4):
                stack[height, 0] = piece_lon + (half if quarter & 1 else -half)
                stack[height, 1] = piece_lat + (half if quarter & 2 else -half)
                stack[height, 2] = half
                height += 1
            continue
        odd, unsure = parity(borders, edge, bit, passing, lon, lat, piece_lon, piece_lat)
        free = passing | unsure
        odd &= ~free
        is_seen = False
        for i in range(seen_count):
            if seen[i, 0] == odd and seen[i, 1] == free:
                is_seen = True
                break
        if is_seen:
            continue
        if seen_count < len(seen):
            seen[seen_count, 0], seen[seen_count, 1] = odd, free
            seen_count += 1
        last = _combine(table, borders, groups, base, odd, free, shapes, tables, first, last)
        if last < 0 or table.counts[IS_FULL]:
            return -1
    return last


@compiled
def enumerate_squares(
    table: SetTable,
    borders: Borders,
    square_start: Ints,
    square_edge: Ints,
    origin: Floats,
    square_deg: float,
    reference_x: float,
    reference_y: float,
    base: NDArray[np.int32],
    max_groups: int,
    max_edges: int,
    shapes: NDArray[np.int32],
    tables: Tables,
) -> bool:
    """Fill `tables` for all squares of one level; squares beyond `max_groups`, `max_edges` get no entry.

    `origin` is (n, 2), the south-west corners in degrees; `base` the set of each reference point.
    False when a table was too small: nothing is then usable.
    """
    groups = np.empty(max_groups, dtype=np.int64)
    last = 0
    for i in range(len(base)):
        tables.start[i] = last
        tables.groups[i] = 0
        edge = square_edge[square_start[i] : square_start[i + 1]]
        if len(edge) > max_edges:
            continue
        bit = tables.bit[square_start[i] : square_start[i + 1]]
        count = groups_of(borders, edge, bit, groups)
        if count > max_groups:
            continue
        tables.groups[i] = count
        last = _enumerate_square(
            table, borders, edge, bit, groups[:count], base[i], origin[i, 0], origin[i, 1], square_deg,
            reference_x, reference_y, shapes, tables, last,
        )  # fmt: skip
        if last < 0 or table.counts[IS_FULL]:
            return False
    tables.start[len(base)] = last
    return True
