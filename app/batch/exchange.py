"""A batch over a connection: the body is kept on disk as it comes, rows are scored and sent as they are ready.

Reading never waits for writing: a client that sends everything before it reads gets its answer all the same, and memory
holds a few blocks. Writing waits for the client: nothing is scored faster than it is read.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from app.batch.chunks import Chunk
from app.batch.columns import find_columns
from app.batch.formats import Format
from app.batch.parquet_join import ParquetJoiner
from app.batch.profile import Profile
from app.batch.scorer import Scorer, Sources
from app.batch.streams import CsvStream, NdjsonStream, Stream
from app.batch.tables import READ_BYTES, Encoder, TableReader, empty_piece, open_table
from app.errors import InvalidInput

BLOCK_BYTES = 262_144
"""Smaller blocks than for files: the first rows come back sooner."""
STREAMED = (Format.CSV, Format.NDJSON)


class Spool:
    """What was received so far, on disk; `arrived` tells readers that there is more, or that it is all."""

    def __init__(self, folder: Path, kind: Format) -> None:
        self.path = folder / f"body.{kind.value}"
        self.is_whole = False
        self.has_left = False
        self.failure: BaseException | None = None
        self._out: BinaryIO = self.path.open("wb")
        self._more = asyncio.Condition()

    async def add(self, data: bytes) -> None:
        self._out.write(data)
        self._out.flush()
        async with self._more:
            self._more.notify_all()

    async def end(self, failure: BaseException | None = None) -> None:
        """The body is whole, or failed."""
        self._out.close()
        self.failure = failure
        self.is_whole = True
        async with self._more:
            self._more.notify_all()

    def close(self) -> None:
        self._out.close()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes received, as they come."""
        with self.path.open("rb") as file:
            while True:
                data = file.read(READ_BYTES)
                if data:
                    yield data
                    continue
                if self.is_whole:
                    if self.failure is not None:
                        raise self.failure
                    return
                async with self._more:
                    if file.tell() == self.path.stat().st_size and not self.is_whole:
                        await self._more.wait()

    async def whole(self) -> Path:
        async for _ in self.pieces():
            pass
        return self.path


class Exchange:
    """One batch from a spool to a stream of bytes. `begin` fails before anything is sent."""

    def __init__(
        self, spool: Spool, kind: Format, output: Format, sources: Sources, profile: Profile, *, keeps_formulas: bool
    ) -> None:
        self._spool = spool
        self._kind = kind
        self._output = output
        self._sources = sources
        self._profile = profile
        self._keeps_formulas = keeps_formulas
        self._chunks: AsyncIterator[Chunk] | None = None
        self._first: Chunk | None = None
        self._scorer: Scorer | None = None
        self._encoder: Encoder | None = None

    async def begin(self) -> None:
        """Read the header, or enough to know the columns.

        Raises:
            InvalidInput: nothing usable.
        """
        table: TableReader | Stream
        if self._kind in STREAMED:
            table = CsvStream(BLOCK_BYTES) if self._kind is Format.CSV else NdjsonStream(block_bytes=BLOCK_BYTES)
            self._chunks = self._streamed(table)
        else:
            table = await asyncio.to_thread(open_table, await self._spool.whole(), self._kind)
            self._chunks = _each(table)
        self._first = await anext(self._chunks, None)
        schema = table.schema
        if schema is None:
            raise InvalidInput("The body is empty: give a header and rows.", field="body")
        self._scorer = Scorer(self._sources, self._profile, find_columns(schema))
        self._encoder = Encoder(self._output, self._scorer.schema(schema), table.delimiter, self._keeps_formulas)

    async def answer(self) -> AsyncIterator[bytes]:
        """The output, piece by piece, in the order of the rows."""
        assert self._encoder is not None
        encoder = self._encoder
        if encoder.kind is Format.XLSX:
            async for data in self._sheet():
                yield data
            return
        sink = _Sink()
        joiner = ParquetJoiner(sink) if encoder.kind is Format.PARQUET else None
        yield encoder.begin()
        count = 0
        async for piece in self._pieces():
            if joiner is not None:
                joiner.add(piece)
                yield sink.take()
            else:
                yield bytes(piece[1:]) if count == 0 and encoder.kind is Format.GEOJSON else bytes(piece)
            count += 1
        if joiner is not None:
            if not count:
                joiner.add(empty_piece(encoder))
            joiner.finish()
            yield sink.take()
        yield encoder.end()

    async def _sheet(self) -> AsyncIterator[bytes]:
        assert self._encoder is not None
        part, sheet = self._spool.path.with_name("part.parquet"), self._spool.path.with_name("out.xlsx")
        with part.open("wb") as file:
            joiner = ParquetJoiner(file)
            joiner.add(empty_piece(self._encoder))
            async for piece in self._pieces():
                joiner.add(piece)
            joiner.finish()
        await asyncio.to_thread(self._encoder.assemble, [part], sheet)
        with sheet.open("rb") as file:
            while data := file.read(READ_BYTES):
                yield data

    async def _pieces(self) -> AsyncIterator[bytes | memoryview]:
        assert self._chunks is not None
        if self._first is not None:
            yield await self._scored(self._first)
            async for chunk in self._chunks:
                if self._spool.has_left:
                    return
                yield await self._scored(chunk)

    async def _scored(self, chunk: Chunk) -> bytes | memoryview:
        assert self._scorer is not None
        assert self._encoder is not None
        scorer, encoder = self._scorer, self._encoder
        loaded = await asyncio.to_thread(chunk.load)
        work = await asyncio.to_thread(scorer.read, loaded.batch, loaded.faults)
        if work.queries:
            await scorer.locate(work)
        finish: Callable[[], bytes | memoryview] = lambda: encoder.encode(scorer.finish(work))  # noqa: E731
        return await asyncio.to_thread(finish)

    async def _streamed(self, stream: Stream) -> AsyncIterator[Chunk]:
        async for data in self._spool.pieces():
            for chunk in stream.feed(data):
                yield chunk
        for chunk in stream.finish():
            yield chunk


async def _each(table: TableReader) -> AsyncIterator[Chunk]:
    chunks = table.chunks()
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


class _Sink(io.BytesIO):
    """Keeps what was written until it is taken."""

    def take(self) -> bytes:
        data = self.getvalue()
        self.seek(0)
        self.truncate()
        return data
