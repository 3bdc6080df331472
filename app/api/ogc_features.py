"""The collections of OGC API - Features: communes, and each zoning with data, as of a day or over an interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.api.ogc_collections import Collection, Interval, Item, Selection, days_of, vintage_properties
from app.api.words import Json
from app.errors import NotInCatalogue
from app.places import ARRONDISSEMENT_CITIES
from app.tiles.paint import label_of_class, zones_in_force
from app.zones.decide import Verdict, class_of_commune
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Reason
from app.zones.vintages import Vintage
from app.zones.vocabulary import ZONINGS, ZONINGS_BY_KEY, Kind, ZoningSpec

if TYPE_CHECKING:
    from app.tiles.ground import Ground

_NOT_LISTED = (
    Reason.TERRITORY_NOT_COVERED, Reason.NOT_IN_LIST, Reason.NO_DATA_FOR_DATE, Reason.NO_DATA_FOR_KNOWN_ON,
    Reason.NO_DATA_INSTALLED, Reason.ZONING_ENDED,
)  # fmt: skip


class Communes(Collection):
    """Communes and arrondissements of the COG in force, those without outline too."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground, "communes", "Communes", "Communes et arrondissements municipaux du COG en vigueur.")

    def layers(self) -> Sequence[int]:
        return (COMMUNE_LAYER,)

    def vintages(self) -> Sequence[Vintage]:
        return ()

    def items(self, interval: Interval, known_on: date) -> Selection:
        return _CommuneSelection(self)


class _CommuneSelection(Selection):
    def __init__(self, collection: Communes) -> None:
        self._communes = collection.catalogue.communes
        codes = self._communes.codes
        self.items = [Item(codes[row], COMMUNE_LAYER, row) for row in np.argsort(np.array(codes)).tolist()]

    def properties(self, item: Item) -> Json:
        commune = self._communes.at(item.row)
        return {
            "insee_code": commune.insee_code, "kind": commune.kind, "name": commune.name, "department": commune.department,
            "region": commune.region, "epci": commune.epci, "population": commune.population,
            "postcodes": ",".join(commune.postcodes), "parent": commune.parent,
        }  # fmt: skip


class ClassedCommunes(Collection):
    """Communes that a list names, with their class. Arrondissements stand for Paris, Lyon and Marseille."""

    def __init__(self, ground: Ground, spec: ZoningSpec) -> None:
        super().__init__(ground, spec.key, spec.label, f"{spec.label} : classe de chaque commune que la liste nomme.")
        self.spec = spec

    def layers(self) -> Sequence[int]:
        return (COMMUNE_LAYER,)

    def vintages(self) -> Sequence[Vintage]:
        return [listed.vintage for listed in self.catalogue.classes[self.spec.key]]

    def items(self, interval: Interval, known_on: date) -> Selection:
        validities = [
            entry.validity(listed.vintage)
            for listed in self.catalogue.classes[self.spec.key]
            for entry in listed.entries
        ]
        return _ClassSelection(self, days_of(interval, list(dict.fromkeys(validities)), known_on), known_on)


class _ClassSelection(Selection):
    """For each commune the verdict of the latest day on which its list names it."""

    def __init__(self, collection: ClassedCommunes, days: Sequence[date], known_on: date) -> None:
        catalogue, spec = collection.catalogue, collection.spec
        self._communes = catalogue.communes
        self._spec = spec
        groups = catalogue.commune_groups(spec.key)
        verdicts: list[Verdict | None] = [None] * len(groups.codes)
        for day in days:
            for group, code in enumerate(groups.codes):
                if verdicts[group] is None:
                    verdict = class_of_commune(catalogue, spec, code, day, known_on)
                    verdicts[group] = None if verdict.reason in _NOT_LISTED else verdict
        self._verdicts = verdicts
        self._group_of_row: NDArray[np.int32] = groups.group_of_row
        listed = np.array([verdict is not None for verdict in verdicts], np.bool_)
        rows = np.flatnonzero(listed[groups.group_of_row]).tolist()
        codes = self._communes.codes
        self.items = sorted(
            (Item(codes[row], COMMUNE_LAYER, row) for row in rows if codes[row] not in ARRONDISSEMENT_CITIES),
            key=lambda item: item.code,
        )

    def properties(self, item: Item) -> Json:
        verdict = self._verdicts[self._group_of_row[item.row]]
        assert verdict is not None
        commune, entry = self._communes.at(item.row), verdict.entry
        return {
            "insee_code": commune.insee_code, "name": commune.name, "department": commune.department,
            "state": verdict.state.value, "code": verdict.code,
            "label": label_of_class(self._spec, verdict.state, verdict.code),
            "reason": verdict.reason.value if verdict.reason else None,
            "generation": str(entry.generation) if entry and entry.generation else None,
            "sub": entry.sub if entry else None,
            **vintage_properties(verdict.vintage, verdict.validity),
        }  # fmt: skip


class OutlinedZones(Collection):
    """Zones with an official code and mostly an outline; those whose outline is not installed have no geometry."""

    def __init__(self, ground: Ground, spec: ZoningSpec) -> None:
        super().__init__(ground, spec.key, spec.label, f"{spec.label} : contour de chaque zone.")
        self.spec = spec

    def layers(self) -> Sequence[int]:
        return [layer.layer for layer in self.catalogue.outlines[self.spec.key]]

    def vintages(self) -> Sequence[Vintage]:
        return [layer.vintage for layer in self.catalogue.outlines[self.spec.key]]

    def items(self, interval: Interval, known_on: date) -> Selection:
        validities = [layer.validity() for layer in self.catalogue.outlines[self.spec.key]]
        return _ZoneSelection(self, days_of(interval, validities, known_on), known_on)


class _ZoneSelection(Selection):
    def __init__(self, collection: OutlinedZones, days: Sequence[date], known_on: date) -> None:
        self._layers = collection.catalogue.layers
        found: dict[str, Item] = {}
        for day in days:
            for layer, row in zones_in_force(collection.catalogue, collection.spec, day, known_on):
                found.setdefault(layer.zones[row].code, Item(layer.zones[row].code, layer.layer, row))
        self.items = [found[code] for code in sorted(found)]

    def properties(self, item: Item) -> Json:
        layer = self._layers[item.layer]
        zone = layer.zones[item.row]
        return {
            "code": zone.code, "label": zone.label, "insee_codes": ",".join(zone.insee_codes),
            "precision_m": zone.precision_m, **vintage_properties(layer.vintage, layer.validity()),
        }  # fmt: skip


def collections_of(ground: Ground) -> list[Collection]:
    """Every collection: communes, then each zoning with data, in the order of the vocabulary."""
    return [Communes(ground), *(_zoning(ground, spec) for spec in ZONINGS if is_installed(ground, spec))]


def collection_of(ground: Ground, id: str) -> Collection:
    """One collection by its id.

    Raises:
        NotInCatalogue: no such collection, or no data for that zoning.
    """
    return Communes(ground) if id == "communes" else zoning_collection(ground, id)


def zoning_collection(ground: Ground, key: str) -> Collection:
    """The collection of one zoning.

    Raises:
        NotInCatalogue: no such zoning, or no data for it.
    """
    spec = ZONINGS_BY_KEY.get(key)
    if spec is None or not is_installed(ground, spec):
        raise NotInCatalogue("No such zoning or collection with data. /v1/zonings lists them.", field="zoning")
    return _zoning(ground, spec)


def is_installed(ground: Ground, spec: ZoningSpec) -> bool:
    return spec.key in ground.catalogue.classes or spec.key in ground.catalogue.outlines


def _zoning(ground: Ground, spec: ZoningSpec) -> Collection:
    return OutlinedZones(ground, spec) if spec.kind is Kind.OUTLINE else ClassedCommunes(ground, spec)
