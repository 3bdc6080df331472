"""Joins Parquet files of one schema into one without decoding them: row groups are copied, their offsets shifted.

A Parquet file is `PAR1`, row groups, a footer (thrift, compact protocol), its length, `PAR1`. Only the footer knows
where row groups are, so that a joined file is the concatenation of the row groups under one new footer. This lets parts
be written apart, in any order, by any worker, and become one file at the cost of a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, cast

from app.errors import DataError

MAGIC = b"PAR1"
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_ROWS, _ROW_GROUPS = 3, 4
_SHIFTED, _LEFT_OUT = "shifted", "left out"
Layout = Mapping[int, "str | Layout"]
"""What becomes of the fields of a struct, by id: those not named are copied; a layout is that of a struct, or of each
struct of a list.
"""
_CHUNK_META: Layout = dict.fromkeys((9, 10, 11, 14), _SHIFTED)  # pages: data, index, dictionary; bloom filter
_CHUNK: Layout = {2: _SHIFTED, 3: _CHUNK_META, 4: _SHIFTED, 6: _SHIFTED}  # 4 and 6: indexes of offsets and of columns
_GROUP: Layout = {1: _CHUNK, 5: _SHIFTED, 7: _LEFT_OUT}  # 7: its number in its file, optional and of 16 bits


class _Copier:
    """Reads a thrift value and writes it anew: the same bytes, except the offsets that a layout names."""

    def __init__(self, data: bytes, shift: int) -> None:
        self._data = data
        self._shift = shift
        self.at = 0
        self._copied = 0
        self._out = bytearray()

    def field(self, before: int) -> tuple[int, int]:
        """(id, wire type) of the next field of a struct, after the one of id `before`; (0, 0) at its end."""
        head = self._data[self.at]
        self.at += 1
        if head == 0:
            return 0, 0
        return before + (head >> 4) if head >> 4 else self.integer(), head & 15

    def integer(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)

    def items(self) -> tuple[int, int]:
        """(size, wire type of the elements) of a list."""
        head = self._data[self.at]
        self.at += 1
        return head >> 4 if head >> 4 != 15 else self._varint(), head & 15

    def struct(self, layout: Layout) -> bytes:
        """The struct that begins here, written anew."""
        self._out, self._copied = bytearray(), self.at
        self._walk(layout)
        self._copy(self.at)
        return bytes(self._out)

    def skip(self, kind: int) -> None:
        if kind in (_I32, _I64, _I16):
            while self._data[self.at] > 127:
                self.at += 1
            self.at += 1
        elif kind == _BINARY:
            size = self._varint()
            self.at += size
        elif kind in (_LIST, _SET):
            size, element = self.items()
            for _ in range(size):
                self.skip(_BYTE if element in (_TRUE, _FALSE) else element)
        elif kind == _STRUCT:
            self._walk({})
        elif kind in (_BYTE, _DOUBLE):
            self.at += 1 if kind == _BYTE else 8
        elif kind not in (_TRUE, _FALSE):  # whose value is their type
            raise DataError("A Parquet part has a footer of an unknown layout.")

    def _walk(self, layout: Layout) -> None:
        field = 0
        while True:
            begin = self.at
            field, kind = self.field(field)
            if field == 0:
                return
            todo = layout.get(field)
            if todo is None:
                self.skip(kind)
            elif todo == _SHIFTED:
                self._copy(self.at)
                value = self.integer()
                self._out += _zigzag(value + self._shift if value > 0 else value)
                self._copied = self.at
            elif todo == _LEFT_OUT:
                self._copy(begin)
                self.skip(kind)
                if self._data[self.at] != 0:  # what follows is numbered from it
                    raise DataError("A Parquet part has a footer of an unknown layout.")
                self._copied = self.at
            else:
                for _ in range(self.items()[0] if kind == _LIST else 1):
                    self._walk(cast(Layout, todo))

    def _copy(self, end: int) -> None:
        self._out += self._data[self._copied : end]

    def _varint(self) -> int:
        result = shift = 0
        while (byte := self._data[self.at]) > 127:
            result |= (byte & 127) << shift
            shift += 7
            self.at += 1
        self.at += 1
        return result | byte << shift


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


class ParquetJoiner:
    """Appends Parquet files to a stream; `finish` writes the footer. All must have been written with one schema."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._position = out.write(MAGIC)
        self._around: tuple[bytes, bytes] | None = None
        """The first footer's bytes before its number of rows, and after its row groups."""
        self._groups: list[bytes] = []
        self._rows = 0

    def add(self, part: memoryview | bytes) -> None:
        """Append the row groups of one file.

        Raises:
            DataError: not a whole Parquet file.
        """
        part = memoryview(part)
        size = len(part)
        if size < 12 or bytes(part[:4]) != MAGIC or bytes(part[-4:]) != MAGIC:
            raise DataError("A Parquet part is cut short.")
        length = int.from_bytes(part[-8:-4], "little")
        if length > size - 12:
            raise DataError("A Parquet part is cut short.")
        footer = bytes(part[size - 8 - length : size - 8])
        try:
            around, rows, groups = _read_footer(footer, self._position - len(MAGIC))
        except IndexError as error:
            raise DataError("A Parquet part has a footer that is cut short.") from error
        self._around = self._around or around
        self._rows += rows
        self._groups += groups
        body = part[4 : size - 8 - length]
        self._out.write(body)
        self._position += len(body)

    def finish(self) -> None:
        """Write the footer; nothing may be added afterwards.

        Raises:
            DataError: no part was added.
        """
        if self._around is None:
            raise DataError("There is no part to join.")
        before, after = self._around
        count = len(self._groups)
        groups = bytes([count << 4 | _STRUCT]) if count < 15 else bytes([15 << 4 | _STRUCT]) + _varint(count)
        step = bytes([(_ROW_GROUPS - _ROWS) << 4 | _LIST])
        footer = b"".join((before, _zigzag(self._rows), step, groups, *self._groups, after))
        self._out.write(footer + len(footer).to_bytes(4, "little") + MAGIC)


def _read_footer(footer: bytes, shift: int) -> tuple[tuple[bytes, bytes], int, list[bytes]]:
    """Bytes before the number of rows and after the row groups; the rows; the row groups, moved by `shift` bytes."""
    copier = _Copier(footer, shift)
    field = rows = begin = end = 0
    groups: list[bytes] = []
    while True:
        field, kind = copier.field(field)
        if field == 0:
            break
        if field == _ROWS:
            begin, rows = copier.at, copier.integer()
        elif field == _ROW_GROUPS:
            groups = [copier.struct(_GROUP) for _ in range(copier.items()[0])]
            end = copier.at
        else:
            copier.skip(kind)
    if copier.at != len(footer) or not 0 < begin < end:
        raise DataError("A Parquet part has a footer of an unknown layout.")
    return (footer[:begin], footer[end:]), rows, groups
