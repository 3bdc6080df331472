"""The sets of tiles on offer: the base map, its parts, and one set per zoning and day or vintage."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from hashlib import blake2b

from app.errors import NotInCatalogue
from app.tiles.encode import Attributes
from app.tiles.features import area_layer, commune_layer, label_layer, mark_attributes, zone_layer
from app.tiles.grid import BASE_SETS, MAX_ZOOM, MIN_ZOOM
from app.tiles.ground import COMMUNES_FROM_ZOOM, Ground
from app.tiles.layers import LabelLayer, Layer, OutlineLayer, every_zoom, label_points
from app.tiles.paint import Paint, paint_of_vintage, paint_on
from app.zones.vocabulary import ZONINGS_BY_KEY, Kind, ZoningSpec

ENCODER_VERSION = 2
"""Part of every digest: raise it when the bytes of a tile change for the same data."""
COMMUNES_TO_ZOOM = 12
ZONES_IN_COMMUNES_FROM_ZOOM = 9
EPCI_ZOOMS = range(5, COMMUNES_FROM_ZOOM)


class TileSet(ABC):
    """One set of tiles. Equal `digest`, equal tiles: it depends on the data, the choice made in it, and the encoder."""

    def __init__(self, name: str, title: str, digest: str, min_zoom: int, max_zoom: int) -> None:
        self.name = name
        self.title = title
        self.digest = digest
        self.min_zoom = min_zoom
        self.max_zoom = max_zoom
        self._layers: dict[int, tuple[Layer, ...]] = {}
        self._lock = threading.Lock()

    def layers(self, zoom: int) -> tuple[Layer, ...]:
        """What is drawn at a zoom; made at the first question."""
        with self._lock:
            if zoom not in self._layers:
                self._layers[zoom] = tuple(self._make(zoom)) if zoom >= self.min_zoom else ()
            return self._layers[zoom]

    @property
    @abstractmethod
    def fields(self) -> dict[str, dict[str, str]]:
        """The layers and the type and meaning of their attributes, as TileJSON describes them."""

    @abstractmethod
    def _make(self, zoom: int) -> Sequence[Layer]: ...


def digest_of(*parts: str) -> str:
    return blake2b("|".join((str(ENCODER_VERSION), *parts)).encode(), digest_size=6).hexdigest()


_AREA_FIELDS = {"code": "String: INSEE code", "name": "String: name"}
_COMMUNE_FIELDS = {"insee_code": "String: INSEE code", "name": "String: name", "department": "String: department code"}
_LABEL_FIELDS = {
    "name": "String: name",
    "code": "String: INSEE code",
    "population": "Number: inhabitants, communes only",
}
_MARK_FIELDS = {
    "state": "String: inside, outside or unknown",
    "code": "String: class code, absent when there is none",
    "label": "String: class in French",
    "reason": "String: why the state is unknown",
    "sub": "String: name of the massif",
}


class BaseSet(TileSet):
    """The base map: `parts` of communes, departments, regions (and EPCI with all three), each with its label points."""

    def __init__(self, ground: Ground, name: str, parts: tuple[str, ...]) -> None:
        self.ground = ground
        self.parts = parts
        first = COMMUNES_FROM_ZOOM if parts == ("communes",) else MIN_ZOOM
        title = "Fond de carte" if len(parts) > 1 else name
        super().__init__(name, title, digest_of(ground.catalogue.data_version, name), first, COMMUNES_TO_ZOOM)

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        fields: dict[str, dict[str, str]] = {}
        for part in self.parts:
            fields[part] = _COMMUNE_FIELDS if part == "communes" else _AREA_FIELDS
            fields[f"{part}_labels"] = _LABEL_FIELDS
        if len(self.parts) > 1:
            fields["epci"] = _AREA_FIELDS
        return fields

    def _make(self, zoom: int) -> Sequence[Layer]:
        layers: list[Layer] = []
        if "communes" in self.parts and zoom >= COMMUNES_FROM_ZOOM:
            layers.append(commune_layer(self.ground, "communes", zoom))
        if len(self.parts) > 1 and zoom in EPCI_ZOOMS:
            layers.append(area_layer(self.ground, "epci", zoom))
        layers += [area_layer(self.ground, part, zoom) for part in ("departments", "regions") if part in self.parts]
        return [*layers, *(label_layer(self.ground, part) for part in self.parts)]


class ClassSet(TileSet):
    """A zoning of communes: classes dissolved by department at low zooms, communes from zoom 7, own classes of zones."""

    def __init__(self, ground: Ground, spec: ZoningSpec, paint: Paint) -> None:
        self.ground = ground
        self.paint = paint
        digest = digest_of(ground.catalogue.data_version, paint.digest)
        super().__init__(spec.key, spec.label, digest, MIN_ZOOM, COMMUNES_TO_ZOOM)

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        fields = {self.name: _COMMUNE_FIELDS | _MARK_FIELDS}
        if self.paint.zones:
            fields[f"{self.name}_zones"] = _MARK_FIELDS | {"zone_code": "String: official code of the zone"}
        return fields

    def _make(self, zoom: int) -> Sequence[Layer]:
        if zoom < COMMUNES_FROM_ZOOM:
            return [self._dissolved(zoom)]
        layers: list[Layer] = [commune_layer(self.ground, self.name, zoom, self._marks)]
        if self.paint.zones and zoom >= ZONES_IN_COMMUNES_FROM_ZOOM:
            layers.append(zone_layer(self.ground, f"{self.name}_zones", self.paint.zones))
        return layers

    @cached_property
    def _mark_numbers(self) -> list[int]:
        """The mark of each drawn commune."""
        assert self.paint.mark_of_commune is not None
        numbers: list[int] = self.paint.mark_of_commune[self.ground.rows].tolist()
        return numbers

    @cached_property
    def _marks(self) -> Attributes:
        return mark_attributes(self.paint.marks, self._mark_numbers)

    def _dissolved(self, zoom: int) -> OutlineLayer:
        """Areas of one class in one department."""
        department_of = self.ground.catalogue.communes.department_of
        pairs = zip(self.ground.rows.tolist(), self._mark_numbers, strict=True)
        areas = self.ground.dissolve([f"{department_of(row)} {number}" for row, number in pairs], zoom)
        parts = [code.split(" ") for code in areas.codes]
        department = Attributes.of(department=[part[0] for part in parts])
        marks = mark_attributes(self.paint.marks, [int(part[1]) for part in parts])
        return OutlineLayer.of(self.name, areas.shapes, (department, marks))


class OutlineSet(TileSet):
    """A zoning of outlines: each zone, and a label point per zone at every zoom, where its outline is too small."""

    def __init__(self, ground: Ground, spec: ZoningSpec, paint: Paint) -> None:
        assert spec.kind is Kind.OUTLINE
        self.ground = ground
        self.paint = paint
        digest = digest_of(ground.catalogue.data_version, paint.digest)
        super().__init__(spec.key, spec.label, digest, MIN_ZOOM, MAX_ZOOM)

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        fields = _MARK_FIELDS | {"zone_code": "String: official code of the zone"}
        return {self.name: fields, f"{self.name}_labels": fields}

    def _make(self, zoom: int) -> Sequence[Layer]:
        if not self.paint.zones:
            return []
        drawn = zone_layer(self.ground, self.name, self.paint.zones)
        zooms = every_zoom(len(drawn.shapes))
        return [drawn, LabelLayer(f"{self.name}_labels", label_points(drawn.shapes), zooms, drawn.attributes)]


def make_tileset(ground: Ground, name: str, on: date, known_on: date) -> TileSet:
    """A set of tiles by its name in routes.

    Raises:
        NotInCatalogue: no such set, no such vintage, or no data installed for this zoning.
    """
    if name == "base":
        return BaseSet(ground, name, BASE_SETS[1:])
    if name in BASE_SETS:
        return BaseSet(ground, name, (name,))
    key, at, vintage_id = name.partition("@")
    spec = ZONINGS_BY_KEY.get(key)
    if spec is None:
        raise NotInCatalogue(
            "No such tiles. Use base, communes, departments, regions or a key of /v1/zonings.", field="zoning"
        )
    catalogue = ground.catalogue
    if key not in catalogue.classes and key not in catalogue.outlines:
        raise NotInCatalogue(
            "No data is installed for this zoning. /v1/zonings says how to install it.", field="zoning"
        )
    paint = paint_of_vintage(catalogue, spec, vintage_id) if at else paint_on(catalogue, spec, on, known_on)
    return OutlineSet(ground, spec, paint) if spec.kind is Kind.OUTLINE else ClassSet(ground, spec, paint)
