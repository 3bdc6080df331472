"""What a tile is drawn from: layers of outlines or of label points, with their attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from app.tiles.encode import Attributes, Drawing, draw_points, draw_rings, encode_layer
from app.tiles.grid import EXTENT, MAX_ZOOM, MIN_ZOOM, Tile
from app.tiles.rings import Shapes, rings_in_tiles

_LONGEST_NUMERIC_CODE = 10


@dataclass(frozen=True, eq=False)
class OutlineLayer:
    """Polygons in world coordinates, drawn at every zoom it is asked for. Rows of all members correspond."""

    name: str
    shapes: Shapes
    bounds: NDArray[np.float64]
    attributes: tuple[Attributes, ...]
    ids: Sequence[int] | None = None

    @classmethod
    def of(
        cls, name: str, shapes: Shapes, attributes: tuple[Attributes, ...], ids: Sequence[int] | None = None
    ) -> OutlineLayer:
        return cls(name, shapes, shapely.bounds(shapes), attributes, ids)

    def draw(self, tiles: Sequence[Tile]) -> list[Drawing]:
        """The outlines in each of some tiles of one zoom. Layers that share `shapes` share their drawings."""
        return draw_rings(rings_in_tiles(self.shapes, self.bounds, tiles), len(tiles))

    def write(self, drawing: Drawing) -> bytes:
        """The layer in one tile, from its drawing; empty bytes where it draws nothing."""
        return encode_layer(self.name, drawing, self.attributes, self.ids)

    def encode(self, tile: Tile) -> bytes:
        """The layer in one tile; empty bytes where it draws nothing."""
        return self.write(self.draw((tile,))[0])


@dataclass(frozen=True, eq=False)
class LabelLayer:
    """Points where names are written, each in exactly one tile per zoom.

    `points` (n, 2) world coordinates; `zooms` int8 (n, 2): the first and last zoom of each row.
    """

    name: str
    points: NDArray[np.float64]
    zooms: NDArray[np.int8]
    attributes: tuple[Attributes, ...]

    def draw(self, tiles: Sequence[Tile]) -> list[Drawing]:
        """The names written in each of some tiles of one zoom."""
        zoom = tiles[0].zoom
        shown = np.flatnonzero((self.zooms[:, 0] <= zoom) & (self.zooms[:, 1] >= zoom))
        at = self.points[shown] * (1 << zoom)
        corners = np.floor(at)
        asked = np.array([(tile.column, tile.row) for tile in tiles], np.float64)
        near = np.flatnonzero(((corners >= asked.min(axis=0)) & (corners <= asked.max(axis=0))).all(axis=1))
        tile_of, position = np.nonzero((corners[near] == asked[:, None, :]).all(axis=2))
        rows = near[position]
        units = np.minimum(np.floor((at[rows] - corners[rows]) * EXTENT), EXTENT - 1)
        return draw_points(shown[rows], units.astype(np.int32), tile_of, len(tiles))

    def write(self, drawing: Drawing) -> bytes:
        """The names in one tile, from their drawing; empty bytes where there is none."""
        return encode_layer(self.name, drawing, self.attributes)

    def encode(self, tile: Tile) -> bytes:
        """The names written in one tile; empty bytes where there is none."""
        return self.write(self.draw((tile,))[0])


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
