"""The gazetteer file: one read-only SQLite database, shared by every worker through the page cache.

Tables: `meta` (format, vintage, head, faults), `commune` (streets of a commune), `numbers` (blocks of house numbers),
`outline` (simplified outline of a commune) and `cell` (communes by 0.05 degree square, for reverse).
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from array import array
from collections import OrderedDict
from pathlib import Path
from typing import cast

import orjson

from app.errors import DataError
from app.geocoding.communes import CommuneTable, pack_deletes
from app.geocoding.head import HeadColumns, pack_head
from app.geocoding.number_block import NumberBlock
from app.geocoding.streets import CommuneStreets

FORMAT, OLDER_FORMAT = "5", "4"
"""The older one only differs in its head, compressed JSON: read anew at each opening (1 s) until the bundle is built again."""
CELLS_PER_DEGREE = 20
BLOCKS_PER_COMMUNE = 1 << 12
MAX_CACHED_STREETS = 60_000
"""Streets kept decoded: about 25 MB. A large city has 4,000."""
COMMUNE_COST = 8
"""What a commune takes besides its streets, in streets: on the embedded data each has one."""
MAX_CACHED_BLOCKS = 96
"""Number blocks kept decoded: 64 kB each."""
MAPPED_BYTES = 1 << 30

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE commune (id INTEGER PRIMARY KEY, streets BLOB NOT NULL);
CREATE TABLE numbers (id INTEGER PRIMARY KEY, block BLOB NOT NULL);
CREATE TABLE outline (id INTEGER PRIMARY KEY, rings BLOB NOT NULL);
CREATE TABLE cell (id INTEGER PRIMARY KEY, communes BLOB NOT NULL);
"""


def cell_id(lon: float, lat: float) -> int:
    """The 0.05 degree square that holds a WGS 84 point."""
    return int((lon + 180) * CELLS_PER_DEGREE) * 10_000 + int((lat + 90) * CELLS_PER_DEGREE)


class GazetteerFile:
    """A gazetteer opened for reading. Safe to share by threads: one connection each, caches under a lock."""

    def __init__(self, path: Path) -> None:
        """Open and read the head (some 0.1 s).

        Raises:
            DataError: the file is missing, is no gazetteer, or is of another format; the message says how to rebuild it.
        """
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._streets: OrderedDict[int, CommuneStreets | None] = OrderedDict()
        self._kept_streets = 0
        self._blocks: OrderedDict[int, NumberBlock] = OrderedDict()
        try:
            meta: dict[str, bytes] = dict(self._connection().execute("SELECT key, value FROM meta"))
            if _text(meta.get("format")) == OLDER_FORMAT:
                meta |= _of_older(meta["head"])
            elif _text(meta.get("format")) != FORMAT:
                raise DataError(f"{path.name}: gazetteer of another format. Run `zonage data build` again.")
            self.communes = CommuneTable(meta["head"], meta["deletes"])
            self.vintage = _text(meta["vintage"])
            self.suffixes: list[str] = _text(meta["suffixes"]).split("\n")
            self.finest = _text(meta["finest"])
        except (sqlite3.Error, zlib.error, KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path.name}: not a readable gazetteer. Run `zonage data build` again.") from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if not self.path.is_file():
                raise DataError(f"{self.path.name}: no gazetteer here. Run `zonage data build`.")
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, cached_statements=16)
            connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")  # pages shared by every worker and thread
            connection.execute("PRAGMA cache_size = -256")
            self._local.connection = connection
        return connection

    def _blob(self, sql: str, key: int) -> bytes | None:
        row = self._connection().execute(sql, (key,)).fetchone()
        return None if row is None else row[0]

    def streets_of(self, commune: int) -> CommuneStreets | None:
        """The streets of a commune, None when the file has none there."""
        kept = self._streets.get(commune, False)
        if kept is not False:
            return kept  # type: ignore[return-value]
        packed = self._blob("SELECT streets FROM commune WHERE id = ?", commune)
        streets = None if packed is None else CommuneStreets(packed, commune * BLOCKS_PER_COMMUNE)
        with self._lock:
            if commune not in self._streets:
                self._streets[commune] = streets
                self._kept_streets += COMMUNE_COST + (len(streets) if streets else 0)
            while self._kept_streets > MAX_CACHED_STREETS and len(self._streets) > 1:
                _, dropped = self._streets.popitem(last=False)
                self._kept_streets -= COMMUNE_COST + (len(dropped) if dropped else 0)
        return streets

    def numbers(self, block: int) -> NumberBlock:
        """A block of house numbers.

        Raises:
            DataError: the file is damaged.
        """
        kept = self._blocks.get(block)
        if kept is not None:
            return kept
        packed = self._blob("SELECT block FROM numbers WHERE id = ?", block)
        if packed is None:
            raise DataError(f"{self.path.name}: a block of numbers is missing. Run `zonage data build` again.")
        decoded = NumberBlock(packed)
        with self._lock:
            self._blocks[block] = decoded
            while len(self._blocks) > MAX_CACHED_BLOCKS:
                self._blocks.popitem(last=False)
        return decoded

    def outline(self, commune: int) -> bytes | None:
        """Packed outline of a commune, None when unknown."""
        return self._blob("SELECT rings FROM outline WHERE id = ?", commune)

    def communes_around(self, lon: float, lat: float) -> list[int]:
        """Communes whose box touches the 0.05 degree square of a point."""
        packed = self._blob("SELECT communes FROM cell WHERE id = ?", cell_id(lon, lat))
        return [] if packed is None else list(array("I", packed))


def _of_older(head: bytes) -> dict[str, bytes]:
    columns = cast(HeadColumns, orjson.loads(zlib.decompress(head)))
    return {"head": pack_head(columns), "deletes": pack_deletes(sorted(columns["keys"]))}


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
