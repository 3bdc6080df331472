"""The grid of web map tiles: which tile a request names, and where it lies.

World coordinates are those of the Web Mercator square (EPSG:3857) scaled to 1: (0, 0) is its north-west corner, the
second coordinate grows southwards, as in tiles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import InvalidInput

MIN_ZOOM = 4
MAX_ZOOM = 14
EXTENT = 4096
"""Units along the side of a tile; front ends draw a tile 512 pixels wide, so 8 units are one pixel."""
UNITS_PER_PIXEL = 8
BUFFER = 64
"""Units drawn beyond each side, so that outlines along the side of a tile do not show."""

BASE_SETS = ("base", "communes", "departments", "regions")
"""Names of the sets of tiles that are no zoning: the base map and its parts."""

_NUMBER = re.compile(r"\A(?:0|[1-9][0-9]{0,4})\Z")


class InvalidTile(InvalidInput):
    """The address of a tile is not one of the grid."""

    code = "invalid-tile"


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: zoom, column from the west, row from the north."""

    zoom: int
    column: int
    row: int

    @property
    def units_per_world(self) -> float:
        return float(EXTENT << self.zoom)

    def box(self, buffer: int = BUFFER) -> tuple[float, float, float, float]:
        """West, north, east, south of the tile in world coordinates, `buffer` units wider on each side."""
        margin = buffer / EXTENT
        side = float(1 << self.zoom)
        return (
            (self.column - margin) / side, (self.row - margin) / side,
            (self.column + 1 + margin) / side, (self.row + 1 + margin) / side,
        )  # fmt: skip


def read_tile(zoom: str, column: str, row: str) -> Tile:
    """The tile a request names.

    Raises:
        InvalidTile: not plain whole numbers, a zoom out of 4 to 14, or a column or row beyond the grid of that zoom.
    """
    if not (_NUMBER.match(zoom) and MIN_ZOOM <= int(zoom) <= MAX_ZOOM):
        raise InvalidTile(f"z must be a whole number between {MIN_ZOOM} and {MAX_ZOOM}.", field="z")
    side = 1 << int(zoom)
    for name, value in (("x", column), ("y", row)):
        if not (_NUMBER.match(value) and int(value) < side):
            raise InvalidTile(f"{name} must be a whole number from 0 to 2^z - 1.", field=name)
    return Tile(int(zoom), int(column), int(row))


def to_world(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """WGS 84 degrees, shape (n, 2) lon, lat, to world coordinates, same shape."""
    sine = np.sin(np.radians(lonlat[:, 1]))
    world = np.empty_like(lonlat)
    world[:, 0] = lonlat[:, 0] / 360.0 + 0.5
    world[:, 1] = 0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)
    return world


def tiles_touching(bounds: NDArray[np.float64], zoom: int) -> set[tuple[int, int]]:
    """Columns and rows at `zoom` whose tile any of the world boxes (n, 4: west, north, east, south) touches."""
    side = 1 << zoom
    margin = BUFFER / EXTENT
    corners = bounds * side + np.array([-margin, -margin, margin, margin])
    cells = np.clip(np.floor(corners).astype(np.int64), 0, side - 1)
    found: set[tuple[int, int]] = set()
    for west, north, east, south in np.unique(cells, axis=0).tolist():
        found.update((column, row) for column in range(west, east + 1) for row in range(north, south + 1))
    return found
