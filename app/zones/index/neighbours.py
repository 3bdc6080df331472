"""Exact distances from points to the outlines of one layer: discs of doubt, and the closest better zone.

The sign is decided in WGS 84 degrees, as in the index (`intersects`: the border belongs to the zone); the distance is
measured in the territory's legal projection. Edges are straight in degrees: they are cut every 0.005° before they are
projected, so that the curve they draw on the map is followed within a centimetre. Shapely is imported at first use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from app.errors import DataError, PlaceOutsideFrance
from app.places import Territory, project, territory_at, unproject
from app.zones.index.layer import Layer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from shapely import Point, STRtree
    from shapely.geometry.base import BaseGeometry

MAX_EDGE_DEG = 0.005
"""An edge of 500 m leaves its chord by less than 1 cm in any of the projections."""

SEARCH_MARGIN = 1.02
"""Search boxes are this much wider than asked: the projections stretch distances by less than 1 % over France."""

METRES_PER_DEGREE = 110_500.0
"""Shortest degree of latitude on the ellipsoid, rounded down (GRS 80: 110,574 m at the equator)."""

OUTSIDE_AT_LEAST_M = 1e-9
"""Distance given to a point that is outside in degrees, but on the border once projected and rounded."""

MAX_OPEN_LAT_DEG = 89.0
FIRST_RADIUS_M = 500.0

BORDERS_KEPT = 8_192
"""Projected borders kept, with their territory: about 1 kB a commune, so that a service asked all over France stays small."""

BULK_BORDERS_KEPT = 40_000
"""The same for whole columns of points, which come back to the same communes: all of France, 40 MB, in a batch over it."""


class Nearest(NamedTuple):
    """The closest outline: how far, and where on its border.

    `bearing_deg` is clockwise from north, from the point to the border point; 0 when they coincide.
    """

    row: int
    signed_distance_m: float
    bearing_deg: float
    lon: float
    lat: float


class Pairs(NamedTuple):
    """Pairs (position of the point, row) sorted by point, distance, row; arrays of one length."""

    point: NDArray[np.int64]
    row: NDArray[np.int64]
    signed_distance_m: NDArray[np.float64]


class Neighbours:
    """Distances between points (WGS 84 degrees) and the outlines of a layer.

    Distances are signed: negative inside, 0 on the border, positive outside; `signed_distance_m <= 0` exactly when
    the index says INSIDE. Radii are at least 0. Outlines and discs do not cross the antimeridian.
    Immutable towards callers, safe to share between threads (each outline is projected at its first use; projecting
    it twice gives the same result).
    """

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._bulk: dict[int, tuple[Territory, BaseGeometry]] = {}
        self._border = lru_cache(BORDERS_KEPT)(partial(projected_border, layer))

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """float64[N, 4]: west, south, east, north of each outline in degrees, NaN where there is none."""
        import shapely

        bounds: NDArray[np.float64] = shapely.bounds(self._layer.geometries)
        return bounds

    def within(self, lon: float, lat: float, radius_m: float) -> list[tuple[int, float]]:
        """Rows at a signed distance of at most `radius_m`, closest to their inside first: (row, signed distance)."""
        found = self._measure(lon, lat, radius_m, None)
        return sorted(found, key=lambda pair: (pair[1], pair[0]))

    def within_many(
        self,
        lon: NDArray[np.float64],
        lat: NDArray[np.float64],
        radius_m: NDArray[np.float64],
        mask_rows: NDArray[np.bool_] | None = None,
    ) -> Pairs:
        """`within` for arrays of one length, among the rows that `mask_rows` allows.

        Points with a NaN coordinate, or out of range, have no pair. Borders met are kept, at most BULK_BORDERS_KEPT.
        """
        import numpy as np
        import shapely

        lon, lat, radius_m = (np.asarray(values, dtype=np.float64) for values in (lon, lat, radius_m))
        usable = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat) & (abs(lat) <= 90) & (radius_m >= 0))
        half_lat = radius_m[usable] * SEARCH_MARGIN / METRES_PER_DEGREE
        widest = np.minimum(abs(lat[usable]) + half_lat, MAX_OPEN_LAT_DEG)
        half_lon = half_lat / np.cos(np.radians(widest))
        boxes = shapely.box(
            lon[usable] - half_lon, lat[usable] - half_lat, lon[usable] + half_lon, lat[usable] + half_lat
        )
        box, row = self._tree.query(boxes)
        if mask_rows is not None:
            box, row = box[mask_rows[row]], row[mask_rows[row]]
        point = usable[box]
        inside = shapely.intersects_xy(self._layer.geometries[row], lon[point], lat[point])
        distance = np.empty(len(row))
        met, which = np.unique(row, return_inverse=True)
        of_met = self._borders(met.tolist())
        borders = np.array([border for _, border in of_met], dtype=object)
        epsg_of_met = np.array([territory.epsg for territory, _ in of_met], dtype=np.int64)
        for territory in dict(of_met):
            chosen = np.flatnonzero(epsg_of_met[which] == territory.epsg)
            near, of_pair = np.unique(point[chosen], return_inverse=True)
            places = np.asarray(shapely.points(*project(territory, lon[near], lat[near])))
            distance[chosen] = shapely.distance(places[of_pair], borders[which[chosen]])
        signed = np.where(inside, 0.0 - distance, np.maximum(distance, OUTSIDE_AT_LEAST_M))
        kept = np.flatnonzero(signed <= radius_m[point])
        order = kept[np.lexsort((row[kept], signed[kept], point[kept]))]
        return Pairs(point[order], row[order].astype(np.int64), signed[order])

    def _borders(self, rows: list[int]) -> list[tuple[Territory, BaseGeometry]]:
        """The borders of many rows; those not met before are projected together, ten times quicker than one by one."""
        known = self._bulk
        missing = [row for row in rows if row not in known]
        found = dict(zip(missing, projected_borders(self._layer, missing), strict=True)) if missing else {}
        if len(known) + len(found) <= BULK_BORDERS_KEPT:
            known.update(found)
        return [found.get(row) or known[row] for row in rows]

    def nearest(self, lon: float, lat: float, mask_rows: NDArray[np.bool_] | None, max_m: float) -> Nearest | None:
        """The row with the smallest signed distance among those that `mask_rows` allows, None beyond `max_m`.

        Equal distances: the lowest row. When the point is inside several, the one it is deepest in.
        """
        radius_m = min(FIRST_RADIUS_M, max_m)
        while True:
            found = self._measure(lon, lat, radius_m, mask_rows)
            if found:
                row, signed = min(found, key=lambda pair: (pair[1], pair[0]))
                return self._towards(lon, lat, row, signed)
            if radius_m >= max_m:
                return None
            radius_m = min(radius_m * 4, max_m)

    @cached_property
    def _tree(self) -> STRtree:
        from shapely import STRtree

        return STRtree(self._layer.geometries)

    def _measure(
        self,
        lon: float,
        lat: float,
        radius_m: float,
        mask_rows: NDArray[np.bool_] | None,
    ) -> list[tuple[int, float]]:
        """Signed distances of the allowed rows at most `radius_m` away, in no order."""
        import shapely

        if not (math.isfinite(lon) and math.isfinite(lat)):
            return []
        half_lat = radius_m * SEARCH_MARGIN / METRES_PER_DEGREE
        half_lon = half_lat / math.cos(math.radians(min(abs(lat) + half_lat, MAX_OPEN_LAT_DEG)))
        rows = self._tree.query(shapely.box(lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat))
        if mask_rows is not None:
            rows = rows[mask_rows[rows]]
        if not len(rows):
            return []
        inside = shapely.intersects_xy(self._layer.geometries[rows], lon, lat)
        projected: dict[int, BaseGeometry] = {}
        found: list[tuple[int, float]] = []
        for row, is_inside in zip(rows.tolist(), inside.tolist(), strict=True):
            territory, border = self._border(row)
            if territory.epsg not in projected:
                projected[territory.epsg] = _metric_point(territory, lon, lat)
            distance = float(shapely.distance(projected[territory.epsg], border))
            signed = 0.0 - distance if is_inside else max(distance, OUTSIDE_AT_LEAST_M)
            if signed <= radius_m:
                found.append((row, signed))
        return found

    def _towards(self, lon: float, lat: float, row: int, signed_distance_m: float) -> Nearest:
        """Where the border of `row` is closest, and in which direction."""
        import shapely
        from pyproj import Geod

        territory, border = self._border(row)
        point = _metric_point(territory, lon, lat)
        easting, northing = shapely.get_coordinates(shapely.shortest_line(point, border))[1]
        border_lon, border_lat = (float(value) for value in unproject(territory, easting, northing))
        if signed_distance_m == 0.0:
            return Nearest(row, 0.0, 0.0, border_lon, border_lat)
        azimuth_deg, _, _ = Geod(ellps="GRS80").inv(lon, lat, border_lon, border_lat)
        return Nearest(row, signed_distance_m, float(azimuth_deg) % 360.0, border_lon, border_lat)


def _metric_point(territory: Territory, lon: float, lat: float) -> Point:
    import numpy as np
    from shapely import Point

    easting, northing = project(territory, np.array([lon]), np.array([lat]))
    return Point(easting[0], northing[0])


def projected_border(layer: Layer, row: int) -> tuple[Territory, BaseGeometry]:
    """The border of one outline in metres of its territory's projection.

    Raises:
        DataError: the outline lies in no French territory, so that no legal projection is known.
    """
    return projected_borders(layer, [row])[0]


def projected_borders(layer: Layer, rows: Sequence[int]) -> list[tuple[Territory, BaseGeometry]]:
    """`projected_border` of many rows."""
    import numpy as np
    import shapely

    geometries = layer.geometries[np.array(rows, dtype=np.int64)]
    territories = []
    for row, (west, south, east, north) in zip(rows, shapely.bounds(geometries).tolist(), strict=True):
        try:
            territories.append(territory_at((west + east) / 2, (south + north) / 2))
        except PlaceOutsideFrance:
            raise DataError(f"layer {layer.id}, row {row}: the outline is in no known territory of France.") from None
    borders = shapely.boundary(shapely.segmentize(geometries, MAX_EDGE_DEG))
    for territory in dict.fromkeys(territories):
        chosen = np.flatnonzero([each == territory for each in territories])

        def to_metres(coordinates: NDArray[np.float64], territory: Territory = territory) -> NDArray[np.float64]:
            return np.column_stack(project(territory, coordinates[:, 0], coordinates[:, 1]))

        borders[chosen] = shapely.transform(borders[chosen], to_metres)
    return list(zip(territories, borders, strict=True))
