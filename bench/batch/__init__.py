"""Batch against its own floor: reading the same input and writing the same output without any lookup; memory; growth."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from app.main import bundle_directory, cache_directory
from app.settings import DataSettings
from app.zones.catalogue import Catalogue
from app.zones.gather import EvidenceTable
from bench.batch.dirty import distinct_doors, shared_queries, write_table
from bench.country import SHARED, national_bundle, people
from bench.lines import Line, Profile, at_most

ROUNDS = 5
GOAL_ROWS = 10_000_000
"""Of fewer rows a first run is mostly what every first run learns (docs/scale.md): shown, without a goal."""


def lines(profile: Profile) -> Iterator[Line]:
    """Over the national bundle where it is built, else the one in service; every zoning of it is written."""
    largest = {"quick": 1_000_000, "full": 1_000_000, "scale": 10_000_000}[profile.name]
    with tempfile.TemporaryDirectory(prefix="zonage-bench-") as directory:
        folder = Path(directory)
        runs = {}
        for rows in sorted({largest // 10, largest}):
            source = points_file(folder, rows)
            ours, plain, strict = [], [], []
            for _ in range(ROUNDS):
                plain.append(_run("plain", source, folder / "plain.parquet")["seconds"])
                strict.append(_run("strict", source, folder / "strict.parquet")["seconds"])
                ours.append(_run("ours", source, folder / "ours.parquet"))
            runs[rows] = ours
            for how, name in (("seconds", "first run"), ("warm_seconds", "next run")):
                took = [run[how] for run in ours]
                ratio, hard = (
                    statistics.median(f / o for f, o in zip(floor, took, strict=True)) for floor in (plain, strict)
                )
                yield Line(
                    f"Parquet to Parquet, {rows:,} points, all zonings, 2 threads, {name}",
                    round(rows / statistics.median(took) / 1e6, 3), "M rows/s",
                    round(rows / statistics.median(plain) / 1e6, 3), round(ratio, 2),
                    "ratio >= 0.8" if rows >= GOAL_ROWS else None, ratio >= 0.8 if rows >= GOAL_ROWS else None,
                    f"peer: pyarrow writing the same columns without lookup, 2 threads; {hard:.2f} of our own writer alone",
                )  # fmt: skip
        small, large = runs[largest // 10], runs[largest]
        memory = max(run["peak_mb"] for run in large) / max(run["peak_mb"] for run in small)
        yield at_most(f"peak memory, {largest:,} rows over {largest // 10:,}", memory, "x", 1.25,
                      f"{max(run['peak_mb'] for run in large):.0f} MB")  # fmt: skip
        growth = min(run["seconds"] for run in large) / min(run["seconds"] for run in small)
        yield at_most(f"time, {largest:,} rows over {largest // 10:,}", growth, "x", 12)
        source = points_file(folder, 1_000_000)
        table = pq.read_table(source)
        pacsv.write_csv(table, folder / "in.csv")
        run = min(
            (_run("ours", folder / "in.csv", folder / "out.csv") for _ in range(ROUNDS)), key=lambda r: r["seconds"]
        )
        speed = 1_000_000 / run["seconds"]
        yield Line(
            "CSV to CSV, 1,000,000 points, all zonings",
            round(speed),
            "rows/s",
            goal="ours >= 200000",
            ok=speed >= 200_000,
        )
        yield _dates(folder, source)
        yield from _addresses(folder, 100_000)
        for jobs in (1, 2, 4):
            run = _run("ours", source, folder / "jobs.parquet", jobs)
            yield Line(f"Parquet, 1,000,000 points, {jobs} thread(s)", round(1_000_000 / run["seconds"]), "rows/s")


def _bundle() -> Path:
    return national_bundle() or bundle_directory(DataSettings())


def _dates(folder: Path, source: Path) -> Line:
    """The same points, each with a day of its own among 4,000, against one day for all; each as a share of its own floor,
    since a column more is read and answers that change from row to row pack less.
    """
    table = pq.read_table(source)
    numbers = np.random.default_rng(5).integers(0, 4_000, table.num_rows)
    days = pa.array(np.datetime64("2016-01-01") + numbers).cast(pa.date32())
    dated, out = folder / "dated.parquet", folder / "dated-out.parquet"
    pq.write_table(table.append_column("date", days), dated, row_group_size=131_072, compression="zstd")
    ratios = []
    for _ in range(ROUNDS):
        one, many = (
            _run("ours", path, out)["warm_seconds"] / _run("plain", path, out)["seconds"] for path in (source, dated)
        )
        ratios.append(many / one)
    note = "each over pyarrow writing the same columns without lookup; after a first run"
    what = f"{table.num_rows:,} points, a date per row over one date"
    return at_most(what, statistics.median(ratios), "x", 1.5, note)


def _addresses(folder: Path, rows: int) -> Iterator[Line]:
    """Dirty addresses to zones and aids, through the command, with the laboratory gazetteer of ZONAGE_SHARED."""
    if not SHARED.exists():
        return
    bundle, documents = folder / "laboratory", SHARED / "data" / "geocoding" / "reference.ndjson.xz"
    command = [sys.executable, "-c", "from app.cli import main; main()"]
    build: list[str | Path] = [
        "data",
        "build",
        "--from",
        SHARED / "data",
        "--to",
        bundle,
        "--no-tiles",
        "--addresses",
        documents,
    ]
    subprocess.run([*command, *build], capture_output=True, check=True)
    (folder / "doctor.yaml").write_text('applicant: {profession: medecin, status: installing, sector: "1"}')
    for name, made in (("drawn from the shared set", shared_queries), ("all different", distinct_doors)):
        write_table(folder / "addresses.csv", made(SHARED, rows))
        took = []
        for _ in range(1 if made is distinct_doors else ROUNDS):
            began = time.perf_counter()
            subprocess.run(
                [*command, "batch", folder / "addresses.csv", folder / "answers.csv",
                 "--profile", folder / "doctor.yaml", "--date", "2026-03-01"],
                env={**os.environ, "ZONAGE_DATA_DIR": str(bundle)}, capture_output=True, check=True,
            )  # fmt: skip
            took.append(time.perf_counter() - began)
        what = f"{rows:,} dirty addresses, {name}, aids included, 2 jobs"
        yield at_most(what, statistics.median(took), "s", 25 * rows / 100_000)


def points_file(folder: Path, rows: int) -> Path:
    """Premises: points of `people` that lie in France or on its shores; three in a hundred are drawn at sea."""
    path = folder / f"in-{rows}.parquet"
    if not path.exists():
        bundle = _bundle()
        evidences = EvidenceTable(Catalogue(bundle, cache_directory(DataSettings(), bundle)))
        points = people(rows + rows // 20, in_order=True, seed=11)
        on_land = np.flatnonzero(evidences.of_points(points.lon, points.lat, threads=2) >= 0)
        kept = np.sort(np.random.default_rng(11).choice(on_land, rows, replace=False))
        ids = pa.array(np.arange(rows)).cast(pa.string())
        table = pa.table({"id": ids, "lon": points.lon[kept], "lat": points.lat[kept]})
        pq.write_table(table, path, row_group_size=131_072, compression="zstd")
    return path


def _run(which: str, source: Path, output: Path, jobs: int = 2) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.batch.once", which, str(source), str(output), str(jobs)],
        capture_output=True, text=True, check=True, env={**os.environ, "ZONAGE_DATA_DIR": str(_bundle())},
    )  # fmt: skip
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured
