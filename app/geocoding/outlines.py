"""Simplified commune outlines inside a gazetteer: which commune holds a point, and how far its border is."""

from __future__ import annotations

import math
import zlib
from array import array
from collections.abc import Iterable, Sequence

from app.geocoding.streets import DEGREE

Ring = Sequence[tuple[float, float]]


def pack_outline(rings: Iterable[Ring]) -> bytes:
    """Rings (WGS 84 degrees, holes included) as integers of about one metre."""
    values = array("i")
    for ring in rings:
        values.append(len(ring))
        for lon, lat in ring:
            values.append(round(lon * DEGREE))
            values.append(round(lat * DEGREE))
    return zlib.compress(values.tobytes(), 6)


def unpack_outline(packed: bytes) -> list[tuple[array[int], array[int]]]:
    """(longitudes, latitudes) of each ring, in integer degrees."""
    values = array("i", zlib.decompress(packed))
    rings = []
    at = 0
    while at < len(values):
        end = at + 1 + 2 * values[at]
        rings.append((values[at + 1 : end : 2], values[at + 2 : end : 2]))
        at = end
    return rings


def holds(rings: Sequence[tuple[array[int], array[int]]], lon: float, lat: float) -> bool:
    """Whether a point (integer degrees) is inside: even-odd rule over all rings, so holes and islands need no care."""
    inside = False
    for lons, lats in rings:
        for at in range(len(lons) - 1):
            low, high = lats[at], lats[at + 1]
            if (low > lat) != (high > lat):
                crossing = lons[at] + (lat - low) * (lons[at + 1] - lons[at]) / (high - low)
                if lon < crossing:
                    inside = not inside
    return inside


def border_distance_m(rings: Sequence[tuple[array[int], array[int]]], lon: float, lat: float) -> float:
    """Metres from a point (integer degrees) to the nearest edge; flat earth at this latitude, exact enough below 5 km."""
    to_m_lat = 111_195.0 / DEGREE
    to_m_lon = to_m_lat * math.cos(math.radians(lat / DEGREE))
    nearest = math.inf
    for lons, lats in rings:
        for at in range(len(lons) - 1):
            east, north = (lons[at + 1] - lons[at]) * to_m_lon, (lats[at + 1] - lats[at]) * to_m_lat
            to_east, to_north = (lon - lons[at]) * to_m_lon, (lat - lats[at]) * to_m_lat
            length = east * east + north * north
            along = 0.0 if length == 0 else max(0.0, min(1.0, (to_east * east + to_north * north) / length))
            nearest = min(nearest, math.hypot(to_east - along * east, to_north - along * north))
    return nearest
