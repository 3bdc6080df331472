"""Mapbox Vector Tile 2.1, written with numpy: all features of a layer at once, protobuf by hand.

Field numbers and commands are those of the specification (vector_tile.proto, sections 4.3 and 4.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.tiles.grid import EXTENT
from app.tiles.rings import Rings

POINT, POLYGON = 1, 3
_MOVE_TO_ONE, _CLOSE_PATH = 9, 15
_LINE_TO = 2

Value = str | int | float | bool


@dataclass(frozen=True, eq=False)
class Attributes:
    """A block of attributes of a layer: `names`, distinct `records` (a value per name; None is absent), and for each row
    of the layer the number of its record. The values of one name are all of one type.
    """

    names: tuple[str, ...]
    records: Sequence[tuple[Value | None, ...]]
    record_of_row: Sequence[int]

    @classmethod
    def of(cls, **columns: Sequence[Value | None]) -> Attributes:
        """A record per row, from columns of equal length by name."""
        records = list(zip(*columns.values(), strict=True))
        return cls(tuple(columns), records, range(len(records)))


@dataclass(frozen=True, eq=False)
class _Tags:
    """A block of attributes in one tile: tags of each feature, and the value fields the layer lists for them."""

    of_feature: list[bytes]
    values: list[bytes]


@dataclass(frozen=True, eq=False)
class Drawing:
    """The geometry of a layer in one tile: for each feature its row in the layer, and its type and geometry fields.

    Layers with the same outlines share drawings, and with them the tags of their first block of attributes.
    """

    rows: list[int]
    geometries: list[bytes]
    first_tags: dict[Attributes, _Tags] = field(default_factory=dict)


def draw_rings(rings: Rings, tiles: int) -> list[Drawing]:
    """Encode polygons: MoveTo, LineTo and ClosePath for each ring, one feature per piece; a drawing for each of `tiles`."""
    sizes = rings.sizes
    if not len(sizes):
        return [Drawing([], []) for _ in range(tiles)]
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
    pieces = rings.owners[first_ring]
    return _apart(POLYGON, rings.rows[pieces], commands, rings.tiles[pieces], tiles)


def draw_points(
    rows: NDArray[np.int64], points: NDArray[np.int32], tile_of_point: NDArray[np.int64], tiles: int
) -> list[Drawing]:
    """Encode one point per feature; `points` (n, 2) in the units of their tiles, `tile_of_point` ascending."""
    words = np.empty((len(rows), 3), np.uint32)
    words[:, 0] = _MOVE_TO_ONE
    words[:, 1:] = (points << 1) ^ (points >> 31)
    commands = _cut(words.ravel(), np.arange(0, 3 * len(rows) + 1, 3))
    return _apart(POINT, rows, commands, tile_of_point, tiles)


def _apart(
    kind: int, rows: NDArray[np.int64], commands: list[bytes], tile_of: NDArray[np.int64], tiles: int
) -> list[Drawing]:
    """One drawing per tile, from features in the order of their tiles."""
    head = bytes((0x18, kind, 0x22))
    fields = [head + _sized(command) for command in commands]
    numbers, cuts = rows.tolist(), np.searchsorted(tile_of, np.arange(tiles + 1)).tolist()
    return [Drawing(numbers[start:end], fields[start:end]) for start, end in pairwise(cuts)]


def encode_layer(
    name: str, drawing: Drawing, attributes: Sequence[Attributes], ids: Sequence[int] | None = None
) -> bytes:
    """One layer of a tile with the attributes of its features; empty bytes when nothing is drawn.

    `ids` gives each row of the layer its numeric feature id.
    """
    if not drawing.rows:
        return b""
    tags, values = _joined_tags(drawing, attributes)
    body = [b"\x0a", _sized(name.encode())]
    for row, tag, geometry in zip(drawing.rows, tags, drawing.geometries, strict=True):
        number = b"" if ids is None else b"\x08" + varint(ids[row])
        feature = b"%b\x12%b%b%b" % (number, varint(len(tag)), tag, geometry)
        body += (b"\x12", varint(len(feature)), feature)
    body += [b"\x1a" + _sized(key.encode()) for block in attributes for key in block.names]
    body += values
    body.append(b"\x28" + varint(EXTENT) + b"\x78\x02")
    return b"\x1a" + _sized(b"".join(body))


@lru_cache(1 << 15)
def varint(number: int) -> bytes:
    """Protobuf's base-128 number, for one value."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _sized(payload: bytes) -> bytes:
    return varint(len(payload)) + payload


@lru_cache(1 << 16, typed=True)
def _value(value: Value) -> bytes:
    """A value field of a layer; tiles repeat those of their neighbours."""
    return b"\x22" + _sized(_bare_value(value))


def _bare_value(value: Value) -> bytes:
    if isinstance(value, str):
        return b"\x0a" + _sized(value.encode())
    if isinstance(value, bool):
        return b"\x38" + varint(int(value))
    if isinstance(value, int):
        return b"\x30" + varint((value << 1) ^ (value >> 63))
    return b"\x19" + np.float64(value).tobytes()


def _joined_tags(drawing: Drawing, attributes: Sequence[Attributes]) -> tuple[list[bytes], list[bytes]]:
    """Tags of each feature over all blocks, and the value fields of the layer."""
    if not attributes:
        return [b""] * len(drawing.rows), []
    first = drawing.first_tags.get(attributes[0])
    if first is None:
        first = drawing.first_tags[attributes[0]] = _tags(drawing.rows, attributes[0], 0, 0)
    tags, values, keys = first.of_feature, first.values, len(attributes[0].names)
    for block in attributes[1:]:
        more = _tags(drawing.rows, block, keys, len(values))
        tags = [former + tag for former, tag in zip(tags, more.of_feature, strict=True)]
        values = values + more.values
        keys += len(block.names)
    return tags, values


def _tags(rows: Sequence[int], block: Attributes, first_key: int, first_value: int) -> _Tags:
    """Key and value numbers of each feature, and the values met, numbered from `first_value`."""
    number_of: list[dict[Value, int]] = [{} for _ in block.names]
    tag_of_record: dict[int, bytes] = {}
    of_feature: list[bytes] = []
    values: list[bytes] = []
    for row in rows:
        record = block.record_of_row[row]
        tag = tag_of_record.get(record)
        if tag is None:
            parts: list[bytes] = []
            for position, value in enumerate(block.records[record]):
                if value is None:
                    continue
                number = number_of[position].get(value)
                if number is None:
                    number = number_of[position][value] = first_value + len(values)
                    values.append(_value(value))
                parts += (varint(first_key + position), varint(number))
            tag = tag_of_record[record] = b"".join(parts)
        of_feature.append(tag)
    return _Tags(of_feature, values)


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
