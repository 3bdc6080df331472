"""The closest better zone of each zoning, with its distance and bearing: what a move of a few streets would change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.zones.catalogue import Catalogue
from app.zones.decide import class_of_commune
from app.zones.index.neighbours import Nearest
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Membership, Near, State
from app.zones.vocabulary import ZONINGS, ZONINGS_BY_KEY, Kind, ZoningSpec

REACH_M = 50_000.0
"""Zones further away are not worth naming, and every aid that counts kilometres stops at ten."""


def nearest_better(
    catalogue: Catalogue, lon: float, lat: float, memberships: Sequence[Membership], on: date, known_on: date
) -> list[Near]:
    """For each zoning, the closest zone of a class that aids better than the one the place is in, up to 50 km.

    `lon, lat` are WGS 84 degrees. Zonings with no better class, or no data, are left out.
    """
    found = []
    for spec, membership in zip(ZONINGS, memberships, strict=True):
        if spec.kind is Kind.OUTLINE:
            near = _nearest_zone(catalogue, spec, membership, lon, lat, on)
        else:
            near = _nearest_class(catalogue, spec, membership, lon, lat, on, known_on)
        if near is not None:
            found.append(near)
    return found


def is_in_zip_or_zac(memberships: Sequence[Membership]) -> bool:
    """Whether the place is surely in a ZIP or a ZAC: then no distance needs to be measured."""
    doctors = next(membership for membership in memberships if membership.zoning == "doctors")
    return doctors.state is State.INSIDE and doctors.code in ("ZIP", "ZAC")


def km_to_nearest_zip_zac(catalogue: Catalogue, lon: float, lat: float, on: date, known_on: date) -> float | None:
    """Kilometres to the limit of the nearest ZIP or ZAC commune, 0 inside one; None when none is within 50 km."""
    mask, _ = communes_in(catalogue, "doctors", frozenset({"ZIP", "ZAC"}), on, known_on)
    if not mask.any():
        return None
    found = catalogue.neighbours(COMMUNE_LAYER).nearest(lon, lat, mask, REACH_M)
    return None if found is None else max(found.signed_distance_m, 0.0) / 1000


def _nearest_class(
    catalogue: Catalogue, spec: ZoningSpec, membership: Membership, lon: float, lat: float, on: date, known_on: date
) -> Near | None:
    ranked = [code for code in spec.codes if code not in spec.outside_codes]
    better = ranked[: ranked.index(membership.code)] if membership.code in ranked else ranked
    if not better or membership.state is State.UNKNOWN:
        return None
    mask, class_of_group = communes_in(catalogue, spec.key, frozenset(better), on, known_on)
    if not mask.any():
        return None
    found = catalogue.neighbours(COMMUNE_LAYER).nearest(lon, lat, mask, REACH_M)
    if found is None:
        return None
    code = class_of_group[catalogue.commune_groups(spec.key).group_of_row[found.row]]
    assert code is not None
    name = catalogue.communes.at(found.row).name
    return _near(spec, code, f"{spec.codes[code]} : {name}", found)


def _nearest_zone(
    catalogue: Catalogue, spec: ZoningSpec, membership: Membership, lon: float, lat: float, on: date
) -> Near | None:
    if membership.state is State.INSIDE:
        return None
    layer = next(
        (  # the vintage the membership rests on: districts of overseas are a list of their own, in force later
            layer
            for layer in catalogue.outlines.get(spec.key, [])
            if layer.vintage.id == membership.vintage and layer.validity().holds(on)
        ),
        None,
    )
    if layer is None:
        return None
    found = catalogue.neighbours(layer.layer).nearest(lon, lat, None, REACH_M)
    return None if found is None else _near(spec, layer.zones[found.row].code, layer.zones[found.row].label, found)


def _near(spec: ZoningSpec, code: str, label: str, found: Nearest) -> Near:
    return Near(
        zoning=spec.id,
        code=code,
        label=label,
        signed_distance_m=round(found.signed_distance_m, 1),
        bearing_deg=round(found.bearing_deg, 1),
        lon=round(found.lon, 7),
        lat=round(found.lat, 7),
        generation=spec.generation,
    )


def communes_in(
    catalogue: Catalogue, key: str, codes: frozenset[str], on: date, known_on: date
) -> tuple[NDArray[np.bool_], list[str | None]]:
    """Communes whose class is surely one of `codes` that day (boolean per row), and the class of each group of them."""
    return catalogue.remember((key, codes, on, known_on), lambda: _communes_in(catalogue, key, codes, on, known_on))


def _communes_in(
    catalogue: Catalogue, key: str, codes: frozenset[str], on: date, known_on: date
) -> tuple[NDArray[np.bool_], list[str | None]]:
    groups = catalogue.commune_groups(key)
    spec = ZONINGS_BY_KEY[key]
    verdicts = [class_of_commune(catalogue, spec, commune, on, known_on) for commune in groups.codes]
    class_of_group = [v.code if v.state is State.INSIDE and v.code in codes else None for v in verdicts]
    mask = np.array([code is not None for code in class_of_group], np.bool_)[groups.group_of_row]
    return mask, class_of_group
