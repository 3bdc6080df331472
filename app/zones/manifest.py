"""The manifest of a bundle as the service reads it: files with their proof, vintages with their dates, complete lists."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.errors import DataError
from app.zones.models import Source
from app.zones.vintages import Vintage
from app.zones.vocabulary import ZONINGS

FORMAT = 1
_HUGE = "addresses"
"""All the addresses of France weigh gigabytes: only the size of that file is compared."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One file of the bundle, as its manifest describes it."""

    id: str
    file: str
    kind: str
    rows: int | None
    sha256: str
    bytes: int
    producer: str
    licence: str
    source_url: str | None
    credits: str | None
    crs: str | None
    precision_m: float | None
    valid_from: str | None
    valid_to: str | None


def read_manifest(directory: Path) -> dict[str, object]:
    """The manifest of a bundle.

    Raises:
        DataError: no manifest, not JSON, or a format this version does not read.
    """
    try:
        manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            "No manifest.json in the data directory. Run `zonage data build` or `zonage data use embedded`, or unset "
            "ZONAGE_DATA_DIR."
        ) from None
    except ValueError as error:
        raise DataError("manifest.json is not valid JSON. Build the bundle again.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DataError("This bundle has a format this version does not read. Build it again with `zonage data build`.")
    return manifest


def datasets_of(manifest: dict[str, object]) -> tuple[Dataset, ...]:
    """The files of the bundle."""
    return tuple(_dataset(entry) for entry in _list(manifest, "datasets"))


def check_files(directory: Path, datasets: tuple[Dataset, ...]) -> None:
    """Compare every file with the size and checksum that the manifest gives (about 25 ms embedded).

    Raises:
        DataError: a file is missing, cut, or holds other bytes; names it.
    """
    for dataset in datasets:
        path = directory / dataset.file
        if not path.is_file():
            raise DataError(
                f"{dataset.file} is missing from the bundle. Build the bundle again with `zonage data build`."
            )
        with path.open("rb") as file:
            is_whole = path.stat().st_size == dataset.bytes
            if not is_whole or (
                dataset.kind != _HUGE and hashlib.file_digest(file, "sha256").hexdigest() != dataset.sha256
            ):
                raise DataError(
                    f"{dataset.file} is not the file that manifest.json describes: it was cut or changed. "
                    "Build the bundle again with `zonage data build`."
                )


def complete_departments(manifest: dict[str, object]) -> dict[str, frozenset[str] | None]:
    """Where the list of zones of a zoning is complete: None is everywhere, a missing key nowhere."""
    return {
        str(entry["zoning"]): _departments(entry.get("complete_for_departments"))
        for entry in _list(manifest, "zone_lists")
    }


def _list(manifest: dict[str, object], key: str) -> list[dict[str, object]]:
    value = manifest.get(key, [])
    assert isinstance(value, list)
    return value


def _dataset(entry: dict[str, object]) -> Dataset:
    known = {name: entry.get(name) for name in Dataset.__slots__}
    return Dataset(**known)  # type: ignore[arg-type]


def _departments(value: object) -> frozenset[str] | None:
    return frozenset(value) if isinstance(value, list) else None


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


def vintages_of(manifest: dict[str, object]) -> dict[tuple[str, str], Vintage]:
    known = {spec.key for spec in ZONINGS}
    vintages: dict[tuple[str, str], Vintage] = {}
    for zoning in _list(manifest, "zonings"):
        key = str(zoning["zoning"])
        if key not in known:
            raise DataError("The manifest names a zoning this version does not know. Build the bundle again.")
        for entry in _list(zoning, "vintages"):
            source = entry["source"]
            assert isinstance(source, dict)
            caveats = entry.get("caveats") or ()
            assert isinstance(caveats, list | tuple)
            vintages[key, str(entry["id"])] = Vintage(
                id=str(entry["id"]),
                zoning=key,
                valid_from=_day(entry.get("valid_from")),
                valid_to=_day(entry.get("valid_to")),
                published_on=_day(entry.get("published_on")),
                observed_on=_day(entry.get("observed_on")),
                confidence=str(entry.get("confidence") or "low"),
                caveats=tuple(str(text) for text in caveats),
                departments=_departments(entry.get("departments")),
                source=Source(
                    title=str(source["title"]),
                    url=source.get("url"),
                    producer=source.get("producer"),
                    licence=source.get("licence"),
                    legal=tuple(source.get("legal") or ()),
                ),
            )
    return vintages
