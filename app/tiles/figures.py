"""Figures of a zoning on a day: how many communes or zones, how large, how many inhabitants, by class and department."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray

from app.places import ARRONDISSEMENT_CITIES, TERRITORIES, Territory, department_of_insee, project, territory_of_insee
from app.tiles.ground import Ground
from app.tiles.paint import Mark, paint_on, zones_in_force
from app.tiles.rings import Shapes
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import State
from app.zones.vocabulary import ZONINGS_BY_KEY, Kind, ZoningSpec


@dataclass(slots=True)
class Figures:
    """One line: what one class counts in one department. None is "no source says", never zero."""

    department: str | None
    state: str
    code: str | None
    label: str
    count: int = 0
    count_without_outline: int = 0
    area_km2: float | None = None
    population: int | None = None
    count_without_population: int | None = None


def figures_of(ground: Ground, key: str, on: date, known_on: date) -> list[Figures]:
    """Lines of a zoning with data, by department then class. Areas are those of the (simplified) outlines installed."""
    spec = ZONINGS_BY_KEY[key]
    found = (
        _of_zones(ground, spec, on, known_on) if spec.kind is Kind.OUTLINE else _of_communes(ground, spec, on, known_on)
    )
    for line in found:
        line.area_km2 = None if line.area_km2 is None else round(line.area_km2, 3)
    return sorted(found, key=lambda line: (line.department or "", line.state, line.code or ""))


def _of_communes(ground: Ground, spec: ZoningSpec, on: date, known_on: date) -> list[Figures]:
    paint = paint_on(ground.catalogue, spec, on, known_on)
    assert paint.mark_of_commune is not None
    communes = ground.catalogue.communes
    areas = commune_areas_km2(ground)
    lines: dict[tuple[str, State, str | None], Figures] = {}
    numbers = paint.mark_of_commune.tolist()
    for row, commune in enumerate(communes.many(range(len(numbers)))):
        mark = paint.marks[numbers[row]]
        if commune.insee_code in ARRONDISSEMENT_CITIES:
            continue
        key = (commune.department, mark.state, mark.code)
        line = lines.setdefault(key, _line(commune.department, mark))
        line.population, line.count_without_population = line.population or 0, line.count_without_population or 0
        line.count += 1
        line.count_without_outline += not commune.has_outline
        line.count_without_population += commune.population is None
        line.population += commune.population or 0
        if commune.has_outline:
            line.area_km2 = (line.area_km2 or 0.0) + float(areas[row])
    return list(lines.values())


def _of_zones(ground: Ground, spec: ZoningSpec, on: date, known_on: date) -> list[Figures]:
    """Zones by department (or collectivity) of their first commune. No source installed gives the inhabitants of a zone."""
    lines: dict[str | None, Figures] = {}
    communes = ground.catalogue.communes
    for layer, row in zones_in_force(ground.catalogue, spec, on, known_on):
        zone = layer.zones[row]
        insee = next((code for code in zone.insee_codes if code in communes.row_of), None)
        department = department_of_insee(zone.insee_codes[0]) if zone.insee_codes else None
        if insee is not None:
            department = communes.department_of(communes.row_of[insee])
        line = lines.setdefault(department, _line(department, Mark(State.INSIDE, None, spec.label)))
        line.count += 1
        line.count_without_outline += not zone.has_outline
        if zone.has_outline and insee is not None:
            areas = _areas_km2(ground.lonlat(layer.layer, np.array([row])), territory_of_insee(insee))
            line.area_km2 = (line.area_km2 or 0.0) + float(areas[0])
    return list(lines.values())


def commune_areas_km2(ground: Ground) -> NDArray[np.float64]:
    """Area of each commune of the catalogue in its territory's own projection, km²; zero without outline."""

    def make() -> NDArray[np.float64]:
        communes = ground.catalogue.communes
        territories = [territory_of_insee(code).id for code in communes.codes]
        areas = np.zeros(len(communes))
        for territory in TERRITORIES:
            rows = np.flatnonzero(np.array(territories) == territory.id)
            if len(rows):
                areas[rows] = _areas_km2(ground.lonlat(COMMUNE_LAYER, rows), territory)
        return areas

    return ground.keep(("commune areas",), make)


def _areas_km2(shapes: Shapes, territory: Territory) -> NDArray[np.float64]:
    areas = np.zeros(len(shapes))
    known = ~shapely.is_missing(shapes)

    def to_metres(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(project(territory, lonlat[:, 0], lonlat[:, 1]))

    if known.any():
        areas[known] = shapely.area(shapely.transform(shapes[known], to_metres)) / 1e6
    return areas


def _line(department: str | None, mark: Mark) -> Figures:
    return Figures(department, mark.state.value, mark.code, mark.label)
