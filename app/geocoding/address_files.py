"""Readers of address files: BAN CSV (official columns, `;`) and BAN/addok NDJSON, plain, gzip or xz.

Everything is streamed. Coordinates leave here as integer degrees (1e-5, about 1 m). A row without a usable name, code or
point is skipped and counted; a file laid out otherwise is an error that names the missing column.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from app.errors import DataError
from app.geocoding.normalise import fold
from app.geocoding.streets import DEGREE, KIND_LOCALITY, KIND_STREET
from app.places import INSEE_CODE

NO_NUMBER = 99_999
"""How the BAL format writes a place without number."""


@dataclass(slots=True)
class AddressRow:
    """One street, place or commune of a file; `numbers` is flat: number, suffix index, lon, lat, again and again."""

    citycode: str
    city: str
    postcode: str
    old: str
    old_city: str
    name: str
    kind: int
    lon: int | None
    lat: int | None
    number: int | None = None
    suffix: str = ""
    numbers: list[tuple[int, str, int, int]] = field(default_factory=list)


def open_text(path: Path) -> IO[str]:
    """Decompressed text of a file, by its suffix."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def is_json_lines(path: Path) -> bool:
    """Whether the name says NDJSON: `.ndjson`, `.json`, `.jsonl`, `.sjson`, compressed or not."""
    name = path.name.removesuffix(".gz").removesuffix(".xz")
    return name.endswith((".ndjson", ".json", ".jsonl", ".sjson"))


def read_addresses(path: Path, skip: int = 0) -> Iterator[AddressRow | None]:
    """Rows of one file after the first `skip`, None for a row that cannot be used.

    Raises:
        DataError: unknown layout, or the file is cut short.
    """
    try:
        with open_text(path) as stream:
            yield from _read_json(path, stream, skip) if is_json_lines(path) else _read_csv(path, stream, skip)
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: the file is cut short or not compressed as its name says.") from error
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror or 'damaged'}).") from error


def _read_csv(path: Path, stream: IO[str], skip: int) -> Iterator[AddressRow | None]:
    header = stream.readline()
    delimiter = ";" if header.count(";") >= header.count(",") else ","
    columns = next(csv.reader(io.StringIO(header), delimiter=delimiter), [])
    at = {name.strip(): index for index, name in enumerate(columns)}
    name_column = "nom_voie" if "nom_voie" in at else "nom_lieu_dit"
    for needed in (name_column, "code_insee", "lon", "lat"):
        if needed not in at:
            raise DataError(f"{path.name}: no column `{needed}`; expected the official BAN columns separated by `;`.")
    locality = name_column == "nom_lieu_dit"
    name_at, code_at, lon_at, lat_at = at[name_column], at["code_insee"], at["lon"], at["lat"]
    absent = len(columns)
    city_at, postcode_at = at.get("nom_commune", absent), at.get("code_postal", absent)
    old_at, old_city_at = at.get("code_insee_ancienne_commune", absent), at.get("nom_ancienne_commune", absent)
    number_at, suffix_at = at.get("numero", absent), at.get("rep", absent)
    for position, row in enumerate(csv.reader(stream, delimiter=delimiter)):
        if position < skip:
            continue
        row.append("")
        try:
            lon, lat = _degrees(row[lon_at]), _degrees(row[lat_at])
            name, code, number = row[name_at], row[code_at], row[number_at]
            if not name or not INSEE_CODE.match(code):
                yield None
                continue
            count = int(number) if number else None
            placed = locality or count is None or count == NO_NUMBER
            kind = KIND_LOCALITY if locality or count == NO_NUMBER else KIND_STREET
            yield AddressRow(
                code, row[city_at], row[postcode_at], row[old_at], row[old_city_at], name, kind, lon, lat,
                None if placed else count, row[suffix_at],
            )  # fmt: skip
        except (ValueError, IndexError):
            yield None


def _read_json(path: Path, stream: IO[str], skip: int) -> Iterator[AddressRow | None]:
    seen_document = False
    for position, line in enumerate(stream):
        if position < skip:
            continue
        if not line.strip():
            yield None
            continue
        try:
            document = orjson.loads(line)
            row = _json_row(document)
        except (orjson.JSONDecodeError, ValueError, KeyError, TypeError, AttributeError):
            if not seen_document:
                raise DataError(
                    f"{path.name}: line {position + 1} is no BAN/addok document (name, citycode, lon, lat)."
                ) from None
            yield None
            continue
        seen_document = True
        yield row


def _json_row(document: dict[str, object]) -> AddressRow | None:
    kind = document.get("type")
    code = str(document.get("citycode") or "")
    name = _first(document.get("name"))
    if not INSEE_CODE.match(code) or not name:
        raise ValueError("no name or code")
    lon, lat = _degrees(document["lon"]), _degrees(document["lat"])
    if kind == "municipality":
        return AddressRow(code, name, _first(document.get("postcode")), "", "", "", KIND_LOCALITY, lon, lat)
    numbers: list[tuple[int, str, int, int]] = []
    found = document.get("housenumbers")
    if isinstance(found, dict):
        for text, place in found.items():
            digits, suffix = split_number(text)
            if digits is not None:
                numbers.append((digits, suffix, _degrees(place["lon"]), _degrees(place["lat"])))
    return AddressRow(
        code, _first(document.get("city")), _first(document.get("postcode")), str(document.get("oldcitycode") or ""),
        _first(document.get("oldcity")), name, KIND_LOCALITY if kind in ("locality", "place") else KIND_STREET, lon, lat,
        numbers=numbers,
    )  # fmt: skip


def split_number(text: str) -> tuple[int | None, str]:
    """(number, folded suffix) of `12`, `12bis`, `12 B`; (None, "") when there is no number."""
    folded = fold(text)
    digits = folded[: len(folded) - len(folded.lstrip("0123456789"))]
    if not digits or len(digits) > 6:
        return None, ""
    return int(digits), folded[len(digits) :].replace(" ", "")


def _first(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def _degrees(value: object) -> int:
    degrees = float(value)  # type: ignore[arg-type]
    if not math.isfinite(degrees) or abs(degrees) > 180:
        raise ValueError("no point")
    return round(degrees * DEGREE)
