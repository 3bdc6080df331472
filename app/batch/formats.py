"""The formats of tables, and the file names that say them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from app.errors import InvalidInput


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    GEOJSON = "geojson"
    XLSX = "xlsx"
    PARQUET = "parquet"


SUFFIXES = {
    ".csv": Format.CSV, ".tsv": Format.CSV, ".txt": Format.CSV,
    ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON, ".geojsonl": Format.NDJSON,
    ".geojson": Format.GEOJSON, ".json": Format.GEOJSON,
    ".xlsx": Format.XLSX,
    ".parquet": Format.PARQUET, ".geoparquet": Format.PARQUET, ".pq": Format.PARQUET,
}  # fmt: skip


def format_of(path: Path) -> Format:
    """The format a file name says.

    Raises:
        InvalidInput: a suffix that no reader knows.
    """
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise InvalidInput(f"The file name must end with one of: {', '.join(SUFFIXES)}.", field="file")
    return found
