"""Address rows gathered by commune on disk: bounded memory, and a build that was stopped goes on where it was.

Each flush writes its communes and the number of rows done in one transaction.
"""

from __future__ import annotations

import sqlite3
import struct
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson

from app.geocoding.address_files import AddressRow, read_addresses
from app.geocoding.normalise import fold, street_key
from app.geocoding.streets import StreetRecord

FLUSH_NUMBERS = 500_000
"""Numbers held before they are written: about 40 MB."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS part (citycode TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS done
    (file TEXT PRIMARY KEY, rows INTEGER NOT NULL, skipped INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS suffix (code INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS city (citycode TEXT PRIMARY KEY, name TEXT, postcode TEXT, lon INTEGER, lat INTEGER);
CREATE TABLE IF NOT EXISTS postcode (citycode TEXT, postcode TEXT, PRIMARY KEY (citycode, postcode)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS format (version TEXT PRIMARY KEY);
"""
_VERSION = "2"
_StreetKey = tuple[str, str, str, int]
Progress = Callable[[str, int], None]
"""Told the stage and how many rows or communes are done."""


class Staging:
    """The working database of one build; in memory when there is nothing to resume (`path` None)."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path or ":memory:")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)
        if self._database.execute("SELECT version FROM format").fetchall() not in ([], [(_VERSION,)]):
            for table in ("part", "done", "suffix", "city", "postcode", "format"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        self._database.execute("INSERT OR IGNORE INTO format VALUES (?)", (_VERSION,))
        self._database.commit()
        rows = self._database.execute("SELECT text, code FROM suffix").fetchall()
        self._suffixes: dict[str, int] = {"": 0, **dict(rows)}
        self._held: dict[str, dict[_StreetKey, tuple[list[int], array[int]]]] = {}
        self._cities: dict[str, tuple[str, str, int, int]] = {}
        self._postcodes: set[tuple[str, str]] = set()
        self._count = 0

    def forget_others(self, paths: Sequence[Path]) -> None:
        """Start again when the working file holds rows of a file that is not asked for now, or of an older version of one."""
        wanted = {_identity(path) for path in paths}
        known = {str(row[0]) for row in self._database.execute("SELECT file FROM done")}
        if not known <= wanted:
            for table in ("part", "done", "city", "postcode"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
            self._database.commit()

    def add_file(self, path: Path, progress: Progress) -> None:
        """Read one file to its end, from where an earlier build stopped. A changed file is a new file.

        Raises:
            DataError: the file cannot be read or has another layout.
        """
        name = _identity(path)
        known = self._database.execute("SELECT rows, skipped, finished FROM done WHERE file = ?", (name,)).fetchone()
        rows, skipped, finished = known or (0, 0, 0)
        if finished:
            progress(path.name, rows)
            return
        for row in read_addresses(path, skip=rows):
            rows += 1
            if row is None:
                skipped += 1
            else:
                self._hold(row)
            if self._count >= FLUSH_NUMBERS:
                self._flush(name, rows, skipped, finished=False)
                progress(path.name, rows)
        self._flush(name, rows, skipped, finished=True)
        progress(path.name, rows)

    def _hold(self, row: AddressRow) -> None:
        if row.postcode:
            self._postcodes.add((row.citycode, row.postcode))
        if row.citycode not in self._cities and row.lon is not None and row.lat is not None:
            self._cities[row.citycode] = (row.city, row.postcode, row.lon, row.lat)
        if not row.name:
            return
        streets = self._held.get(row.citycode)
        if streets is None:
            streets = self._held[row.citycode] = {}
        key = (row.name, row.old, row.postcode, row.kind)
        held = streets.get(key)
        if held is None:
            held = streets[key] = (
                [] if row.lon is None or row.number is not None else [row.lon, row.lat or 0],
                array("i"),
            )
            self._count += 2
        if row.number is not None:
            held[1].extend((row.number, self.suffix_code(row.suffix), row.lon or 0, row.lat or 0))
            self._count += 1
        for number, suffix, lon, lat in row.numbers:
            held[1].extend((number, self.suffix_code(suffix), lon, lat))
        self._count += len(row.numbers)

    def suffix_code(self, text: str) -> int:
        if not text:
            return 0
        text = fold(text).replace(" ", "")
        code = self._suffixes.get(text)
        if code is None:
            code = self._suffixes[text] = len(self._suffixes) if len(self._suffixes) < 65_535 else 0
        return code

    def _flush(self, name: str, rows: int, skipped: int, *, finished: bool) -> None:
        with self._database as database:
            database.executemany(
                "INSERT INTO part VALUES (?, ?)", ((code, _pack_part(streets)) for code, streets in self._held.items())
            )
            database.executemany(
                "INSERT OR REPLACE INTO suffix VALUES (?, ?)", ((c, t) for t, c in self._suffixes.items())
            )
            database.executemany(
                "INSERT OR IGNORE INTO city VALUES (?,?,?,?,?)", ((c, *v) for c, v in self._cities.items())
            )
            database.executemany("INSERT OR IGNORE INTO postcode VALUES (?, ?)", self._postcodes)
            database.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", (name, rows, skipped, int(finished)))
        self._held, self._cities, self._postcodes, self._count = {}, {}, set(), 0

    @property
    def suffixes(self) -> list[str]:
        """Suffix texts by code."""
        return [text for text, _ in sorted(self._suffixes.items(), key=lambda item: item[1])]

    def skipped_rows(self) -> int:
        """Rows that could not be used."""
        return int(self._database.execute("SELECT COALESCE(SUM(skipped), 0) FROM done").fetchone()[0])

    def cities(self) -> Iterator[tuple[str, str, int, int, list[str]]]:
        """(code, name, lon, lat, postcodes) of every commune met, coordinates as integers."""
        postcodes: dict[str, list[str]] = {}
        for code, postcode in self._database.execute("SELECT citycode, postcode FROM postcode"):
            postcodes.setdefault(code, []).append(postcode)
        for code, name, lon, lat in self._database.execute("SELECT citycode, name, lon, lat FROM city"):
            yield code, name, lon, lat, postcodes.get(code, [])

    def communes(self) -> Iterator[tuple[str, list[StreetRecord]]]:
        """Streets of each commune, communes in code order."""
        self._database.execute("CREATE INDEX IF NOT EXISTS part_by_code ON part (citycode)")
        current, streets = None, {}  # type: tuple[str | None, dict[_StreetKey, StreetRecord]]
        for code, body in self._database.execute("SELECT citycode, body FROM part ORDER BY citycode, rowid"):
            if code != current:
                if current is not None:
                    yield current, list(streets.values())
                current, streets = code, {}
            _merge_part(body, streets)
        if current is not None:
            yield current, list(streets.values())

    def close(self) -> None:
        self._database.close()

    def remove(self) -> None:
        """Close and delete the working files."""
        self._database.close()
        for suffix in ("", "-wal", "-shm") if self.path is not None else ():
            assert self.path is not None
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _identity(path: Path) -> str:
    """A file as it is now: a changed one is another."""
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"


def _pack_part(streets: dict[_StreetKey, tuple[list[int], array[int]]]) -> bytes:
    head = orjson.dumps([[*key, point, len(numbers)] for key, (point, numbers) in streets.items()])
    body = b"".join(numbers.tobytes() for _, numbers in streets.values())
    return zlib.compress(struct.pack("<I", len(head)) + head + body, 1)


def _merge_part(body: bytes, streets: dict[_StreetKey, StreetRecord]) -> None:
    raw = zlib.decompress(body)
    size = struct.unpack_from("<I", raw)[0]
    numbers = array("i", raw[4 + size :])
    at = 0
    for name, old, postcode, kind, point, length in orjson.loads(raw[4 : 4 + size]):
        values = numbers[at : at + length]
        at += length
        key = (name, old, postcode, kind)
        record = streets.get(key)
        if record is None:
            words = fold(name).split()
            record = streets[key] = StreetRecord(name, street_key(words), kind, old, postcode, 0, 0)
        if point:
            record.lon, record.lat = point
        record.numbers.extend(zip(values[::4], values[1::4], values[2::4], values[3::4], strict=True))
