"""From outlines to the whole-number rings of tiles: clip, snap to the tile's units, keep valid, orient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from app.tiles.grid import BUFFER, Tile

_POLYGON = 3

Shapes = NDArray[np.object_]
"""An array of shapely geometries."""


Ragged = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
"""Polygons as arrays: vertices (n, 2), where each ring starts, which ring each polygon starts with; ends included."""


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings in tiles, in their units (the second coordinate grows southwards), open: the first vertex is not repeated.

    `vertices` int32 (n, 2); `sizes` vertices of each ring; `owners` the piece each ring belongs to, ascending. A piece
    is one shape in one tile: its row in the layer, and the position of its tile (ascending) among those asked for.
    Outer rings have a positive area in the tile's axes, holes a negative one, as the MVT 2.1 specification wants.
    """

    vertices: NDArray[np.int32]
    sizes: NDArray[np.int64]
    owners: NDArray[np.int64]
    rows: NDArray[np.int64]
    tiles: NDArray[np.int64]


def rings_in_tiles(shapes: Shapes, bounds: NDArray[np.float64], tiles: Sequence[Tile]) -> Rings:
    """Rings of the polygons that touch tiles of one zoom, their buffers included. Tiles do not change each other.

    `shapes` are Polygons or MultiPolygons in world coordinates, `bounds` (n, 4) their boxes. A border that two shapes
    share is snapped alike on both sides, so it stays shared. A shape too small for the grid is drawn as one unit, so
    that none disappears.
    """
    boxes = np.array([tile.box(BUFFER) for tile in tiles])
    tile_of, rows = _touched(bounds, boxes)
    if not len(rows):
        return Rings(np.empty((0, 2), np.int32), rows, rows, rows, rows)
    pieces, within = _clipped(shapes[rows], bounds[rows], boxes, tile_of)
    polygons, owners = _polygons_of(pieces)
    if not len(polygons):
        return Rings(np.empty((0, 2), np.int32), owners, owners, rows, tile_of)
    origins = np.array([(tile.column, tile.row) for tile in tiles], np.float64) / (1 << tiles[0].zoom)
    vertices, ring_starts, polygon_starts = _ragged(polygons)
    origin_of_vertex = np.repeat(origins[tile_of[owners]], np.diff(ring_starts[polygon_starts]), axis=0)
    in_units = (vertices - origin_of_vertex) * tiles[0].units_per_world
    return Rings(*_oriented(*_snapped((in_units, ring_starts, polygon_starts), owners, within)), rows, tile_of)


def _touched(bounds: NDArray[np.float64], boxes: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position of the box and row of the shape for each pair that meets, by box then row."""
    west, north = boxes[:, :2].min(axis=0)
    east, south = boxes[:, 2:].max(axis=0)
    near = np.flatnonzero(
        (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= south) & (bounds[:, 3] >= north)
    )
    if len(boxes) == 1:
        return np.zeros(len(near), np.int64), near
    shape, box = bounds[near].T[:, None, :], boxes.T[:, :, None]
    tile_of, position = np.nonzero(
        (shape[0] <= box[2]) & (shape[2] >= box[0]) & (shape[1] <= box[3]) & (shape[3] >= box[1])
    )
    return tile_of, near[position]


def _clipped(
    pieces: Shapes, bounds: NDArray[np.float64], boxes: NDArray[np.float64], tile_of: NDArray[np.int64]
) -> tuple[Shapes, NDArray[np.bool_]]:
    """Each piece cut by the box of its tile, and whether it lay wholly within it. `tile_of` is ascending."""
    box = boxes[tile_of]
    within: NDArray[np.bool_] = (
        (bounds[:, 0] >= box[:, 0]) & (bounds[:, 2] <= box[:, 2])
        & (bounds[:, 1] >= box[:, 1]) & (bounds[:, 3] <= box[:, 3])
    )  # fmt: skip
    across = np.flatnonzero(~within)
    for start, end in pairwise([*np.flatnonzero(np.diff(tile_of[across], prepend=-1)).tolist(), len(across)]):
        chosen = across[start:end]
        pieces[chosen] = shapely.clip_by_rect(pieces[chosen], *boxes[tile_of[chosen[0]]].tolist())
    return pieces, within


def _polygons_of(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Single polygons, each with the position of the shape it comes from; lines and points left by clipping go."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    kept = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return parts[kept], owners[kept]


def _ragged(polygons: Shapes) -> Ragged:
    _, vertices, (ring_starts, polygon_starts) = shapely.to_ragged_array(polygons)
    return vertices, ring_starts.astype(np.int64), polygon_starts.astype(np.int64)


def _shapes(polygons: Ragged) -> Shapes:
    vertices, ring_starts, polygon_starts = polygons
    if len(polygon_starts) == 1:
        return np.empty(0, np.object_)
    shapes: Shapes = shapely.from_ragged_array(shapely.GeometryType.POLYGON, vertices, (ring_starts, polygon_starts))
    return shapes


def _snapped(
    polygons: Ragged, owners: NDArray[np.int64], within: NDArray[np.bool_]
) -> tuple[Ragged, NDArray[np.int64]]:
    """Polygons on whole units, all valid, in the order of their owners.

    Where rounding breaks a polygon, it is noded anew on the grid. Owners that lie `within` the tile and would vanish
    become one unit square; those of which only a sliver was in the buffer may go.
    """
    rounded, kept = _rounded(polygons)
    shapes, drawn = _shapes(rounded), owners[kept]
    valid = shapely.is_valid(shapes)
    is_whole = len(kept) == len(owners) and bool(valid.all())
    if not is_whole:
        unbroken = kept[valid]
        broken = np.setdiff1d(np.arange(len(owners)), unbroken)
        exact = _shapes(polygons)[broken]
        mended, positions = _polygons_of(_on_grid(exact))
        shapes, drawn = (
            np.concatenate([shapes[valid], mended]),
            np.concatenate([drawn[valid], owners[broken[positions]]]),
        )
        lost = np.setdiff1d(owners, drawn)
        lost = lost[within[lost]]
        corner = np.rint(shapely.bounds(exact[np.searchsorted(owners[broken], lost)])[:, :2])
        units = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 1, corner[:, 1] + 1)
        shapes, drawn = np.concatenate([shapes, units]), np.concatenate([drawn, lost])
        order = np.argsort(drawn, kind="stable")
        shapes, drawn = shapes[order], drawn[order]
    apart, drawn = _parts_apart(shapes, drawn)
    return (rounded if is_whole and apart is shapes else _ragged(apart)), drawn


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
    noded: Shapes = shapely.set_precision(shapely.make_valid(shapes, method="structure", keep_collapsed=False), 1.0)
    return noded


def _rounded(polygons: Ragged) -> tuple[Ragged, NDArray[np.int64]]:
    """Polygons with rounded vertices, repeated ones dropped, and the positions of those that keep an outer ring."""
    vertices, ring_starts, polygon_starts = polygons
    vertices = np.rint(vertices)
    fresh = np.ones(len(vertices), np.bool_)
    fresh[1:] = (vertices[1:] != vertices[:-1]).any(axis=1)
    fresh[ring_starts[:-1]] = True
    sizes = np.add.reduceat(fresh, ring_starts[:-1], dtype=np.int64)
    ring_kept = sizes >= 4
    polygon_of_ring = np.repeat(np.arange(len(polygon_starts) - 1), np.diff(polygon_starts))
    ring_kept &= ring_kept[polygon_starts[:-1]][polygon_of_ring]
    fresh &= np.repeat(ring_kept, np.diff(ring_starts))
    kept, rings = np.unique(polygon_of_ring[ring_kept], return_counts=True)
    starts = np.concatenate([[0], np.cumsum(sizes[ring_kept])])
    return (vertices[fresh], starts, np.concatenate([[0], np.cumsum(rings)])), kept


def _oriented(
    polygons: Ragged, owners: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Vertices, sizes and owners of the open rings of valid polygons, outer ones with a positive area, south being up."""
    vertices, ring_starts, polygon_starts = polygons
    if not len(owners):
        return np.empty((0, 2), np.int32), np.empty(0, np.int64), owners
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
    return vertices[taken[opened]].astype(np.int32), sizes - 1, np.repeat(owners, np.diff(polygon_starts))
