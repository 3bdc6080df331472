"""The pilot territory: hand-written zoning facts turned into one row per commune (data/pilot/README.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import DataError
from app.ingest.content import Confidence, Vintage
from app.ingest.frr import frr_vintages
from app.ingest.spellings import ZONING_SPELLINGS, read_class
from app.ingest.tables import ClassRow, CommuneRow
from app.zones.models import Source

LICENCE = "Licence Ouverte 2.0"
ZONINGS_FILE = "zonings.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Department(_Strict):
    default: str
    valid_from: date | None = None
    published_on: date | None = None
    legal: str | None = None
    whole_commune: Mapping[str, str] = {}
    epci: Mapping[str, str] = {}
    communes: Mapping[str, str] = {}
    count: Mapping[str, int]


class _SourceNote(_Strict):
    title: str
    url: str | None = None
    gives: str | None = None


class _Vintage(_Strict):
    id: str
    known_on: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    published_on: date | None = None
    confidence: Confidence
    legal: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[_SourceNote, ...]
    departements: Mapping[str, _Department]


class _Zoning(_Strict):
    label: str
    unit: str
    classes: Mapping[str, str]
    class_validity: Mapping[str, Mapping[str, date | str | None]] = {}
    vintages: tuple[_Vintage, ...]


class _Zonings(_Strict):
    schema_version: int
    territory: Mapping[str, object]
    zonings: Mapping[str, _Zoning]
    not_covered: tuple[str, ...] = ()


def _spelled(department: _Department, communes: Sequence[CommuneRow], where: str) -> dict[str, str]:
    """INSEE code -> class as spelled in the file: communes over epci over default; `count` is checked."""
    known = {row.insee_code for row in communes}
    if stray := sorted(set(department.communes) - known):
        raise DataError(f"{where}: communes has codes unknown to the COG in force: {', '.join(stray)}.")
    if stray := sorted(set(department.epci) - {row.epci or "" for row in communes}):
        raise DataError(f"{where}: epci has codes of no commune of the department: {', '.join(stray)}.")
    spelled = {
        row.insee_code: department.communes.get(row.insee_code)
        or department.epci.get(row.epci or "")
        or department.default
        for row in communes
    }
    counted = dict(Counter(spelled.values()))
    if counted != dict(department.count):
        raise DataError(f"{where}: count says {dict(department.count)}, the expanded list holds {counted}.")
    return spelled


def _rows(zoning: str, vintage: _Vintage, communes: Sequence[CommuneRow], where: str) -> list[ClassRow]:
    rows = []
    for code, department in vintage.departements.items():
        listed = [
            row
            for row in communes
            if row.department == code and (row.kind == ("ARM" if department.whole_commune else "COM"))
        ]
        for insee_code, spelled in _spelled(department, listed, f"{where}, {code}").items():
            reading = read_class(zoning, spelled, f"{where}, {code}, {insee_code}")
            rows.append(
                ClassRow(
                    insee_code,
                    reading.state,
                    reading.code,
                    reading.reason,
                    coverage=reading.coverage,
                    sub=reading.sub,
                    valid_from=department.valid_from,
                    published_on=department.published_on,
                )
            )
    return rows


def _source(vintage: _Vintage) -> Source:
    legal = dict.fromkeys([*vintage.legal, *(part.legal for part in vintage.departements.values() if part.legal)])
    first = vintage.sources[0]
    return Source(
        title="; ".join(note.title for note in vintage.sources),
        url=first.url,
        producer="ARS, DGCL, DGFiP, ANCT, INSEE (faits recopiés à la main, data/pilot)",
        licence=LICENCE,
        legal=tuple(legal),
    )


def _vintage(zoning: str, vintage: _Vintage, communes: Sequence[CommuneRow], where: str) -> Vintage:
    starts = [part.valid_from for part in vintage.departements.values() if part.valid_from]
    return Vintage(
        zoning=zoning,
        id=vintage.id,
        valid_from=vintage.valid_from or min(starts),
        valid_to=vintage.valid_to,
        published_on=vintage.published_on,
        observed_on=vintage.known_on,
        confidence=vintage.confidence,
        source=_source(vintage),
        caveats=tuple(" ".join(note.split()) for note in vintage.notes),
        departments=tuple(vintage.departements),
        classes=_rows(zoning, vintage, communes, where),
    )


def read_pilot_classes(directory: Path, communes: Sequence[CommuneRow]) -> list[Vintage]:
    """The commune zonings of the pilot departments, one row per commune and arrondissement.

    Raises:
        DataError: the file breaks its own reading rules; the message names vintage, department and codes.
    """
    path = directory / ZONINGS_FILE
    try:
        document = _Zonings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise DataError(f"{path.name}: {error}") from error
    vintages = []
    for name, zoning in document.zonings.items():
        key = ZONING_SPELLINGS[name]
        for part in zoning.vintages:
            whole = _vintage(key, part, communes, f"{path.name}, {name}, {part.id}")
            vintages.extend(frr_vintages(whole) if key == "frr" else [whole])
    return vintages
