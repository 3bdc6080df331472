"""Everything that can be checked of a bundle, wherever it was built: one list of problems, one of reserves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import DataError
from app.ingest import tables, verify_zones
from app.ingest.base import read_content
from app.ingest.content import Content, Vintage
from app.ingest.manifest import DatasetEntry, data_version, read_manifest, sha256_of
from app.ingest.reference import Reference
from app.ingest.tables import ClassRow, CommuneRow
from app.places import ARRONDISSEMENT_CITIES, POSTCODE, territory_of_insee
from app.zones.models import State
from app.zones.vocabulary import ZONINGS_BY_KEY, Kind

_SCHEMAS = {
    "communes": tables.COMMUNE_SCHEMA,
    "former_communes": tables.FORMER_SCHEMA,
    "areas": tables.AREA_SCHEMA,
    "classes": tables.CLASS_SCHEMA,
    "outlines": tables.OUTLINE_SCHEMA,
    "zone_communes": tables.ZONE_COMMUNE_SCHEMA,
    "zone_classes": tables.ZONE_CLASS_SCHEMA,
}
_MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class Verification:
    """`problems` make a bundle unfit for service; `reserves` are what it honestly does not know."""

    problems: tuple[str, ...]
    reserves: tuple[str, ...]
    data_version: str | None


def listed(what: str, codes: Iterable[str]) -> Iterator[str]:
    """One line that counts the codes and names the first ones; nothing when there is none."""
    found = sorted(codes)
    if found:
        more = "…" if len(found) > _MAX_LISTED else ""
        yield f"{what}: {len(found)} ({', '.join(found[:_MAX_LISTED])}{more})"


def _file_problems(directory: Path, document: dict[str, object]) -> Iterator[str]:
    entries = document["datasets"]
    assert isinstance(entries, list)
    present = {str(entry["id"]) for entry in entries}
    yield from listed("datasets missing from the manifest", set(_SCHEMAS) - present)
    for entry in entries:
        path = directory / str(entry["file"])
        if not path.is_file():
            yield f"{entry['file']}: missing"
        elif path.stat().st_size != entry["bytes"]:
            yield f"{entry['file']}: {path.stat().st_size} bytes, the manifest says {entry['bytes']}"
        elif sha256_of(path) != entry["sha256"]:
            yield f"{entry['file']}: the checksum differs from the manifest's"
        elif entry["id"] in _SCHEMAS:
            yield from _table_problems(path, str(entry["id"]), int(entry["rows"]))


def _table_problems(path: Path, dataset_id: str, rows: int) -> Iterator[str]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        yield f"{path.name}: not Parquet that can be read ({error})"
        return
    with file:
        names = set(file.schema_arrow.names)
        if file.metadata.num_rows != rows:
            yield f"{path.name}: {file.metadata.num_rows} rows, the manifest says {rows}"
    yield from listed(f"{path.name}: columns missing", set(_SCHEMAS[dataset_id].names) - names)


def _version_problems(document: dict[str, object]) -> Iterator[str]:
    datasets, zonings = document["datasets"], document["zonings"]
    assert isinstance(datasets, list)
    assert isinstance(zonings, list)
    entries = [DatasetEntry(**entry) for entry in datasets]
    if document["data_version"] != data_version(entries, zonings):
        yield "manifest.json: data_version is not that of these files and vintages"


def _commune_problems(content: Content) -> Iterator[str]:
    areas = {(area.kind, area.code) for area in content.areas}
    counts = Counter(row.insee_code for row in content.communes)
    rows = content.communes
    yield from listed("communes listed twice", (code for code, count in counts.items() if count > 1))
    yield from listed("communes without a name", (row.insee_code for row in rows if not row.name.strip()))
    yield from listed(
        "communes of no known department", (r.insee_code for r in rows if ("department", r.department) not in areas)
    )
    yield from listed("communes of no known region", (r.insee_code for r in rows if ("region", r.region) not in areas))
    yield from listed(
        "communes of an unknown EPCI", (r.insee_code for r in rows if r.epci and ("epci", r.epci) not in areas)
    )
    yield from listed(
        "communes without a good postal code",
        (row.insee_code for row in rows if not row.postcodes or not all(map(POSTCODE.match, row.postcodes))),
    )
    yield from listed(
        "arrondissements of no city", (r.insee_code for r in rows if (r.kind == "ARM") != (r.parent in counts))
    )
    yield from listed(
        "communes whose outline is invalid or elsewhere", (r.insee_code for r in rows if not _is_sound(r))
    )
    yield from listed("town halls outside their territory", (r.insee_code for r in rows if not _townhall_is_sound(r)))
    former = content.former_communes
    yield from listed(
        "old codes that lead to no commune", (row.insee_code for row in former if row.commune not in counts)
    )
    yield from listed(
        "old codes still in use", (r.insee_code for r in former if r.kind == "OLD" and r.insee_code in counts)
    )


def _is_sound(row: CommuneRow) -> bool:
    territory = territory_of_insee(row.insee_code)
    return row.geometry is None or verify_zones.is_sound(row.geometry, territory)


def _townhall_is_sound(row: CommuneRow) -> bool:
    if row.townhall_lon is None or row.townhall_lat is None:
        return row.townhall_lon is row.townhall_lat
    return territory_of_insee(row.insee_code).holds(row.townhall_lon, row.townhall_lat)


def _vintage_problems(vintage: Vintage) -> Iterator[str]:
    where = f"{vintage.zoning}, {vintage.id}"
    spec = ZONINGS_BY_KEY.get(vintage.zoning)
    if spec is None:
        yield f"{where}: the zoning is not in the vocabulary"
        return
    if vintage.valid_to is not None and vintage.valid_to < vintage.valid_from:
        yield f"{where}: valid_to comes before valid_from"
    if (vintage.table == "outlines" and spec.kind is not Kind.OUTLINE) or (
        vintage.classes and spec.kind is Kind.OUTLINE
    ):
        yield f"{where}: the table does not fit the kind of the zoning"
    if not vintage.source.title:
        yield f"{where}: no source"
    counts = Counter(row.insee_code for row in vintage.classes)
    yield from listed(f"{where}: codes listed twice", (code for code, count in counts.items() if count > 1))
    yield from listed(f"{where}: rows that contradict the vocabulary", _misread(vintage))
    yield from listed(f"{where}: rows dated outside the vintage", _misdated(vintage))


def _misread(vintage: Vintage) -> Iterator[str]:
    spec = ZONINGS_BY_KEY[vintage.zoning]
    for row in vintage.classes:
        known = row.code is None or row.code in spec.codes
        fits = {
            State.INSIDE: (row.code is not None) == bool(spec.codes) and row.code not in spec.outside_codes,
            State.OUTSIDE: row.code is None or row.code in spec.outside_codes,
            State.UNKNOWN: row.code is None and row.reason is not None,
        }
        if not (known and fits.get(row.state, False)):
            yield row.insee_code


def _misdated(vintage: Vintage) -> Iterator[str]:
    def fits(row: ClassRow) -> bool:
        if row.valid_from is None:
            return True
        return vintage.valid_from <= row.valid_from and (vintage.valid_to is None or row.valid_from <= vintage.valid_to)

    return (row.insee_code for row in vintage.classes if not fits(row))


def _unlisted(vintage: Vintage, reference: Reference) -> Iterator[str]:
    """Communes of the vintage's departments that it says nothing of; a city stands for its arrondissements, and they for it."""
    named = {row.insee_code for row in vintage.classes}
    for row in reference.communes:
        parts = map(str, ARRONDISSEMENT_CITIES.get(row.insee_code, ()))
        covered = vintage.departments is None or row.department in vintage.departments
        if covered and row.insee_code not in named and row.parent not in named and not any(p in named for p in parts):
            yield row.insee_code


def _content_report(content: Content) -> tuple[list[str], list[str]]:
    reference = Reference(content.communes, content.former_communes)
    problems = [*_commune_problems(content)]
    reserves: list[str] = []
    for vintage in content.vintages:
        where = f"{vintage.zoning}, {vintage.id}"
        problems.extend(_vintage_problems(vintage))
        strangers = (row.insee_code for row in vintage.classes if not reference.is_known(row.insee_code))
        problems.extend(listed(f"{where}: codes of no commune", strangers))
        if vintage.classes:
            reserves.extend(listed(f"{where}: communes not in the list", _unlisted(vintage, reference)))
            unknown = (row.insee_code for row in vintage.classes if row.state is State.UNKNOWN)
            reserves.extend(listed(f"{where}: communes listed as unknown", unknown))
    problems.extend(verify_zones.problems(content.vintages, reference))
    reserves.extend(verify_zones.reserves(content.vintages))
    undrawn = (row.insee_code for row in content.communes if row.geometry is None)
    reserves.extend(listed("communes without outline", undrawn))
    return problems, reserves


def verify(directory: Path) -> Verification:
    """Check a bundle from its checksums to the meaning of every row.

    Raises:
        DataError: the directory has no manifest that can be read.
    """
    document = read_manifest(directory)
    try:
        problems = [*_file_problems(directory, document), *_version_problems(document)]
    except (KeyError, TypeError, ValueError, AssertionError, orjson.JSONDecodeError) as error:
        raise DataError(f"{directory / 'manifest.json'} lacks a key or has a wrong one: {error}.") from error
    version = str(document["data_version"])
    if problems:
        return Verification(tuple(problems), (), version)
    problems, reserves = _content_report(read_content(directory))
    return Verification(tuple(problems), tuple(reserves), version)
