"""One run in a process of its own: `python -m bench.batch.once ours|strict|plain IN OUT [jobs]` prints seconds, rows, memory.

Two floors, reading the same input and writing the same columns without any lookup: `plain` is pyarrow as its manual has
it, a file per thread; `strict` is this project's own writer, fed with the answers of the first chunk over and over.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.aids.loader import load_rules
from app.batch.chunks import CHUNK_ROWS
from app.batch.columns import InputColumns, find_columns
from app.batch.garbage import keep_loaded
from app.batch.jobs import Options, Scorers, run_file
from app.batch.profile import Profile
from app.batch.scored import Scored
from app.batch.scorer import Scorer, Sources
from app.batch.tables import open_table
from app.errors import ZoningError
from app.main import bundle_directory, cache_directory
from app.settings import DataSettings, repository_data
from app.zones.catalogue import Catalogue

DAY = date(2026, 3, 1)


class FloorScorer(Scorer):
    """Appends the answers of the first chunk to every chunk: what reading and writing cost without any lookup."""

    answered: list[pa.Array]

    def learn(self, source: Path) -> None:
        first = next(iter(open_table(source).chunks())).load().batch
        self.answered = super().score(first).batch.columns[first.num_columns :]

    def score(self, batch: pa.RecordBatch, faults: object = None) -> Scored:
        size = len(batch)
        columns = [*batch.columns, *(column.slice(0, size) for column in self.answered)]
        return Scored(pa.RecordBatch.from_arrays(columns, schema=self.schema(batch.schema)))


class FloorScorers(Scorers):
    """Gives floor scorers."""

    def __init__(self, sources: Sources, profile: Profile, source: Path) -> None:
        super().__init__(sources, profile)
        columns = find_columns(open_table(source).schema)
        self._floor = FloorScorer(sources, profile, columns)
        self._floor.learn(source)

    def of(self, columns: InputColumns) -> Scorer:
        return self._floor


def plain(source: Path, output: Path, answers: pa.RecordBatch, jobs: int) -> None:
    """pyarrow reads row groups and writes them with the columns of `answers`, a thread and a file for each share."""

    def share(number: int) -> None:
        file = pq.ParquetFile(source)
        groups = range(number, file.num_row_groups, jobs)
        target = output.with_suffix(f".{number}.parquet")
        with pq.ParquetWriter(target, answers.schema, compression="zstd", compression_level=1) as writer:
            for batch in file.iter_batches(CHUNK_ROWS, row_groups=groups):
                added = answers.slice(0, len(batch)).columns[batch.num_columns :]
                writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, *added], schema=answers.schema))
        target.unlink()

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(share, range(jobs)))


def _peak_mb() -> float:
    """The most this process has held. Not `ru_maxrss`, which begins with what the parent held when it forked."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


def main(arguments: list[str]) -> int:
    which, source, output = arguments[0], Path(arguments[1]), Path(arguments[2])
    jobs = int(arguments[3]) if len(arguments) > 3 else 2
    settings = DataSettings()
    bundle = bundle_directory(settings)
    catalogue = Catalogue(bundle, cache_directory(settings, bundle))
    sources = Sources(catalogue, load_rules(repository_data() / "aids"), None)
    profile = Profile(DAY, DAY)
    scorers = FloorScorers(sources, profile, source) if which == "strict" else Scorers(sources, profile)
    catalogue.index.lookup_many(
        np.array([2.35]), np.array([48.85])
    )  # loads compiled code, as importing loads pyarrow's
    keep_loaded()  # as `zonage batch` does
    if which == "plain":
        table = open_table(source)
        scorer = scorers.of(find_columns(table.schema))
        answers = scorer.score_batch(next(iter(table.chunks())).load().batch)
        began = time.perf_counter()
        plain(source, output, answers, jobs)
        print(json.dumps({"seconds": time.perf_counter() - began}))
        return 0
    began, cpu_began = time.perf_counter(), time.process_time()
    try:
        summary = run_file(source, output, scorers, Options(jobs=jobs))
    except ZoningError as error:
        print(error.message, file=sys.stderr)
        return 1
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    peak_mb = _peak_mb()
    began = time.perf_counter()
    run_file(source, output, scorers, Options(jobs=jobs))
    warm = time.perf_counter() - began
    print(
        json.dumps(
            {
                "seconds": seconds, "warm_seconds": warm, "cpu_s": cpu, "rows": summary.rows, "peak_mb": peak_mb,
                "statuses": summary.statuses,
            }
        )
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
