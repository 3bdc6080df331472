"""House numbers of a commune's streets in compact blocks of a few thousand.

A block is zlib-compressed columns. Coordinates are WGS 84 degrees times 100,000 (about 1 m), as integers.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

NUMBERS_PER_BLOCK = 4096
StreetNumber = tuple[int, int, int, int]
"""A number, the code of its suffix, its longitude and latitude as integers."""
_START = struct.Struct("<IIiii")


def distinct_numbers(numbers: Sequence[StreetNumber]) -> list[StreetNumber]:
    """Sorted by number and suffix, one point each: a number listed twice keeps its first position."""
    kept: dict[tuple[int, int], StreetNumber] = {}
    for entry in numbers:
        kept.setdefault((entry[0], entry[1]), entry)
    return sorted(kept.values())


def pack_numbers(numbers: Sequence[StreetNumber]) -> bytes:
    """Columns of differences with the previous number: small integers that compress well."""
    columns = [array("i", (entry[part] for entry in numbers)) for part in (0, 2, 3)]
    steps = [array("i", [0, *(after - before for before, after in pairwise(column))]) for column in columns]
    narrow = all(-32768 <= step <= 32767 for column in steps for step in column)
    start = _START.pack(len(numbers), narrow, *(column[0] for column in columns))
    suffixes = array("H", (entry[1] for entry in numbers)).tobytes()
    body = b"".join((array("h", column) if narrow else column).tobytes() for column in steps)
    return zlib.compress(start + suffixes + body, 6)


class NumberBlock:
    """A decoded number block; each street reads its slice. Coordinates are decoded where a number is found."""

    def __init__(self, packed: bytes) -> None:
        raw = zlib.decompress(packed)
        count, narrow, *self._first = _START.unpack_from(raw)
        at = _START.size
        self.suffixes = array("H", raw[at : at + 2 * count])
        at += 2 * count
        kind, width = ("<i2", 2) if narrow else ("<i4", 4)
        self._steps = [np.frombuffer(raw, kind, count, at + part * width * count) for part in range(3)]
        self.numbers = self._whole(0)

    @cached_property
    def lons(self) -> array[int]:
        return self._whole(1)

    @cached_property
    def lats(self) -> array[int]:
        return self._whole(2)

    def point(self, at: int) -> tuple[int, int]:
        """The coordinates of one number: a sum of steps, quicker than decoding those of all."""
        lon, lat = (self._first[part] + int(self._steps[part][: at + 1].sum(dtype=np.int32)) for part in (1, 2))
        return lon, lat

    def _whole(self, part: int) -> array[int]:
        return array("i", (np.cumsum(self._steps[part], dtype=np.int32) + np.int32(self._first[part])).tobytes())

    def positions(self, number: int, offset: int, count: int) -> range:
        """Where a number stands among those of one street (sorted): without suffix first, then its suffixes."""
        start = bisect_left(self.numbers, number, offset, offset + count)
        return range(start, bisect_right(self.numbers, number, start, offset + count))
