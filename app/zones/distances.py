"""How far a doubtful place is from the borders that make it doubtful: metres, signed, in the territory's own projection."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.zones.catalogue import Catalogue
from app.zones.decide import class_of_commune
from app.zones.evidence import Evidence
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Basis, Membership, Place, State
from app.zones.vocabulary import ZONINGS, Kind


def with_distances(
    catalogue: Catalogue,
    place: Place,
    evidence: Evidence,
    memberships: tuple[Membership, ...],
    on: date,
    known_on: date,
) -> tuple[Membership, ...]:
    """Add the signed distance to the border, in metres (negative inside), where the place is in a doubtful band."""
    lon, lat = place.lon, place.lat
    if lon is None or lat is None or all(m.state is not State.NEAR_BORDER for m in memberships):
        return memberships

    def distance(layer: int, rows: set[int], reach_m: float) -> float | None:
        found = catalogue.neighbours(layer).within(lon, lat, reach_m)
        return min((signed_m for row, signed_m in found if row in rows), key=abs, default=None)

    measured = []
    for spec, membership in zip(ZONINGS, memberships, strict=True):
        if membership.state is not State.NEAR_BORDER:
            measured.append(membership)
            continue
        signed_m: float | None = None
        if spec.kind is Kind.COMMUNE_CLASS and membership.basis is Basis.OUTLINE:
            first, *others = [(c, class_of_commune(catalogue, spec, c, on, known_on).meaning) for c in evidence.codes]
            rows = {catalogue.communes.row_of[c] for c, meaning in others if meaning != first[1]}
            away_m = distance(COMMUNE_LAYER, rows, place.uncertainty_m + 2 * catalogue.commune_precision_m)
            signed_m = None if away_m is None else -abs(away_m)
        if signed_m is None:
            widest_m = max(
                (zone.precision_m for layer in catalogue.layers.values() for zone in layer.zones), default=0.0
            )
            reach_m = place.uncertainty_m + 2 * widest_m
            layers = {layer for layer, _ in evidence.near}
            candidates = [
                distance(layer, {row for number, row in evidence.near if number == layer}, reach_m)
                for layer in layers
                if spec.kind is Kind.COMMUNE_CLASS or catalogue.layers[layer].vintage.zoning == spec.key
            ]
            signed_m = min((m for m in candidates if m is not None), key=abs, default=None)
        rounded = None if signed_m is None else round(signed_m, 1)
        measured.append(replace(membership, distance_to_border_m=rounded))
    return tuple(measured)
