"""The QPV of the pilot territory: a complete index, few outlines (data/pilot/README.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.errors import DataError
from app.ingest.content import Confidence, Vintage, ZoneList
from app.ingest.pilot import LICENCE
from app.ingest.tables import Bbox, OutlineRow, ZoneCommuneRow
from app.zones.models import Source

INDEX_FILE = "qpv_2024_index.yaml"
_OUTLINE_FILES = {2015: "qpv_2015.geojson", 2024: "qpv_2024.geojson"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Qpv(_Strict):
    code: str = Field(pattern=r"^Q[NP][0-9A-Z]{6}$")
    name: str
    communes: tuple[str, ...] = Field(min_length=1)
    arrondissements: tuple[str, ...] = ()
    bbox: Bbox | None = None
    outline: str = Field(pattern=r"^(installed|missing)$")


class _Generation(_Strict):
    valid_from: date
    valid_to: date | None
    published_on: date | None = None
    legal: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    confidence: Confidence
    complete_for_departements: tuple[str, ...]
    bbox_precision_m: float
    qpv: tuple[_Qpv, ...]


class _Index(_Strict):
    schema_version: int
    generation_2015: _Generation
    generation_2024: _Generation


class _Properties(BaseModel):
    code: str
    precision_m: float


def _outlines(path: Path) -> dict[str, tuple[float, BaseGeometry]]:
    """QPV code -> precision in metres and outline (WGS 84, lon first)."""
    found = {}
    for feature in orjson.loads(path.read_bytes())["features"]:
        properties = _Properties.model_validate(feature["properties"])
        found[properties.code] = (properties.precision_m, shape(feature["geometry"]))
    return found


def _outline_rows(generation: _Generation, path: Path) -> list[OutlineRow]:
    outlines = _outlines(path)
    installed = {qpv.code for qpv in generation.qpv if qpv.outline == "installed"}
    if installed != set(outlines):
        raise DataError(
            f"{INDEX_FILE} says that {sorted(installed)} are installed, {path.name} holds {sorted(outlines)}."
        )
    rows = []
    for qpv in generation.qpv:
        precision_m, polygon = outlines.get(qpv.code, (generation.bbox_precision_m, None))
        box = qpv.bbox if polygon is None else polygon.bounds
        rows.append(OutlineRow(qpv.code, qpv.name, qpv.communes, precision_m, qpv.arrondissements, box, polygon))
    return rows


def _zone_communes(rows: Sequence[OutlineRow]) -> list[ZoneCommuneRow]:
    return [ZoneCommuneRow(row.code, row.label, code) for row in rows for code in row.insee_codes]


def read_pilot_qpv(directory: Path) -> tuple[list[Vintage], list[ZoneList]]:
    """The QPV of 2015 and 2024 of the pilot departments, with the departments where each list is complete.

    Raises:
        DataError: index and outlines contradict each other, or a file is not laid out as its README says.
    """
    path = directory / INDEX_FILE
    try:
        index = _Index.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise DataError(f"{path.name}: {error}") from error
    vintages, lists = [], []
    for year, generation in ((2015, index.generation_2015), (2024, index.generation_2024)):
        rows = _outline_rows(generation, directory / _OUTLINE_FILES[year])
        key = f"qpv-{year}"
        vintages.append(
            Vintage(
                zoning=key,
                id=f"{key}-pilot",
                valid_from=generation.valid_from,
                valid_to=generation.valid_to,
                published_on=generation.published_on,
                observed_on=None,
                confidence=generation.confidence,
                source=Source(
                    title="; ".join(source["title"] for source in generation.sources),
                    url=next((source["url"] for source in generation.sources if "url" in source), None),
                    producer="ANCT, CGET (faits recopiés à la main, data/pilot)",
                    licence=LICENCE,
                    legal=generation.legal,
                ),
                departments=tuple(sorted({code[:2] for row in rows for code in row.insee_codes})),
                outlines=rows,
                zone_communes=_zone_communes(rows),
            )
        )
        lists.append(ZoneList(key, generation.complete_for_departements))
    return vintages, lists
