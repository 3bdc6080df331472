"""GeoJSON of items (RFC 7946): right-hand rule, seven decimals, null where no outline is installed.

Shapely is imported at first use: a service starts without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import orjson
from numpy.typing import NDArray

from app.api.ogc_collections import Item
from app.api.ogc_query import Box
from app.api.words import Json

if TYPE_CHECKING:
    from app.tiles.ground import Ground

DECIMALS = 7
"""Of a degree: about a centimetre (RFC 7946 § 11.2)."""


def features_json(ground: Ground, items: Sequence[Item], properties: Sequence[Json]) -> list[bytes]:
    """Each item as a GeoJSON feature, in order."""
    return [
        b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}'
        % (orjson.dumps(item.code), geometry, orjson.dumps(values))
        for item, geometry, values in zip(items, geometries_json(ground, items), properties, strict=True)
    ]


def geometries_json(ground: Ground, items: Sequence[Item]) -> list[bytes]:
    """The outline of each item as GeoJSON, `null` where there is none."""
    import shapely

    shapes = np.full(len(items), None, np.object_)
    for layer, positions in _by_layer(items).items():
        shapes[positions] = ground.lonlat(layer, np.array([items[position].row for position in positions.tolist()]))
    known = ~shapely.is_missing(shapes)
    if known.any():
        shapes[known] = shapely.transform(
            shapely.orient_polygons(shapes[known]), lambda lonlat: np.round(lonlat, DECIMALS)
        )
    return [b"null" if text is None else text.encode() for text in shapely.to_geojson(shapes).tolist()]


def within(ground: Ground, items: Sequence[Item], boxes: Sequence[Box]) -> list[Item]:
    """Items whose outline touches one of the boxes; an item without outline touches none."""
    import shapely

    kept = np.zeros(len(items), np.bool_)
    for layer, positions in _by_layer(items).items():
        rows = np.array([items[position].row for position in positions.tolist()])
        bounds = ground.lonlat_bounds(layer)[rows]
        for west, south, east, north in boxes:
            near = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
            inside = (bounds[:, 0] >= west) & (bounds[:, 2] <= east) & (bounds[:, 1] >= south) & (bounds[:, 3] <= north)
            kept[positions[inside]] = True
            doubtful = np.flatnonzero(near & ~inside)
            touching = shapely.intersects(ground.lonlat(layer, rows[doubtful]), shapely.box(west, south, east, north))
            kept[positions[doubtful[touching]]] = True
    return [item for item, keep in zip(items, kept.tolist(), strict=True) if keep]


def _by_layer(items: Sequence[Item]) -> dict[int, NDArray[np.int64]]:
    layers = np.array([item.layer for item in items], np.int64)
    return {int(layer): np.flatnonzero(layers == layer) for layer in np.unique(layers)}
