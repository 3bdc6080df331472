"""CSV in and out: blocks of records to columns of text, and rows to CSV text with formulas neutralised."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from app.batch.chunks import Loaded
from app.batch.dialect import Dialect
from app.batch.formulas import holds_any, neutralised
from app.batch.limits import MAX_RECORD_BYTES
from app.batch.records import Block
from app.batch.scored import Repeated
from app.errors import InvalidInput, ZoningError

_QUOTED = b'",;\t|\r\n'
_NEEDS_QUOTES = '[",;\\t|\\r\\n]'
TOO_LONG = f"The row is longer than {MAX_RECORD_BYTES} bytes, or its quote is never closed: it was not read."


def read_header(record: str, dialect: Dialect) -> list[str]:
    """Names of the columns; a nameless one gets its position.

    Raises:
        InvalidInput: the first record cannot be read.
    """
    try:
        names = next(iter(csv.reader(io.StringIO(record, newline=""), delimiter=dialect.delimiter)))
    except (csv.Error, StopIteration):
        raise InvalidInput("The header cannot be read: give column names on the first line.", field="file") from None
    return [name.strip() or f"column_{position}" for position, name in enumerate(names, 1)]


def read_block(block: Block, schema: pa.Schema, dialect: Dialect) -> Loaded:
    """The rows of a block. Empty cells are null; a row with more or fewer fields than the header is kept, with its fault."""
    if block.is_broken:
        return _read_carefully(block, schema, dialect)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(block.data),
            read_options=pacsv.ReadOptions(
                column_names=schema.names, use_threads=False, block_size=len(block.data) + 64
            ),
            parse_options=pacsv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=schema, null_values=[""], strings_can_be_null=True, check_utf8=True
            ),
        )
    except pa.ArrowInvalid:
        return _read_carefully(block, schema, dialect)
    if table.num_rows != block.records:
        return _read_carefully(block, schema, dialect)
    batches = table.combine_chunks().to_batches()
    return Loaded(batches[0] if batches else pa.RecordBatch.from_pylist([], schema=schema))


def _read_carefully(block: Block, schema: pa.Schema, dialect: Dialect) -> Loaded:
    """Row by row, for blocks with something wrong in them."""
    csv.field_size_limit(2 * MAX_RECORD_BYTES)
    text = block.data.decode("utf-8", "zonage-mixed")
    width = len(schema.names)
    rows: list[list[str | None]] = []
    faults: dict[int, ZoningError] = {}
    if block.is_broken:
        try:
            cells = next(iter(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)), [])
        except csv.Error:
            cells = []
        faults[0] = InvalidInput(TOO_LONG, field="row")
        rows.append(_fitted([cell.rstrip("\r\n") for cell in cells], width))
    else:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter):
            if not cells:
                continue
            if len(cells) != width:
                message = f"The row has {len(cells)} fields, the header {width}."
                faults[len(rows)] = InvalidInput(message, field="row")
            rows.append(_fitted(cells, width))
    columns = [pa.array([row[position] for row in rows], pa.string()) for position in range(width)]
    return Loaded(pa.RecordBatch.from_arrays(columns, schema=schema), faults)


def _fitted(cells: list[str], width: int) -> list[str | None]:
    kept: list[str | None] = [cell or None for cell in cells[:width]]
    return kept + [None] * (width - len(kept))


def csv_header(schema: pa.Schema, delimiter: str, *, keeps_formulas: bool) -> bytes:
    row = pa.RecordBatch.from_arrays([pa.array([name]) for name in schema.names], names=schema.names)
    return csv_rows(row, delimiter, keeps_formulas=keeps_formulas)


def csv_rows(
    batch: pa.RecordBatch, delimiter: str, *, keeps_formulas: bool, repeated: Sequence[Repeated] = ()
) -> bytes:
    """Rows as UTF-8 CSV, LF at the end of lines, quotes where the text needs them; null is an empty cell.

    Columns that repeat together are written once per distinct row of theirs.
    """
    if len(batch) == 0:
        return b""
    cells: list[pa.Array | str] = []
    blocks = {block.start: block for block in repeated}
    position = 0
    while position < batch.num_columns:
        block = blocks.get(position)
        if block is None:
            cells.append(_cells(batch.column(position), keeps_formulas))
            position += 1
        else:
            texts = _joined([_cells(column, keeps_formulas) for column in block.distinct.columns], delimiter)
            cells.append(texts if isinstance(texts, str) else texts.take(pa.array(block.index)))
            position += block.distinct.num_columns
    lines = _joined(cells, delimiter, "\n")
    if isinstance(lines, str):
        return lines.encode() * len(batch)
    offsets, data = lines.buffers()[1:]
    ends = memoryview(offsets).cast("q")
    return memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]].tobytes()


def _joined(cells: Sequence[pa.Array | str], delimiter: str, end: str = "") -> pa.Array | str:
    """Cells side by side in each row, as large strings; one text where every row has the same."""
    parts: list[pa.Array | str] = []
    for cell in cells:
        if isinstance(cell, str) and parts and isinstance(parts[-1], str):
            parts[-1] += delimiter + cell
        else:
            parts.append(cell if isinstance(cell, str) else cell.cast(pa.large_string()))
    last = parts[-1]
    parts[-1] = last + end if isinstance(last, str) else _side_by_side([last, end], "")
    return parts[0] if len(parts) == 1 else _side_by_side(parts, delimiter)


def _side_by_side(parts: Sequence[pa.Array | str], delimiter: str) -> pa.Array:
    kind = pa.large_string()
    given = [pa.scalar(part, kind) if isinstance(part, str) else part for part in (*parts, delimiter)]
    return pc.binary_join_element_wise(*given, null_handling="replace", null_replacement="")


def _cells(column: pa.Array, keeps_formulas: bool) -> pa.Array | str:
    """A column as CSV cells, one text where every row has the same. Dictionaries are escaped once per word."""
    if column.null_count == len(column):
        return ""
    if pa.types.is_dictionary(column.type):
        words = _cells(column.dictionary, keeps_formulas)
        if isinstance(words, str):  # every word is empty
            return words
        return str(words[0]) if len(words) == 1 and column.null_count == 0 else words.take(column.indices)
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    texts = column if is_text else as_text(column)
    if is_text and not keeps_formulas:
        texts = neutralised(texts)
    if not holds_any(texts, _QUOTED):
        return texts
    needs = pc.match_substring_regex(texts, _NEEDS_QUOTES)
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(needs, quoted, texts)


def as_text(column: pa.Array) -> pa.Array:
    """Any column as text: ISO dates, plain numbers, `true`/`false`, JSON for what is nested, hexadecimal for bytes."""
    kind = column.type
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    if pa.types.is_nested(kind):
        import orjson

        return pa.array(
            [None if v is None else orjson.dumps(v, default=str).decode() for v in column.to_pylist()], pa.string()
        )
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())
