"""Cuts a stream of CSV bytes at ends of records, quoted newlines understood, memory bounded."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.batch.dialect import Dialect
from app.batch.limits import MAX_RECORD_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_BYTES = 2_097_152
"""Complete records are handed on by blocks of about this size."""

_QUOTED = 2
"""State of `record_scan.scan_records` inside a quoted field."""


@dataclass(frozen=True, slots=True)
class Block:
    """Complete records, as UTF-8 bytes. `is_broken`: one record that could not be read whole (too long, or its quote is
    never closed); `data` is then what is kept of it."""

    data: bytes
    records: int
    is_broken: bool = False


class RecordSplitter:
    """Feed bytes, get blocks of complete records. A record that exceeds MAX_RECORD_BYTES is given up: its first line
    becomes a broken block of its own, and reading goes on at the next line."""

    def __init__(self, dialect: Dialect, block_bytes: int = BLOCK_BYTES) -> None:
        self._delimiter = ord(dialect.delimiter)
        self._block_bytes = block_bytes
        self._skip = dialect.bom_bytes
        self._pending = bytearray()
        self._skipping_line = False
        self._decoder = None
        if dialect.encoding != "utf-8":
            self._decoder = codecs.getincrementaldecoder(dialect.encoding)("zonage-mixed")

    def feed(self, data: bytes) -> Iterator[Block]:
        """Blocks completed by these bytes."""
        if self._skip:
            data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        if self._decoder is not None:
            data = self._decoder.decode(data).encode()
        self._pending += data
        while len(self._pending) >= self._block_bytes:
            before = len(self._pending)
            yield from self._cut()
            if len(self._pending) == before:
                return

    def finish(self) -> Iterator[Block]:
        """What is left once the stream has ended; the last record needs no end of line."""
        if self._decoder is not None:
            self._pending += self._decoder.decode(b"", final=True).encode()
        while self._pending:
            before = len(self._pending)
            yield from self._cut()
            if len(self._pending) == before:
                break
        if self._pending and not self._skipping_line:
            if self._pending[-1] not in b"\r\n":
                self._pending += b"\n"
            end, records, state = self._scan()
            if state == _QUOTED or end != len(self._pending):
                yield from self._give_up(end)
                yield from self.finish()
                return
            yield Block(bytes(self._pending), records)
        self._pending.clear()

    def _scan(self) -> tuple[int, int, int]:
        found = last_record_end(np.frombuffer(bytes(self._pending), np.uint8), self._delimiter, self._block_bytes)
        return int(found[0]), int(found[1]), int(found[2])

    def _cut(self) -> Iterator[Block]:
        if self._skipping_line:
            end = self._pending.find(b"\n")
            if end < 0:
                self._pending.clear()
                return
            del self._pending[: end + 1]
            self._skipping_line = False
            return
        end, records, _ = self._scan()
        if end:
            yield Block(bytes(self._pending[:end]), records)
            del self._pending[:end]
        elif len(self._pending) > MAX_RECORD_BYTES:
            yield from self._give_up(0)

    def _give_up(self, end: int) -> Iterator[Block]:
        """The record that starts at `end` cannot be read whole."""
        if end:
            head = bytes(self._pending[:end])
            yield Block(head, count_records(np.frombuffer(head, np.uint8), self._delimiter))
            del self._pending[:end]
        line = self._pending.find(b"\n")
        if 0 <= line <= MAX_RECORD_BYTES:
            yield Block(bytes(self._pending[: line + 1]), 1, is_broken=True)
            del self._pending[: line + 1]
        else:
            yield Block(b"", 1, is_broken=True)
            self._skipping_line = line < 0
            del self._pending[: line + 1 if line >= 0 else len(self._pending)]


def last_record_end(data: NDArray[np.uint8], delimiter: int, limit: int) -> tuple[int, int, int]:
    """(end of the last complete record that ends before `limit` or just past it, records before it, state at the end)."""
    from app.batch.record_scan import scan_records  # brings numba, 0.8 s: only when a table is read

    end, records, state = scan_records(data, delimiter, limit)
    return int(end), int(records), int(state)


def count_records(data: NDArray[np.uint8], delimiter: int) -> int:
    """Records in a block of complete ones."""
    return int(last_record_end(data, delimiter, len(data) + 1)[1])
