"""Write a bundle's tables and manifest so that a kill at any instant leaves the bundle that was there intact."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.ingest import tables
from app.ingest.content import Content, Vintage
from app.ingest.manifest import FILE_NAME, DatasetEntry, manifest_bytes, sha256_of

Progress = Callable[[str], None]
"""Told the name of each step as it starts."""


_RENAMED = re.compile(r"\A\w+\.[0-9a-f]{12}\.(parquet|sqlite)\Z")


@dataclass(frozen=True, slots=True)
class _Table:
    id: str
    write: Callable[[Path], int]
    crs: str | None = None
    precision_m: float | None = None
    is_base: bool = False


def _keyed(vintages: Sequence[Vintage], attribute: str, schema: tables.Schema) -> tables.Table:
    """The rows of every vintage in one table, each preceded by its zoning and vintage."""
    return tables.concat(
        schema,
        [
            tables.table_of(getattr(vintage, attribute), schema, zoning=vintage.zoning, vintage=vintage.id)
            for vintage in vintages
        ],
    )


def _outlines(vintages: Sequence[Vintage], path: Path) -> int:
    geometries = [row.geometry for vintage in vintages for row in vintage.outlines]
    return tables.write_geotable(_keyed(vintages, "outlines", tables.OUTLINE_SCHEMA), geometries, path)


def _tables(content: Content) -> list[_Table]:
    vintages = content.vintages
    precisions = [row.precision_m for vintage in vintages for row in vintage.outlines if row.geometry is not None]

    def keyed(id: str, schema: tables.Schema) -> _Table:
        return _Table(id, lambda path: tables.write_table(_keyed(vintages, id, schema), path))

    return [
        _Table(
            "communes",
            lambda path: tables.write_geotable(
                tables.table_of(content.communes, tables.COMMUNE_SCHEMA),
                [row.geometry for row in content.communes],
                path,
            ),
            tables.CRS,
            content.commune_precision_m,
            is_base=True,
        ),
        _Table(
            "former_communes",
            lambda path: tables.write_table(tables.table_of(content.former_communes, tables.FORMER_SCHEMA), path),
            is_base=True,
        ),
        _Table(
            "areas",
            lambda path: tables.write_table(tables.table_of(content.areas, tables.AREA_SCHEMA), path),
            is_base=True,
        ),
        keyed("classes", tables.CLASS_SCHEMA),
        _Table("outlines", lambda path: _outlines(vintages, path), tables.CRS, max(precisions, default=None)),
        keyed("zone_communes", tables.ZONE_COMMUNE_SCHEMA),
        keyed("zone_classes", tables.ZONE_CLASS_SCHEMA),
    ]


def _entry(table: _Table, path: Path, rows: int, content: Content) -> DatasetEntry:
    credit = content.base_credit
    return DatasetEntry(
        id=table.id,
        file=path.name,
        kind=table.id,
        rows=rows,
        sha256=sha256_of(path),
        bytes=path.stat().st_size,
        crs=table.crs,
        precision_m=table.precision_m,
        valid_from=content.cog_date if table.is_base else None,
        producer=credit.producer if table.is_base else "see zonings[].vintages[].source",
        licence=credit.licence,
        source_url=credit.source_url if table.is_base else None,
        credits=credit.credits if table.is_base else None,
    )


def write_tables(content: Content, directory: Path, progress: Progress) -> list[DatasetEntry]:
    """Write every table into a directory that no bundle uses yet, each flushed to disk."""
    entries = []
    for table in _tables(content):
        progress(f"{table.id}.parquet")
        path = directory / f"{table.id}.parquet"
        rows = table.write(path)
        _flush(path)
        entries.append(_entry(table, path, rows, content))
    return entries


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files_of(manifest_path: Path) -> set[str]:
    """The files that the bundle in place names; none when there is no readable bundle."""
    try:
        document = orjson.loads(manifest_path.read_bytes())
        return {str(entry["file"]) for entry in document["datasets"]}
    except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError):
        return set()


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def staging_directory(target: Path) -> Path:
    """A fresh directory beside the target, on the same file system: what is in it can be renamed into place.

    Its name bears the process: what a killed build left behind is removed by the next one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.building-"
    for left in target.parent.glob(f"{prefix}*"):
        owner = left.name.removeprefix(prefix).split("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=target.parent))


def put_in_place(staging: Path, target: Path, content: Content, entries: Sequence[DatasetEntry]) -> None:
    """Move the staged files into `target`, then name them all at once by renaming the manifest.

    `target` may hold other files. A file of the bundle in service is never overwritten: where a name is taken by
    other bytes, the new file bears its checksum in its name, and the old one is removed after the manifest changed.
    """
    target.mkdir(parents=True, exist_ok=True)
    old_files = _files_of(target / FILE_NAME)
    placed = []
    for entry in entries:
        name = entry.file
        taken = target / name
        if taken.exists() and sha256_of(taken) != entry.sha256:
            name = f"{Path(entry.file).stem}.{entry.sha256[:12]}{Path(entry.file).suffix}"
        os.replace(staging / entry.file, target / name)
        placed.append(entry if name == entry.file else entry.renamed(name))
    _flush(target)
    manifest = staging / FILE_NAME
    manifest.write_bytes(manifest_bytes(content, placed))
    _flush(manifest)
    os.replace(manifest, target / FILE_NAME)
    _flush(target)
    named = {entry.file for entry in placed}
    orphans = {path.name for path in target.iterdir() if _RENAMED.search(path.name)}  # of builds that were killed
    for name in (old_files | orphans) - named:
        (target / name).unlink(missing_ok=True)


def write_bundle(content: Content, target: Path, progress: Progress = lambda step: None) -> None:
    """Write a whole bundle; until the very last rename, whatever bundle `target` held stays in service."""
    staging = staging_directory(target)
    try:
        entries = write_tables(content, staging, progress)
        put_in_place(staging, target, content, entries)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
