"""Features with geometry, whatever the container: GeoJSON (gzip, xz), GeoParquet, shapefiles or GeoPackage in a ZIP.

Geometry comes out in WGS 84, longitude first, valid, polygons only.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import orjson
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from app.errors import DataError
from app.ingest.readers.text_tables import Column, read_bytes
from app.ingest.tables import CRS

_ROUNDED_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Feature:
    """One polygon and the asked attributes, by column id; a missing optional attribute is an empty text."""

    number: int
    cells: dict[str, str]
    geometry: BaseGeometry


def polygons_of(geometry: BaseGeometry) -> BaseGeometry | None:
    """The geometry made valid, its lines and points dropped; None when no polygon is left."""
    valid = geometry if shapely.is_valid(geometry) else shapely.make_valid(geometry)
    parts = [part for part in shapely.get_parts(valid) if part.geom_type in ("Polygon", "MultiPolygon")]
    polygons = [polygon for part in parts for polygon in shapely.get_parts(part)]
    return shapely.multipolygons(polygons) if polygons else None


def is_rounded(geometry: BaseGeometry) -> bool:
    """Whether most coordinates have at most four decimals (about 11 m); a repair adds a few that have more."""
    coordinates = shapely.get_coordinates(geometry)
    rounded = np.all(np.abs(coordinates - np.round(coordinates, _ROUNDED_DECIMALS)) < 1e-9, axis=1)
    return bool(np.mean(rounded) > 0.5)


def _geojson(content: bytes, file: str) -> gpd.GeoDataFrame:
    try:
        features = orjson.loads(content)["features"]
        geometries = shapely.from_geojson([orjson.dumps(feature["geometry"]) for feature in features])
        records = [feature["properties"] for feature in features]
    except (orjson.JSONDecodeError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        raise DataError(f"{file} is not a GeoJSON feature collection: {error}.") from error
    return gpd.GeoDataFrame(records, geometry=list(geometries), crs=CRS)


def _ogr(source: str, file: str) -> gpd.GeoDataFrame:
    try:  # GDAL reads a shapefile without a .cpg as ISO-8859-1, as the older archives are
        return pyogrio.read_dataframe(source)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise DataError(f"{file}: {source.rsplit('/', 1)[-1]} cannot be read: {error}.") from error


def members_to_read(names: Sequence[str]) -> list[str]:
    """Of the copies of one layer that an official archive holds, the best: one WGS 84 file, else every shapefile."""
    for pattern in (r"WGS84.*\.geojson$", r"\.geojson$", r"OUTRE_?MER_WGS84.*\.shp$", r"\.gpkg$"):
        if found := [name for name in names if re.search(pattern, name, re.IGNORECASE)]:
            return found[:1]
    return [name for name in names if name.lower().endswith(".shp")]


def _archive(path: Path) -> list[gpd.GeoDataFrame]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = members_to_read(archive.namelist())
            if not members:
                raise DataError(f"{path.name} holds no GeoJSON, shapefile or GeoPackage.")
            if members[0].lower().endswith(".geojson"):
                return [_geojson(archive.read(members[0]), f"{path.name}, {members[0]}")]
    except zipfile.BadZipFile as error:
        raise DataError(f"{path.name} is not a ZIP archive that can be read: {error}.") from error
    return [_ogr(f"/vsizip/{path.resolve()}/{member}", path.name) for member in members]


def frames_of(path: Path) -> list[gpd.GeoDataFrame]:
    """The layers of a file, each with its own CRS.

    Raises:
        DataError: the file cannot be read as features.
    """
    name = path.name.lower()
    if name.endswith(".zip"):
        return _archive(path)
    if name.endswith(".parquet"):
        try:
            return [gpd.read_parquet(path)]
        except (ValueError, OSError) as error:
            raise DataError(f"{path.name} is not GeoParquet that can be read: {error}.") from error
    if ".geojson" in name or ".json" in name:
        return [_geojson(read_bytes(path), path.name)]
    return [_ogr(str(path), path.name)]


def _in_wgs84(frame: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    if frame.crs is None:
        raise DataError(f"{file}: the layer has no coordinate reference system.")
    return frame if frame.crs.to_epsg() == 4326 or frame.crs.to_authority() == ("OGC", "CRS84") else frame.to_crs(CRS)


def read_features(path: Path, columns: Sequence[Column]) -> list[Feature]:
    """The features of a file with the asked attributes as text.

    Raises:
        DataError: the file cannot be read, a required column is missing (named), or a feature has no polygon.
    """
    features: list[Feature] = []
    for frame in frames_of(path):
        header = [str(name) for name in frame.columns]
        positions = {column.id: column.find(header) for column in columns}
        if missing := [column.names[0] for column in columns if column.required and positions[column.id] is None]:
            listed = ", ".join(header)[:300]
            raise DataError(f"{path.name}: column {', '.join(missing)} not found. Columns are: {listed}.")
        attributes = {
            id: ["" if value is None or value != value else str(value) for value in frame[header[position]]]
            for id, position in positions.items()
            if position is not None
        }
        blank = [""] * len(frame)
        for number, geometry in enumerate(_in_wgs84(frame, path.name).geometry, 1):
            polygons = None if geometry is None else polygons_of(geometry)
            if polygons is None:
                raise DataError(f"{path.name}, feature {number}: no polygon.")
            cells = {column.id: attributes.get(column.id, blank)[number - 1] for column in columns}
            features.append(Feature(number, cells, polygons))
    return features
