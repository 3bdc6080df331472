"""Tables in and out, by format: what a file is, its chunks in order, and how scored rows are written.

A reader gives `schema` and `chunks()`; a writer turns each scored batch into bytes that can be made apart and put end to
end (`Encoder.encode`), and puts parts together (`Encoder.assemble`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from app.batch.chunks import CHUNK_ROWS, Chunk, Loaded
from app.batch.csv_tables import csv_header, csv_rows
from app.batch.formats import Format, format_of
from app.batch.geoparquet import points_of
from app.batch.json_tables import Shape, feature_lines, json_lines, read_features, table_of
from app.batch.parquet_join import ParquetJoiner
from app.batch.parquet_rows import parquet_rows
from app.batch.scored import Scored
from app.batch.sheets import read_sheet, write_sheet
from app.batch.streams import CsvStream, NdjsonStream, Stream
from app.errors import InvalidInput

READ_BYTES = 1_048_576


class TableReader(Protocol):
    """A table open for reading. `size` counts rows or bytes, as chunks weigh; `delimiter` is that of a CSV."""

    schema: pa.Schema
    size: int
    delimiter: str

    def chunks(self) -> Iterator[Chunk]: ...


class WholeTable:
    """A table already in memory."""

    delimiter = ","

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        self.schema: pa.Schema = table.schema
        self.size = int(table.num_rows)

    def chunks(self) -> Iterator[Chunk]:
        for batch in self._table.to_batches(max_chunksize=CHUNK_ROWS):
            yield Chunk(lambda batch=batch: Loaded(batch), len(batch))  # type: ignore[misc]


class ParquetTable:
    """A Parquet file, read row group after row group. Points of a GeoParquet without lon and lat become columns."""

    delimiter = ","

    def __init__(self, path: Path) -> None:
        """
        Raises:
            InvalidInput: not a whole Parquet file.
        """
        try:
            self._file = pq.ParquetFile(path, pre_buffer=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
            raise InvalidInput("The file is not a whole Parquet file.", field="file") from None
        self._points = points_of(self._file.schema_arrow)
        self.schema = self._points.schema(self._file.schema_arrow)
        self.size = int(self._file.metadata.num_rows)

    def chunks(self) -> Iterator[Chunk]:
        try:
            for batch in self._file.iter_batches(batch_size=CHUNK_ROWS):
                yield Chunk(lambda batch=batch: Loaded(self._points.add(batch, self.schema)), len(batch))  # type: ignore[misc]
        except (pa.ArrowInvalid, OSError):
            raise InvalidInput("The Parquet file is damaged: a row group cannot be read.", field="file") from None


class StreamedTable:
    """A text file, read through its stream: memory holds a few blocks, whatever the size."""

    def __init__(self, path: Path, stream: Stream) -> None:
        self._path = path
        self._stream = stream
        self.size = path.stat().st_size
        self._ready = self._all()
        self._first: list[Chunk] = []
        while stream.schema is None and (chunk := next(self._ready, None)) is not None:
            self._first.append(chunk)
        assert stream.schema is not None  # a stream that ends without a header has said so
        self.schema = stream.schema
        self.delimiter = stream.delimiter

    def chunks(self) -> Iterator[Chunk]:
        yield from self._first
        yield from self._ready

    def _all(self) -> Iterator[Chunk]:
        with self._path.open("rb") as file:
            while data := file.read(READ_BYTES):
                yield from self._stream.feed(data)
        yield from self._stream.finish()


def open_table(path: Path, kind: Format | None = None) -> TableReader:
    """Open a table for reading.

    Raises:
        InvalidInput: missing, empty, broken, or not what its name says.
    """
    if not path.is_file():
        raise InvalidInput("The input file does not exist.", field="in")
    kind = kind or format_of(path)
    if path.stat().st_size == 0:
        raise InvalidInput("The file is empty: give a header and rows.", field="file")
    if kind is Format.CSV:
        return StreamedTable(path, CsvStream())
    if kind is Format.NDJSON:
        return StreamedTable(path, NdjsonStream(_shape_of(path)))
    if kind is Format.PARQUET:
        return ParquetTable(path)
    if kind is Format.XLSX:
        return WholeTable(read_sheet(path))
    rows = read_features(path)
    shape = Shape()
    for row in rows:
        shape.learn(row)
    schema = shape.schema()
    return WholeTable(pa.Table.from_batches([table_of(rows, schema, {})]))


def _shape_of(path: Path) -> Shape:
    """Keys of every object of a file: a first reading, so that a key that appears late has its column."""
    stream = NdjsonStream()
    with path.open("rb") as file:
        while data := file.read(READ_BYTES):
            stream.learn(data)
    stream.learn(b"", is_last=True)
    return stream.shape


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes scored rows in one format. `encode` is pure and may run in any thread."""

    kind: Format
    schema: pa.Schema
    delimiter: str = ","
    keeps_formulas: bool = False

    @property
    def part_suffix(self) -> str:
        return {Format.PARQUET: ".pieces", Format.XLSX: ".parquet"}.get(self.kind, f".{self.kind.value}")

    def encode(self, scored: Scored) -> bytes | memoryview:
        batch = scored.batch
        if self.kind is Format.CSV:
            return csv_rows(batch, self.delimiter, keeps_formulas=self.keeps_formulas, repeated=scored.repeated)
        if self.kind is Format.NDJSON:
            return json_lines(batch)
        if self.kind is Format.GEOJSON:
            return feature_lines(batch)
        return parquet_rows(batch)

    def write_part(self, pieces: Sequence[bytes | memoryview], out: BinaryIO) -> None:
        """One part from the pieces that `encode` gave, in order; those of Parquet are whole files, each after its size."""
        if self.kind is not Format.XLSX:
            for piece in pieces:
                if self.kind is Format.PARQUET:
                    out.write(len(piece).to_bytes(8, "little"))
                out.write(piece)
            return
        joiner = ParquetJoiner(out)
        for piece in pieces:
            joiner.add(piece)
        joiner.finish()

    def begin(self) -> bytes:
        """What a text output starts with."""
        if self.kind is Format.CSV:
            return csv_header(self.schema, self.delimiter, keeps_formulas=self.keeps_formulas)
        return b'{"type":"FeatureCollection","features":[' if self.kind is Format.GEOJSON else b""

    def end(self) -> bytes:
        return b"\n]}\n" if self.kind is Format.GEOJSON else b""

    def assemble(self, parts: Sequence[Path], path: Path) -> None:
        """Put parts together in one file.

        Raises:
            InvalidInput: more rows than the format holds.
        """
        if self.kind is Format.XLSX:
            write_sheet(iter(parts), self.schema, path, keeps_formulas=self.keeps_formulas)
            return
        with path.open("wb") as out:
            if self.kind is Format.PARQUET:
                joiner = ParquetJoiner(out)
                for part in parts:
                    with part.open("rb") as file:
                        while size := int.from_bytes(file.read(8), "little"):
                            joiner.add(file.read(size))
                joiner.finish()
                return
            out.write(self.begin())
            is_first = True
            for part in parts:
                with part.open("rb") as file:
                    if is_first and self.kind is Format.GEOJSON:
                        is_first = not file.read(1)  # the comma before the first feature
                    while data := file.read(READ_BYTES):
                        out.write(data)
            out.write(self.end())


def empty_piece(encoder: Encoder) -> bytes | memoryview:
    """A piece without rows: what a table of a header alone becomes."""
    return encoder.encode(Scored(pa.RecordBatch.from_pylist([], schema=encoder.schema)))
