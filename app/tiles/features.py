"""Layers made from the ground: communes, larger areas, zones, names, and the attributes they carry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from app.places import ARRONDISSEMENT_CITIES, Commune
from app.tiles.encode import Attributes
from app.tiles.grid import MAX_ZOOM, MIN_ZOOM
from app.tiles.ground import Areas, Ground
from app.tiles.layers import LabelLayer, OutlineLayer, every_zoom, label_points, numeric_ids
from app.tiles.paint import DrawnZone, Mark

_CITIES_TO_ZOOM = 10
"""Up to this zoom Paris, Lyon and Marseille have one name; beyond, each arrondissement has its own."""
_LABEL_ZOOMS = ((100_000, 6), (40_000, 7), (15_000, 8), (5_000, 9), (1_000, 10), (0, 11))
"""Inhabitants a commune needs for its name to be written from a zoom on."""
_KINDS = {"departments": "department", "regions": "region", "epci": "epci"}


def commune_layer(ground: Ground, name: str, zoom: int, *extra: Attributes) -> OutlineLayer:
    """Every drawn commune with its code, name and department, and `extra` attributes (rows of the ground)."""

    def make() -> tuple[Attributes, list[int] | None]:
        communes = ground.catalogue.communes.many(ground.rows.tolist())
        attributes = Attributes.of(
            insee_code=[commune.insee_code for commune in communes],
            name=[commune.name for commune in communes],
            department=[commune.department for commune in communes],
        )
        return attributes, numeric_ids([commune.insee_code for commune in communes])

    attributes, ids = ground.keep(("commune attributes",), make)
    shapes, bounds = ground.communes_at(zoom)
    return OutlineLayer(name, shapes, bounds, (attributes, *extra), ids)


def area_layer(ground: Ground, name: str, zoom: int) -> OutlineLayer:
    """Departments, regions or EPCI with code and name."""
    areas = ground.areas_at(_KINDS[name], zoom)
    attributes = Attributes.of(code=areas.codes, name=_area_names(ground, name, areas))
    return OutlineLayer.of(name, areas.shapes, (attributes,), numeric_ids(areas.codes))


def zone_layer(ground: Ground, name: str, zones: Sequence[DrawnZone]) -> OutlineLayer:
    """Zones with an outline; the commune they override, if any, is drawn under them by another layer."""
    shapes = np.array([ground.outlines(zone.layer)[zone.row] for zone in zones], np.object_)
    codes = [zone.code for zone in zones]
    attributes = (Attributes.of(zone_code=codes), mark_attributes([zone.mark for zone in zones], range(len(zones))))
    ids = numeric_ids(codes) if len(set(codes)) == len(codes) else None
    return OutlineLayer.of(name, shapes, attributes, ids)


def mark_attributes(marks: Sequence[Mark], mark_of_row: Sequence[int]) -> Attributes:
    """What a class is styled and explained by."""
    records = [
        (mark.state.value, mark.code, mark.label, mark.reason.value if mark.reason else None, mark.sub)
        for mark in marks
    ]
    return Attributes(("state", "code", "label", "reason", "sub"), records, mark_of_row)


def label_layer(ground: Ground, name: str) -> LabelLayer:
    """Where the names of a part of the base map are written: communes by size, areas at every zoom."""
    return ground.keep(
        ("labels", name), lambda: _commune_labels(ground) if name == "communes" else _area_labels(ground, name)
    )


def _area_labels(ground: Ground, name: str) -> LabelLayer:
    areas = ground.areas_at(_KINDS[name], MIN_ZOOM)
    attributes = Attributes.of(name=_area_names(ground, name, areas), code=areas.codes)
    return LabelLayer(f"{name}_labels", label_points(areas.shapes), every_zoom(len(areas.codes)), (attributes,))


def _area_names(ground: Ground, name: str, areas: Areas) -> list[str]:
    names = ground.catalogue.communes.areas
    return [names.get((_KINDS[name], code), code) for code in areas.codes]


def _commune_labels(ground: Ground) -> LabelLayer:
    """Communes and arrondissements of the ground, and the three cities above their arrondissements."""
    table = ground.catalogue.communes
    communes: list[Commune] = [table.at(row) for row in ground.rows.tolist()]
    shapes: list[shapely.Geometry] = list(ground.communes)
    zooms = [
        (_CITIES_TO_ZOOM + 1 if commune.parent in ARRONDISSEMENT_CITIES else _label_zoom(commune), MAX_ZOOM)
        for commune in communes
    ]
    for city in ARRONDISSEMENT_CITIES:
        parts = [shape for shape, commune in zip(ground.communes, communes, strict=False) if commune.parent == city]
        if parts and city in table.row_of:
            communes.append(table.at(table.row_of[city]))
            shapes.append(shapely.union_all(parts))
            zooms.append((_label_zoom(communes[-1]), _CITIES_TO_ZOOM))
    attributes = Attributes.of(
        name=[commune.name for commune in communes],
        code=[commune.insee_code for commune in communes],
        population=[commune.population for commune in communes],
    )
    points = label_points(np.array(shapes, np.object_))
    return LabelLayer("communes_labels", points, np.array(zooms, np.int8), (attributes,))


def _label_zoom(commune: Commune) -> int:
    return next(zoom for inhabitants, zoom in _LABEL_ZOOMS if (commune.population or 0) >= inhabitants)
