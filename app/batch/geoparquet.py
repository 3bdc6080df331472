"""Points of a GeoParquet file as lon and lat columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from app.batch.columns import find_columns
from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class GeometryPoints:
    """Adds `lon` and `lat` (WGS 84 degrees) read from the points of `column`, or nothing when it is None."""

    column: str | None

    def schema(self, given: pa.Schema) -> pa.Schema:
        if self.column is None:
            return given
        fields = [*given, pa.field("lon", pa.float64()), pa.field("lat", pa.float64())]
        return pa.schema(fields, metadata=given.metadata)

    def add(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """The batch with its points; a geometry that is no point, or broken, gives null."""
        if self.column is None:
            return batch
        import shapely

        shapes = shapely.from_wkb(batch.column(self.column).to_numpy(zero_copy_only=False), on_invalid="ignore")
        is_point = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes)
        coordinates = [
            np.where(is_point, get(np.where(is_point, shapes, None)), np.nan) for get in (shapely.get_x, shapely.get_y)
        ]
        added = [pa.array(values, mask=~np.isfinite(values)) for values in coordinates]
        return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)


def points_of(schema: pa.Schema) -> GeometryPoints:
    """How to read points from a schema that names no place by columns but has a GeoParquet geometry.

    Raises:
        InvalidInput: a geometry in another CRS than WGS 84 longitude, latitude, or not as WKB.
    """
    geo = (schema.metadata or {}).get(b"geo")
    if geo is None or "lon" in schema.names or "lat" in schema.names:
        return GeometryPoints(None)
    try:
        columns = find_columns(schema)
        if columns.lon is not None and columns.lat is not None:
            return GeometryPoints(None)
    except InvalidInput:
        pass
    try:
        described = orjson.loads(geo)
        name = str(described["primary_column"])
        column = described["columns"][name]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InvalidInput("The geo metadata of the Parquet file cannot be read.", field="file") from None
    if name not in schema.names or column.get("encoding") != "WKB":
        raise InvalidInput("The geometry must be WKB: give lon and lat columns instead.", field="file")
    if not _is_wgs84(column):
        raise InvalidInput("The geometry must be in WGS 84 longitude, latitude (OGC:CRS84).", field="file")
    return GeometryPoints(name)


def _is_wgs84(column: dict[str, object]) -> bool:
    """GeoParquet: no `crs` means OGC:CRS84; axis order is lon, lat whatever the CRS says."""
    if "crs" not in column:
        return True
    crs = column["crs"]
    identity = crs.get("id") if isinstance(crs, dict) else None
    return isinstance(identity, dict) and str(identity.get("code")) in ("CRS84", "4326")
