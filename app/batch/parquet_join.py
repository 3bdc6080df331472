"""Joins Parquet files of one schema into one without decoding them: row groups are copied, their offsets shifted.

A Parquet file is `PAR1`, row groups, a footer (thrift, compact protocol), its length, `PAR1`. Only the footer knows
where row groups are, so that a joined file is the concatenation of the row groups under one new footer. This lets parts
be written apart, in any order, by any worker, and become one file at the cost of a copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from app.errors import DataError

MAGIC = b"PAR1"
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_ROWS, _ROW_GROUPS = 3, 4
_GROUP_COLUMNS, _GROUP_OFFSET, _GROUP_ORDINAL = 1, 5, 7
_CHUNK_OFFSET, _CHUNK_META = 2, 3
_CHUNK_INDEXES = (4, 6)
_META_OFFSETS = (9, 10, 11, 14)


@dataclass(slots=True)
class Item:
    """One thrift value with its wire type; structs are `{field id: Item}`, lists `(element type, values)`."""

    kind: int
    value: object


Struct = dict[int, Item]


class _Reader:
    """Thrift compact protocol, as far as Parquet footers use it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self) -> Struct:
        fields: Struct = {}
        field = 0
        while True:
            head = self._data[self._at]
            self._at += 1
            if head == 0:
                return fields
            kind, delta = head & 15, head >> 4
            field = field + delta if delta else self._zigzag()
            fields[field] = Item(kind, self._value(kind))

    def _value(self, kind: int) -> object:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in (_I16, _I32, _I64):
            return self._zigzag()
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind == _STRUCT:
            return self.struct()
        if kind in (_LIST, _SET):
            head = self._bytes(1)[0]
            size = head >> 4 if head >> 4 != 15 else self._varint()
            element = head & 15
            if element in (_TRUE, _FALSE):
                return element, [self._bytes(1) == b"\x01" for _ in range(size)]
            return element, [self._value(element) for _ in range(size)]
        if kind == _BYTE:
            return self._bytes(1)
        if kind == _DOUBLE:
            return self._bytes(8)
        raise DataError("A Parquet part has a footer of an unknown layout.")

    def _bytes(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise DataError("A Parquet part has a footer that is cut short.")
        self._at += size
        return self._data[self._at - size : self._at]

    def _varint(self) -> int:
        result = shift = 0
        while True:
            byte = self._bytes(1)[0]
            result |= (byte & 127) << shift
            if byte < 128:
                return result
            shift += 7

    def _zigzag(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _write_struct(fields: Struct, out: bytearray) -> None:
    before = 0
    for field in sorted(fields):
        item = fields[field]
        kind = item.kind
        if kind in (_TRUE, _FALSE):
            kind = _TRUE if item.value else _FALSE
        if 0 < field - before <= 15:
            out.append((field - before) << 4 | kind)
        else:
            out.append(kind)
            out += _zigzag(field)
        before = field
        if kind not in (_TRUE, _FALSE):
            _write(kind, item.value, out)
    out.append(0)


def _write(kind: int, value: object, out: bytearray) -> None:
    if kind in (_I16, _I32, _I64):
        assert isinstance(value, int)
        out += _zigzag(value)
    elif kind == _BINARY:
        assert isinstance(value, bytes)
        out += _varint(len(value)) + value
    elif kind == _STRUCT:
        assert isinstance(value, dict)
        _write_struct(value, out)
    elif kind in (_LIST, _SET):
        assert isinstance(value, tuple)
        element, values = value
        out += (
            bytes([len(values) << 4 | element]) if len(values) < 15 else bytes([240 | element]) + _varint(len(values))
        )
        for each in values:
            if element in (_TRUE, _FALSE):
                out.append(1 if each else 2)
            else:
                _write(element, each, out)
    else:
        assert isinstance(value, bytes)
        out += value


class ParquetJoiner:
    """Appends Parquet files to a stream; `finish` writes the footer. All must have been written with one schema."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._position = out.write(MAGIC)
        self._footer: Struct | None = None
        self._groups: list[object] = []
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
        footer = _Reader(bytes(part[size - 8 - length : size - 8])).struct()
        body = part[4 : size - 8 - length]
        shift = self._position - 4
        rows = footer[_ROWS].value
        assert isinstance(rows, int)
        groups = footer[_ROW_GROUPS].value
        assert isinstance(groups, tuple)
        for group in groups[1]:
            self._groups.append(_shifted(group, shift, len(self._groups)))
        self._rows += rows
        self._footer = self._footer or footer
        self._out.write(body)
        self._position += len(body)

    def finish(self) -> None:
        """Write the footer; nothing may be added afterwards.

        Raises:
            DataError: no part was added.
        """
        if self._footer is None:
            raise DataError("There is no part to join.")
        footer = dict(self._footer)
        footer[_ROWS] = Item(_I64, self._rows)
        footer[_ROW_GROUPS] = Item(_LIST, (_STRUCT, self._groups))
        out = bytearray()
        _write_struct(footer, out)
        self._out.write(out + len(out).to_bytes(4, "little") + MAGIC)


def _shifted(group: Struct, shift: int, ordinal: int) -> Struct:
    columns = group[_GROUP_COLUMNS].value
    assert isinstance(columns, tuple)
    for chunk in columns[1]:
        _shift(chunk, (_CHUNK_OFFSET, *_CHUNK_INDEXES), shift)
        meta = chunk[_CHUNK_META].value
        _shift(meta, _META_OFFSETS, shift)
    _shift(group, (_GROUP_OFFSET,), shift)
    if _GROUP_ORDINAL in group:
        group[_GROUP_ORDINAL] = Item(_I16, ordinal) if ordinal < 2**15 else group[_GROUP_ORDINAL]
        if ordinal >= 2**15:
            del group[_GROUP_ORDINAL]
    return group


def _shift(fields: Struct, ids: tuple[int, ...], shift: int) -> None:
    for field in ids:
        item = fields.get(field)
        if item is not None and isinstance(item.value, int) and item.value > 0:
            fields[field] = Item(item.kind, item.value + shift)
