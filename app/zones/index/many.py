"""Many points at once: in chunks, by threads, with the compiled kernel or, without numba, in whole-array numpy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from app.zones.index.compiled import HAS_NUMBA
from app.zones.index.grid import ERROR_BOUND, ROOT_WIDTH, UNDERFLOW_BOUND, UNITS
from app.zones.index.kernel import UNSURE, Arrays, lookup_range
from app.zones.index.store import IndexFile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sets = NDArray[np.int32]

CHUNK = 65_536
"""Points per task: small enough to share work evenly, large enough that handing it out costs nothing."""


def arrays_of(file: IndexFile) -> Arrays:
    """The sections of a mapped index as arrays on the same memory."""
    halves = np.frombuffer(file.sections["records"], dtype=np.int32)
    return Arrays(
        np.frombuffer(file.sections["root"], dtype=np.int32),
        np.frombuffer(file.sections["blocks"], dtype=np.int32),
        halves,
        halves.view(np.float64),
        file.reference_x,
        file.reference_y,
    )


def lookup_chunks(arrays: Arrays, lon: Floats, lat: Floats, threads: int) -> Sets:
    """The zone set of each point, UNSURE where floats cannot tell. Each task writes its own slice, nothing is shared."""
    lon, lat = np.ascontiguousarray(lon, dtype=np.float64), np.ascontiguousarray(lat, dtype=np.float64)
    if lon.ndim != 1 or lon.shape != lat.shape:
        raise ValueError("lon and lat must be one-dimensional and of one length.")
    found = np.empty(len(lon), dtype=np.int32)
    run = lookup_range if HAS_NUMBA else lookup_arrays
    if threads <= 1 or len(lon) <= CHUNK:
        run(arrays, lon, lat, found)
        return found
    slices = [slice(start, start + CHUNK) for start in range(0, len(lon), CHUNK)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: run(arrays, lon[part], lat[part], found[part]), slices))
    return found


def lookup_arrays(arrays: Arrays, lon: Floats, lat: Floats, found: Sets) -> None:
    """What `kernel.lookup_range` does, with whole arrays instead of a loop over points."""
    found[:] = 0
    with np.errstate(invalid="ignore"):
        usable = np.flatnonzero((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))
    lon, lat = lon[usable], lat[usable]
    x, y = np.floor(lon * UNITS).astype(np.int64), np.floor(lat * UNITS).astype(np.int64)
    node = arrays.root[((y >> 20) + 90) * ROOT_WIDTH + (x >> 20) + 180].astype(np.int64)
    shift = np.full(len(node), 20)
    while len(deeper := np.flatnonzero((node < 0) & (node & 1 == 1))):
        shift[deeper] -= 4
        rows, columns = y[deeper] >> shift[deeper] & 15, x[deeper] >> shift[deeper] & 15
        node[deeper] = arrays.blocks[((-1 - node[deeper]) << 7) | (rows << 4) | columns]
    border = np.flatnonzero(node < 0)
    square_deg = np.ldexp(1.0 / UNITS, shift[border])
    reference_lon = ((x[border] >> shift[border]) + arrays.reference_x) * square_deg
    reference_lat = ((y[border] >> shift[border]) + arrays.reference_y) * square_deg
    node[border] = _sets_in_records(
        arrays, (-1 - node[border]) >> 1, lon[border], lat[border], reference_lon, reference_lat
    )
    found[usable] = node


def _sets_in_records(
    arrays: Arrays, record: Ints, lon: Floats, lat: Floats, reference_lon: Floats, reference_lat: Floats
) -> Ints:
    """The zone set of each point in its record. One step of the loop handles the next edge of every point."""
    halves, words = arrays.halves, arrays.words
    kind = halves[2 * record].astype(np.int64)
    word = record + 1 + np.where(kind > 0, (1 << np.maximum(kind, 0)) >> 1, -kind)
    chains = halves[2 * record + 1].astype(np.int64)
    mask = np.zeros(len(record), dtype=np.int64)
    unsure = np.zeros(len(record), dtype=bool)
    active = np.flatnonzero(chains > 0)
    while len(active):
        packed = halves[2 * word[active] + 1].astype(np.int64)
        for step in range(int((packed >> 5).max()) - 1):
            walking = np.flatnonzero(packed >> 5 > step + 1)
            point = active[walking]
            start = word[point] + 1 + 2 * step
            crossed, doubtful = _crossings(
                words[start], words[start + 1], words[start + 2], words[start + 3],
                lon[point], lat[point], reference_lon[point], reference_lat[point],
            )  # fmt: skip
            mask[point] ^= np.where(crossed, 1 << (packed[walking] & 31), 0)
            unsure[point] |= doubtful
        word[active] += 1 + 2 * (packed >> 5)
        chains[active] -= 1
        active = active[chains[active] > 0]
    found = _entries(halves, record, kind, mask)
    found[unsure] = UNSURE
    return found


def _crossings(
    start_lon: Floats,
    start_lat: Floats,
    end_lon: Floats,
    end_lat: Floats,
    lon: Floats,
    lat: Floats,
    reference_lon: Floats,
    reference_lat: Floats,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each edge lies between point and reference, and whether floats cannot tell."""
    start_left, start_sure = _sides(lon, lat, reference_lon, reference_lat, start_lon, start_lat)
    end_left, end_sure = _sides(lon, lat, reference_lon, reference_lat, end_lon, end_lat)
    point_left, point_sure = _sides(start_lon, start_lat, end_lon, end_lat, lon, lat)
    reference_left, reference_sure = _sides(start_lon, start_lat, end_lon, end_lat, reference_lon, reference_lat)
    straddles = start_left != end_left
    doubtful = ~(start_sure & end_sure) | (straddles & ~(point_sure & reference_sure))
    return straddles & (point_left != reference_left), doubtful


def _sides(
    a_lon: Floats, a_lat: Floats, b_lon: Floats, b_lat: Floats, lon: Floats, lat: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each point is left of a -> b, and whether that is certain."""
    left, right = (a_lon - lon) * (b_lat - lat), (a_lat - lat) * (b_lon - lon)
    return left > right, np.abs(left - right) > ERROR_BOUND * (np.abs(left) + np.abs(right)) + UNDERFLOW_BOUND


def _entries(halves: Sets, record: Ints, kind: Ints, mask: Ints) -> Ints:
    """The set that each record's table gives for a mask, UNSURE if none."""
    found = np.full(len(record), UNSURE, dtype=np.int64)
    dense = np.flatnonzero(kind > 0)
    found[dense] = halves[2 * record[dense] + 2 + mask[dense]]
    sparse = np.flatnonzero(kind < 0)
    entry = 0
    while len(sparse):
        position = 2 * record[sparse] + 2 + 2 * entry
        matches = halves[position] == mask[sparse]
        found[sparse[matches]] = halves[position[matches] + 1]
        entry += 1
        sparse = sparse[~matches & (-kind[sparse] > entry)]
    return found
