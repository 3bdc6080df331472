"""The tables of a bundle: what one row is, its columns, and how it is written (docs/bundle.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
from shapely.geometry.base import BaseGeometry

from app.zones.models import Generation, Reason, State

Schema = pa.Schema
Table = pa.Table

CRS = "OGC:CRS84"
"""WGS 84, longitude first."""

Bbox = tuple[float, float, float, float]
"""west, south, east, north in WGS 84 degrees."""


@dataclass(frozen=True, slots=True)
class CommuneRow:
    """A commune (`COM`) or municipal arrondissement (`ARM`) of the COG in force. `geometry` is WGS 84, lon first."""

    insee_code: str
    kind: str
    name: str
    department: str
    region: str
    epci: str | None
    population: int | None
    postcodes: tuple[str, ...]
    parent: str | None
    townhall_address: str | None
    townhall_lon: float | None
    townhall_lat: float | None
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class FormerCommuneRow:
    """A code that is no longer a commune of its own: delegated (`COMD`), associated (`COMA`), merged or renumbered
    (`OLD`). A delegated commune may bear the code of the living commune it is part of."""

    insee_code: str
    kind: str
    name: str | None
    commune: str


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A region, department or EPCI; `parent` is the region of a department."""

    kind: str
    code: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The class of one commune (or former code) in one vintage. `unknown` always has a `reason`."""

    insee_code: str
    state: State
    code: str | None = None
    reason: Reason | None = None
    generation: Generation | None = None
    coverage: str | None = None
    sub: str | None = None
    boosted: bool = False
    valid_from: date | None = None
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A zone with an outline, or known to exist without one. `precision_m`: how far the true border may lie."""

    code: str
    label: str
    insee_codes: tuple[str, ...]
    precision_m: float
    arrondissements: tuple[str, ...] = ()
    bbox: Bbox | None = None
    geometry: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class ZoneCommuneRow:
    """One zone in one commune or arrondissement of today."""

    code: str
    label: str
    insee_code: str


@dataclass(frozen=True, slots=True)
class ZoneClassRow:
    """A class of a commune zoning given to one zone of an outline zoning, whatever its commune's class."""

    zone_zoning: str
    zone_code: str
    code: str
    state: State


_TEXTS = pa.list_(pa.string())
_KEYS = [("zoning", pa.string()), ("vintage", pa.string())]
FORMER_SCHEMA = pa.schema([(name, pa.string()) for name in ("insee_code", "kind", "name", "commune")])
AREA_SCHEMA = pa.schema([(name, pa.string()) for name in ("kind", "code", "name", "parent")])
CLASS_SCHEMA = pa.schema(
    [
        *_KEYS,
        *((name, pa.string()) for name in ("insee_code", "code", "state", "reason", "generation", "coverage", "sub")),
        ("boosted", pa.bool_()),
        ("valid_from", pa.date32()),
        ("published_on", pa.date32()),
    ]
)
ZONE_COMMUNE_SCHEMA = pa.schema([*_KEYS, *((name, pa.string()) for name in ("code", "label", "insee_code"))])
ZONE_CLASS_SCHEMA = pa.schema(
    [*_KEYS, *((name, pa.string()) for name in ("zone_zoning", "zone_code", "code", "state"))]
)
COMMUNE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("insee_code", "kind", "name", "department", "region", "epci")),
        ("population", pa.int32()),
        ("postcodes", _TEXTS),
        ("parent", pa.string()),
        ("townhall_address", pa.string()),
        ("townhall_lon", pa.float64()),
        ("townhall_lat", pa.float64()),
    ]
)
OUTLINE_SCHEMA = pa.schema(
    [
        *_KEYS,
        ("code", pa.string()),
        ("label", pa.string()),
        ("insee_codes", _TEXTS),
        ("arrondissements", _TEXTS),
        ("precision_m", pa.float64()),
        ("bbox", pa.list_(pa.float64())),
    ]
)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _cell(value: object, column: pa.DataType) -> object:
    if isinstance(value, tuple):
        return list(value)
    return _text(value) if pa.types.is_string(column) else value


def table_of(rows: Iterable[object], schema: pa.Schema, **constants: str) -> pa.Table:
    """One Arrow table: each column is the attribute of that name, `constants` are columns with one value."""
    listed = list(rows)
    arrays = [
        pa.array([constants[field.name]] * len(listed), field.type)
        if field.name in constants
        else pa.array([_cell(getattr(row, field.name), field.type) for row in listed], field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def write_table(table: pa.Table, path: Path) -> int:
    """Write plain Parquet with zstd; the number of rows."""
    pq.write_table(table, path, compression="zstd", compression_level=15)
    return int(table.num_rows)


def write_geotable(table: pa.Table, geometries: Sequence[BaseGeometry | None], path: Path) -> int:
    """Write GeoParquet (WKB, OGC:CRS84, coordinates unchanged) with zstd; the number of rows."""
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    frame = gpd.GeoDataFrame(columns, geometry=list(geometries), crs=CRS)
    for name in ("population",):
        if name in frame:
            frame[name] = frame[name].astype("Int32")
    frame.to_parquet(path, index=False, compression="zstd", compression_level=19, schema_version="1.1.0")
    return len(frame)


def concat(schema: pa.Schema, parts: Sequence[pa.Table]) -> pa.Table:
    """The parts one after the other; an empty table of that schema when there is none."""
    return pa.concat_tables([schema.empty_table(), *parts])
