"""The bundles on this machine, and the pointer that says which one is in service."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from app.errors import DataError
from app.ingest.base import checked_manifest
from app.ingest.manifest import FILE_NAME, read_manifest
from app.zones.manifest import check_files, datasets_of

POINTER = "current"
"""A file in data/geo whose text is the directory of the bundle in service; without it, the embedded one serves."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle, as its manifest presents it."""

    directory: Path
    id: str
    data_version: str
    territory: str
    in_service: bool


def list_bundles(geo_dir: Path, in_service: Path) -> list[Bundle]:
    """The embedded bundle, those beside it, and the one in service wherever it is; broken ones are left out."""
    candidates = [geo_dir, *sorted(path.parent for path in geo_dir.glob(f"*/{FILE_NAME}")), in_service]
    bundles: dict[Path, Bundle] = {}
    for directory in candidates:
        resolved = directory.resolve()
        if resolved in bundles:
            continue
        try:
            manifest = checked_manifest(directory)
        except DataError:
            continue
        bundles[resolved] = Bundle(
            directory, manifest.id, manifest.data_version, manifest.territory, resolved == in_service.resolve()
        )
    return list(bundles.values())


def choose_bundle(geo_dir: Path, directory: Path | None) -> Path:
    """Write the pointer, in one rename; None goes back to the embedded bundle.

    Raises:
        DataError: the directory is no bundle, or a file of it is missing or changed.
    """
    pointer = geo_dir / POINTER
    if directory is None:
        pointer.unlink(missing_ok=True)
        return geo_dir
    checked_manifest(directory)
    check_files(directory, datasets_of(read_manifest(directory)))
    chosen = directory.resolve()
    draft = geo_dir / f".{POINTER}.{os.getpid()}"
    draft.write_text(f"{chosen}\n", encoding="utf-8")
    os.replace(draft, pointer)
    return chosen
