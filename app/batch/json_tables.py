"""NDJSON and GeoJSON in and out: objects become columns by key, values keep their JSON type where a column has one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import orjson
import pyarrow as pa

from app.batch.chunks import Loaded
from app.batch.limits import MAX_COLUMNS, MAX_GEOJSON_BYTES, MAX_RECORD_BYTES
from app.errors import InvalidInput, ZoningError

"""A GeoJSON file is read whole; larger ones are sent as NDJSON or GeoParquet."""
GEOMETRY = "geometry"
Object = Mapping[str, object]
_LATE_KEY = "A field that the first rows did not have was left out: give every field in the first rows, or use a file."


class Shape:
    """Keys of the objects seen, in order of appearance, and the kind of value each one holds."""

    def __init__(self) -> None:
        self._kinds: dict[str, set[str]] = {}

    def learn(self, given: Object) -> None:
        """
        Raises:
            InvalidInput: more keys than a table has columns.
        """
        for key, value in given.items():
            kinds = self._kinds.get(key)
            if kinds is None:
                if len(self._kinds) >= MAX_COLUMNS:
                    raise InvalidInput(f"The objects have more than {MAX_COLUMNS} different fields.", field="file")
                kinds = self._kinds[key] = set()
            if value is not None:
                kinds.add(_kind(value))

    def schema(self) -> pa.Schema:
        return pa.schema([(name, _column_type(kinds)) for name, kinds in self._kinds.items()])


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(2**63) <= value < 2**63 else "text"
    if isinstance(value, float):
        return "float"
    return "text" if isinstance(value, str) else "nested"


def _column_type(kinds: set[str]) -> pa.DataType:
    if kinds == {"bool"}:
        return pa.bool_()
    if kinds == {"int"}:
        return pa.int64()
    if kinds and kinds <= {"int", "float"}:
        return pa.float64()
    return pa.string()


def read_object(line: bytes) -> Object:
    """One object of a line.

    Raises:
        InvalidInput: not JSON, or not an object.
    """
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise InvalidInput("The row is not valid JSON.", field="row") from None
    if not isinstance(given, dict):
        raise InvalidInput("The row is not a JSON object.", field="row")
    return given


def learn_lines(shape: Shape, lines: Iterable[bytes]) -> None:
    """Keys of every readable line."""
    for line in lines:
        try:
            shape.learn(read_object(line))
        except InvalidInput as error:
            if error.field == "file":
                raise


def load_lines(lines: Sequence[bytes], schema: pa.Schema) -> Loaded:
    """Rows of complete lines; a line that is no object is an empty row with its fault."""
    rows: list[Object] = []
    faults: dict[int, ZoningError] = {}
    for line in lines:
        try:
            rows.append(read_object(line))
        except InvalidInput as error:
            faults[len(rows)] = error
            rows.append({})
    return Loaded(table_of(rows, schema, faults), faults)


def table_of(rows: Sequence[Object], schema: pa.Schema, faults: dict[int, ZoningError]) -> pa.RecordBatch:
    """Objects as columns of a known schema; a value that does not fit its column becomes a fault of its row."""
    known = set(schema.names)
    for position, row in enumerate(rows):
        if not known.issuperset(row):
            faults.setdefault(position, InvalidInput(_LATE_KEY, field="row"))
    columns = [pa.array([_fitted(row.get(f.name), f.type) for row in rows], f.type) for f in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _fitted(value: object, kind: pa.DataType) -> object:
    if value is None or pa.types.is_boolean(kind):
        return value if isinstance(value, bool) else None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


class LineSplitter:
    """Feed bytes, get lists of complete lines of about `block_bytes`; a line that is too long becomes an empty one."""

    def __init__(self, block_bytes: int) -> None:
        self._block_bytes = block_bytes
        self._pending = b""
        self._is_skipping = False

    def feed(self, data: bytes, *, is_last: bool = False) -> list[bytes]:
        """The lines completed by these bytes, once there are enough of them; blank lines are no rows."""
        self._pending += data
        if not is_last and len(self._pending) < self._block_bytes:
            return []
        end = len(self._pending) if is_last else self._pending.rfind(b"\n") + 1
        if end == 0 and len(self._pending) > MAX_RECORD_BYTES:
            lines = [] if self._is_skipping else [b"!"]
            self._pending, self._is_skipping = b"", True
            return lines
        head, self._pending = self._pending[:end], self._pending[end:]
        lines = head.split(b"\n")
        if self._is_skipping and end:
            lines, self._is_skipping = lines[1:], False
        return [b"!" if len(line) > MAX_RECORD_BYTES else line for line in lines if line.strip()]


def json_lines(batch: pa.RecordBatch) -> bytes:
    """One object a line, every column of the table in it; null is missing, NaN never appears."""
    names = batch.schema.names
    columns = [column.to_pylist() for column in batch.columns]
    return b"".join(
        orjson.dumps(dict(zip(names, row, strict=True)), default=_plain, option=orjson.OPT_APPEND_NEWLINE)
        for row in zip(*columns, strict=True)
    )


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def read_features(path: Path) -> list[Object]:
    """Features of a GeoJSON file as flat objects: properties, `lon` and `lat` of points, and `geometry` as it was.

    Raises:
        InvalidInput: too large, not JSON, or not a FeatureCollection.
    """
    if path.stat().st_size > MAX_GEOJSON_BYTES:
        raise InvalidInput(
            f"The GeoJSON file is larger than {MAX_GEOJSON_BYTES} bytes: send GeoParquet or NDJSON.", field="file"
        )
    try:
        content = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise InvalidInput("The file is not valid JSON.", field="file") from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise InvalidInput("The file is not a GeoJSON FeatureCollection.", field="file")
    return [_flat(feature) for feature in features]


def _flat(feature: object) -> Object:
    if not isinstance(feature, Mapping):
        return {GEOMETRY: None}
    properties = feature.get("properties")
    row: dict[str, object] = dict(properties) if isinstance(properties, Mapping) else {}
    geometry = feature.get(GEOMETRY)
    if "id" in feature and "id" not in row:
        row["id"] = feature["id"]
    lon, lat = _point(geometry)
    row.setdefault("lon", lon)
    row.setdefault("lat", lat)
    row[GEOMETRY] = None if geometry is None else orjson.dumps(geometry).decode()
    return row


def _point(geometry: object) -> tuple[float | None, float | None]:
    if isinstance(geometry, Mapping) and geometry.get("type") == "Point":
        position = geometry.get("coordinates")
        if isinstance(position, list) and len(position) >= 2 and all(type(v) in (int, float) for v in position[:2]):
            return float(position[0]), float(position[1])
    return None, None


def feature_lines(batch: pa.RecordBatch) -> bytes:
    """Features, each after `,` and a new line. Geometry: the input's own, else the point given or found."""
    names = [name for name in batch.schema.names if name != GEOMETRY]
    own = batch.column(GEOMETRY).to_pylist() if GEOMETRY in batch.schema.names else [None] * len(batch)
    columns = [batch.column(name).to_pylist() for name in names]
    features = []
    for geometry, row in zip(own, zip(*columns, strict=True), strict=True):
        properties = dict(zip(names, row, strict=True))
        features.append(
            b",\n"
            + orjson.dumps(
                {"type": "Feature", "geometry": _geometry(geometry, properties), "properties": properties},
                default=_plain,
            )
        )
    return b"".join(features)


def _geometry(own: object, properties: Mapping[str, object]) -> object:
    if isinstance(own, str):
        try:
            return orjson.loads(own)
        except orjson.JSONDecodeError:
            return None
    for prefix in ("place_", ""):
        lon, lat = properties.get(f"{prefix}lon"), properties.get(f"{prefix}lat")
        if isinstance(lon, float) and isinstance(lat, float) and math.isfinite(lon) and math.isfinite(lat):
            return {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}
    return None
