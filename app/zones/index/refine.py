"""Split crowded squares: 16 x 16 children, each with the edges that touch it and the zone set of its reference point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.zones.index.borders import CLOSE_DEG, Borders, Ints, side
from app.zones.index.compiled import compiled
from app.zones.index.sets import SetTable, change, intern, load


@compiled
def _touches(borders: Borders, e: int, lon: float, lat: float, half: float) -> bool:
    """Whether an edge may touch the square of half-side `half` around a point."""
    reach = half + CLOSE_DEG
    x0, y0 = borders.ends[e, 0] - lon, borders.ends[e, 1] - lat
    x1, y1 = borders.ends[e, 2] - lon, borders.ends[e, 3] - lat
    if min(x0, x1) > reach or max(x0, x1) < -reach or min(y0, y1) > reach or max(y0, y1) < -reach:
        return False
    width = abs(x1 - x0) + abs(y1 - y0)
    return bool(abs(x0 * y1 - x1 * y0) <= width * reach + (width + abs(x0) + abs(y0)) * CLOSE_DEG)


@compiled
def child_edges(
    borders: Borders, edge: Ints, origin_lon: float, origin_lat: float, child_deg: float, start: Ints, found: Ints
) -> int:
    """List the edges of each child in `found`, those of child i from `start[i]` on; how many there are.

    What does not fit in `found` is counted, not listed.
    """
    total = 0
    half = child_deg / 2
    for child in range(256):
        start[child] = total
        lon = origin_lon + (child & 15) * child_deg + half
        lat = origin_lat + (child >> 4) * child_deg + half
        for i in range(len(edge)):
            if _touches(borders, edge[i], lon, lat, half):
                if total < len(found):
                    found[total] = edge[i]
                total += 1
    start[256] = total
    return total


@compiled
def child_sets(
    table: SetTable,
    borders: Borders,
    edge: Ints,
    base: int,
    from_lon: float,
    from_lat: float,
    origin_lon: float,
    origin_lat: float,
    child_deg: float,
    reference_x: float,
    reference_y: float,
    shapes: NDArray[np.int32],
    child_set: NDArray[np.int32],
) -> bool:
    """Find the set of each child's reference point, from the parent's; False if a border is too close to one."""
    for child in range(256):
        lon = origin_lon + ((child & 15) + reference_x) * child_deg
        lat = origin_lat + ((child >> 4) + reference_y) * child_deg
        size = load(table, base, shapes)
        for i in range(len(edge)):
            e = edge[i]
            x0, y0, x1, y1 = borders.ends[e, 0], borders.ends[e, 1], borders.ends[e, 2], borders.ends[e, 3]
            start_side = side(from_lon, from_lat, lon, lat, x0, y0)
            end_side = side(from_lon, from_lat, lon, lat, x1, y1)
            if start_side != 0 and start_side == end_side:
                continue
            from_side, to_side = side(x0, y0, x1, y1, from_lon, from_lat), side(x0, y0, x1, y1, lon, lat)
            if from_side != 0 and from_side == to_side:
                continue
            if start_side == 0 or end_side == 0 or from_side == 0 or to_side == 0:
                return False
            group = borders.group[e]
            for j in range(borders.group_start[group], borders.group_start[group + 1]):
                size = change(shapes, size, borders.group_shapes[j], True)
        child_set[child] = intern(table, shapes, size)
    return True
