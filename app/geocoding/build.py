"""Builds a gazetteer file from a bundle (communes, town halls, former communes) and any number of address files."""

from __future__ import annotations

import math
import os
import re
import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.geocoding.address_files import split_number
from app.geocoding.bundle_communes import BundleCommunes, read_bundle
from app.geocoding.communes import pack_deletes
from app.geocoding.gazetteer_file import BLOCKS_PER_COMMUNE, CELLS_PER_DEGREE, FORMAT, SCHEMA
from app.geocoding.head import pack_head
from app.geocoding.normalise import fold, repaired, street_key
from app.geocoding.outlines import pack_outline
from app.geocoding.staging import Progress, Staging
from app.geocoding.streets import DEGREE, KIND_TOWNHALL, StreetRecord, pack_commune

_ADDRESS_TAIL = re.compile(r"[,\n]?\s*\d{5}\s+[^,\n]*\Z")


def _silent(stage: str, done: int) -> None:
    del stage, done


def build_gazetteer(
    bundle_dir: Path,
    out: Path,
    addresses: Sequence[Path] = (),
    progress: Progress = _silent,
    work_dir: Path | None = None,
) -> Path:
    """Write the gazetteer `out`, atomically. Seconds without address files, a few minutes for all France.

    `addresses`: BAN CSV or BAN/addok NDJSON, any number, any départements. A build that was stopped goes on where it was
    when it is started again with the same `out`, or the same `work_dir`, where its working file is kept.

    Raises:
        DataError: a file is missing, broken or of another layout.
    """
    bundle = read_bundle(bundle_dir)
    staging = Staging((work_dir or out.parent) / (out.name + ".staging") if addresses else None)
    try:
        staging.forget_others(addresses)
        for path in addresses:
            staging.add_file(path, progress)
        head = bundle.head
        for code, name, lon, lat, postcodes in staging.cities():
            head.add_from_addresses(code, name, lon / DEGREE, lat / DEGREE, postcodes)
        partial = out.with_name(f"{out.name}.{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        database = sqlite3.connect(partial)
        try:
            database.execute("PRAGMA page_size = 8192")
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.executescript(SCHEMA)
            _write_streets(database, bundle, staging, progress)
            _write_outlines(database, bundle)
            vintage = "+".join(part for part in (bundle.vintage, _fingerprint(addresses)) if part)
            columns = head.columns()
            meta = {
                "format": FORMAT, "vintage": vintage, "suffixes": "\n".join(staging.suffixes),
                "finest": "housenumber", "head": pack_head(columns), "deletes": pack_deletes(sorted(head.keys)),
            }  # fmt: skip
            database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            database.commit()
        finally:
            database.close()
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(partial, out)
        staging.remove()
    finally:
        staging.close()
    return out


def _fingerprint(addresses: Sequence[Path]) -> str:
    """Names the address files in the vintage: how many and how large, not where."""
    if not addresses:
        return ""
    total = sum(path.stat().st_size for path in addresses)
    return f"addresses-{len(addresses)}-{total:x}"


def _write_streets(database: sqlite3.Connection, bundle: BundleCommunes, staging: Staging, progress: Progress) -> None:
    """Streets of every commune: those of the address files, or the town hall's alone where no file covers it."""
    head = bundle.head
    covered: dict[int, list[StreetRecord]] = {}
    written: set[int] = set()
    merged = {index for index, count in head.sources_of().items() if count > 1}
    for done, (code, streets) in enumerate(staging.communes()):
        index = head.index_of(code)
        if index is None:
            continue
        if head.insee[index] != code:  # a former code in an older file
            streets = [street if street.old else replace(street, old=code) for street in streets]
        if index in merged or head.insee[index] != code:
            covered.setdefault(index, []).extend(streets)
        else:
            _write_commune(database, index, covered.pop(index, []) + streets)
            written.add(index)
        if done % 2000 == 0:
            progress("communes", done)
    for index, streets in covered.items():
        _write_commune(database, index, streets)
        written.add(index)
    for index, address in bundle.townhalls.items():
        if index not in written:
            here = (round(head.lon[index] * DEGREE), round(head.lat[index] * DEGREE))
            record = townhall_street(address, head.name[index], head.postcodes[index], here, staging)
            if record is not None:
                _write_commune(database, index, [record])
    progress("communes", len(head.insee))


def _write_commune(database: sqlite3.Connection, index: int, streets: list[StreetRecord]) -> None:
    streets = [*streets, *_under_repaired_names(streets)]
    for street in streets:
        if street.numbers and not (street.lon or street.lat):
            street.lon, street.lat = _middle_number(street.numbers)
    streets.sort(key=lambda street: (street.key, street.name, street.old))
    block, numbers = pack_commune(streets)
    database.execute("INSERT OR REPLACE INTO commune VALUES (?, ?)", (index, block))
    database.executemany(
        "INSERT OR REPLACE INTO numbers VALUES (?, ?)",
        ((index * BLOCKS_PER_COMMUNE + at, packed) for at, packed in enumerate(numbers)),
    )


def _under_repaired_names(streets: Sequence[StreetRecord]) -> list[StreetRecord]:
    """The streets whose stored name was decoded wrongly, to be found under the right one too. Their label stays."""
    meant = [(street, repaired(street.name)) for street in streets]
    return [replace(street, key=street_key(fold(name).split())) for street, name in meant if name != street.name]


def _middle_number(numbers: Sequence[tuple[int, int, int, int]]) -> tuple[int, int]:
    """The number closest to the middle of the street's box: on the street, and with a small disc around the box."""
    lons, lats = [entry[2] for entry in numbers], [entry[3] for entry in numbers]
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    scale = math.cos(math.radians(lat / DEGREE))
    best = min(numbers, key=lambda entry: ((entry[2] - lon) * scale) ** 2 + (entry[3] - lat) ** 2)
    return best[2], best[3]


def townhall_street(
    address: str, commune: str, postcodes: Sequence[str], here: tuple[int, int], staging: Staging
) -> StreetRecord | None:
    """The street of a town hall, from its published address; None when it names no street."""
    text = _ADDRESS_TAIL.sub("", address).strip(" ,").removesuffix(f" {commune}")
    for part in reversed(re.split(r"[,\n]|\s-\s", text)):
        match = re.match(r"\s*(?:n\s*°?\s*)?(\d{1,4})\s*(bis|ter|quater|[A-Za-z])?(?![A-Za-zÀ-ÿ'’\d])\s*(.*)", part)
        number, suffix = split_number(match[1] + (match[2] or "")) if match and match[3] else (None, "")
        name = (match[3] if match and match[3] else part).strip()
        words = fold(name).split()
        if len(words) < 1 or len(name) < 3 or name.isdigit():
            continue
        name = name[0].upper() + name[1:]
        numbers = [] if number is None else [(number, staging.suffix_code(suffix), *here)]
        return StreetRecord(
            name, street_key(words), KIND_TOWNHALL, "", postcodes[0] if postcodes else "", *here, numbers
        )
    return None


def _write_outlines(database: sqlite3.Connection, bundle: BundleCommunes) -> None:
    cells: dict[int, array[int]] = {}
    for index, (rings, (west, south, east, north)) in bundle.outlines().items():
        database.execute("INSERT INTO outline VALUES (?, ?)", (index, pack_outline(rings)))
        columns = range(int((west + 180) * CELLS_PER_DEGREE), int((east + 180) * CELLS_PER_DEGREE) + 1)
        rows = range(int((south + 90) * CELLS_PER_DEGREE), int((north + 90) * CELLS_PER_DEGREE) + 1)
        for column in columns:
            for row in rows:
                cells.setdefault(column * 10_000 + row, array("I")).append(index)
    database.executemany(
        "INSERT INTO cell VALUES (?, ?)", ((cell, members.tobytes()) for cell, members in cells.items())
    )
