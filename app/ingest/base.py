"""Read a bundle back as content: the embedded base from which every build starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import DataError
from app.ingest.content import Confidence, Content, Credit, Vintage, ZoneList
from app.ingest.manifest import read_manifest
from app.ingest.tables import (
    AreaRow,
    ClassRow,
    CommuneRow,
    FormerCommuneRow,
    OutlineRow,
    ZoneClassRow,
    ZoneCommuneRow,
)
from app.zones.models import Reason, Source, State

_Cells = Mapping[str, object]


class _Dataset(BaseModel):
    id: str
    file: str
    precision_m: float | None = None
    producer: str | None = None
    licence: str | None = None
    source_url: str | None = None
    credits: str | None = None


class _Source(BaseModel):
    title: str
    url: str | None
    producer: str | None
    licence: str | None
    legal: tuple[str, ...]


class _VintageEntry(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    valid_from: date
    valid_to: date | None
    published_on: date | None
    observed_on: date | None
    confidence: Confidence
    caveats: tuple[str, ...]
    departments: tuple[str, ...] | None
    source: _Source


class _Zoning(BaseModel):
    zoning: str
    vintages: tuple[_VintageEntry, ...]


class _ZoneList(BaseModel):
    zoning: str
    complete_for_departments: tuple[str, ...] | None


class ManifestFile(BaseModel):
    """The manifest of a bundle, checked."""

    id: str
    data_version: str
    territory: str
    cog_date: date
    datasets: tuple[_Dataset, ...]
    zonings: tuple[_Zoning, ...]
    zone_lists: tuple[_ZoneList, ...]

    def dataset(self, dataset_id: str) -> _Dataset:
        return next(entry for entry in self.datasets if entry.id == dataset_id)


def checked_manifest(directory: Path) -> ManifestFile:
    """The manifest of a bundle directory.

    Raises:
        DataError: it is missing, of another format, or a key is missing or wrong.
    """
    try:
        return ManifestFile.model_validate(read_manifest(directory))
    except ValidationError as error:
        raise DataError(f"{directory / 'manifest.json'}: {error}") from error


def _rows(path: Path) -> list[_Cells]:
    rows: list[_Cells] = pq.read_table(path).to_pylist()
    return rows


def _communes(path: Path) -> list[CommuneRow]:
    geometries = gpd.read_parquet(path).geometry
    columns = [name for name in CommuneRow.__slots__ if name != "geometry"]
    return [
        CommuneRow(**{**cells, "postcodes": tuple(cells["postcodes"])}, geometry=geometry)
        for cells, geometry in zip(pq.read_table(path, columns=columns).to_pylist(), geometries, strict=True)
    ]


def _generation(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdigit() else text


def _class_row(cells: Mapping[str, str | None]) -> ClassRow:
    values = {name: cells[name] for name in ClassRow.__slots__}
    return ClassRow(
        **{  # type: ignore[arg-type]
            **values,
            "state": State(str(cells["state"])),
            "reason": Reason(cells["reason"]) if cells["reason"] else None,
            "generation": _generation(cells["generation"]),
        }
    )


def _outlines(path: Path) -> list[tuple[str, str, OutlineRow]]:
    geometries = gpd.read_parquet(path).geometry
    columns = ["zoning", "vintage", *(name for name in OutlineRow.__slots__ if name != "geometry")]
    return [
        (
            cells["zoning"],
            cells["vintage"],
            OutlineRow(
                cells["code"],
                cells["label"],
                tuple(cells["insee_codes"]),
                cells["precision_m"],
                tuple(cells["arrondissements"]),
                tuple(cells["bbox"]) if cells["bbox"] else None,
                geometry,
            ),
        )
        for cells, geometry in zip(pq.read_table(path, columns=columns).to_pylist(), geometries, strict=True)
    ]


def _grouped(path: Path, kind: type[ZoneCommuneRow] | type[ZoneClassRow]) -> dict[tuple[str, str], list[_Cells]]:
    groups: dict[tuple[str, str], list[_Cells]] = {}
    for cells in _rows(path):
        groups.setdefault((str(cells["zoning"]), str(cells["vintage"])), []).append(
            {name: cells[name] for name in kind.__slots__}
        )
    return groups


def _vintages(directory: Path, manifest: ManifestFile) -> list[Vintage]:
    def path(name: str) -> Path:
        return directory / manifest.dataset(name).file

    classes: dict[tuple[str, str], list[ClassRow]] = {}
    for cells in pq.read_table(path("classes")).to_pylist():
        classes.setdefault((cells["zoning"], cells["vintage"]), []).append(_class_row(cells))
    outlines: dict[tuple[str, str], list[OutlineRow]] = {}
    for zoning_id, vintage_id, row in _outlines(path("outlines")):
        outlines.setdefault((zoning_id, vintage_id), []).append(row)
    communes = _grouped(path("zone_communes"), ZoneCommuneRow)
    zone_classes = _grouped(path("zone_classes"), ZoneClassRow)
    vintages = []
    for zoning in manifest.zonings:
        for entry in zoning.vintages:
            key = (zoning.zoning, entry.id)
            vintages.append(
                Vintage(
                    zoning.zoning,
                    entry.id,
                    entry.valid_from,
                    entry.valid_to,
                    entry.published_on,
                    entry.observed_on,
                    entry.confidence,
                    Source(**entry.source.model_dump()),
                    entry.caveats,
                    entry.departments,
                    classes.get(key, ()),
                    outlines.get(key, ()),
                    [ZoneCommuneRow(**cells) for cells in communes.get(key, ())],  # type: ignore[arg-type]
                    [ZoneClassRow(**cells) for cells in zone_classes.get(key, ())],  # type: ignore[arg-type]
                )
            )
    return vintages


def _former(rows: Sequence[_Cells]) -> list[FormerCommuneRow]:
    return [FormerCommuneRow(**cells) for cells in rows]  # type: ignore[arg-type]


def read_content(directory: Path) -> Content:
    """Everything a bundle holds, as it was before it was written.

    Raises:
        DataError: the bundle has no manifest that can be read.
    """
    manifest = checked_manifest(directory)
    communes = manifest.dataset("communes")
    return Content(
        id=manifest.id,
        territory=manifest.territory,
        cog_date=manifest.cog_date,
        commune_precision_m=communes.precision_m or 0.0,
        communes=_communes(directory / communes.file),
        former_communes=_former(_rows(directory / manifest.dataset("former_communes").file)),
        areas=[AreaRow(**cells) for cells in _rows(directory / manifest.dataset("areas").file)],  # type: ignore[arg-type]
        base_credit=Credit(
            communes.producer or "", communes.licence or "", communes.source_url, communes.credits or ""
        ),
        vintages=_vintages(directory, manifest),
        zone_lists=[ZoneList(entry.zoning, entry.complete_for_departments) for entry in manifest.zone_lists],
    )
