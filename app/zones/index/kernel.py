"""The compiled twin of `ZoneIndex.lookup`: many points, no Python object touched, the GIL released."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.zones.index.compiled import compiled
from app.zones.index.grid import ERROR_BOUND, ROOT_WIDTH, UNDERFLOW_BOUND, UNITS

UNSURE = -1
"""Written for a point whose side of a border floats cannot tell; the caller asks `ZoneIndex.lookup`."""


class Arrays(NamedTuple):
    """The sections that a lookup reads; `halves` and `words` are two views of `records`."""

    root: NDArray[np.int32]
    blocks: NDArray[np.int32]
    halves: NDArray[np.int32]
    words: NDArray[np.float64]
    reference_x: float
    reference_y: float


@compiled
def set_in_record(arrays: Arrays, lon: float, lat: float, record: int, x: int, y: int, shift: int) -> int:
    """The zone set of a point in a square that borders cross, or UNSURE."""
    halves, words = arrays.halves, arrays.words
    square_deg = (1 << shift) / UNITS
    reference_lon = ((x >> shift) + arrays.reference_x) * square_deg
    reference_lat = ((y >> shift) + arrays.reference_y) * square_deg
    to_lon, to_lat = reference_lon - lon, reference_lat - lat
    kind = halves[2 * record]
    word = record + 1 + ((1 << kind >> 1) if kind > 0 else -kind)
    mask = 0
    for _ in range(halves[2 * record + 1]):
        packed = halves[2 * word + 1]
        word += 1
        last = word + 2 * (packed >> 5)
        before_lon, before_lat, was_left = 0.0, 0.0, False
        first = word
        while word < last:
            vertex_lon, vertex_lat = words[word] - lon, words[word + 1] - lat
            left, right = to_lon * vertex_lat, to_lat * vertex_lon
            if abs(left - right) <= ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW_BOUND:
                return UNSURE
            is_left = left > right
            if word > first and is_left != was_left:
                left, right = before_lon * vertex_lat, before_lat * vertex_lon
                if abs(left - right) <= ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW_BOUND:
                    return UNSURE
                is_point_left = left > right
                start_lon, start_lat = words[word - 2] - reference_lon, words[word - 1] - reference_lat
                end_lon, end_lat = words[word] - reference_lon, words[word + 1] - reference_lat
                left, right = start_lon * end_lat, start_lat * end_lon
                if abs(left - right) <= ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW_BOUND:
                    return UNSURE
                if is_point_left != (left > right):
                    mask ^= 1 << (packed & 31)
            was_left, before_lon, before_lat = is_left, vertex_lon, vertex_lat
            word += 2
    if kind > 0:
        return int(halves[2 * record + 2 + mask])
    for entry in range(2 * record + 2, 2 * record + 2 - 2 * kind, 2):
        if halves[entry] == mask:
            return int(halves[entry + 1])
    return UNSURE


@compiled
def lookup_range(arrays: Arrays, lon: NDArray[np.float64], lat: NDArray[np.float64], found: NDArray[np.int32]) -> None:
    """Write the zone set of each point (0 for NaN or out of range, UNSURE where floats cannot tell)."""
    for i in range(len(lon)):
        if not (-180.0 <= lon[i] <= 180.0 and -90.0 <= lat[i] <= 90.0):
            found[i] = 0
            continue
        x, y = int(np.floor(lon[i] * UNITS)), int(np.floor(lat[i] * UNITS))
        node = arrays.root[((y >> 20) + 90) * ROOT_WIDTH + (x >> 20) + 180]
        shift = 20
        while node < 0:
            code = -1 - node
            if code & 1:
                node = set_in_record(arrays, lon[i], lat[i], code >> 1, x, y, shift)
                break
            shift -= 4
            node = arrays.blocks[(code << 7) | ((y >> shift & 15) << 4) | (x >> shift & 15)]
        found[i] = node
