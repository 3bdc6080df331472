"""Distances of many points to communes of chosen classes: what `near` says of one place, for whole columns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.zones.catalogue import Catalogue
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Membership, State
from app.zones.near import REACH_M, communes_in
from app.zones.vocabulary import ZONINGS, ZONINGS_BY_KEY

Degrees = NDArray[np.float64]
ZONING_OF_PROFESSION = {
    "medecin": "doctors",
    "infirmier": "nurses",
    "sage-femme": "midwives",
    "masseur-kinesitherapeute": "physios",
    "orthophoniste": "speech",
    "chirurgien-dentiste": "dentists",
    "pharmacien": "pharmacy",
}
_RADII_M = (0.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 12_000.0, 16_000.0, 24_000.0, 34_000.0)
"""Communes within reach grow with the square of it: a round more costs less than what it leaves out of the next."""
_SLICE = 20_000
ZIP_ZAC = frozenset({"ZIP", "ZAC"})


class Distances:
    """Kilometres from points to the nearest commune of some classes. Thread-safe."""

    def __init__(self, catalogue: Catalogue, known_on: date) -> None:
        self._catalogue = catalogue
        self._known_on = known_on
        self._masks: dict[tuple[str, frozenset[str], date], NDArray[np.bool_]] = {}
        self._lock = threading.RLock()

    def km_to(
        self, zoning: str, codes: frozenset[str], lon: Degrees, lat: Degrees, day: date, reach_m: float = REACH_M
    ) -> Degrees:
        """float64[N] kilometres to the nearest commune of one of these classes that day, 0 inside; NaN beyond the reach."""
        points, point_of_row = np.unique(lon + 1j * lat, return_inverse=True)  # one premises, many rows
        return self._km_to(self._mask(zoning, codes, day), points.real, points.imag, reach_m)[point_of_row]

    def _km_to(self, mask: NDArray[np.bool_], lon: Degrees, lat: Degrees, reach_m: float) -> Degrees:
        distance_m = np.full(len(lon), np.nan)
        if not mask.any():
            return distance_m
        layer = self._catalogue.neighbours(COMMUNE_LAYER)
        waiting = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        for radius_m in (*(each for each in _RADII_M if each < reach_m), reach_m):
            for start in range(0, len(waiting), _SLICE):
                part = waiting[start : start + _SLICE]
                pairs = layer.within_many(lon[part], lat[part], np.full(len(part), radius_m), mask)
                _, first = np.unique(pairs.point, return_index=True)  # the nearest of each point comes first
                distance_m[part[pairs.point[first]]] = pairs.signed_distance_m[first]
            waiting = waiting[np.isnan(distance_m[waiting])]
        km: Degrees = np.maximum(distance_m, 0.0) / 1000.0
        return km

    def _mask(self, zoning: str, codes: frozenset[str], day: date) -> NDArray[np.bool_]:
        with self._lock:
            mask = self._masks.get((zoning, codes, day))
            if mask is None:
                mask, _ = communes_in(self._catalogue, zoning, codes, day, self._known_on)
                self._masks[zoning, codes, day] = mask
            return mask


def better_codes(memberships: Sequence[Membership], profession: object) -> frozenset[str] | None:
    """Classes that aid this profession better than the place's own; empty in the best one, None when that is unknown."""
    zoning = ZONING_OF_PROFESSION.get(str(profession))
    if zoning is None:
        return None
    spec = ZONINGS_BY_KEY[zoning]
    membership = memberships[ZONINGS.index(spec)]
    if membership.state is State.UNKNOWN:
        return None
    ranked = [code for code in spec.codes if code not in spec.outside_codes]
    if membership.state is State.INSIDE and membership.code in ranked:
        return frozenset(ranked[: ranked.index(membership.code)])
    return frozenset(ranked)
