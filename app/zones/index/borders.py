"""The borders that cross a square, in compiled code: which groups there are, which pieces they touch, who is odd."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.zones.index import predicates
from app.zones.index.compiled import compiled

side = compiled(predicates.side)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLOSE_DEG = 1e-12
"""Far more than rounding at 180° (3e-14), far less than any piece is wide."""


class Borders(NamedTuple):
    """Edges and groups, as in `outlines.Edges`, in the form that compiled code takes."""

    ends: Floats
    group: Ints
    group_start: Ints
    group_shapes: Ints


@compiled
def groups_of(borders: Borders, edge: Ints, bit: NDArray[np.uint8], groups: Ints) -> int:
    """Number the groups of a square's edges in order of appearance; their number, or more than fit in `groups`."""
    count = 0
    for i in range(len(edge)):
        group = borders.group[edge[i]]
        known = 0
        while known < count and groups[known] != group:
            known += 1
        if known == count:
            if count == len(groups):
                return count + 1
            groups[count] = group
            count += 1
        bit[i] = known
    return count


@compiled
def parity(
    borders: Borders,
    edge: Ints,
    bit: NDArray[np.uint8],
    ignored: int,
    a_lon: float,
    a_lat: float,
    b_lon: float,
    b_lat: float,
) -> tuple[int, int]:
    """Groups crossed an odd number of times between two points, and groups for which floats cannot tell, as bits."""
    odd, unsure = 0, 0
    for i in range(len(edge)):
        if ignored >> int(bit[i]) & 1:
            continue
        e = edge[i]
        x0, y0, x1, y1 = borders.ends[e, 0], borders.ends[e, 1], borders.ends[e, 2], borders.ends[e, 3]
        start_side = side(a_lon, a_lat, b_lon, b_lat, x0, y0)
        end_side = side(a_lon, a_lat, b_lon, b_lat, x1, y1)
        if start_side != 0 and start_side == end_side:
            continue
        a_side, b_side = side(x0, y0, x1, y1, a_lon, a_lat), side(x0, y0, x1, y1, b_lon, b_lat)
        if a_side != 0 and a_side == b_side:
            continue
        if start_side == 0 or end_side == 0 or a_side == 0 or b_side == 0:
            unsure |= 1 << int(bit[i])
        else:
            odd ^= 1 << int(bit[i])
    return odd, unsure


@compiled
def touching(borders: Borders, edge: Ints, bit: NDArray[np.uint8], lon: float, lat: float, half: float) -> int:
    """Groups with an edge that may touch the square of half-side `half` around a point, as bits."""
    found = 0
    reach = half + CLOSE_DEG
    for i in range(len(edge)):
        if found >> int(bit[i]) & 1:
            continue
        e = edge[i]
        x0, y0 = borders.ends[e, 0] - lon, borders.ends[e, 1] - lat
        x1, y1 = borders.ends[e, 2] - lon, borders.ends[e, 3] - lat
        if min(x0, x1) > reach or max(x0, x1) < -reach or min(y0, y1) > reach or max(y0, y1) < -reach:
            continue
        width = abs(x1 - x0) + abs(y1 - y0)
        if abs(x0 * y1 - x1 * y0) <= width * reach + (width + abs(x0) + abs(y0)) * CLOSE_DEG:
            found |= 1 << int(bit[i])
    return found
