"""Which reader takes which file of a directory: by its name, else by its columns. What nobody takes is listed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.errors import DataError
from app.ingest.readers import codes, zones
from app.ingest.readers.class_lists import CLASS_LAYOUTS, ClassLayout
from app.ingest.readers.text_tables import Column, bears, grids_of, is_table
from app.ingest.sources import ReaderId, Sources

_PEEK_MAX_BYTES = 64 << 20
"""A file under another name than the official one is opened to see its columns only up to this size."""
_PEEK_HEAD_BYTES = 65_536
_ADDRESSES = re.compile(r"(adresses|lieux-dits)-.+\.csv(\.gz)?\Z", re.IGNORECASE)
_IRIS = re.compile(r"contours[-_]?iris.*\.(parquet|zip)\Z", re.IGNORECASE)
_QPV_2024 = re.compile(
    r"(qpv?[-_]?2024|QP2024)(?!.*communes).*\.(zip|geojson|json|parquet)(\.gz|\.xz)?\Z", re.IGNORECASE
)
_QPV_2015 = re.compile(
    r"(qp-politiquedelaville|qpv?[-_]?2015(?!_partiel)).*\.(zip|geojson|parquet)(\.gz|\.xz)?\Z", re.I
)
_QPV_2015_PARTIAL = re.compile(r"qpv_2015_partiel.*\.(geojson|parquet)(\.gz|\.xz)?\Z", re.IGNORECASE)
_QPV_COMMUNES = re.compile(r"qpv_2024_communes.*\.csv(\.gz|\.xz)?\Z", re.IGNORECASE)
_DOCTORS_QPV = re.compile(r"zonage_medecins_qpv.*\.csv(\.gz|\.xz)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Kind:
    reader: ReaderId
    file_name: re.Pattern[str]
    bears: Callable[[Path], bool]


def _never(path: Path) -> bool:
    return False


def _has_columns(path: Path, columns: tuple[Column, ...], sheet: str | None = None) -> bool:
    if not is_table(path):
        return False
    try:
        return bears(grids_of(path, sheet), columns)
    except DataError:
        return False


def _archive_holds(path: Path, member: str) -> bool:
    if path.suffix.lower() != ".zip":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(re.search(member, name, re.IGNORECASE) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _is_qpv(path: Path, member: str, code: bytes) -> bool:
    """An archive with that member, or a GeoJSON whose first features bear such a code."""
    if _archive_holds(path, member):
        return True
    if path.suffix.lower() not in (".geojson", ".json"):
        return False
    with path.open("rb") as file:
        return re.search(rb'"code_qp"\s*:\s*"' + code, file.read(_PEEK_HEAD_BYTES), re.IGNORECASE) is not None


def _class_kind(layout: ClassLayout) -> _Kind:
    return _Kind(layout.id, layout.file_name, partial(_has_columns, columns=layout.columns, sheet=layout.sheet))


_KINDS = (
    _Kind("addresses", _ADDRESSES, _never),
    _Kind("iris", _IRIS, _never),
    _Kind("cog", codes.COG_FILE, partial(_archive_holds, member=r"v_?mvt_?commune_\d{4}\.csv$")),
    _Kind("code-table", codes.CODES_FILE, partial(_has_columns, columns=codes.CODES_COLUMNS)),
    _Kind("doctors-qpv", _DOCTORS_QPV, partial(_has_columns, columns=zones.CLASS_COLUMNS)),
    _Kind("qpv-2024-communes", _QPV_COMMUNES, partial(_has_columns, columns=zones.INDEX_COLUMNS)),
    _Kind("qpv-2015-partial", _QPV_2015_PARTIAL, _never),
    _Kind("qpv-2015", _QPV_2015, partial(_is_qpv, member=r"QP_METROPOLE.*\.shp$", code=rb"QP\d")),
    _Kind("qpv-2024", _QPV_2024, partial(_is_qpv, member=r"QP2024", code=rb"QN\d")),
    *(_class_kind(layout) for layout in CLASS_LAYOUTS.values()),
)
_BEST_SUFFIX_FIRST = (".parquet", ".zip", ".geojson", ".csv", ".xlsx", ".xls")


@dataclass(frozen=True, slots=True)
class Found:
    """What a directory holds: files by reader (several for addresses, one for any other), and what was left aside."""

    files: dict[ReaderId, tuple[Path, ...]]
    ignored: tuple[tuple[Path, str], ...]


def _rank(path: Path) -> tuple[int, str]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    ranks = [position for position, suffix in enumerate(_BEST_SUFFIX_FIRST) if suffix in suffixes]
    return (min(ranks, default=len(_BEST_SUFFIX_FIRST)), path.name)


def _by_name(path: Path) -> ReaderId | None:
    return next((kind.reader for kind in _KINDS if kind.file_name.search(path.name)), None)


def _by_content(path: Path) -> ReaderId | None:
    if path.stat().st_size > _PEEK_MAX_BYTES:
        return None
    return next((kind.reader for kind in _KINDS if kind.bears(path)), None)


def _files_under(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file() and not path.name.startswith("."))


def recognise(directory: Path, sources: Sources) -> Found:
    """Assign the files under a directory to readers; of several copies of one dataset the best is kept.

    Raises:
        DataError: there is no such directory, or nothing in it is recognised.
    """
    if not directory.is_dir():
        raise DataError(f"{directory} is not a directory.")
    candidates: dict[ReaderId, list[tuple[bool, Path]]] = {}
    ignored: list[tuple[Path, str]] = []
    for path in _files_under(directory):
        named = _by_name(path)
        reader = named or _by_content(path)
        if reader is None:
            ignored.append((path, "not a dataset this service reads"))
        else:
            candidates.setdefault(reader, []).append((named is None, path))
    files: dict[ReaderId, tuple[Path, ...]] = {}
    for reader, found in candidates.items():
        if reader == "addresses":
            files[reader] = tuple(path for _, path in found)
            continue
        best, *others = sorted(found, key=lambda candidate: (candidate[0], _rank(candidate[1])))
        files[reader] = (best[1],)
        ignored.extend(
            (path, f"same dataset as {best[1].name}, which is read; leave only one to choose") for _, path in others
        )
    ignored.extend(_superseded(files, sources))
    if not files:
        raise DataError(f"No file in {directory} is a dataset this service reads (see data/sources.yaml).")
    return Found(files, tuple(ignored))


def _superseded(files: dict[ReaderId, tuple[Path, ...]], sources: Sources) -> Iterable[tuple[Path, str]]:
    """Drop from `files` the datasets that a better one present replaces."""
    dropped: list[tuple[Path, str]] = []
    for dataset in sources.datasets:
        if dataset.reader in files:
            for reader in dataset.supersedes:
                dropped.extend((path, f"replaced by {dataset.id}") for path in files.pop(reader, ()))
    return dropped
