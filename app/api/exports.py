"""Tables of the bundle in other forms: CSV with formulas neutralised, GeoJSON where there are outlines."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import DataError
from app.zones.catalogue import Catalogue
from app.zones.manifest import Dataset

MEDIA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8; header=present",
    "geojson": "application/geo+json",
}
_BATCH_ROWS = 5_000
_DECIMALS = 7
"""Of a degree: about a centimetre (RFC 7946 § 11.2)."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file ready to send, with its SHA-256 in hexadecimal."""

    path: Path
    sha256: str


def credited(catalogue: Catalogue, dataset: Dataset) -> Dataset:
    """The dataset with its producers named, where the manifest only refers to the vintages it is made of."""
    layers = [layer.vintage for installed in catalogue.outlines.values() for layer in installed]
    vintages = {
        "classes": [listed.vintage for lists in catalogue.classes.values() for listed in lists],
        "outlines": layers,
        "zone_communes": layers,
        "zone_classes": [
            catalogue.vintages[zoning, given.vintage]
            for per_zoning in catalogue.zone_classes.values()
            for zoning, classes in per_zoning.items()
            for given in classes
        ],
    }
    if dataset.kind not in vintages:
        return dataset
    made_of = vintages[dataset.kind] or list(catalogue.vintages.values())  # a table may be empty
    producers = dict.fromkeys(vintage.source.producer for vintage in made_of if vintage.source.producer)
    return replace(dataset, producer=" ; ".join(producers)) if producers else dataset


def formats_of(dataset: Dataset) -> tuple[str, ...]:
    """Forms a dataset is offered in: none for what is not a table, GeoJSON where it has outlines."""
    if not dataset.file.endswith(".parquet"):
        return ()
    return ("parquet", "csv", "geojson") if dataset.crs else ("parquet", "csv")


def export(bundle: Path, dataset: Dataset, form: str, directory: Path) -> Export:
    """The dataset in one form: the bundle's own file for Parquet, else a file made once in `directory`.

    Raises:
        DataError: the table of the bundle is gone.
    """
    source = bundle / dataset.file
    if not source.is_file():
        raise DataError(f"{dataset.id} is missing from the bundle. Run `zonage data verify`.")
    if form == "parquet":
        return Export(source, dataset.sha256)
    path = directory / f"{dataset.id}.{form}"
    checksum = path.with_name(f"{path.name}.sha256")
    if not (path.is_file() and checksum.is_file()):
        chunks = csv_chunks(source) if form == "csv" else geojson_chunks(source, dataset)
        _write(path, checksum, chunks)
    return Export(path, checksum.read_text(encoding="ascii"))


def csv_chunks(source: Path) -> Iterator[bytes]:
    """The table without its outlines; text that a spreadsheet would run as a formula is made inert."""
    from app.batch.csv_tables import csv_header, csv_rows  # heavy: see tests/contracts/test_lean_imports.py

    file = pq.ParquetFile(source)
    names = [name for name in file.schema_arrow.names if name != "geometry"]
    yield csv_header(pa.schema([(name, pa.string()) for name in names]), ",", keeps_formulas=False)
    for batch in file.iter_batches(_BATCH_ROWS, columns=names):
        columns = [_flat(column) for column in batch.columns]
        yield csv_rows(pa.RecordBatch.from_arrays(columns, names=names), ",", keeps_formulas=False)


def _flat(column: pa.Array) -> pa.Array:
    """A column that fits one CSV cell a row: lists become their items separated by spaces (codes hold none)."""
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        rows = [None if items is None else " ".join(str(item) for item in items) for items in column.to_pylist()]
        return pa.array(rows, pa.string())
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def geojson_chunks(source: Path, dataset: Dataset) -> Iterator[bytes]:
    """A FeatureCollection, one feature a line; `null` geometry where no outline is known."""
    import numpy as np
    import shapely

    head = {
        "type": "FeatureCollection", "name": dataset.id, "licence": dataset.licence, "producer": dataset.producer,
        "credits": dataset.credits,
    }  # fmt: skip
    yield orjson.dumps(head)[:-1] + b',"features":[\n'
    first = True
    for batch in pq.ParquetFile(source).iter_batches(_BATCH_ROWS):
        shapes = shapely.from_wkb(batch["geometry"].to_numpy(zero_copy_only=False))
        known = ~shapely.is_missing(shapes)
        if known.any():
            oriented = shapely.orient_polygons(shapes[known])
            shapes[known] = shapely.transform(oriented, lambda lonlat: np.round(lonlat, _DECIMALS))
        lines = [
            b'{"type":"Feature","properties":%b,"geometry":%b}'
            % (orjson.dumps(row), b"null" if text is None else text.encode())
            for row, text in zip(batch.drop_columns(["geometry"]).to_pylist(), shapely.to_geojson(shapes), strict=True)
        ]
        yield (b"" if first else b",\n") + b",\n".join(lines)
        first = False
    yield b"\n]}\n"


def _write(path: Path, checksum: Path, chunks: Iterator[bytes]) -> None:
    """Write a file and its checksum, each whole or not at all; the checksum last, for it says that the file is good."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
        Path(draft).write_text(digest.hexdigest(), encoding="ascii")
        Path(draft).replace(checksum)
    finally:
        Path(draft).unlink(missing_ok=True)
