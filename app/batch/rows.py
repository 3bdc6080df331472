"""From a table's cells to places, dates and people: the values of each row, or what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.aids.reading import QUESTION_DATES, read_date
from app.batch.columns import InputColumns
from app.errors import InvalidInput, ZoningError
from app.places import POSTCODE, LonLat

MAX_ADDRESS_CHARS = 200
_FRENCH_DATE = re.compile(r"\A(\d{1,2})/(\d{1,2})/(\d{4})\Z")
_LOST_ZERO = re.compile(r"\A\d{4}\Z")
_NUMBER = re.compile(r"\A[+-]?(?:\d{1,20}(?:[.,]\d{0,30})?|[.,]\d{1,30})(?:[eE][+-]?\d{1,3})?\Z")


@dataclass(slots=True)
class Coded:
    """A column as distinct values: row i holds `values[number[i]]`, nothing where the number is -1."""

    number: NDArray[np.int32]
    values: list[object]

    def at(self, row: int) -> object:
        return None if self.number[row] < 0 else self.values[self.number[row]]


@dataclass(slots=True)
class Rows:
    """The rows of one batch. `lon`, `lat` are WGS 84 degrees, NaN where a row has no usable point."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    citycode: Coded
    address: Coded
    postcode: Coded
    day: Coded
    errors: dict[int, ZoningError] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lon)


def read_rows(
    batch: pa.RecordBatch,
    columns: InputColumns,
    check_code: Callable[[str], str],
    faults: Mapping[int, ZoningError] | None = None,
) -> Rows:
    """Read the columns that matter; what is malformed becomes an error of its row, in the words of the API.

    `check_code` resolves an INSEE code or raises. Empty cells are absent. Coordinates may have a decimal comma, codes
    that a spreadsheet read as numbers get their leading zero back, days may be written 31/12/2026.
    """
    errors: dict[int, ZoningError] = dict(faults or {})
    day = _coded(batch, columns.date, read_day, errors)  # first: a malformed row is told so before a place is sought
    lon, has_lon = _coordinates(batch, columns.lon, "lon", errors)
    lat, has_lat = _coordinates(batch, columns.lat, "lat", errors)
    citycode = _coded(batch, columns.citycode, lambda value: check_code(_code(value)), errors)
    address = _coded(batch, columns.address, clean_address, errors)
    postcode = _coded(batch, columns.postcode, _postcode, errors, only=address.number >= 0)
    for row in np.flatnonzero(has_lon != has_lat).tolist():
        error = InvalidInput("lon and lat go together, both in WGS 84 degrees.", field="lon")
        errors.setdefault(row, error)
    with np.errstate(invalid="ignore"):
        strange = (np.abs(lon) > 180.0) | (np.abs(lat) > 90.0)
    for row in np.flatnonzero(strange).tolist():
        try:
            LonLat(float(lon[row]), float(lat[row]))
        except InvalidInput as error:
            errors.setdefault(row, error)
    placeless = ~has_lon & ~has_lat & (citycode.number < 0) & (address.number < 0)
    for row in np.flatnonzero(placeless).tolist():
        errors.setdefault(
            row, InvalidInput("The row names no place: give an address, lon and lat, or citycode.", field="place")
        )
    if errors:
        bad = np.fromiter(errors, np.int64, len(errors))
        lon[bad] = lat[bad] = np.nan
        for coded in (citycode, address):
            coded.number[bad] = -1
    return Rows(lon, lat, citycode, address, postcode, day, errors)


def _column(batch: pa.RecordBatch, name: str | None) -> pa.Array | None:
    return None if name is None else batch.column(batch.schema.get_field_index(name))


def _coordinates(
    batch: pa.RecordBatch, name: str | None, part: str, errors: dict[int, ZoningError]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(degrees, which rows gave something); a cell that is no number is an error of its row."""
    column = _column(batch, name)
    if column is None or pa.types.is_null(column.type):
        return np.full(len(batch), np.nan), np.zeros(len(batch), np.bool_)
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        degrees = np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
        given = column.is_valid().to_numpy(zero_copy_only=False) & ~np.isnan(degrees)
    else:
        texts = pc.utf8_trim_whitespace(_texts(column))
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
        given = texts.is_valid().to_numpy(zero_copy_only=False)
        degrees = _degrees(texts)
        for row in np.flatnonzero(given & ~np.isfinite(degrees)).tolist():
            errors.setdefault(
                row, InvalidInput(f"{part} must be a decimal number of degrees, such as 2.3522.", field=part)
            )
        return degrees, given
    for row in np.flatnonzero(np.isinf(degrees)).tolist():
        errors.setdefault(row, InvalidInput(f"{part} must be a finite number.", field=part))
    return degrees, given


def _degrees(texts: pa.Array) -> NDArray[np.float64]:
    try:
        return np.array(texts.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except pa.ArrowInvalid:
        return np.array([_degree(text) for text in texts.to_pylist()], np.float64)


def _degree(text: str | None) -> float:
    if text is None or not _NUMBER.match(text):
        return math.nan
    return float(text.replace(",", "."))


def _coded(
    batch: pa.RecordBatch,
    name: str | None,
    read: Callable[[object], object],
    errors: dict[int, ZoningError],
    only: NDArray[np.bool_] | None = None,
) -> Coded:
    """Read each distinct value once."""
    column = _column(batch, name)
    nothing = np.full(len(batch), -1, np.int32)
    if column is None or pa.types.is_null(column.type):
        return Coded(nothing, [])
    if pa.types.is_list(column.type) or pa.types.is_struct(column.type):
        column = pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    number = np.array(column.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int32)
    if only is not None:
        number[~only] = -1
    values: list[object] = []
    meant = np.full(len(column.dictionary) + 1, -1, np.int32)  # the last stands for null
    wrong: dict[int, ZoningError] = {}
    for position, value in enumerate(column.dictionary.to_pylist()):
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if isinstance(value, float) and math.isnan(value):
            continue
        try:
            values.append(read(value))
            meant[position] = len(values) - 1
        except ZoningError as error:
            wrong[position] = error
    if wrong:
        for row in np.flatnonzero(np.isin(number, np.fromiter(wrong, np.int32, len(wrong)))).tolist():
            errors.setdefault(row, wrong[int(number[row])])
    return Coded(meant[number], values)


def _texts(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def clean_address(value: object) -> str:
    """The text of an address with single spaces.

    Raises:
        InvalidInput: too long, or control characters (the words of the API).
    """
    text = " ".join(str(value).split())
    if not 1 <= len(text) <= MAX_ADDRESS_CHARS:
        raise InvalidInput(f"address must have 1 to {MAX_ADDRESS_CHARS} characters.", field="address")
    if not text.isprintable() or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("address must not hold control characters.", field="address")
    return text


def _code(value: object) -> str:
    """An INSEE code or postal code; a spreadsheet turns 01001 into 1001, or 1001.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip().upper()
    return f"0{text}" if _LOST_ZERO.match(text) else text


def _postcode(value: object) -> str:
    text = _code(value).replace(" ", "")
    if not POSTCODE.match(text):
        raise InvalidInput("postcode must have five digits.", field="postcode")
    return text


@lru_cache(8_192, typed=True)
def read_day(value: object) -> date:
    """A day: ISO, French 31/12/2026, or a date cell.

    Raises:
        InvalidInput: no such day, or outside the years of the service.
    """
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        value = value.strip()
        french = _FRENCH_DATE.match(value)
        if french:
            value = f"{french[3]}-{french[2]:0>2}-{french[1]:0>2}"
        elif len(value) > 10 and value[10:] in ("T00:00:00", " 00:00:00", "T00:00:00Z"):
            value = value[:10]
    return read_date(value, "date", QUESTION_DATES)
