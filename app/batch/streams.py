"""Text tables as they arrive: feed bytes, get chunks; the schema is known once the header, or the first rows, are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa

from app.batch.chunks import Chunk, Loaded
from app.batch.csv_tables import read_block, read_header
from app.batch.dialect import SAMPLE_BYTES, Dialect, sniff
from app.batch.json_tables import LineSplitter, Shape, learn_lines, load_lines
from app.batch.limits import MAX_RECORD_BYTES
from app.batch.records import BLOCK_BYTES, Block, RecordSplitter, last_record_end
from app.errors import InvalidInput


class Stream(Protocol):
    """`schema` is None until enough was fed; `feed` and `finish` give chunks in the order of the rows."""

    schema: pa.Schema | None
    delimiter: str

    def feed(self, data: bytes) -> Iterator[Chunk]: ...

    def finish(self) -> Iterator[Chunk]: ...


class CsvStream:
    """CSV of any dialect. Every column is text, as it was written."""

    def __init__(self, block_bytes: int = BLOCK_BYTES) -> None:
        self.schema: pa.Schema | None = None
        self.delimiter = ","
        self._block_bytes = block_bytes
        self._sample = b""
        self._dialect: Dialect | None = None
        self._splitter: RecordSplitter | None = None

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """
        Raises:
            InvalidInput: not text, or no header.
        """
        if self._splitter is None:
            self._sample += data
            if len(self._sample) < SAMPLE_BYTES:
                return
            data = self._start()
        assert self._splitter is not None
        for block in self._splitter.feed(data):
            yield from self._chunk(block)

    def finish(self) -> Iterator[Chunk]:
        if self._splitter is None:
            data = self._start()
            assert self._splitter is not None
            for block in self._splitter.feed(data):
                yield from self._chunk(block)
        assert self._splitter is not None
        for block in self._splitter.finish():
            yield from self._chunk(block)
        if self.schema is None:
            raise InvalidInput("The header cannot be read: give column names on the first line.", field="file")

    def _start(self) -> bytes:
        self._dialect = sniff(self._sample[:SAMPLE_BYTES])
        self.delimiter = self._dialect.delimiter
        self._splitter = RecordSplitter(self._dialect, self._block_bytes)
        data, self._sample = self._sample, b""
        return data

    def _chunk(self, block: Block) -> Iterator[Chunk]:
        dialect = self._dialect
        assert dialect is not None
        if self.schema is None:
            block = self._take_header(block, dialect)
            if not block.records:
                return
        schema = self.schema
        yield Chunk(lambda: read_block(block, schema, dialect), len(block.data))

    def _take_header(self, block: Block, dialect: Dialect) -> Block:
        import numpy as np

        if block.is_broken:
            raise InvalidInput(f"The header is longer than {MAX_RECORD_BYTES} bytes: check the file.", field="file")
        start = len(block.data) - len(block.data.lstrip(b"\r\n"))
        end = int(last_record_end(np.frombuffer(block.data[start:], np.uint8), ord(dialect.delimiter), 1)[0]) + start
        names = read_header(block.data[start:end].decode("utf-8", "zonage-mixed"), dialect)
        self.schema = pa.schema([(name, pa.string()) for name in names])
        return Block(block.data[end:], block.records - 1)


class NdjsonStream:
    """One JSON object a line. Columns are the keys of `shape` when the whole was read before, else of the first block."""

    delimiter = ","

    def __init__(self, shape: Shape | None = None, block_bytes: int = BLOCK_BYTES) -> None:
        self.shape = shape or Shape()
        self.schema: pa.Schema | None = None if shape is None else shape.schema()
        self._lines = LineSplitter(block_bytes)

    def learn(self, data: bytes, *, is_last: bool = False) -> None:
        """Only learn the keys."""
        learn_lines(self.shape, self._lines.feed(data, is_last=is_last))

    def feed(self, data: bytes) -> Iterator[Chunk]:
        yield from self._chunk(self._lines.feed(data))

    def finish(self) -> Iterator[Chunk]:
        """
        Raises:
            InvalidInput: there was nothing.
        """
        yield from self._chunk(self._lines.feed(b"", is_last=True))
        if self.schema is None:
            raise InvalidInput("The file is empty: give one JSON object a line.", field="file")

    def _chunk(self, lines: list[bytes]) -> Iterator[Chunk]:
        if not lines:
            return
        if self.schema is None:
            learn_lines(self.shape, lines)
            self.schema = self.shape.schema()
        schema = self.schema

        def load() -> Loaded:
            return load_lines(lines, schema)

        yield Chunk(load, sum(map(len, lines)) + len(lines))
