"""XLSX in and out: the first sheet, whole; a workbook is small by nature."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from app.batch.csv_tables import as_text
from app.batch.formulas import neutralised
from app.batch.limits import MAX_COLUMNS, MAX_SHEET_ROWS
from app.errors import InvalidInput

MAX_UNPACKED_BYTES = 1_073_741_824
MAX_RATIO = 300
"""Sheets of repeated text pack 10 to 60 times; a bomb packs a thousand times."""
_BROKEN = "The file is not a readable XLSX workbook."


def read_sheet(path: Path) -> pa.Table:
    """The first sheet as a table: numbers, days and booleans keep their type when a whole column has it.

    Raises:
        InvalidInput: not a workbook, empty, or one that unpacks beyond reason.
    """
    _refuse_bomb(path)
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError):
        raise InvalidInput(_BROKEN, field="file") from None
    while rows and all(cell == "" for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise InvalidInput("The first sheet is empty: give a header and rows.", field="file")
    if len(rows[0]) > MAX_COLUMNS:
        raise InvalidInput(f"The sheet has {len(rows[0])} columns, more than {MAX_COLUMNS}.", field="file")
    names = [str(cell).strip() or f"column_{position}" for position, cell in enumerate(rows[0], 1)]
    columns = [
        _column([row[position] if position < len(row) else "" for row in rows[1:]]) for position in range(len(names))
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema([(n, c.type) for n, c in zip(names, columns, strict=True)]))


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise InvalidInput(_BROKEN, field="file") from None
    unpacked = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > 50_000_000 and unpacked > MAX_RATIO * packed):
        raise InvalidInput("The workbook unpacks to far more than its size: it was refused.", field="file")


def _column(cells: list[object]) -> pa.Array:
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds and kinds <= {int, float}:
        if all(value is None or float(value).is_integer() for value in values):  # type: ignore[arg-type]
            return pa.array([None if value is None else int(value) for value in values], pa.int64())  # type: ignore[call-overload]
        return pa.array(values, pa.float64())
    if kinds == {date}:
        return pa.array(values, pa.date32())
    if kinds == {datetime}:
        return pa.array(values, pa.timestamp("ms"))
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def write_sheet(parts: Iterator[Path], schema: pa.Schema, path: Path, *, keeps_formulas: bool) -> None:
    """One sheet from Parquet parts.

    Raises:
        InvalidInput: more rows than a sheet holds.
    """
    from openpyxl import Workbook  # 0.2 s of import that only a sheet written needs

    book = Workbook(write_only=True)
    sheet = book.create_sheet("zonage")
    sheet.append(_safe(pa.array(schema.names), keeps_formulas))
    count = 1
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches(batch_size=10_000):
            count += len(batch)
            if count > MAX_SHEET_ROWS:
                raise InvalidInput(f"A sheet holds {MAX_SHEET_ROWS} rows: write CSV or Parquet.", field="out")
            for row in zip(*(_safe(column, keeps_formulas) for column in batch.columns), strict=True):
                sheet.append(row)
    book.save(path)


def _safe(column: pa.Array, keeps_formulas: bool) -> list[object]:
    """Cells of one column: texts made inert and without the characters XML cannot hold."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = column if keeps_formulas else neutralised(column)
        return [None if text is None else _printable(text) for text in texts.to_pylist()]
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return [None if value != value else value for value in column.to_pylist()]
    if pa.types.is_date(column.type) or (pa.types.is_timestamp(column.type) and column.type.tz is None):
        return list(column.to_pylist())
    return list(as_text(column).to_pylist())


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")[:32_767]
