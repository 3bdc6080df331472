"""Tiles ready to send: from a built archive, from memory, or encoded now."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app.tiles.archive import Archive
from app.tiles.cache import TileCache
from app.tiles.grid import BASE_SETS, Tile
from app.zones.catalogue import Catalogue

if TYPE_CHECKING:
    from app.tiles.ground import Ground
    from app.tiles.tilesets import TileSet

DEFAULT_CACHE_BYTES = 64 * 1024 * 1024
_GZIP_LEVEL = 6
_ENCODERS = 2
"""Tiles encoded at once: more would only wait for the interpreter."""
_NAMES_KEPT = 1024
_SETS_KEPT = 48
"""Sets of tiles (a zoning and what it says) kept ready, each with a few megabytes of dissolved outlines."""


class TileStore:
    """Every tile of one catalogue, gzip. The tiles in memory are bounded by `cache_bytes`. Safe for threads.
    `workers` are the threads slow calls belong in.

    `archives` are directories of archives written by `build_archives`: each is used only for the very set it was built
    from.
    """

    def __init__(
        self, catalogue: Catalogue, archives: Sequence[Path] = (), cache_bytes: int = DEFAULT_CACHE_BYTES
    ) -> None:
        """Open the archives of directories that exist.

        Raises:
            DataError: a file named like an archive is not one.
        """
        self.catalogue = catalogue
        self._ground: Ground | None = None
        self.cache = TileCache(cache_bytes)
        self.archives = {
            digest: archive for directory in archives for digest, archive in open_archives(directory).items()
        }
        self._digests: OrderedDict[tuple[str, date | None, date | None], str] = OrderedDict()
        self._sets: OrderedDict[str, TileSet] = OrderedDict()
        self._lock = threading.Lock()
        self.workers = ThreadPoolExecutor(_ENCODERS, thread_name_prefix="tiles")

    @property
    def ground(self) -> Ground:
        """The geometry tiles are drawn from; nothing is read before the first tile that needs it."""
        from app.tiles.ground import Ground  # brings shapely, which a service that only reads archives does without

        with self._lock:
            if self._ground is None:
                self._ground = Ground(self.catalogue)
            return self._ground

    def known_set(self, name: str, on: date, known_on: date) -> TileSet | None:
        """The set a route names, when it is ready: never slow."""
        digest = self._digests.get(_key(name, on, known_on))
        return None if digest is None else self._sets.get(digest)

    def tileset(self, name: str, on: date, known_on: date) -> TileSet:
        """The set a route names: `base`, a part of it, a zoning key, or `key@vintage` whatever the day.

        Days on which a zoning says the same share one set. May take seconds the first time.

        Raises:
            NotInCatalogue: no such set, no such vintage, or no data installed for this zoning.
        """
        ready = self.known_set(name, on, known_on)
        if ready is not None:
            return ready
        from app.tiles.tilesets import make_tileset  # brings shapely: not at start-up

        made = make_tileset(self.ground, name, on, known_on)
        with self._lock:
            shared = self._sets.setdefault(made.digest, made)
            self._sets.move_to_end(made.digest)
            self._digests[_key(name, on, known_on)] = made.digest
            while len(self._sets) > _SETS_KEPT:
                self._sets.popitem(last=False)
            while len(self._digests) > _NAMES_KEPT:
                self._digests.popitem(last=False)
            return shared

    def stored(self, tileset: TileSet, tile: Tile) -> bytes | None:
        """A tile that needs no work; empty bytes when nothing is drawn there, None when it must be encoded."""
        archive = self.archives.get(tileset.digest)
        if archive is not None and archive.holds(tile):
            return archive.get(tile)
        return self.cache.get((tileset.digest, tile.zoom, tile.column, tile.row))

    def encode(self, tileset: TileSet, tile: Tile) -> bytes:
        """Draw a tile now and keep it in memory; empty bytes when nothing is drawn there. Tens of milliseconds at most,
        seconds for the first tile at a zoom."""
        found = self.stored(tileset, tile)
        if found is None:
            found = compressed(b"".join(layer.encode(tile) for layer in tileset.layers(tile.zoom)))
            self.cache.put((tileset.digest, tile.zoom, tile.column, tile.row), found)
        return found


def compressed(tile: bytes) -> bytes:
    """Gzip, always the same bytes for the same tile; nothing stays nothing."""
    return gzip.compress(tile, _GZIP_LEVEL, mtime=0) if tile else b""


def open_archives(directory: Path) -> dict[str, Archive]:
    """Archives of a directory by digest (`doctors.<digest>.pmtiles`).

    Raises:
        DataError: a file of that name is not an archive.
    """
    found: dict[str, Archive] = {}
    for path in sorted(directory.glob("*.pmtiles")):
        parts = path.name.split(".")
        if len(parts) == 3:
            found[parts[1]] = Archive(path)
    return found


def _key(name: str, on: date, known_on: date) -> tuple[str, date | None, date | None]:
    return (name, None, None) if "@" in name or name in BASE_SETS else (name, on, known_on)
