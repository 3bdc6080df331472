"""Evidence for millions of places: each distinct one is gathered once and numbered, for the life of the table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.places import TERRITORIES, city_of_arrondissement
from app.zones.catalogue import Catalogue
from app.zones.discs import hits_of_discs
from app.zones.evidence import COMMUNE, DOOR, STREET, Evidence
from app.zones.index import Relation
from app.zones.layers import COMMUNE_LAYER
from app.zones.locate import HOLE_M, SHORE_M, TERRITORIES_WITHOUT_COMMUNES, Locator
from app.zones.models import Precision
from app.zones.numbering import KNOWLEDGE, MAX_COMMUNES, EvidenceNumbers

NOT_IN_FRANCE = -1
"""The number of a point that no commune and no territory without communes explains."""
_UNSEEN, _EACH = -2, -3
Numbers = NDArray[np.int32]
Rows = NDArray[np.int64]
Degrees = NDArray[np.float64]


class EvidenceTable:
    """Numbers evidence in order of first appearance. Numbers mean nothing outside this table; answers do not depend on
    them. Safe to share between threads: known places are read without a lock, new ones are added under one.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._numbers = EvidenceNumbers(catalogue.communes.codes, catalogue.communes.row_of)
        self._locate = Locator(catalogue)
        self._of_set: Numbers = np.full(catalogue.index.set_count, _UNSEEN, np.int32)
        self._of_code: dict[str, int] = {}
        boxed = self._codes_with_boxes()
        self._is_boxed = np.array([code in boxed for code in catalogue.communes.codes], np.bool_)
        self._of_set_and_code: dict[tuple[int, str], int] = {}
        self._rank_of_row = np.argsort(np.argsort(np.array(catalogue.communes.codes)))

    def __len__(self) -> int:
        return len(self._numbers)

    def rows_at(self, numbers: Numbers) -> Numbers:
        """`EvidenceNumbers.rows_at`."""
        return self._numbers.rows_at(numbers)

    def known_at(self, numbers: Numbers) -> NDArray[np.int8]:
        """`EvidenceNumbers.known_at`."""
        return self._numbers.known_at(numbers)

    def is_ambiguous(self, number: int) -> bool:
        """`Evidence.is_ambiguous` of a number."""
        return self._numbers.is_ambiguous(number)

    def at(self, number: int) -> Evidence:
        """The evidence of a number."""
        return self._numbers.at(number)

    def of_points(self, lon: Degrees, lat: Degrees, threads: int = 1) -> Numbers:
        """Evidence numbers of exact points, float64[N] WGS 84 degrees; NOT_IN_FRANCE where there is none."""
        sets = self.catalogue.index.lookup_many(lon, lat, threads=threads)
        numbers: Numbers = np.take(self._of_set, sets)
        if len(numbers) == 0 or numbers.min() >= 0:
            return numbers
        self._add_sets(lon, lat, sets, numbers == _UNSEEN)
        numbers = np.take(self._of_set, sets)
        alone = np.flatnonzero(numbers == _EACH)
        numbers[alone] = self._of_strays(lon[alone], lat[alone], sets[alone])
        return numbers

    def _of_strays(self, lon: Degrees, lat: Degrees, sets: Numbers) -> Numbers:
        """Points that are in no commune, or whose exact position counts: each is looked at, distances measured together."""
        numbers = np.full(len(lon), NOT_IN_FRANCE, np.int32)
        if not len(lon):
            return numbers
        pairs = self.catalogue.neighbours(COMMUNE_LAYER).within_many(lon, lat, np.full(len(lon), SHORE_M))
        holding = [set_id for set_id in np.unique(sets).tolist() if self.catalogue.index.touched(set_id)]
        looked_at = np.isin(sets, holding) | self._may_be_in_no_outline(lon, lat)
        close, first = np.unique(pairs.point, return_index=True)
        reach_m = np.full(len(lon), -np.inf)
        reach_m[close] = pairs.signed_distance_m[first] + 2 * self.catalogue.commune_precision_m
        reach_m[looked_at] = -np.inf
        near = (
            pairs.signed_distance_m <= reach_m[pairs.point]
        )  # on a shore: about as near as the nearest, as in `Locator`
        together, rows = self._rows_of(pairs.point[near], pairs.row[near], len(lon))
        numbers[together] = self._numbers.add_rows(rows)
        each = looked_at & ~together
        each[close] |= ~together[close]
        for row in np.flatnonzero(each).tolist():
            start, end = np.searchsorted(pairs.point, (row, row + 1))
            shore = list(zip(pairs.row[start:end].tolist(), pairs.signed_distance_m[start:end].tolist(), strict=True))
            point = float(lon[row]), float(lat[row])
            numbers[row] = self._add(self._locate(*point, int(sets[row]), None, Precision.POINT, 0.0, close=shore))
        return numbers

    def _rows_of(self, place: Rows, commune: Rows | Numbers, size: int) -> tuple[NDArray[np.bool_], Numbers]:
        """Which of `size` places are of one to four communes alone, and int32[n, 4] rows of these, -1 beyond.

        `place` is sorted; a pair gives a commune of it. Where a point is in a commune with boxes counts: such places are not.
        """
        count = np.bincount(place, minlength=size)
        together = (count > 0) & (count <= MAX_COMMUNES)
        together[place[self._is_boxed[commune]]] = False
        rows = np.full((size, MAX_COMMUNES), -1, np.int32)
        rank = np.arange(len(place)) - np.searchsorted(place, place)
        few = together[place]
        rows[place[few], rank[few]] = commune[few]
        return together, rows[together]

    def _may_be_in_no_outline(self, lon: Degrees, lat: Degrees) -> NDArray[np.bool_]:
        """Points near a commune without outline, or in a territory without any: `Locator` decides those."""
        found = np.zeros(len(lon), np.bool_)
        for territory in TERRITORIES:
            if territory.id in TERRITORIES_WITHOUT_COMMUNES:
                within = (lon >= territory.west) & (lon <= territory.east)
                found |= within & (lat >= territory.south) & (lat <= territory.north)
        for townhall in self._locate.holes:
            half_lat = HOLE_M / 100_000.0
            half_lon = half_lat / np.cos(np.radians(min(abs(townhall.lat) + half_lat, 80.0)))
            found |= (np.abs(lon - townhall.lon) <= half_lon) & (np.abs(lat - townhall.lat) <= half_lat)
        return found

    def of_codes(self, codes: Sequence[str]) -> Numbers:
        """Evidence numbers of communes known by INSEE code alone; every code must be known to the catalogue."""
        return np.array([self._of_commune(code) for code in codes], np.int32)

    def of_points_in(self, lon: Degrees, lat: Degrees, codes: Sequence[str], code_of_row: Numbers) -> Numbers:
        """Evidence numbers of exact points whose commune is given: `codes[code_of_row[i]]` decides commune zonings."""
        sets = self.catalogue.index.lookup_many(lon, lat)
        pairs = sets.astype(np.int64) * len(codes) + code_of_row
        _, first, group = np.unique(pairs, return_index=True, return_inverse=True)
        numbers = np.empty(len(first), np.int32)
        for position, row in enumerate(first.tolist()):
            set_id, code = int(sets[row]), codes[code_of_row[row]]
            known = self._of_set_and_code.get((set_id, code))
            if known is None:
                evidence = self._locate(float(lon[row]), float(lat[row]), set_id, code, Precision.POINT, 0.0)
                assert evidence is not None or not self._locate.holds_commune(set_id)
                is_shared = self._locate.holds_commune(set_id) and not self._has_boxes(evidence)
                known = self._add(evidence) if is_shared else _EACH
                self._of_set_and_code[set_id, code] = known
            numbers[position] = known
        result: Numbers = numbers[group]
        for row in np.flatnonzero(result == _EACH).tolist():
            point = float(lon[row]), float(lat[row])
            result[row] = self._add(self._locate(*point, int(sets[row]), codes[code_of_row[row]], Precision.POINT, 0.0))
        return result

    def of_candidates(self, codes: tuple[str, ...]) -> int:
        """The evidence number of an address that names several places, in these communes."""
        return self._add(Evidence.of_candidates(codes))

    def of_places(
        self,
        lon: Degrees,
        lat: Degrees,
        codes: Sequence[str | None],
        precisions: Sequence[Precision],
        uncertainty_m: Degrees,
    ) -> Numbers:
        """Evidence numbers of places found by a geocoder: a disc of `uncertainty_m` metres, a street, a commune."""
        communes = self.catalogue.communes
        coarse = np.array([each in (Precision.STREET, Precision.LOCALITY) for each in precisions], np.bool_)
        whole = np.array([each is Precision.MUNICIPALITY for each in precisions], np.bool_) | ~np.isfinite(lon)
        named = np.array([-1 if code is None else communes.row_of.get(code, -1) for code in codes], np.int64)
        sets = self.catalogue.index.lookup_many(lon, lat)
        radius_m = np.where(whole, 0.0, uncertainty_m)
        discs = hits_of_discs(self.catalogue, self.catalogue.layers, lon, lat, radius_m)
        plain = (named >= 0) & (radius_m > 0) & ~self._is_boxed[named] & self._are_inside(sets, named)
        plain[list(discs)] = False
        numbers = np.empty(len(lon), np.int32)
        for known, chosen in ((DOOR, plain & ~coarse), (STREET, plain & coarse), (COMMUNE, whole & (named >= 0))):
            rows = np.full((int(chosen.sum()), MAX_COMMUNES), -1, np.int32)
            rows[:, 0] = named[chosen]
            numbers[chosen] = self._numbers.add_rows(rows, KNOWLEDGE.index(known))
        others = np.flatnonzero(~plain & ~(whole & (named >= 0)))
        around = hits_of_discs(self.catalogue, [COMMUNE_LAYER], lon[others], lat[others], radius_m[others])
        for position, row in enumerate(others.tolist()):
            disc = [*around.get(position, ()), *discs.get(row, ())] if radius_m[row] > 0 else None
            point, error_m = (float(lon[row]), float(lat[row])), float(uncertainty_m[row])
            numbers[row] = self._add(self._locate(*point, int(sets[row]), codes[row], precisions[row], error_m, disc))
        return numbers

    def _are_inside(self, sets: Numbers, communes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each set of outlines holds its commune, given by row: a point of it is then in that commune."""
        distinct, of_row = np.unique(sets, return_inverse=True)
        touched = self.catalogue.index.touched_many(distinct)
        holds = (touched.layer == COMMUNE_LAYER) & (touched.relation == Relation.INSIDE)
        size = len(self.catalogue.communes)
        held = touched.owner[holds].astype(np.int64) * size + touched.row[holds]
        return np.isin(of_row * size + communes, held)

    def _add_sets(self, lon: Degrees, lat: Degrees, sets: Numbers, chosen: NDArray[np.bool_]) -> None:
        """Learn the sets of some points, in order of appearance: those of communes and no zone together, as `Locator` has
        them, each other one by a point of it.
        """
        rows = np.flatnonzero(chosen)
        distinct, first = np.unique(sets[rows], return_index=True)
        order = np.argsort(first)
        distinct, rows = distinct[order], rows[first[order]]
        touched = self.catalogue.index.touched_many(distinct)
        has_zone = np.zeros(len(distinct), np.bool_)
        has_zone[touched.owner[touched.layer != COMMUNE_LAYER]] = True
        by_owner = np.lexsort((self._rank_of_row[touched.row], touched.relation, touched.owner))
        by_owner = by_owner[~has_zone[touched.owner[by_owner]]]
        owner, commune = touched.owner[by_owner].astype(np.int64), touched.row[by_owner]
        _, kept = np.unique(owner * len(self._rank_of_row) + commune, return_index=True)  # inside counts before near
        kept.sort()
        owner, commune = owner[kept], commune[kept]
        together, alone = self._rows_of(owner, commune, len(distinct))
        self._of_set[distinct[together]] = self._numbers.add_rows(alone)
        for position in np.flatnonzero(~together).tolist():
            self._add_set(float(lon[rows[position]]), float(lat[rows[position]]), int(distinct[position]))

    def _add_set(self, lon: float, lat: float, set_id: int) -> None:
        if not self._locate.holds_commune(set_id):
            self._of_set[set_id] = _EACH
            return
        evidence = self._locate(lon, lat, set_id, None, Precision.POINT, 0.0)
        self._of_set[set_id] = _EACH if self._has_boxes(evidence) else self._add(evidence)

    def _has_boxes(self, evidence: Evidence | None) -> bool:
        """Whether a zone without outline but with a bounding box bears on it: its position then counts, not its set."""
        return self._locate.has_boxes and evidence is not None and self._lists_boxes(evidence.zone_codes)

    def _codes_with_boxes(self) -> frozenset[str]:
        if not self._locate.has_boxes:
            return frozenset()
        listed = {code for layer in self.catalogue.layers.values() for code in layer.zones_of_commune}
        parts = (code for code in self.catalogue.communes.codes if city_of_arrondissement(code) in listed)
        return frozenset(code for code in (*listed, *parts) if self._lists_boxes((code,)))

    def _lists_boxes(self, codes: tuple[str, ...]) -> bool:
        return any(
            not zone.has_outline and zone.bbox is not None
            for layer in self.catalogue.layers.values()
            for code in codes
            for zone in layer.listed_in(code, city_of_arrondissement(code))
        )

    def _of_commune(self, code: str) -> int:
        number = self._of_code.get(code)
        if number is None:
            number = self._of_code[code] = self._add(self._locate(np.nan, np.nan, 0, code, Precision.MUNICIPALITY, 0.0))
        return number

    def _add(self, evidence: Evidence | None) -> int:
        return NOT_IN_FRANCE if evidence is None else self._numbers.add(evidence)
