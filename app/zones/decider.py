"""`decide` for many evidences of one day: what a zoning says is decided once per part of the evidence it looks at."""

from __future__ import annotations

import threading
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.places import city_of_arrondissement, department_of_insee
from app.zones.catalogue import Catalogue
from app.zones.decide import decide_zoning
from app.zones.evidence import Evidence
from app.zones.models import Membership
from app.zones.outlines import Zone
from app.zones.vintages import first_alike
from app.zones.vocabulary import ZONINGS, Kind, ZoningSpec

Key = tuple[object, ...]


class Decider:
    """Numbers the memberships of each zoning; `numbers(evidence)` names one per zoning of the vocabulary, in its order.

    Two evidences share a membership when they agree on everything that `decide_zoning` reads for that zoning: groups of
    communes that every vintage treats alike, departments, zones of its layers. Safe to share between threads.
    """

    def __init__(self, catalogue: Catalogue, on: date, known_on: date) -> None:
        self.on = on
        self.known_on = known_on
        self.memberships: tuple[list[Membership], ...] = tuple([] for _ in ZONINGS)
        self._catalogue = catalogue
        self._number_of: tuple[dict[Key, int], ...] = tuple({} for _ in ZONINGS)
        self._listed: dict[tuple[str, str], tuple[tuple[int, Zone], ...]] = {}
        self._layers = {
            spec.key: frozenset(layer.layer for layer in catalogue.outlines.get(spec.key, ())) for spec in ZONINGS
        }
        self._of_communes: dict[Key, tuple[dict[Key, int], ...]] = {}
        self._columns = catalogue.remember(_treated_alike, lambda: _treated_alike(catalogue))
        self._treated = catalogue.remember(
            (_treated_alike, "by commune"),
            lambda: list(zip(*(column.tolist() for column in self._columns), strict=True)),
        )
        self._listed_codes = catalogue.remember(_listed_codes, lambda: _listed_codes(catalogue))
        self.is_listed = np.array([*(code in self._listed_codes for code in catalogue.communes.codes), False], np.bool_)
        """By row of the commune: whether some list names a zone there. The last is for row -1: no commune."""
        given_to_zones = {key for given in catalogue.zone_classes.values() for key in given}
        self._all = [True] * len(ZONINGS)
        self._by_commune = [spec.kind is not Kind.OUTLINE and spec.key not in given_to_zones for spec in ZONINGS]
        self._lock = threading.RLock()

    def communes_that_decide(self, evidence: Evidence) -> list[int] | None:
        """Rows of its communes, when nothing else of the place counts: it is in or near no zone. None when more does.

        Two such places of one `kind_of`, whose communes have the same numbers in `alike`, have the same memberships.
        """
        if evidence.inside or evidence.near or evidence.ruled_out or evidence.zone_codes != evidence.codes:
            return None
        if not (evidence.has_point or self._listed_codes.isdisjoint(evidence.codes)):
            return None  # without a point, each zone of the commune may be the place's
        return self._rows(evidence)

    def alike(self, positions: tuple[int, ...]) -> NDArray[np.int64]:
        """Per commune of today, a number from 1: equal for communes that these zonings treat alike. One more at the end, 0,
        is for row -1: no commune.
        """

        def number() -> NDArray[np.int64]:
            first, *others = (self._columns[position] for position in positions)
            for column in others:
                first = np.unique(first * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
            return np.append(first + 1, 0)

        return self._catalogue.remember((Decider.alike, positions), number)

    def since(self, positions: tuple[int, ...]) -> date:
        """The first day since which these zonings say of every place what they say on `on`."""
        specs = [ZONINGS[position] for position in positions]
        generations = {date(spec.generation, 1, 1) for spec in specs if isinstance(spec.generation, int)}
        turning = generations.union(self._catalogue.turning_days_of({spec.key for spec in specs}))
        return first_alike(sorted(turning), self.on)

    def numbers(self, evidence: Evidence) -> tuple[int, ...]:
        """The number of each zoning's membership in `memberships`."""
        rows = self._rows(evidence)
        if rows is None:
            return tuple(self._number(position, spec, evidence) for position, spec in enumerate(ZONINGS))
        memo = self._of_communes.get(kind_of(evidence))
        if memo is None:
            memo = self._of_communes.setdefault(kind_of(evidence), tuple({} for _ in ZONINGS))
        shares = self._by_commune if self.communes_that_decide(evidence) is None else self._all
        found = []
        for position, key in enumerate(zip(*(self._treated[row] for row in rows), strict=True)):
            number = memo[position].get(key) if shares[position] else None
            if number is None:
                number = self._number(position, ZONINGS[position], evidence)
                if shares[position]:
                    memo[position][key] = number
            found.append(number)
        return tuple(found)

    def _rows(self, evidence: Evidence) -> list[int] | None:
        """Rows of the communes of a place; None when there is none, or one that is not a commune of today."""
        row_of = self._catalogue.communes.row_of
        rows = [row_of.get(code, -1) for code in evidence.codes]
        return rows if rows and -1 not in rows else None

    def _number(self, position: int, spec: ZoningSpec, evidence: Evidence) -> int:
        key = self._outline_key(spec, evidence) if spec.kind is Kind.OUTLINE else self._class_key(spec, evidence)
        number = self._number_of[position].get(key)
        return self._decide(position, spec, key, evidence) if number is None else number

    def decide(self, evidence: Evidence) -> tuple[Membership, ...]:
        """The same memberships as `decide(catalogue, evidence, on, known_on)`."""
        return self.memberships_of(self.numbers(evidence))

    def memberships_of(self, numbers: tuple[int, ...]) -> tuple[Membership, ...]:
        return tuple(self.memberships[position][number] for position, number in enumerate(numbers))

    def number(self, position: int, evidence: Evidence) -> int:
        """That of one zoning, by its position in the vocabulary."""
        return self._number(position, ZONINGS[position], evidence)

    def _decide(self, position: int, spec: ZoningSpec, key: Key, evidence: Evidence) -> int:
        with self._lock:
            number = self._number_of[position].get(key)
            if number is None:
                membership = decide_zoning(self._catalogue, spec, evidence, self.on, self.known_on)
                number = len(self.memberships[position])
                self.memberships[position].append(membership)
                self._number_of[position][key] = number
            return number

    def _class_key(self, spec: ZoningSpec, evidence: Evidence) -> Key:
        if spec.key not in self._catalogue.classes:
            return (evidence.basis,) if evidence.codes else (evidence.basis, evidence.lost)
        groups = self._catalogue.commune_groups(spec.key).group_of_row
        row_of = self._catalogue.communes.row_of
        places = tuple(int(groups[row_of[code]]) if code in row_of else code for code in evidence.codes)
        key: Key = (places, evidence.basis, evidence.lost)
        if not self._catalogue.zone_classes:
            return key
        if evidence.has_point:
            sure, possible = (
                tuple(pair for pair in pairs if self._gives_class(spec, *pair))
                for pairs in (evidence.inside, evidence.near)
            )
            return (*key, sure, possible, evidence.coarse)
        zones = tuple(
            (layer, zone.code)
            for number in self._catalogue.layers
            for code in evidence.zone_codes
            for layer, zone in self._zones_listed(self._catalogue.layers[number].vintage.zoning, code)
            if layer == number and spec.key in self._catalogue.zone_classes.get(self._zone_key(layer, zone), ())
        )
        return (*key, zones)

    def _gives_class(self, spec: ZoningSpec, layer: int, row: int) -> bool:
        zone = self._catalogue.layers[layer].zones[row]
        return spec.key in self._catalogue.zone_classes.get(self._zone_key(layer, zone), ())

    def _zone_key(self, layer: int, zone: Zone) -> tuple[str, str]:
        return self._catalogue.layers[layer].vintage.zoning, zone.code

    def _outline_key(self, spec: ZoningSpec, evidence: Evidence) -> Key:
        layers = self._layers[spec.key]
        if not layers:
            return (evidence.basis,)
        departments = tuple(sorted({department_of_insee(code) for code in evidence.zone_codes}))
        listed = tuple(
            (layer, zone.code, not zone.has_outline and zone.code not in evidence.ruled_out)
            for code in evidence.zone_codes
            for layer, zone in self._zones_listed(spec.key, code)
        )
        if evidence.has_point:
            missing = tuple(entry for entry in listed if entry[2])
            on_a_list = tuple(sorted({layer for layer, _, _ in listed}))
            inside, near = (tuple(p for p in pairs if p[0] in layers) for pairs in (evidence.inside, evidence.near))
            return (departments, evidence.basis, missing, on_a_list, inside, near, evidence.coarse, evidence.lost)
        return (departments, evidence.basis, listed, evidence.codes if evidence.is_ambiguous else None)

    def _zones_listed(self, key: str, code: str) -> tuple[tuple[int, Zone], ...]:
        known = self._listed.get((key, code))
        if known is None:
            city = city_of_arrondissement(code)
            known = self._listed[key, code] = tuple(
                (layer.layer, zone)
                for layer in self._catalogue.outlines.get(key, ())
                for zone in layer.listed_in(code, city)
            )
        return known


def kind_of(evidence: Evidence) -> tuple[object, ...]:
    """What counts of a place beside its communes and zones."""
    return evidence.basis, evidence.has_point, evidence.coarse, evidence.lost


def _treated_alike(catalogue: Catalogue) -> list[NDArray[np.int64]]:
    """Per zoning, a number for each commune of today: equal where all that counts of it for a point in or near no zone is
    equal: its group among class lists; where outlines decide, its department, the layers that list it, and its zones
    without outline.
    """
    columns: list[NDArray[np.int64]] = []
    for spec in ZONINGS:
        if spec.kind is Kind.OUTLINE and spec.key in catalogue.outlines:
            numbers: dict[object, int] = {}
            listings = _listings(catalogue, spec)
            columns.append(np.array([numbers.setdefault(each, len(numbers)) for each in listings], np.int64))
        elif spec.kind is not Kind.OUTLINE and spec.key in catalogue.classes:
            columns.append(catalogue.commune_groups(spec.key).group_of_row.astype(np.int64))
        else:
            columns.append(np.zeros(len(catalogue.communes), np.int64))
    return columns


def _listings(catalogue: Catalogue, spec: ZoningSpec) -> list[object]:
    communes = catalogue.communes
    found: list[object] = [communes.department_of(row) for row in range(len(communes))]
    for code in catalogue.remember(_listed_codes, lambda: _listed_codes(catalogue)):
        row = communes.row_of.get(code)
        if row is None:
            continue
        city = city_of_arrondissement(code)
        listed = [(layer.layer, zone) for layer in catalogue.outlines[spec.key] for zone in layer.listed_in(code, city)]
        layers = tuple(sorted({layer for layer, _ in listed}))
        missing = tuple((layer, zone.code) for layer, zone in listed if not zone.has_outline)
        found[row] = (communes.department_of(row), layers, missing)
    return found


def _listed_codes(catalogue: Catalogue) -> frozenset[str]:
    """Communes where some list names a zone, with the arrondissements of the cities among them."""
    listed = {code for layer in catalogue.layers.values() for code in layer.zones_of_commune}
    parts = (code for code in catalogue.communes.codes if city_of_arrondissement(code) in listed)
    return frozenset({*listed, *parts})
