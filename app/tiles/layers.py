"""What a tile is drawn from: layers of outlines or of label points, with their attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from app.tiles.encode import Column, Drawing, draw_points, draw_rings, encode_layer
from app.tiles.grid import EXTENT, MAX_ZOOM, MIN_ZOOM, Tile
from app.tiles.rings import Shapes, rings_in_tile

_LONGEST_NUMERIC_CODE = 10


@dataclass(frozen=True, eq=False)
class OutlineLayer:
    """Polygons in world coordinates, drawn at every zoom it is asked for. Rows of all members correspond."""

    name: str
    shapes: Shapes
    bounds: NDArray[np.float64]
    columns: tuple[Column, ...]
    ids: Sequence[int] | None = None

    @classmethod
    def of(
        cls, name: str, shapes: Shapes, columns: tuple[Column, ...], ids: Sequence[int] | None = None
    ) -> OutlineLayer:
        return cls(name, shapes, shapely.bounds(shapes), columns, ids)

    def draw(self, tile: Tile) -> Drawing:
        """The outlines in one tile. Layers that share `shapes` share their drawings."""
        return draw_rings(rings_in_tile(self.shapes, self.bounds, tile))

    def encode(self, tile: Tile, drawing: Drawing | None = None) -> bytes:
        """The layer in one tile, from its drawing if there is one; empty bytes where it draws nothing."""
        return encode_layer(self.name, drawing or self.draw(tile), self.columns, self.ids)


@dataclass(frozen=True, eq=False)
class LabelLayer:
    """Points where names are written, each in exactly one tile per zoom.

    `points` (n, 2) world coordinates; `zooms` int8 (n, 2): the first and last zoom of each row.
    """

    name: str
    points: NDArray[np.float64]
    zooms: NDArray[np.int8]
    columns: tuple[Column, ...]

    def encode(self, tile: Tile) -> bytes:
        """The names written in one tile; empty bytes where there is none."""
        west, north, east, south = tile.box(buffer=0)
        at = self.points
        rows = np.flatnonzero(
            (at[:, 0] >= west) & (at[:, 0] < east) & (at[:, 1] >= north) & (at[:, 1] < south)
            & (self.zooms[:, 0] <= tile.zoom) & (self.zooms[:, 1] >= tile.zoom)
        )  # fmt: skip
        units = np.minimum(np.floor((at[rows] - (west, north)) * tile.units_per_world), EXTENT - 1)
        return encode_layer(self.name, draw_points(rows, units.astype(np.int32)), self.columns)


Layer = OutlineLayer | LabelLayer


def numeric_ids(codes: Sequence[str]) -> list[int] | None:
    """Feature ids that are the official codes read in base 36 (`2A004`, `QN07517I`); None if a code has other signs.

    Ten signs stay below 2^53, so that JavaScript keeps them exact.
    """
    if any(not (code.isascii() and code.isalnum() and len(code) <= _LONGEST_NUMERIC_CODE) for code in codes):
        return None
    return [int(code, 36) for code in codes]


def label_points(shapes: Shapes) -> NDArray[np.float64]:
    """A point inside the largest part of each shape, world coordinates, (n, 2)."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), owners))
    _, first = np.unique(owners[order], return_index=True)
    return shapely.get_coordinates(shapely.point_on_surface(parts[order[first]]))


def every_zoom(count: int) -> NDArray[np.int8]:
    """The `zooms` of names that are always written."""
    return np.tile(np.array([MIN_ZOOM, MAX_ZOOM], np.int8), (count, 1))
