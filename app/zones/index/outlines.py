"""From outlines to distinct border edges, each knowing which outlines it bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from app.errors import DataError
from app.zones.index.layer import Hit, Layer, Relation
from app.zones.index.zone_sets import mixed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shapes:
    """Outlines of all layers in one list; being in (or on the border of) shape i gives the hits `hits[i]`."""

    geometries: NDArray[np.object_]
    hits: tuple[tuple[Hit, ...], ...]


@dataclass(frozen=True, eq=False)
class Edges:
    """Distinct border edges. Edges of one ring follow each other: the end of one is the start of the next.

    `ends` is (n, 4): lon, lat of the start, lon, lat of the end, degrees. All edges of a group bound the same shapes,
    `group_shapes[group_start[g]:group_start[g + 1]]`, ascending: crossing such an edge leaves or enters each of them.
    """

    ends: Floats
    group: Ints
    group_start: Ints
    group_shapes: Ints


def shapes_of(layers: Sequence[Layer]) -> Shapes:
    """List the outlines of all layers.

    Raises:
        DataError: an outline is not a valid polygon, or leaves the range of WGS 84; names layer and row.
    """
    geometries: list[NDArray[np.object_]] = []
    hits: list[tuple[Hit, ...]] = []
    for number, layer in enumerate(layers):
        rows = np.flatnonzero(~(shapely.is_missing(layer.geometries) | shapely.is_empty(layer.geometries)))
        outlines = layer.geometries[rows]
        bounds = shapely.bounds(outlines).reshape(-1, 4)
        reasons = (
            (~np.isin(shapely.get_type_id(outlines), (3, 6)), "is not a polygon"),
            (~(np.abs(bounds) <= (180, 90, 180, 90)).all(axis=1), "leaves the range of WGS 84 degrees"),
            (~shapely.is_valid(outlines), "is not valid (run make_valid where it is read)"),
        )
        for wrong, reason in reasons:
            if wrong.any():
                raise DataError(f"layer {layer.id}, row {rows[wrong.argmax()]}: the outline {reason}.")
        geometries.append(outlines)
        hits.extend((Hit(number, int(row), Relation.INSIDE),) for row in rows)
    return Shapes(np.concatenate([*geometries, np.empty(0, dtype=object)]), tuple(hits))


def edges_of(geometries: NDArray[np.object_]) -> Edges:
    """Cut outlines into edges, keep one of each set of identical edges, and group them by the shapes they bound."""
    ends, shape = _all_edges(geometries)
    first, edge_of = _identical(ends)
    pairs = np.sort(edge_of * len(geometries) + shape)
    edge_sorted, shape_sorted = np.divmod(pairs, max(1, len(geometries)))
    starts = np.flatnonzero(np.diff(edge_sorted, prepend=-1))
    keys = np.add.reduceat(mixed(shape_sorted.astype(np.uint64)), starts) if len(starts) else np.empty(0, np.uint64)
    _, witness, group = np.unique(keys, return_index=True, return_inverse=True)
    counts = np.diff(starts, append=len(shape))
    _check_groups(shape_sorted, starts, counts, witness[group])
    group_start = np.concatenate(([0], np.cumsum(counts[witness])))
    group_shapes = shape_sorted[ranges(starts[witness], counts[witness])]
    return Edges(ends[first], group.astype(np.int64), group_start, group_shapes)


def _all_edges(geometries: NDArray[np.object_]) -> tuple[Floats, Ints]:
    """Every edge of every ring in ring order, zero-length ones left out, and the shape it comes from."""
    parts, part_shape = shapely.get_parts(geometries, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    coordinates = coordinates + 0.0  # -0.0 becomes 0.0: equal numbers get equal bits
    ends = np.hstack((coordinates[:-1], coordinates[1:])) if len(coordinates) else np.empty((0, 4))
    kept = (ring[:-1] == ring[1:]) & ((ends[:, 0] != ends[:, 2]) | (ends[:, 1] != ends[:, 3]))
    return np.ascontiguousarray(ends[kept]), part_shape[ring_part[ring[:-1][kept]]].astype(np.int64)


def _identical(ends: Floats) -> tuple[Ints, Ints]:
    """Positions of the first of each set of identical edges (either direction), and for each edge its set."""
    swapped = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    canonical = np.where(swapped[:, None], ends[:, [2, 3, 0, 1]], ends)
    bits = canonical.view(np.uint64)
    key = mixed(bits[:, 0])
    for column in range(1, 4):
        key = mixed(key ^ bits[:, column])
    order = np.argsort(key)
    in_order = bits[order]
    is_new = np.ones(len(ends), dtype=bool)
    is_new[1:] = False
    for column in range(4):
        is_new[1:] |= in_order[1:, column] != in_order[:-1, column]
    starts = np.flatnonzero(is_new)
    first = np.minimum.reduceat(order, starts) if len(starts) else order
    is_first = np.zeros(len(ends), dtype=bool)
    is_first[first] = True
    rank = np.cumsum(is_first) - 1
    edge_of = np.empty(len(ends), dtype=np.int64)
    edge_of[order] = np.repeat(rank[first], np.diff(starts, append=len(ends)))
    return np.flatnonzero(is_first), edge_of


def _check_groups(shapes: Ints, starts: Ints, counts: Ints, witness: Ints) -> None:
    """Two different sets of shapes must not have the same 64-bit key."""
    same = (counts == counts[witness]) & (shapes[starts] == shapes[starts[witness]])
    same &= shapes[starts + counts - 1] == shapes[starts[witness] + counts[witness] - 1]
    if not same.all():
        raise DataError("two groups of outlines have the same key: the index cannot be built from these layers.")


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Positions start, start + 1, … for each (start, count), one after the other."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(total)
