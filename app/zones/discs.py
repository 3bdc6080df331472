"""What the discs of doubtful points touch, and the communes close to stray points: measured for many places at once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.zones.catalogue import Catalogue
from app.zones.index import Hit, Relation
from app.zones.layers import COMMUNE_LAYER
from app.zones.locate import SHORE_M

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
    for layer in layers:
        precision_m = _precision_m(catalogue, layer)
        pairs = catalogue.neighbours(layer).within_many(lon, lat, radius_m + float(precision_m.max(initial=0.0)))
        is_inside = pairs.signed_distance_m <= 0
        is_near = np.abs(pairs.signed_distance_m) <= radius_m[pairs.point] + precision_m[pairs.row]
        for relation, touches in ((Relation.INSIDE, is_inside), (Relation.BAND, is_near)):
            for place, row in zip(rows[pairs.point[touches]].tolist(), pairs.row[touches].tolist(), strict=True):
                hits.setdefault(place, []).append(Hit(layer, row, relation))
    return hits


def communes_close(catalogue: Catalogue, lon: Degrees, lat: Degrees) -> list[list[tuple[int, float]]]:
    """Per point, the communes within SHORE_M: (row, signed distance in metres)."""
    close: list[list[tuple[int, float]]] = [[] for _ in lon]
    if len(lon):
        pairs = catalogue.neighbours(COMMUNE_LAYER).within_many(lon, lat, np.full(len(lon), SHORE_M))
        for point, row, signed_m in zip(
            pairs.point.tolist(), pairs.row.tolist(), pairs.signed_distance_m.tolist(), strict=True
        ):
            close[point].append((row, signed_m))
    return close


def _precision_m(catalogue: Catalogue, layer: int) -> Metres:
    if layer == COMMUNE_LAYER:
        return np.full(len(catalogue.communes), catalogue.commune_precision_m)
    return np.array([zone.precision_m for zone in catalogue.layers[layer].zones], np.float64)
