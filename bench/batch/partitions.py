"""One machine against two Dask workers, on the same points in 1, 2 and 4 files, interleaved; run in the cluster's environment.

    make cluster-test                                                  # sets the environment up
    ZONAGE_DATA_DIR=national .cache/cluster/bin/python -m bench.batch.partitions 10000000

Local: `run_file` over the files with two threads, one scorer. Dask: `run_on_dask`, two processes of one thread. Bundles are
open and workers started; every run learns its places anew. Both write whole Parquet files.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
from distributed import Client, LocalCluster  # type: ignore[import-not-found,unused-ignore]

from app.batch.cluster import run_on_dask, scorers_of_worker
from app.batch.folder import Task, plan
from app.batch.jobs import Options, Scorers, run_file
from app.batch.profile import Profile
from app.batch.scorer import Sources
from app.cli.batch import open_sources
from bench.batch import points_file

DAY = date(2026, 3, 1)
ROUNDS = 3
PARTITIONS = (1, 2, 4)


def cut(source: Path, files: int, folder: Path) -> Path:
    """The same rows in `files` files, row groups whole and in order."""
    folder.mkdir()
    table = pq.ParquetFile(source)
    share = -(-table.num_row_groups // files)
    for number in range(files):
        groups = range(number * share, min((number + 1) * share, table.num_row_groups))
        with pq.ParquetWriter(folder / f"{number}.parquet", table.schema_arrow, compression="zstd") as writer:
            for group in groups:
                writer.write_table(table.read_row_group(group))
    return folder


def here(tasks: tuple[Task, ...], sources: Sources) -> None:
    scorers = Scorers(sources, Profile(DAY, DAY))
    for task in tasks:
        run_file(task.source, task.output, scorers, Options(jobs=2, geocode="never"))


def forget() -> None:
    """What a worker has learned, its bundle kept."""
    scorers_of_worker.cache_clear()


def timed(run: object, *arguments: object) -> float:
    began = time.perf_counter()
    run(*arguments)  # type: ignore[operator]
    return time.perf_counter() - began


def main(rows: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="zonage-partitions-") as directory,
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        folder = Path(directory)
        source = points_file(folder, rows)
        inputs = {files: cut(source, files, folder / f"in-{files}") for files in PARTITIONS}
        sources = open_sources("never")
        took: dict[tuple[str, int], list[float]] = {}
        for _ in range(ROUNDS):
            for files, given in inputs.items():
                tasks = plan(str(given), folder / f"out-{files}")
                (folder / f"out-{files}").mkdir(exist_ok=True)
                took.setdefault(("local", files), []).append(timed(here, tasks, sources))
                client.run(forget)
                options = Options(jobs=1, geocode="never")
                dask = timed(
                    run_on_dask, cluster.scheduler_address, tasks, open_sources, Profile(DAY, DAY), options, print
                )
                took.setdefault(("dask", files), []).append(dask)
        print(f"{rows:,} rows, medians of {ROUNDS}")
        print("| files | one machine, 2 threads, s | Dask, 2 workers, s | Dask / one machine, rows/s |")
        print("|---|---|---|---|")
        for files in PARTITIONS:
            local, dask = (statistics.median(took[how, files]) for how in ("local", "dask"))
            print(f"| {files} | {local:.1f} | {dask:.1f} | {local / dask:.0%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000))
