"""PMTiles v3 archives, memory-mapped, with the directory decoded once.

The `pmtiles` reader decodes the directory at every tile (8 to 13 ms); this one finds a tile in a few microseconds and
hands out its stored gzip bytes as they are.
"""

from __future__ import annotations

import gzip
import json
import mmap
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    deserialize_directory,
    deserialize_header,
    zxy_to_tileid,
)

from app.errors import DataError
from app.tiles.grid import Tile

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
        except (MagicNumberNotFound, SpecVersionUnsupported, ValueError, EOFError, OSError, IndexError) as error:
            raise DataError(
                f"{path.name} is not a PMTiles archive this version reads. Build the tiles again."
            ) from error
        self.path = path
        self.min_zoom = int(header["min_zoom"])
        self.max_zoom = int(header["max_zoom"])
        self.tiles = int(header["addressed_tiles_count"])
        data = int(header["tile_data_offset"])
        self._first = [entry.tile_id for entry in entries]
        self._past = [entry.tile_id + entry.run_length for entry in entries]
        self._start = [data + entry.offset for entry in entries]
        self._end = [data + entry.offset + entry.length for entry in entries]

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

    def _entries(self, start: int, length: int, leaves: int, depth: int = 0) -> list[Entry]:
        """Tile entries of a directory and of its leaves, in order."""
        if depth > _MAX_DEPTH:
            raise ValueError("directory too deep")
        found: list[Entry] = []
        for entry in deserialize_directory(self._bytes[start : start + length]):
            if entry.run_length:
                found.append(entry)
            else:
                found += self._entries(leaves + entry.offset, entry.length, leaves, depth + 1)
        return found
