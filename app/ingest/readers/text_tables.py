"""Tables of text, whatever the container: CSV (gzip, xz), XLS, XLSX, Parquet. Codes keep their leading zeros."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from app.errors import DataError

_HEADER_SEARCH_ROWS = 30
"""Official workbooks print a title and notes above the header (ZRR: five lines)."""
MAX_TEXT_BYTES = 1 << 30
"""A compressed list that unfolds beyond this is refused: the greatest official one is a hundred times smaller."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by any of the names it bears; a name ending in `*` matches by its beginning. Case does not matter."""

    id: str
    names: tuple[str, ...]
    required: bool = True

    def find(self, header: Sequence[str]) -> int | None:
        for name in self.names:
            wanted = _plain(name.rstrip("*"))
            for position, title in enumerate(header):
                plain = _plain(title)
                if plain == wanted or (name.endswith("*") and plain.startswith(wanted)):
                    return position
        return None


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its number in the file (the header of a CSV is row 1) and its cells by column id."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class TextTable:
    """The asked columns of a file. `titles` gives the name each column bears there, for messages."""

    file: str
    titles: dict[str, str]
    rows: list[TextRow]

    def where(self, row: TextRow, column: str) -> str:
        return f"{self.file}, column {self.titles.get(column, column)}, row {row.number}"


def _plain(title: str) -> str:
    return " ".join(unicodedata.normalize("NFC", title).casefold().split())


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _open(path: Path) -> BinaryIO | gzip.GzipFile | lzma.LZMAFile:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.GzipFile(path)
    return lzma.LZMAFile(path) if suffix == ".xz" else path.open("rb")


def read_bytes(path: Path) -> bytes:
    """The content of a file, unfolded when its name ends in .gz or .xz.

    Raises:
        DataError: the archive is cut or damaged, or unfolds beyond MAX_TEXT_BYTES.
    """
    try:
        with _open(path) as file:
            content = file.read(MAX_TEXT_BYTES + 1)
    except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be unfolded: {error}.") from error
    if len(content) > MAX_TEXT_BYTES:
        raise DataError(f"{path.name} unfolds to more than {MAX_TEXT_BYTES:,} bytes.")
    return content


def decode(content: bytes) -> str:
    """UTF-8, with or without a mark; else Windows Latin-1, as older official lists are."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def csv_grid(content: bytes) -> list[list[str]]:
    """The cells of a CSV whose delimiter is the commonest of `;`, `,` and tab in its first line."""
    text = decode(content)
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _workbook_grids(path: Path, sheet: str | None) -> list[list[list[str]]]:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = [name for name in workbook.sheet_names if sheet is None or _plain(name).startswith(_plain(sheet))]
        grids = [workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names]
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(f"{path.name} is not a workbook that can be read: {error}.") from error
    if not grids:
        raise DataError(f"{path.name} has no sheet {sheet!r}.")
    return [[[_text(cell) for cell in row] for row in grid] for grid in grids]


def _parquet_grid(path: Path) -> list[list[str]]:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path.name} is not Parquet that can be read: {error}.") from error
    names = [name for name in table.column_names if not pa.types.is_binary(table.schema.field(name).type)]
    columns = [table.column(name).to_pylist() for name in names]
    return [names, *([_text(cell) for cell in row] for row in zip(*columns, strict=True))]


def is_table(path: Path) -> bool:
    """Whether the name of a file says that it is a table this module reads."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".xz")]
    return bool(suffixes) and suffixes[-1] in (".csv", ".txt", ".xls", ".xlsx", ".parquet")


def grids_of(path: Path, sheet: str | None = None) -> list[list[list[str]]]:
    """The grids of cells of a file: one for each sheet of a workbook, one for any other table."""
    suffix = path.suffix.lower()
    if suffix in (".xls", ".xlsx"):
        return _workbook_grids(path, sheet)
    if suffix == ".parquet":
        return [_parquet_grid(path)]
    return [csv_grid(read_bytes(path))]


def _header_row(grid: Sequence[Sequence[str]], columns: Sequence[Column]) -> tuple[int, int]:
    """The row among the first thirty that bears the most of the required columns, and how many it bears."""
    scores = [
        sum(column.find(row) is not None for column in columns if column.required) for row in grid[:_HEADER_SEARCH_ROWS]
    ]
    best = max(scores, default=0)
    return (scores.index(best), best) if scores else (0, 0)


def bears(grids: Iterable[Sequence[Sequence[str]]], columns: Sequence[Column]) -> bool:
    """Whether one of the grids has every required column."""
    wanted = sum(column.required for column in columns)
    return any(_header_row(grid, columns)[1] == wanted for grid in grids)


def table_from_grids(file: str, grids: Sequence[Sequence[Sequence[str]]], columns: Sequence[Column]) -> TextTable:
    """The asked columns, from the grid that bears the most of them.

    Raises:
        DataError: a required column is missing; the message names the file and the column.
    """
    grid = max(grids, key=lambda candidate: _header_row(candidate, columns)[1], default=[])
    start, _ = _header_row(grid, columns)
    header = [str(cell).strip() for cell in grid[start]] if grid else []
    positions = {column.id: column.find(header) for column in columns}
    if missing := [column.names[0] for column in columns if column.required and positions[column.id] is None]:
        raise DataError(f"{file}: column {', '.join(missing)} not found. Columns are: {', '.join(header)[:300]}.")
    found = {id: position for id, position in positions.items() if position is not None}
    rows = [
        TextRow(number, {id: cells[position].strip() for id, position in found.items()})
        for number, cells in enumerate(grid[start + 1 :], start + 2)
        if len(cells) > max(found.values()) and any(cells)
    ]
    short = [
        number
        for number, cells in enumerate(grid[start + 1 :], start + 2)
        if any(cells) and len(cells) <= max(found.values())
    ]
    if short:
        raise DataError(f"{file}, row {short[0]}: the row is cut, it has fewer cells than the header.")
    return TextTable(file, {id: header[position] for id, position in found.items()}, rows)


def read_text_table(path: Path, columns: Sequence[Column], sheet: str | None = None) -> TextTable:
    """Read the asked columns of a file as text.

    Raises:
        DataError: the file cannot be read, or a required column is missing.
    """
    return table_from_grids(path.name, grids_of(path, sheet), columns)
