"""PMTiles v3 archives, memory-mapped, with the directory decoded once.

The `pmtiles` reader decodes the directory at every tile (8 to 13 ms); this one finds a tile in a few microseconds and
hands out its stored gzip bytes as they are.
"""

from __future__ import annotations

import gzip
import json
import mmap
import zlib
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import (
    Compression,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    deserialize_header,
    zxy_to_tileid,
)

from app.errors import DataError
from app.tiles.grid import Tile

Entries = NDArray[np.int64]
"""(4, n): first tile number, how many tiles have it, length and offset of the bytes (PMTiles v3, section 4)."""
_UNREADABLE = (MagicNumberNotFound, SpecVersionUnsupported, zlib.error)
_MAX_DEPTH = 3
"""Levels of leaf directories the specification allows."""
_tile_number = lru_cache(1 << 16)(zxy_to_tileid)
"""Walking the curve costs as much as the rest of a look-up; maps ask for the same towns again."""


class Archive:
    """One open archive. It may be replaced on disk by a rename, never rewritten in place."""

    def __init__(self, path: Path) -> None:
        """Map an archive and decode its directory.

        Raises:
            DataError: not a PMTiles v3 archive of gzip tiles.
        """
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            header = deserialize_header(self._bytes[:127])
            if header["tile_compression"] is not Compression.GZIP:
                raise ValueError("tiles are not gzip")
            entries = self._entries(header["root_offset"], header["root_length"], header["leaf_directory_offset"])
            start, length = header["metadata_offset"], header["metadata_length"]
            self.metadata: dict[str, object] = json.loads(gzip.decompress(self._bytes[start : start + length]))
        except (*_UNREADABLE, ValueError, EOFError, OSError, IndexError) as error:
            raise DataError(
                f"{path.name} is not a PMTiles archive this version reads. Build the tiles again."
            ) from error
        self.path = path
        self.min_zoom = int(header["min_zoom"])
        self.max_zoom = int(header["max_zoom"])
        self.tiles = int(header["addressed_tiles_count"])
        data = int(header["tile_data_offset"])
        first, runs, lengths, offsets = entries
        self._first: list[int] = first.tolist()
        self._past: list[int] = (first + runs).tolist()
        self._start: list[int] = (data + offsets).tolist()
        self._end: list[int] = (data + offsets + lengths).tolist()

    def holds(self, tile: Tile) -> bool:
        """Whether the archive answers for this zoom; a tile it then lacks is empty."""
        return self.min_zoom <= tile.zoom <= self.max_zoom

    def get(self, tile: Tile) -> bytes:
        """The tile as stored (gzip); empty bytes where nothing is drawn."""
        number = _tile_number(tile.zoom, tile.column, tile.row)
        at = bisect_right(self._first, number) - 1
        if at < 0 or number >= self._past[at]:
            return b""
        return self._bytes[self._start[at] : self._end[at]]

    def _entries(self, start: int, length: int, leaves: int, depth: int = 0) -> Entries:
        """Tile entries of a directory and of its leaves, in order."""
        if depth > _MAX_DEPTH:
            raise ValueError("directory too deep")
        entries = read_directory(self._bytes[start : start + length])
        parts, done = [], 0
        for leaf in np.flatnonzero(entries[1] == 0).tolist():
            parts += [
                entries[:, done:leaf],
                self._entries(leaves + int(entries[3, leaf]), int(entries[2, leaf]), leaves, depth + 1),
            ]
            done = leaf + 1
        return np.concatenate([*parts, entries[:, done:]], axis=1)


def read_directory(packed: bytes) -> Entries:
    """The entries of one directory. The library's reader, value by value, would take a fifth of a second for seven archives.

    Raises:
        ValueError, EOFError, OSError: not a directory.
    """
    values = _varints(gzip.decompress(packed))
    count = int(values[0]) if len(values) else -1
    if count < 0 or len(values) < 1 + 4 * count:
        raise ValueError("directory cut")
    entries = values[1 : 1 + 4 * count].reshape(4, count)
    ids, _, lengths, offsets = entries
    if count and offsets[0] == 0:
        raise ValueError("the first entry has no offset")
    np.cumsum(ids, out=ids)
    before = np.cumsum(lengths) - lengths
    own = np.maximum.accumulate(np.where(offsets > 0, np.arange(count), 0))  # 0: right behind the entry before
    entries[3] = offsets[own] - 1 + before - before[own]
    return entries


def _varints(raw: bytes) -> NDArray[np.int64]:
    """Protobuf's base-128 numbers, all of a text."""
    octets = np.frombuffer(raw, np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    starts = np.append(0, ends[:-1] + 1)[: len(ends)]
    sizes = ends - starts + 1
    if sizes.max(initial=0) > 9:
        raise ValueError("number too long")
    values = np.zeros(len(ends), np.int64)
    for septet in range(int(sizes.max(initial=0))):
        here = np.flatnonzero(sizes > septet)
        values[here] |= (octets[starts[here] + septet].astype(np.int64) & 0x7F) << (7 * septet)
    return values
