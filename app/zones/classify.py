"""Which zones contain a place on a day: geometry gathers the evidence, `decide` turns it into memberships.

`classify_many` answers N points x every zoning; the single `classify` is that function with N = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.errors import PlaceOutsideFrance
from app.places import LonLat, city_of_arrondissement, distance_m, territory_at
from app.zones.catalogue import Catalogue
from app.zones.communes import Resolution
from app.zones.decide import Evidence, class_of_commune, decide
from app.zones.index import Hit, Relation
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Basis, Membership, Place, Precision, Reason, State
from app.zones.outlines import Zone
from app.zones.vocabulary import ZONINGS, Kind

SHORE_M = 1_000.0
"""A point in no commune but this near to one is on its shore or in a gap of simplified outlines, not abroad."""
HOLE_M = 10_000.0
"""A point in no commune but this near to the town hall of one without outline may be in it."""
TERRITORIES_WITHOUT_COMMUNES = frozenset({"975", "977", "978", "986", "987", "988"})
"""Collectivities of which no bundle holds commune outlines: a point there is in France, its commune unknown."""


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer for one place. `resolution` says which commune it is in, and under which former code it was asked."""

    place: Place
    resolution: Resolution | None
    evidence: Evidence
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Classifications:
    """The answers for N places: row i is `answers[number[i]]`, -1 for a row outside France."""

    number: NDArray[np.int32]
    evidences: tuple[Evidence, ...]
    answers: tuple[tuple[Membership, ...], ...]


def classify(catalogue: Catalogue, place: Place, on: date, known_on: date) -> Classification:
    """Say which zones contain `place` on `on`, as the lists were known on `known_on`.

    Coordinates are WGS 84 lon, lat in degrees; distances are metres in the territory's own projection. A point on a
    border is inside. A zoning with no vintage on the date is unknown, never outside.

    Raises:
        PlaceOutsideFrance: the point is in no territory covered by the catalogue.
        InvalidInput, NotInCatalogue: the INSEE code is malformed or was never a commune's.
    """
    resolution = catalogue.communes.resolve(place.insee_code) if place.insee_code else None
    found = classify_many(
        catalogue,
        np.array([np.nan if place.lon is None else place.lon]),
        np.array([np.nan if place.lat is None else place.lat]),
        on,
        known_on,
        codes=[place.insee_code],
        precisions=[place.precision],
        uncertainty_m=np.array([place.uncertainty_m]),
    )
    if found.number[0] < 0:
        territory_at(place.lon or 0.0, place.lat or 0.0)  # swapped axes get their own message
        raise PlaceOutsideFrance("The point is in no French commune: it lies at sea or across the border.", field="lon")
    evidence = found.evidences[0]
    if resolution is None and evidence.codes:
        resolution = catalogue.communes.resolve(evidence.codes[0])
    memberships = _with_distances(catalogue, place, evidence, found.answers[0], on, known_on)
    return Classification(place, resolution, evidence, memberships)


def classify_many(
    catalogue: Catalogue,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    on: date,
    known_on: date,
    *,
    codes: Sequence[str | None] | None = None,
    precisions: Sequence[Precision] | None = None,
    uncertainty_m: NDArray[np.float64] | None = None,
    threads: int = 1,
) -> Classifications:
    """Classify N places: `lon`, `lat` are float64[N] WGS 84 degrees (NaN: no point), `uncertainty_m` float64[N] metres.

    Rows with equal evidence share one answer, decided once. Codes must be known to the catalogue. Distances are left
    out: they belong to single answers.
    """
    locate = Locator(catalogue)
    sets = catalogue.index.lookup_many(lon, lat, threads=threads)
    plain = codes is None and precisions is None and uncertainty_m is None and not locate.has_boxes
    number = np.full(len(lon), -1, np.int32)
    evidences: dict[Evidence, int] = {}
    if plain:
        groups, first = _dense_groups(sets, catalogue.index.set_count)
        numbers = np.full(len(first), -1, np.int32)
        for group, row in enumerate(first):
            if not locate.holds_commune(int(sets[row])):
                numbers[group] = -2  # no commune there: each point is looked at on its own
                continue
            evidence = locate(float(lon[row]), float(lat[row]), int(sets[row]), None, Precision.POINT, 0.0)
            assert evidence is not None
            numbers[group] = evidences.setdefault(evidence, len(evidences))
        number = numbers[groups]
        rows = np.flatnonzero(number == -2)
    else:
        rows = np.arange(len(lon))
    for row in rows.tolist():
        evidence = locate(
            float(lon[row]),
            float(lat[row]),
            int(sets[row]),
            codes[row] if codes is not None else None,
            precisions[row] if precisions is not None else Precision.POINT,
            float(uncertainty_m[row]) if uncertainty_m is not None else 0.0,
        )
        number[row] = -1 if evidence is None else evidences.setdefault(evidence, len(evidences))
    answers: tuple[tuple[Membership, ...], ...]
    if len(evidences) == 1:
        only = next(iter(evidences))
        answers = (catalogue.remember((only, on, known_on), lambda: decide(catalogue, only, on, known_on)),)
    else:
        answers = tuple(decide(catalogue, evidence, on, known_on) for evidence in evidences)
    return Classifications(number, tuple(evidences), answers)


def _dense_groups(values: NDArray[np.int32], size: int) -> tuple[NDArray[np.int32], list[int]]:
    """Number the distinct values of an array of small integers in one pass: (group of each row, first row of each)."""
    first = np.full(size, -1, np.int64)
    first[values[::-1]] = np.arange(len(values) - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    table = np.zeros(size, np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    return table[values], first[present].tolist()


class Locator:
    """Turns a place into evidence. Rows of the commune layer are communes; rows of the others are zones."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        townhalls = (catalogue.communes.at(row).townhall for row in catalogue.communes.rows_without_outline())
        self.holes = tuple(townhall for townhall in townhalls if townhall is not None)
        self.has_boxes = any(
            zone.bbox is not None and not zone.has_outline
            for layer in catalogue.layers.values()
            for zone in layer.zones
        )

    def __call__(
        self,
        lon: float,
        lat: float,
        set_id: int,
        code: str | None,
        precision: Precision,
        uncertainty_m: float,
        disc: Sequence[Hit] | None = None,
        close: Sequence[tuple[int, float]] | None = None,
    ) -> Evidence | None:
        """None when the place is neither in a commune nor named by a code.

        Measured already by callers that have many: `disc`, what its disc touches; `close`, communes within SHORE_M.
        """
        if not np.isfinite(lon) or precision is Precision.MUNICIPALITY:
            if code is None and np.isfinite(lon):
                code = self._containing(set_id)
            if code is None:
                return None
            return Evidence((code,), Basis.INSEE_CODE, False, (code,))
        hits: Sequence[Hit] = disc or ()
        if disc is None:
            hits = self._disc(lon, lat, uncertainty_m) if uncertainty_m > 0 else self.catalogue.index.members(set_id)
        lost: Reason | None = None
        point_codes = self._communes(hits)
        if not point_codes:
            strayed = self._strayed(lon, lat, hits, code, close)
            if strayed is None:
                return None
            point_codes, lost = strayed
        inside = frozenset((hit.layer, hit.row) for hit in hits if hit.layer and hit.relation is Relation.INSIDE)
        near = frozenset((hit.layer, hit.row) for hit in hits if hit.layer and hit.relation is Relation.BAND)
        zone_codes = (code,) if code is not None and (code in point_codes or not point_codes) else point_codes
        return Evidence(
            codes=(code,) if code is not None else point_codes,
            basis=Basis.OUTLINE if code is None else Basis.INSEE_CODE,
            has_point=True,
            zone_codes=zone_codes,
            coarse=precision in (Precision.STREET, Precision.LOCALITY),
            lost=lost,
            inside=tuple(sorted(inside - near)),
            near=tuple(sorted(near)),
            ruled_out=self._ruled_out(lon, lat, uncertainty_m, zone_codes) if self.has_boxes else frozenset(),
        )

    def holds_commune(self, set_id: int) -> bool:
        """Whether a zone set names a commune, so that every point of it has the same evidence."""
        return bool(self._communes(self.catalogue.index.members(set_id)))

    def _containing(self, set_id: int) -> str | None:
        codes = self._communes(self.catalogue.index.members(set_id))
        return codes[0] if codes else None

    def _communes(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """Candidate communes, the one that contains the point first."""
        codes = self.catalogue.communes.codes
        found = [(hit.relation, codes[hit.row]) for hit in hits if hit.layer == COMMUNE_LAYER]
        return tuple(dict.fromkeys(code for _, code in sorted(found)))

    def _disc(self, lon: float, lat: float, uncertainty_m: float) -> list[Hit]:
        """What a disc touches: INSIDE and not BAND means that the whole disc, plus the outline's precision, is inside."""
        hits = []
        for layer in (COMMUNE_LAYER, *self.catalogue.layers):
            zones = () if layer == COMMUNE_LAYER else self.catalogue.layers[layer].zones
            widest_m = max((zone.precision_m for zone in zones), default=self.catalogue.commune_precision_m)
            for row, signed_m in self.catalogue.neighbours(layer).within(lon, lat, uncertainty_m + widest_m):
                precision_m = zones[row].precision_m if zones else self.catalogue.commune_precision_m
                if signed_m <= 0:
                    hits.append(Hit(layer, row, Relation.INSIDE))
                if abs(signed_m) <= uncertainty_m + precision_m:
                    hits.append(Hit(layer, row, Relation.BAND))
        return hits

    def _strayed(
        self,
        lon: float,
        lat: float,
        hits: Sequence[Hit],
        code: str | None,
        within_shore: Sequence[tuple[int, float]] | None = None,
    ) -> tuple[tuple[str, ...], Reason | None] | None:
        """A point in no commune: on a shore, in a hole of the outlines, in a territory without them, or abroad (None)."""
        try:
            territory = territory_at(lon, lat)
        except PlaceOutsideFrance:
            return None
        communes = self.catalogue.communes
        if within_shore is None:
            within_shore = self.catalogue.neighbours(COMMUNE_LAYER).within(lon, lat, SHORE_M)
        close = sorted((abs(signed_m), row) for row, signed_m in within_shore)
        if any(distance_m(LonLat(lon, lat), townhall) <= HOLE_M for townhall in self.holes):
            return (), Reason.NO_OUTLINE
        if close:
            reach_m = close[0][0] + 2 * self.catalogue.commune_precision_m
            return tuple(communes.codes[row] for distance, row in close if distance <= reach_m), None
        if code is not None or hits or territory.id in TERRITORIES_WITHOUT_COMMUNES:
            return (), Reason.TERRITORY_NOT_COVERED
        return None

    def _ruled_out(self, lon: float, lat: float, uncertainty_m: float, codes: tuple[str, ...]) -> frozenset[str]:
        """Zones without outline whose bounding box, widened by its precision, the place does not touch."""
        return frozenset(
            zone.code
            for layer in self.catalogue.layers.values()
            for code in codes
            for zone in layer.listed_in(code, city_of_arrondissement(code))
            if not zone.has_outline and zone.bbox is not None and _off_box(lon, lat, uncertainty_m, zone)
        )


def _off_box(lon: float, lat: float, uncertainty_m: float, zone: Zone) -> bool:
    assert zone.bbox is not None
    west, south, east, north = zone.bbox
    nearest = LonLat(min(max(lon, west), east), min(max(lat, south), north))
    return distance_m(LonLat(lon, lat), nearest) > uncertainty_m + zone.precision_m


def _with_distances(
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
