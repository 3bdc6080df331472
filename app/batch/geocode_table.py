"""A CSV of addresses: rows to questions, answers to columns appended. Rows in = rows out, in the same order."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from app.batch.dialect import SAMPLE_BYTES, Dialect, sniff
from app.errors import InvalidInput
from app.geocoding.geocodejson import CSV_COLUMNS, Names, Value, csv_values, properties, public_type
from app.geocoding.geocoder import AddressQuery, GeocodeResult, Precision, Status
from app.places import INSEE_CODE, POSTCODE, LonLat

CLI_COLUMNS = (
    "result_label", "result_type", "result_housenumber", "result_street", "result_postcode", "result_citycode", "result_city",
    "result_lon", "result_lat", "result_confidence", "result_status",
)  # fmt: skip
"""Columns of `zonage geocode --csv`; `result_status` there is ours: matched, ambiguous, partial, not_found, rejected."""
API_COLUMNS = (*CSV_COLUMNS, "result_confidence")
"""Columns of `/v1/geocode/search/csv`: the national API's, then our confidence."""
EXTRA_COLUMNS = ("result_x", "result_y", "result_importance", "result_precision", "result_uncertainty_m")
"""Columns given only when `result_columns` asks for them."""
MAX_CELL_CHARS = 131_072
_TYPES = {kind.value: kind for kind in Precision if kind is not Precision.INTERPOLATED}
_FORMULA = re.compile(r"\A[=+\-@\t\r]")
_TYPE_COLUMN_ERROR = "A column of this name is needed; the header has no such column."


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Which columns hold what. `text`: joined by a space; empty = every column."""

    text: tuple[str, ...] = ()
    postcode: str | None = None
    citycode: str | None = None
    city: str | None = None
    type: str | None = None
    lon: str | None = None
    lat: str | None = None


@dataclass(slots=True)
class AddressTable:
    """An opened CSV: its header, its separator, and its rows one after the other."""

    header: list[str]
    delimiter: str
    _rows: Iterator[list[str]]
    _stream: io.TextIOWrapper
    _text: list[int] = field(default_factory=list)
    _at: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[list[str], AddressQuery | None]]:
        """Each row as wide as the header, with its question; None when the row asks nothing (empty, or ragged)."""
        width = len(self.header)
        for row in self._rows:
            if not row:
                continue
            if len(row) != width:
                yield (row + [""] * width)[:width], None
                continue
            yield row, self._query(row)

    def detach(self) -> None:
        """Let go of the file without closing it."""
        self._stream.detach()

    def _query(self, row: Sequence[str]) -> AddressQuery | None:
        text = " ".join(row[at].strip() for at in self._text if row[at].strip())
        at = self._at
        postcode = row[at["postcode"]].strip() if "postcode" in at else ""
        citycode = row[at["citycode"]].strip().upper() if "citycode" in at else ""
        city = row[at["city"]].strip() if "city" in at else ""
        if len(postcode) == 4 and postcode.isdigit():
            postcode = f"0{postcode}"  # a spreadsheet dropped the leading zero
        if len(citycode) == 4 and citycode.isdigit():
            citycode = f"0{citycode}"
        if not any(letter.isalnum() for letter in text):
            if not city and not (postcode or citycode):
                return None
            text = city or postcode or citycode
        kind = _TYPES.get(row[at["type"]].strip()) if "type" in at else None
        return AddressQuery(
            text, postcode if POSTCODE.match(postcode) else None, citycode if INSEE_CODE.match(citycode) else None,
            city or None, self._near(row), kind,
        )  # fmt: skip

    def _near(self, row: Sequence[str]) -> LonLat | None:
        if "lon" not in self._at or "lat" not in self._at:
            return None
        try:
            return LonLat(float(row[self._at["lon"]].replace(",", ".")), float(row[self._at["lat"]].replace(",", ".")))
        except (ValueError, InvalidInput):
            return None


def open_table(stream: IO[bytes], choice: ColumnChoice) -> AddressTable:
    """Read the dialect and the header of a CSV; rows are read later, one by one.

    Raises:
        InvalidInput: not text, empty, or a chosen column is not in the header.
    """
    start = stream.tell()
    dialect: Dialect = sniff(stream.read(SAMPLE_BYTES))
    stream.seek(start + dialect.bom_bytes)
    text = io.TextIOWrapper(stream, encoding=dialect.encoding, errors="replace", newline="")
    csv.field_size_limit(MAX_CELL_CHARS)
    rows = _read(csv.reader((line.replace("\0", "") for line in text), delimiter=dialect.delimiter))
    header = [name.strip() for name in next(rows, [])]
    if not header:
        raise InvalidInput("The file is empty: give a header and rows.", field="data")
    table = AddressTable(header, dialect.delimiter, rows, text)
    positions = {name: at for at, name in reversed(list(enumerate(header)))}
    for name in choice.text or header:
        table._text.append(_position(positions, name, "columns"))
    for role in ("postcode", "citycode", "city", "type", "lon", "lat"):
        name = getattr(choice, role)
        if name:
            table._at[role] = _position(positions, name, role)
    return table


def _read(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = ["?"]  # a cell too long: kept as a row without a question
        yield row


def _position(positions: dict[str, int], name: str, role: str) -> int:
    if name not in positions:
        raise InvalidInput(f"{role}: {_TYPE_COLUMN_ERROR}", field=role)
    return positions[name]


def cli_values(result: GeocodeResult) -> list[str]:
    """Values of `CLI_COLUMNS`; all empty but the status when nothing usable was found."""
    if result.precision is None:
        return [*[""] * (len(CLI_COLUMNS) - 1), result.status.value]
    values: list[Value] = [
        result.label, public_type(result), result.housenumber, result.street, result.postcode, result.citycode, result.city,
        result.lon, result.lat, result.confidence, result.status.value,
    ]  # fmt: skip
    return [cell(value) for value in values]


def api_values(result: GeocodeResult, columns: Sequence[str], names: Names | None) -> list[str]:
    """Values of the asked columns in the national API's words."""
    found = csv_values(result, names)
    if result.precision is not None and any(name in EXTRA_COLUMNS[:3] for name in columns):
        more = properties(result, names)
        found |= {f"result_{name}": more.get(name) for name in ("x", "y", "importance")}
    return [cell(found.get(name)) for name in columns]


def cell(value: Value) -> str:
    """A value as CSV text; what a spreadsheet would run as a formula is made inert."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return repr(value) if isinstance(value, float) else str(value)


def csv_line(cells: Sequence[str], delimiter: str) -> str:
    """One CSV record, LF at its end."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


REJECTED = GeocodeResult(Status.REJECTED)
"""The answer to a row that asks nothing."""
