"""From outlines to the whole-number rings of one tile: clip, snap to the tile's units, keep valid, orient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from app.tiles.grid import BUFFER, Tile

_POLYGON = 3

Shapes = NDArray[np.object_]
"""An array of shapely geometries."""


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings of one tile in its units (the second coordinate grows southwards), open: the first vertex is not repeated.

    `vertices` int32 (n, 2); `sizes` vertices of each ring; `owners` row of the layer each ring belongs to, ascending.
    Outer rings have a positive area in the tile's axes, holes a negative one, as the MVT 2.1 specification wants.
    """

    vertices: NDArray[np.int32]
    sizes: NDArray[np.int64]
    owners: NDArray[np.int64]


def rings_in_tile(shapes: Shapes, bounds: NDArray[np.float64], tile: Tile) -> Rings:
    """Rings of the polygons that touch a tile, its buffer included.

    `shapes` are Polygons or MultiPolygons in world coordinates, `bounds` (n, 4) their boxes. A border that two shapes
    share is snapped alike on both sides, so it stays shared. A shape too small for the grid is drawn as one unit, so
    that none disappears.
    """
    west, north, east, south = tile.box(BUFFER)
    touched = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= south) & (bounds[:, 3] >= north)
    rows = np.flatnonzero(touched)
    box = bounds[rows]
    within = (box[:, 0] >= west) & (box[:, 2] <= east) & (box[:, 1] >= north) & (box[:, 3] <= south)
    chosen = shapes[rows]
    chosen[~within] = shapely.clip_by_rect(chosen[~within], west, north, east, south)
    polygons, owners = _polygons_of(chosen)
    if not len(polygons):
        return Rings(np.empty((0, 2), np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    origin = np.array([tile.column, tile.row], np.float64) / (1 << tile.zoom)
    polygons = shapely.transform(polygons, lambda world: (world - origin) * tile.units_per_world)
    snapped, owners = _snapped(polygons, owners, within)
    return _oriented(snapped, rows[owners])


def _polygons_of(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Single polygons, each with the position of the shape it comes from; lines and points left by clipping go."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    kept = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return parts[kept], owners[kept]


def _snapped(
    polygons: Shapes, owners: NDArray[np.int64], within: NDArray[np.bool_]
) -> tuple[Shapes, NDArray[np.int64]]:
    """Polygons on whole units, all valid, in the order of their owners.

    Where rounding breaks a polygon, it is noded anew on the grid. Owners that lie `within` the tile and would vanish
    become one unit square; those of which only a sliver was in the buffer may go.
    """
    rounded, kept = _rounded(polygons)
    valid = shapely.is_valid(rounded)
    broken = np.setdiff1d(np.arange(len(polygons)), kept[valid])
    shapes, drawn = rounded[valid], owners[kept[valid]]
    if len(broken):
        mended, positions = _polygons_of(_on_grid(polygons[broken]))
        shapes, drawn = np.concatenate([shapes, mended]), np.concatenate([drawn, owners[broken[positions]]])
        lost = np.setdiff1d(owners, drawn)
        lost = lost[within[lost]]
        corner = np.rint(shapely.bounds(polygons[np.searchsorted(owners, lost)])[:, :2])
        units = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 1, corner[:, 1] + 1)
        shapes, drawn = np.concatenate([shapes, units]), np.concatenate([drawn, lost])
        order = np.argsort(drawn, kind="stable")
        shapes, drawn = shapes[order], drawn[order]
    return _parts_apart(shapes, drawn)


def _parts_apart(polygons: Shapes, owners: NDArray[np.int64]) -> tuple[Shapes, NDArray[np.int64]]:
    """Merge parts of one owner that rounding made touch along a side: together they would not be valid."""
    several = np.flatnonzero(np.bincount(owners)[owners] > 1)
    if not len(several):
        return polygons, owners
    whole, first = np.unique(owners[several], return_inverse=True)
    together = np.empty(len(whole), np.object_)
    shapely.multipolygons(polygons[several], indices=first, out=together)
    broken = ~shapely.is_valid(together)
    if not broken.any():
        return polygons, owners
    touching = whole[broken]
    merged, positions = _polygons_of(_on_grid(together[broken]))
    apart = ~np.isin(owners, touching)
    drawn = np.concatenate([owners[apart], touching[positions]])
    order = np.argsort(drawn, kind="stable")
    return np.concatenate([polygons[apart], merged])[order], drawn[order]


def _on_grid(shapes: Shapes) -> Shapes:
    """Valid shapes whose vertices are all on whole units, in place of ones that simple rounding breaks."""
    noded: Shapes = shapely.set_precision(shapely.make_valid(shapes), 1.0)
    return noded


def _rounded(polygons: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Polygons with rounded vertices, repeated ones dropped, and the positions of those that keep an outer ring."""
    _, vertices, (ring_starts, polygon_starts) = shapely.to_ragged_array(polygons)
    vertices = np.rint(vertices)
    fresh = np.ones(len(vertices), np.bool_)
    fresh[1:] = (vertices[1:] != vertices[:-1]).any(axis=1)
    fresh[ring_starts[:-1]] = True
    sizes = np.add.reduceat(fresh, ring_starts[:-1], dtype=np.int64)
    ring_kept = sizes >= 4
    polygon_of_ring = np.repeat(np.arange(len(polygons)), np.diff(polygon_starts))
    ring_kept &= ring_kept[polygon_starts[:-1]][polygon_of_ring]
    fresh &= np.repeat(ring_kept, np.diff(ring_starts))
    kept, holes = np.unique(polygon_of_ring[ring_kept], return_counts=True)
    offsets = (np.concatenate([[0], np.cumsum(sizes[ring_kept])]), np.concatenate([[0], np.cumsum(holes)]))
    if not len(kept):
        return np.empty(0, np.object_), kept
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, vertices[fresh], offsets), kept


def _oriented(polygons: Shapes, owners: NDArray[np.int64]) -> Rings:
    """Open rings of valid polygons, outer ones with a positive area in axes where south is up."""
    if not len(polygons):
        return Rings(np.empty((0, 2), np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    _, vertices, (ring_starts, polygon_starts) = shapely.to_ragged_array(polygons)
    starts, ends = ring_starts[:-1], ring_starts[1:]
    following = vertices[np.minimum(np.arange(1, len(vertices) + 1), len(vertices) - 1)]
    cross = vertices[:, 0] * following[:, 1] - following[:, 0] * vertices[:, 1]
    cross[ends - 1] = 0.0  # the closing vertex has no segment of its own
    positive = np.add.reduceat(cross, starts) > 0
    outer = np.zeros(len(starts), np.bool_)
    outer[polygon_starts[:-1]] = True
    backwards = positive != outer
    sizes = np.diff(ring_starts)
    position = np.arange(len(vertices))
    mirrored = np.repeat(starts + ends - 1, sizes) - position
    taken = np.where(np.repeat(backwards, sizes), mirrored, position)
    opened = np.ones(len(vertices), np.bool_)
    opened[ends - 1] = False
    owner_of_ring = np.repeat(owners, np.diff(polygon_starts))
    return Rings(vertices[taken[opened]].astype(np.int32), sizes - 1, owner_of_ring)
