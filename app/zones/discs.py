"""What the discs of doubtful points touch, measured for many places at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.zones.catalogue import Catalogue
from app.zones.index import Hit, Relation
from app.zones.index.neighbours import METRES_PER_DEGREE
from app.zones.layers import COMMUNE_LAYER

CELL_DEG = 0.01
"""Discs of less than half a cell, nearly all, are measured only in cells near an outline of the layer."""
Degrees = NDArray[np.float64]
Metres = NDArray[np.float64]


def hits_of_discs(
    catalogue: Catalogue, layers: Iterable[int], lon: Degrees, lat: Degrees, radius_m: Metres
) -> dict[int, list[Hit]]:
    """By position of the place: what its disc touches in these layers, as `Locator` measures it for one; only those that
    touch something. A radius of 0 is no disc.
    """
    rows = np.flatnonzero((radius_m > 0) & np.isfinite(lon))
    hits: dict[int, list[Hit]] = {}
    if not len(rows):
        return hits
    lon, lat, radius_m = lon[rows], lat[rows], radius_m[rows]
    cell = _cell(np.floor(lon / CELL_DEG), np.floor(lat / CELL_DEG))
    for layer in layers:
        precision_m = _precision_m(catalogue, layer)
        reach_m = radius_m + float(precision_m.max(initial=0.0))
        looked_at = np.arange(len(lon))
        if layer != COMMUNE_LAYER:  # communes are everywhere
            wide = reach_m / (METRES_PER_DEGREE * np.cos(np.radians(lat))) > CELL_DEG / 2
            looked_at = np.flatnonzero(wide | np.isin(cell, _cells_around(catalogue, layer)))
        pairs = catalogue.neighbours(layer).within_many(lon[looked_at], lat[looked_at], reach_m[looked_at])
        point = looked_at[pairs.point]
        is_inside = pairs.signed_distance_m <= 0
        is_near = np.abs(pairs.signed_distance_m) <= radius_m[point] + precision_m[pairs.row]
        for relation, touches in ((Relation.INSIDE, is_inside), (Relation.BAND, is_near)):
            for place, row in zip(rows[point[touches]].tolist(), pairs.row[touches].tolist(), strict=True):
                hits.setdefault(place, []).append(Hit(layer, row, relation))
    return hits


def _cells_around(catalogue: Catalogue, layer: int) -> NDArray[np.int64]:
    """The cells that the boxes of a layer's outlines touch, and those beside them: elsewhere a small disc touches none."""

    def cells() -> NDArray[np.int64]:
        found = [np.empty(0, np.int64)]
        bounds = catalogue.neighbours(layer).bounds
        for west, south, east, north in np.floor(bounds[np.isfinite(bounds[:, 0])] / CELL_DEG).tolist():
            columns, rows = np.arange(west - 1, east + 2), np.arange(south - 1, north + 2)
            found.append(_cell(columns[:, None], rows[None, :]).ravel())
        return np.unique(np.concatenate(found))

    return catalogue.remember((_cells_around, layer), cells)


def _cell(column: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.int64]:
    return column.astype(np.int64) * 65_536 + row.astype(np.int64)


def _precision_m(catalogue: Catalogue, layer: int) -> Metres:
    if layer == COMMUNE_LAYER:
        return np.full(len(catalogue.communes), catalogue.commune_precision_m)
    return np.array([zone.precision_m for zone in catalogue.layers[layer].zones], np.float64)
