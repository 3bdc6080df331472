"""Communes of a bundle as the columns of a gazetteer head: names, aliases, postcodes, points, outlines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import shapely

from app.errors import DataError
from app.geocoding.communes import Box
from app.geocoding.head_draft import NO_OUTLINE_RADIUS_M, Head
from app.geocoding.normalise import commune_words, compact, fold, without_article
from app.geocoding.outlines import Ring
from app.places import LonLat, city_of_arrondissement, department_of_insee, distance_m


@dataclass(slots=True)
class BundleCommunes:
    """Communes of one bundle, ready to be written."""

    head: Head
    vintage: str
    townhalls: dict[int, str]
    _geometries: dict[int, shapely.Geometry]

    def outlines(self) -> dict[int, tuple[list[Ring], Box]]:
        """Rings and box by commune, in WGS 84 degrees."""
        found: dict[int, tuple[list[Ring], Box]] = {}
        for index, geometry in self._geometries.items():
            rings: list[Ring] = []
            for polygon in shapely.get_parts(geometry):
                for ring in (polygon.exterior, *polygon.interiors):
                    rings.append([(float(lon), float(lat)) for lon, lat in shapely.get_coordinates(ring)])
            found[index] = (rings, self.head.box[index] or (0.0, 0.0, 0.0, 0.0))
        return found


def read_bundle(bundle_dir: Path) -> BundleCommunes:
    """Communes, aliases and town halls of a bundle.

    Raises:
        DataError: a table is missing or lacks a column.
    """
    manifest = bundle_dir / "manifest.json"
    document = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    vintage = document.get("id", "")
    files = {entry["kind"]: entry["file"] for entry in document.get("datasets", ())}
    head = Head()
    townhalls: dict[int, str] = {}
    geometries: dict[int, shapely.Geometry] = {}
    rows = _rows(bundle_dir / files.get("communes", "communes.parquet"))
    shapes = shapely.from_wkb([row["geometry"] for row in rows])
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes[~shapely.is_missing(shapes)]))
    boxes = shapely.bounds(shapes)
    drawn = 0
    unplaced: list[dict[str, Any]] = []
    for row, shape, bounds in zip(rows, shapes, boxes, strict=True):
        code = str(row["insee_code"])
        box: Box | None = None
        point: LonLat | None = None
        if shape is not None:
            west, south, east, north = (round(float(value), 5) for value in bounds)
            box = (west, south, east, north)
            point = LonLat(float(inner[drawn][0]), float(inner[drawn][1]))
            drawn += 1
        if row["townhall_lon"] is not None and row["townhall_lat"] is not None:
            point = LonLat(float(row["townhall_lon"]), float(row["townhall_lat"]))
        if point is None:
            unplaced.append(row)
            continue
        parent = city_of_arrondissement(code)
        index = head.add(
            code, str(row["name"]), str(row["kind"]), str(row["department"] or department_of_insee(code)),
            int(row["population"] or 0), row["postcodes"] or [], point, box, parent,
        )  # fmt: skip
        if row["townhall_address"]:
            townhalls[index] = str(row["townhall_address"])
        if shape is not None:
            geometries[index] = shape
    for row in unplaced:
        _add_unplaced(head, row)
    for row in _rows(bundle_dir / files.get("former_communes", "former_communes.parquet")):
        index_today = head.index_of(str(row["commune"]))
        if index_today is None:
            continue
        old = str(row["insee_code"])
        head.former.setdefault(old, index_today)
        if row["name"]:
            head.add_alias(index_today, str(row["name"]), old)
    areas_path = bundle_dir / files.get("areas", "areas.parquet")
    areas = _rows(areas_path) if areas_path.is_file() else []
    regions = {str(row["code"]): str(row["name"]) for row in areas if row["kind"] == "region"}
    for row in areas:
        if row["kind"] == "department":
            code, name = str(row["code"]), str(row["name"])
            head.departments[compact(without_article(commune_words(fold(name))))] = code
            head.contexts[code] = ", ".join(part for part in (code, name, regions.get(str(row["parent"]), "")) if part)
    return BundleCommunes(head, str(vintage), townhalls, geometries)


def _add_unplaced(head: Head, row: dict[str, Any]) -> None:
    """A commune restored lately, without outline or town hall: amid those of its postcodes, with their spread as radius."""
    postcodes = set(row["postcodes"] or ())
    beside = [
        LonLat(head.lon[index], head.lat[index])
        for index, served in enumerate(head.postcodes)
        if postcodes.intersection(served)
    ]
    if not beside:
        return
    point = LonLat(sum(p.lon for p in beside) / len(beside), sum(p.lat for p in beside) / len(beside))
    code = str(row["insee_code"])
    index = head.add(
        code, str(row["name"]), str(row["kind"]), str(row["department"] or department_of_insee(code)),
        int(row["population"] or 0), row["postcodes"], point, None, city_of_arrondissement(code),
    )  # fmt: skip
    head.radius_m[index] = round(max(distance_m(point, other) for other in beside) + NO_OUTLINE_RADIUS_M)


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise DataError(f"{path.name}: missing from the bundle.")
    table = pq.read_table(path)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
