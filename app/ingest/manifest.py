"""The manifest of a bundle: what it holds, its checksums, and the version every answer carries (docs/bundle.md)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import orjson

from app.errors import DataError
from app.ingest.content import Content, Vintage

FORMAT = 1
FILE_NAME = "manifest.json"
BUILT_WITH = "0.1.0"


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One file of the bundle and its proof. `precision_m` is the greatest error known of its outlines, in metres."""

    id: str
    file: str
    kind: str
    rows: int
    sha256: str
    bytes: int
    crs: str | None = None
    precision_m: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    producer: str | None = None
    licence: str | None = None
    source_url: str | None = None
    credits: str | None = None

    def renamed(self, file: str) -> DatasetEntry:
        return replace(self, file=file)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_version(datasets: list[DatasetEntry], zonings: list[dict[str, object]]) -> str:
    """Twelve hex digits that change when any file, or anything said about a vintage, changes."""
    proof = orjson.dumps(
        [[[entry.file, entry.sha256] for entry in sorted(datasets, key=lambda entry: entry.file)], zonings],
        option=orjson.OPT_SORT_KEYS,
    )
    return hashlib.sha256(proof).hexdigest()[:12]


def _vintage(vintage: Vintage) -> dict[str, object]:
    return {
        "id": vintage.id,
        "table": vintage.table,
        "valid_from": vintage.valid_from,
        "valid_to": vintage.valid_to,
        "published_on": vintage.published_on,
        "observed_on": vintage.observed_on,
        "confidence": vintage.confidence,
        "caveats": list(vintage.caveats),
        "departments": None if vintage.departments is None else list(vintage.departments),
        "rows": len(vintage.classes) or len(vintage.outlines),
        "source": asdict(vintage.source),
    }


def zonings_of(content: Content) -> list[dict[str, object]]:
    """The vintages grouped by zoning, oldest first."""
    keys = list(dict.fromkeys(vintage.zoning for vintage in content.vintages))
    return [
        {
            "zoning": key,
            "vintages": [
                _vintage(vintage)
                for vintage in sorted(content.vintages, key=lambda vintage: (vintage.valid_from, vintage.id))
                if vintage.zoning == key
            ],
        }
        for key in keys
    ]


def manifest_bytes(content: Content, datasets: list[DatasetEntry]) -> bytes:
    """The manifest as JSON, without empty optional keys of datasets."""
    zonings = zonings_of(content)
    document = {
        "format": FORMAT,
        "id": content.id,
        "data_version": data_version(datasets, zonings),
        "built_with": BUILT_WITH,
        "territory": content.territory,
        "cog_date": content.cog_date,
        "datasets": [asdict(entry) for entry in datasets],
        "zonings": zonings,
        "zone_lists": [
            {
                "zoning": zones.zoning,
                "complete_for_departments": None
                if zones.complete_for_departments is None
                else list(zones.complete_for_departments),
            }
            for zones in content.zone_lists
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(directory: Path) -> dict[str, object]:
    """The manifest of a bundle directory.

    Raises:
        DataError: there is none, it is not JSON, or its format is not the one this version reads.
    """
    path = directory / FILE_NAME
    try:
        document = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing: {directory} is not a bundle.") from error
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path} is not JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise DataError(f"{path}: key format must be {FORMAT}.")
    return document
