"""Build a bundle: the embedded base, and whatever official lists, outlines and addresses a directory holds."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.ingest import derived
from app.ingest.base import read_content
from app.ingest.class_vintages import class_vintages
from app.ingest.content import Content
from app.ingest.files import Files
from app.ingest.manifest import FILE_NAME, DatasetEntry, manifest_bytes, read_manifest
from app.ingest.qpv_vintages import qpv_vintages
from app.ingest.readers.codes import CodeHistory, joined, read_code_table, read_cog
from app.ingest.readers.commune_outlines import read_commune_outlines
from app.ingest.recognise import Found, recognise
from app.ingest.reference import Reference
from app.ingest.sources import Sources
from app.ingest.tables import CommuneRow
from app.ingest.write import Progress, put_in_place, staging_directory, write_tables

RESTORED_FILE = "restored_communes.csv"
_NATIONAL_TERRITORY = "France entière (zonages nationaux installés)"
_NOTHING = Found({}, ())


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build wrote, what it took, what it left aside and why, and reserves about the result."""

    directory: Path
    bundle_id: str
    data_version: str
    used: tuple[tuple[Path, str], ...]
    ignored: tuple[tuple[Path, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build starts from: `base_dir` is the embedded bundle, `data_dir` holds the hand-written facts."""

    base_dir: Path
    data_dir: Path
    sources: Sources
    addresses: Sequence[Path] = ()


def _restored(data_dir: Path) -> dict[str, str]:
    """Communes restored from another one since the oldest lists: hand-written facts after the INSEE COG."""
    with (data_dir / RESTORED_FILE).open(encoding="utf-8", newline="") as file:
        return {row["insee_code"]: row["part_of"] for row in csv.DictReader(file)}


def _reference(files: Files, base: Content, data_dir: Path) -> Reference:
    histories: list[CodeHistory] = []
    if (table := files.one("code-table")) is not None:
        histories.append(read_code_table(table))
    if (cog := files.one("cog")) is not None:
        histories.append(read_cog(cog))
    living = (row.insee_code for row in base.communes if row.kind == "COM")
    history = joined(histories, living, cog.name if cog else "COG")
    return Reference(
        base.communes, base.former_communes, history.movements, {**_restored(data_dir), **history.restored_from}
    )


def _with_outlines(
    files: Files, base: Content, reference: Reference
) -> tuple[Sequence[CommuneRow], float, tuple[str, ...]]:
    """Communes with precise outlines where a file gives them; the precision is that of the worst outline."""
    path = files.one("iris")
    if path is None:
        return base.communes, base.commune_precision_m, ()
    outlines = read_commune_outlines(path, reference)
    communes = [
        replace(row, geometry=outlines[row.insee_code]) if row.insee_code in outlines else row for row in base.communes
    ]
    drawn = {*outlines, *(row.parent for row in base.communes if row.parent)}
    left = [row.insee_code for row in base.communes if row.insee_code not in drawn]
    precise_m = files.sources.by_reader("iris").precision_m or base.commune_precision_m
    if not left:
        return communes, precise_m, ()
    note = f"{path.name} draws no outline of {len(left)} communes ({left[0]} first): the simplified one stays there."
    return communes, base.commune_precision_m, (note,)


def build_content(base: Content, files: Files, data_dir: Path) -> tuple[Content, tuple[str, ...]]:
    """The base with what the files give in place of its vintages, zoning by zoning, and reserves about it.

    Raises:
        DataError: a recognised file is broken; names file, column and row.
    """
    reference = _reference(files, base, data_dir)
    communes, precision_m, notes = _with_outlines(files, base, reference)
    zones, lists = qpv_vintages(files, reference, base)
    vintages = [*class_vintages(files, reference), *zones]
    installed = {vintage.zoning for vintage in vintages}
    listed = {zone_list.zoning for zone_list in lists}
    content = replace(
        base,
        id="national-cog2026" if installed else base.id,
        territory=_NATIONAL_TERRITORY if installed else base.territory,
        communes=communes,
        commune_precision_m=precision_m,
        former_communes=reference.former_communes,
        vintages=[*(vintage for vintage in base.vintages if vintage.zoning not in installed), *vintages],
        zone_lists=[*(known for known in base.zone_lists if known.zoning not in listed), *lists],
    )
    kept = sorted({vintage.zoning for vintage in base.vintages} - installed) if installed else []
    if kept:
        notes = (*notes, f"no national list of {', '.join(kept)}: the pilot departments' stays")
    return content, notes


def build(from_dir: Path | None, to_dir: Path, options: BuildOptions, progress: Progress) -> BuildReport:
    """Write a bundle into `to_dir`, from the embedded base and whatever is recognised under `from_dir`.

    `to_dir` may hold other files. Until the very last rename, the bundle that was there stays whole and in service.

    Raises:
        DataError: nothing under `from_dir` is recognised, or a recognised file is broken.
    """
    found = recognise(from_dir, options.sources) if from_dir is not None else _NOTHING
    progress("base")
    content, notes = build_content(
        read_content(options.base_dir), Files(found, options.sources, progress), options.data_dir
    )
    addresses = (*found.files.get("addresses", ()), *options.addresses)
    staging = staging_directory(to_dir)
    try:
        entries: list[DatasetEntry] = write_tables(content, staging, progress)
        (staging / FILE_NAME).write_bytes(manifest_bytes(content, entries))  # derived files are built from a bundle
        entries.extend(derived.write_derived(staging, addresses, progress))
        put_in_place(staging, to_dir, content, entries)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    used = [(path, reader) for reader, paths in found.files.items() for path in paths]
    return BuildReport(
        to_dir, content.id, str(read_manifest(to_dir)["data_version"]), tuple(used), found.ignored, notes
    )
