"""From a place to evidence: which communes and zones it may be in, by code, by point, or by the disc of a doubtful point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.errors import PlaceOutsideFrance
from app.places import LonLat, city_of_arrondissement, distance_m, territory_at
from app.zones.catalogue import Catalogue
from app.zones.evidence import Evidence
from app.zones.index import Hit, Relation
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Basis, Precision, Reason
from app.zones.outlines import Zone

SHORE_M = 250.0
"""A point in no commune but this near to one is on its shore, cut off by simplified outlines, not abroad. Of 9,704 health
establishments the furthest off every outline is 196 m away; the middle of Monaco is 390 m from France."""
HOLE_M = 10_000.0
"""A point in no commune but this near to the town hall of one without outline may be in it."""
TERRITORIES_WITHOUT_COMMUNES = frozenset({"975", "977", "978", "986", "987", "988"})
"""Collectivities of which no bundle holds commune outlines: a point there is in France, its commune unknown."""


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
            return Evidence((code,), Basis.INSEE_CODE, False, (self.catalogue.communes.living(code),))
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
        living = None if code is None else self.catalogue.communes.living(code)
        zone_codes = (living,) if living is not None and (living in point_codes or not point_codes) else point_codes
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
