"""Dask and PySpark for real, with two worker processes, one of which is killed: the job completes, rows exact.

Run by `make cluster-test`, in an environment of its own; skipped where it is not.
"""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from app.batch.jobs import Options, Scorers, run_file
from app.batch.profile import Profile
from app.batch.scorer import Sources

distributed = pytest.importorskip("distributed", reason="cluster environment absent: run `make cluster-test`")
pyspark = pytest.importorskip("pyspark", reason="cluster environment absent: run `make cluster-test`")
pytestmark = pytest.mark.filterwarnings("default")

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 1)
FILES = 4
ROWS = 300_000
SPARK_ROWS = 20_000


def open_small(geocode: str) -> Sources:
    """What a worker opens: the bundle named by its environment, without a geocoder."""
    from app.aids.loader import load_rules
    from app.zones.catalogue import Catalogue

    assert geocode == "never"
    catalogue = Catalogue(Path(os.environ["ZONAGE_DATA_DIR"]), Path(os.environ["ZONAGE_CACHE_DIR"]))
    return Sources(catalogue, load_rules(ROOT / "data" / "aids"), None)


@pytest.fixture(scope="module")
def worker_environment(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONAGE_DATA_DIR", str(small_bundle))
        patch.setenv("ZONAGE_CACHE_DIR", str(tmp_path_factory.mktemp("cluster-cache")))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        open_small("never")  # builds the index once, before the workers map it
        yield dict(os.environ)


@pytest.fixture(scope="module")
def sources(worker_environment: dict[str, str]) -> Sources:
    return open_small("never")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cluster") / "in"
    directory.mkdir()
    for file in range(FILES):
        with (directory / f"{file}.csv").open("w", encoding="utf-8") as out:
            out.write("id,note,lon,lat,citycode\n")
            for number in range(ROWS):
                place = f",,0300{number % 9}" if number % 5 == 0 else f"{2.0 + number % 600 / 1000},46.05,"
                out.write(f"{file}-{number},{'x' * 60},{place}\n")
    return directory


@pytest.fixture(scope="module")
def expected(folder: Path, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The outputs of one process."""
    out = tmp_path_factory.mktemp("expected")
    scorers = Scorers(sources, Profile(DAY, DAY))
    for source in sorted(folder.iterdir()):
        run_file(source, out / source.name, scorers, Options(geocode="never"))
    return {path.name: path.read_bytes() for path in out.iterdir()}


def run_command(folder: Path, out: Path, scheduler: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    call = "from app.cli import main; main()"
    options = ["--geocode", "never", "--date", "2026-03-01", "--known-on", "2026-03-01", "--scheduler", scheduler]
    return subprocess.Popen(
        [sys.executable, "-c", call, "batch", str(folder), str(out), *options], env=environment, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("kills", [0, 1])
def test_dask_with_two_workers_gives_the_same_files_even_when_one_is_killed(
    kills: int, folder: Path, expected: dict[str, bytes], worker_environment: dict[str, str], tmp_path: Path
) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        processes = list(client.run(os.getpid).values())
        assert len(set(processes)) == 2
        running = run_command(folder, tmp_path / "out", cluster.scheduler_address, worker_environment)
        if kills:
            while running.poll() is None and not list(tmp_path.glob("out/.*.parts/*.summary")):
                os.sched_yield()
            assert running.poll() is None, running.communicate()[0]
            os.kill(processes[0], signal.SIGKILL)
        text = running.communicate(timeout=280)[0]
        assert running.returncode == 0, text
    assert f"{FILES * ROWS} lignes" in text
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert found.keys() == expected.keys()
    assert found == expected


def test_spark_with_two_workers_gives_the_same_rows_even_when_one_is_killed(
    sources: Sources, worker_environment: dict[str, str], tmp_path: Path
) -> None:
    from pyspark.sql import SparkSession

    from app.batch.spark import score_frame

    names = ("id", "lon", "lat", "citycode")
    for file in range(2):
        lines = [",".join(names)]
        for number in range(SPARK_ROWS // 2):
            place = f",,0300{number % 9}" if number % 5 == 0 else f"{2.0 + number % 600 / 1000},46.05,"
            lines.append(f"{file}-{number},{place}")
        (tmp_path / f"{file}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    killed = tmp_path / "killed"
    spark = (
        SparkSession.builder.master("local[2,4]")  # two Python worker processes; a task may be tried four times
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "2000")
        .getOrCreate()
    )
    try:
        frame = spark.read.csv([str(tmp_path / "0.csv"), str(tmp_path / "1.csv")], header=True, schema=
                               ", ".join(f"{name} string" for name in names)).repartition(2)  # fmt: skip
        scored = score_frame(frame, Killing(killed), Profile(DAY, DAY), "never")
        rows = {row["id"]: row.asDict() for row in scored.collect()}
    finally:
        spark.stop()
    assert killed.exists(), "no worker was killed"
    assert len(rows) == SPARK_ROWS
    scorers = Scorers(sources, Profile(DAY, DAY))
    for file in range(2):
        run_file(tmp_path / f"{file}.csv", tmp_path / f"out{file}.csv", scorers, Options(geocode="never"))
        with (tmp_path / f"out{file}.csv").open(encoding="utf-8", newline="") as text:
            for wanted in csv.DictReader(text):
                assert {name: _text(value) for name, value in rows[wanted["id"]].items()} == wanted


class Killing:
    """Opens the bundle; the first worker to do so dies, once, as if its machine had gone."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __hash__(self) -> int:
        return hash(str(self.mark))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Killing) and other.mark == self.mark

    def __call__(self, geocode: str) -> Sources:
        try:
            self.mark.touch(exist_ok=False)
        except FileExistsError:
            return open_small(geocode)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")


def _text(value: object) -> str:
    return "" if value is None else str(value)
