"""What a bundle holds besides its tables, built from them while the bundle is still staged: the gazetteer of addresses.

This is the one place where derived files of a bundle are made. Each is a file in the staging directory and a dataset
entry with its checksum; nothing is visible before the manifest names it. (The index and the tiles that a service keeps in
its cache directory are not part of a bundle.)
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from app.geocoding.build import build_gazetteer
from app.ingest.manifest import DatasetEntry, sha256_of
from app.ingest.write import Progress

GAZETTEER_FILE = "gazetteer.sqlite"


def write_derived(staging: Path, addresses: Sequence[Path], progress: Progress) -> list[DatasetEntry]:
    """Build the derived files of a staged bundle; the entries of those that were made.

    Without address files there is no gazetteer in the bundle: the service makes one of town halls in its cache.

    Raises:
        DataError: an address file is broken or of another layout.
    """
    if not addresses:
        return []
    progress(GAZETTEER_FILE)
    # beside the staging directory, which a failed build loses: the rows already read are not read again
    work = staging.with_name(staging.name.partition(".building-")[0] + ".addresses")
    path = build_gazetteer(
        staging, staging / GAZETTEER_FILE, addresses, lambda stage, done: progress(f"{stage} {done:,}"), work
    )
    with contextlib.suppress(OSError):
        work.rmdir()
    return [
        DatasetEntry(
            id="addresses",
            file=path.name,
            kind="addresses",
            rows=0,
            sha256=sha256_of(path),
            bytes=path.stat().st_size,
            producer="Base adresse nationale (DINUM, IGN, communes)",
            licence="Licence Ouverte 2.0",
            credits="Adresses : Base adresse nationale.",
        )
    ]
