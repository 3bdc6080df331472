"""The slow twin of the index: the same question asked of shapely's STRtree. For tests, benchmarks and verification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from app.zones.index.bands import with_bands
from app.zones.index.grid import BASE_SHIFT, UNITS
from app.zones.index.layer import Layer
from app.zones.index.lookup import ZoneIndex
from app.zones.index.outlines import shapes_of

Floats = NDArray[np.float64]
Pairs = NDArray[np.int64]
"""Rows (point, layer, row, relation), sorted, without repetition."""


class Oracle:
    """Which outlines and bands of some layers each point intersects, by GEOS."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        shapes = with_bands(layers, shapes_of(layers))
        self.geometries = shapes.geometries
        self._tree = shapely.STRtree(shapes.geometries)
        self._hit_start = np.cumsum([0, *(len(hits) for hits in shapes.hits)])
        self._hits = np.array([hit for hits in shapes.hits for hit in hits], dtype=np.int64).reshape(-1, 3)

    def pairs(self, lon: Floats, lat: Floats) -> Pairs:
        """Every hit of every point; NaN or out-of-range points have none."""
        usable = np.flatnonzero((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
        point, shape = self._tree.query(shapely.points(lon[usable], lat[usable]), predicate="intersects")
        counts = self._hit_start[shape + 1] - self._hit_start[shape]
        first = np.repeat(self._hit_start[shape] - (np.cumsum(counts) - counts), counts)
        hits = self._hits[first + np.arange(len(first))]
        return _sorted(np.column_stack((np.repeat(usable[point], counts), hits)))


def pairs_of_sets(index: ZoneIndex, sets: NDArray[np.int32]) -> Pairs:
    """The hits of points whose zone sets are `sets`, in the form of `Oracle.pairs`."""
    distinct, which = np.unique(sets, return_inverse=True)
    members = [np.array(index.members(int(number)), dtype=np.int64).reshape(-1, 3) for number in distinct]
    counts = np.array([len(hits) for hits in members], dtype=np.int64)
    start = np.cumsum(counts) - counts
    all_hits = np.concatenate([np.empty((0, 3), dtype=np.int64), *members])
    repeats = counts[which]
    first = np.repeat(start[which] - (np.cumsum(repeats) - repeats), repeats)
    return _sorted(np.column_stack((np.repeat(np.arange(len(sets)), repeats), all_hits[first + np.arange(len(first))])))


def hard_points(geometries: NDArray[np.object_], count: int, seed: int) -> tuple[Floats, Floats]:
    """About 4 x `count` awkward points: vertices, middles of edges, points rounded next to edges, corners of squares."""
    random = np.random.default_rng(seed)
    rings = shapely.get_rings(geometries)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    is_edge = np.flatnonzero(ring[1:] == ring[:-1])
    edge = random.choice(is_edge, min(count, len(is_edge)), replace=False)
    start, end = coordinates[edge], coordinates[edge + 1]
    along = start + random.random((len(edge), 1)) * (end - start)
    side_deg = (1 << BASE_SHIFT) / UNITS
    corners = np.floor(start / side_deg) * side_deg
    points = np.vstack((start, (start + end) / 2, along, corners))
    points = points[(np.abs(points) <= (180, 90)).all(axis=1)]
    return points[:, 0].copy(), points[:, 1].copy()


def _sorted(pairs: Pairs) -> Pairs:
    found: Pairs = np.unique(pairs.reshape(-1, 4), axis=0)
    return found
