"""What a bundle holds besides its tables, built from them while the bundle is still staged: the gazetteer of addresses.

This is the one place where derived artefacts of a bundle are made. Each is a file in the staging directory and a dataset
entry with its checksum; nothing is visible before the manifest names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.ingest.content import Content
from app.ingest.manifest import DatasetEntry
from app.ingest.write import Progress


def write_derived(
    staging: Path, content: Content, addresses: Sequence[Path], with_tiles: bool, progress: Progress
) -> list[DatasetEntry]:
    """Build the derived files of a staged bundle; the entries of those that were made."""
    return []
