"""Mapbox Vector Tile 2.1, written with numpy: all features of a layer at once, protobuf by hand.

Field numbers and commands are those of the specification (vector_tile.proto, sections 4.3 and 4.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.tiles.grid import EXTENT
from app.tiles.rings import Rings

POINT, POLYGON = 1, 3
_MOVE_TO_ONE, _CLOSE_PATH = 9, 15
_LINE_TO = 2
_MISSING = -1

Value = str | int | float | bool


@dataclass(frozen=True, eq=False)
class Column:
    """One attribute of a layer: distinct `values`, and for each row the position of its own (int32; -1: no value)."""

    name: str
    values: tuple[Value, ...]
    value_of_row: NDArray[np.int32]

    @classmethod
    def of(cls, name: str, values: Sequence[Value | None]) -> Column:
        """A column from one value per row."""
        known: dict[tuple[type, Value], int] = {}
        numbers = [_MISSING if v is None else known.setdefault((type(v), v), len(known)) for v in values]
        return cls(name, tuple(value for _, value in known), np.array(numbers, np.int32))


@dataclass(frozen=True, eq=False)
class Drawing:
    """The geometry of a layer in one tile: for each feature its row in the layer and its encoded commands."""

    kind: int
    rows: NDArray[np.int64]
    commands: list[bytes]


def draw_rings(rings: Rings) -> Drawing:
    """Encode polygons: MoveTo, LineTo and ClosePath for each ring, one feature per owner."""
    sizes = rings.sizes
    if not len(sizes):
        return Drawing(POLYGON, np.empty(0, np.int64), [])
    first_ring = np.flatnonzero(np.concatenate([[True], rings.owners[1:] != rings.owners[:-1]]))
    first_vertex = np.concatenate([[0], np.cumsum(sizes)])
    steps = rings.vertices.copy()
    steps[1:] -= rings.vertices[:-1]
    starts = first_vertex[first_ring]
    steps[starts] = rings.vertices[starts]  # the cursor is at (0, 0) when a feature begins
    words_per_ring = 2 * sizes + 3
    first_word = np.concatenate([[0], np.cumsum(words_per_ring)])
    words = np.empty(first_word[-1], np.uint32)
    rank = np.arange(len(steps)) - np.repeat(first_vertex[:-1], sizes)
    place = np.repeat(first_word[:-1] + 1, sizes) + 2 * rank + (rank > 0)
    zigzag = ((steps << 1) ^ (steps >> 31)).astype(np.uint32)
    words[place], words[place + 1] = zigzag[:, 0], zigzag[:, 1]
    words[first_word[:-1]] = _MOVE_TO_ONE
    words[first_word[:-1] + 3] = ((sizes - 1) << 3) | _LINE_TO
    words[first_word[1:] - 1] = _CLOSE_PATH
    commands = _cut(words, np.concatenate([first_word[first_ring], first_word[-1:]]))
    return Drawing(POLYGON, rings.owners[first_ring], commands)


def draw_points(rows: NDArray[np.int64], points: NDArray[np.int32]) -> Drawing:
    """Encode one point per feature; `points` (n, 2) in the tile's units."""
    words = np.empty((len(rows), 3), np.uint32)
    words[:, 0] = _MOVE_TO_ONE
    words[:, 1:] = (points << 1) ^ (points >> 31)
    return Drawing(POINT, rows, _cut(words.ravel(), np.arange(0, 3 * len(rows) + 1, 3)))


def encode_layer(name: str, drawing: Drawing, columns: Sequence[Column], ids: Sequence[int] | None = None) -> bytes:
    """One layer of a tile with the attributes of its features; empty bytes when nothing is drawn.

    `ids` gives each row of the layer its numeric feature id.
    """
    if not len(drawing.rows):
        return b""
    tags, values = _tags(drawing.rows, columns)
    kind = bytes((0x18, drawing.kind))
    body = [b"\x0a", _sized(name.encode())]
    for row, tag, command in zip(drawing.rows.tolist(), tags, drawing.commands, strict=True):
        number = b"" if ids is None else b"\x08" + varint(ids[row])
        feature = b"%b\x12%b%b%b\x22%b%b" % (number, varint(len(tag)), tag, kind, varint(len(command)), command)
        body += (b"\x12", varint(len(feature)), feature)
    for column in columns:
        body += (b"\x1a", _sized(column.name.encode()))
    for value in values:
        body += (b"\x22", _sized(_value(value)))
    body.append(b"\x28" + varint(EXTENT) + b"\x78\x02")
    return b"\x1a" + _sized(b"".join(body))


def varint(number: int) -> bytes:
    """Protobuf's base-128 number, for one value."""
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _sized(payload: bytes) -> bytes:
    return varint(len(payload)) + payload


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return b"\x0a" + _sized(value.encode())
    if isinstance(value, bool):
        return b"\x38" + varint(int(value))
    if isinstance(value, int):
        return b"\x30" + varint((value << 1) ^ (value >> 63))
    return b"\x19" + np.float64(value).tobytes()


def _tags(rows: NDArray[np.int64], columns: Sequence[Column]) -> tuple[list[bytes], list[Value]]:
    """Packed key and value numbers of each feature, and the values the layer lists."""
    values: list[Value] = []
    words = np.zeros((len(rows), 2 * len(columns)), np.uint32)
    present = np.zeros((len(rows), 2 * len(columns)), np.bool_)
    for key, column in enumerate(columns):
        used, local = np.unique(column.value_of_row[rows], return_inverse=True)
        missing = int(len(used) > 0 and used[0] == _MISSING)
        words[:, 2 * key] = key
        words[:, 2 * key + 1] = np.maximum(local - missing, 0) + len(values)
        present[:, 2 * key : 2 * key + 2] = (local >= missing)[:, None]
        values += [column.values[number] for number in used[missing:].tolist()]
    counts = present.sum(axis=1)
    return _cut(words[present], np.concatenate([[0], np.cumsum(counts)])), values


def _cut(words: NDArray[np.uint32], starts: NDArray[np.int64]) -> list[bytes]:
    """Varints of `words`, cut before each start (the last start is the end)."""
    lengths = np.ones(len(words), np.int64)
    for bits in (7, 14, 21, 28):
        lengths += words >= 1 << bits
    ends = np.concatenate([[0], np.cumsum(lengths)])
    stream = np.empty(ends[-1], np.uint8)
    for septet in range(int(lengths.max(initial=0))):
        longer = lengths > septet + 1
        here = lengths > septet
        byte = (words >> np.uint32(7 * septet)) & np.uint32(0x7F)
        stream[ends[:-1][here] + septet] = (byte | (longer.astype(np.uint32) << 7))[here]
    cuts = ends[starts].tolist()
    payload = stream.tobytes()
    return [payload[start:end] for start, end in pairwise(cuts)]
