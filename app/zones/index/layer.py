"""What goes into the index and what comes out: layers of outlines, and the hits of one point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Relation(IntEnum):
    """How a point stands towards a polygon: in it (its border included), or so close to its border that it may be."""

    INSIDE = 0
    BAND = 1


class Hit(NamedTuple):
    """One polygon that a point touches: position of the layer, row of the polygon in it, and how."""

    layer: int
    row: int
    relation: Relation


@dataclass(frozen=True, eq=False)
class Layer:
    """A set of outlines that share a meaning (communes, QPV 2024…). Rows may overlap and need not cover anything.

    `geometries` are valid shapely Polygons or MultiPolygons, or None, in WGS 84 degrees (lon, lat).
    `band_m` is, per row, the half-width in metres of the doubtful band around the border (0 or an empty array: none).
    With a `signature` (one integer per row), a border between two rows of equal signature has no band: whichever side
    the point is on, the answer is the same. A border with nothing on its other side always has one.
    """

    id: str
    geometries: NDArray[np.object_]
    band_m: NDArray[np.float64]
    signature: NDArray[np.int64] | None = None
