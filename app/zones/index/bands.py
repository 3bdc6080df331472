"""Doubtful bands: around each border, the outline of the places too close to it for the outline to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from app.errors import DataError, PlaceOutsideFrance
from app.places import TERRITORIES, Territory, project, territory_at, unproject
from app.zones.index.layer import Hit, Layer, Relation
from app.zones.index.neighbours import MAX_EDGE_DEG
from app.zones.index.outlines import Shapes, edges_of

Geometries = NDArray[np.object_]

MITRE_LIMIT = 1.09
"""Corners are the tangents of the arc, cut straight at 1.09 x the width: they hold the arc, whose own straight pieces would
cut inside it (GEOS steps by up to 67° when asked for 45°), and take fewer vertices."""

WIDENING = 1.012
"""GEOS simplifies a line by 1 % of the width before it buffers it."""


def with_bands(layers: Sequence[Layer], shapes: Shapes) -> Shapes:
    """Add to `shapes` the bands that the layers ask for. Being in a band gives BAND hits of the rows it surrounds.

    A band is the buffer of a border in the territory's legal projection, brought back to degrees: it holds every
    point within `band_m` metres of the border, and none beyond 1.02 x `band_m` but at corners (1.2 x; 1.5 x at spikes).
    """
    geometries, hits = [shapes.geometries], list(shapes.hits)
    for number, layer in enumerate(layers):
        borders, rows, band_m = _borders(layer)
        geometries.append(_buffered(layer.id, borders, band_m))
        hits.extend(tuple(Hit(number, row, Relation.BAND) for row in touched) for touched in rows)
    return Shapes(np.concatenate(geometries), tuple(hits))


def _borders(layer: Layer) -> tuple[Geometries, list[list[int]], NDArray[np.float64]]:
    """Border lines that need a band, the rows each separates, and the band's half-width."""
    band_m = layer.band_m if len(layer.band_m) else np.zeros(len(layer.geometries))
    usable = ~(shapely.is_missing(layer.geometries) | shapely.is_empty(layer.geometries))
    if layer.signature is None:
        rows = np.flatnonzero(usable & (band_m > 0))
        return shapely.boundary(layer.geometries[rows]), [[int(row)] for row in rows], band_m[rows]
    present = np.flatnonzero(usable)
    edges = edges_of(layer.geometries[present])
    group_rows = present[edges.group_shapes]
    starts, ends = edges.group_start[:-1], edges.group_start[1:]
    signature = layer.signature[group_rows]
    width = np.maximum.reduceat(band_m[group_rows], starts) if len(starts) else np.empty(0)
    is_doubtful = np.empty(0, dtype=bool)
    if len(starts):
        is_outer = ends - starts == 1
        differs = np.minimum.reduceat(signature, starts) != np.maximum.reduceat(signature, starts)
        is_doubtful = (is_outer | differs) & (width > 0)
    chosen = np.flatnonzero(is_doubtful)
    number = np.full(len(starts), -1)
    number[chosen] = np.arange(len(chosen))
    kept = np.flatnonzero(number[edges.group] >= 0)
    kept = kept[np.argsort(number[edges.group[kept]], kind="stable")]
    lines = np.asarray(shapely.linestrings(edges.ends[kept].reshape(-1, 2, 2)))
    together = np.asarray(shapely.multilinestrings(lines, indices=number[edges.group[kept]]))
    merged = np.asarray(shapely.line_merge(together))
    rows_of = [group_rows[starts[group] : ends[group]].tolist() for group in chosen]
    return merged, rows_of, width[chosen]


def _buffered(layer_id: str, borders: Geometries, band_m: NDArray[np.float64]) -> Geometries:
    """Buffer lines (degrees) by metres of their territory's projection; polygons in degrees."""
    bands = np.empty(len(borders), dtype=object)
    if not len(borders):
        return bands
    with ThreadPoolExecutor(2) as pool:  # GEOS and PROJ release the GIL
        for territory, chosen in _by_territory(layer_id, borders):
            halves = np.array_split(chosen, 2)
            drawn = pool.map(lambda half: _band(territory, borders[half], band_m[half] * WIDENING), halves)  # noqa: B023
            bands[chosen] = np.concatenate(list(drawn))
    return bands


def _band(territory: Territory, borders: Geometries, width_m: NDArray[np.float64]) -> Geometries:
    lines = shapely.segmentize(borders, MAX_EDGE_DEG)
    metric = shapely.transform(lines, partial(_project, territory))
    wide = shapely.buffer(metric, width_m, join_style="mitre", mitre_limit=MITRE_LIMIT, cap_style="square")
    bands: Geometries = np.asarray(shapely.transform(wide, partial(_unproject, territory)))
    broken = np.flatnonzero(~shapely.is_valid(bands))
    bands[broken] = shapely.buffer(bands[broken], 0)
    return bands


def _by_territory(layer_id: str, borders: Geometries) -> Iterator[tuple[Territory, NDArray[np.int64]]]:
    bounds = shapely.bounds(borders)
    middle_lon, middle_lat = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    names = []
    for lon, lat in zip(middle_lon.tolist(), middle_lat.tolist(), strict=True):
        try:
            names.append(territory_at(lon, lat).id)
        except PlaceOutsideFrance:
            raise DataError(f"layer {layer_id}: an outline with a band is in no known territory of France.") from None
    in_territory = np.array(names)
    for territory in TERRITORIES:
        chosen = np.flatnonzero(in_territory == territory.id)
        if len(chosen):
            yield territory, chosen


def _project(territory: Territory, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(project(territory, points[:, 0], points[:, 1]))


def _unproject(territory: Territory, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(unproject(territory, points[:, 0], points[:, 1]))
