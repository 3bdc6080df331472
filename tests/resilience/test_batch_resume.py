"""A batch that is killed and taken up again: nothing lost, nothing repeated, the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.batch.jobs import CHUNKS_PER_PART

ROOT = Path(__file__).resolve().parents[2]
ROWS = 420_000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than two parts of CSV."""
    path = tmp_path_factory.mktemp("resume") / "in.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,note,lon,lat,citycode\n")
        for number in range(ROWS):
            place = f",,0300{number % 9}" if number % 5 == 0 else f"{2.0 + number % 600 / 1000},46.05,"
            file.write(f"{number},{'x' * 60},{place}\n")
    return path


def command(source: Path, output: Path, *options: str) -> list[str]:
    call = "from app.cli import main; main()"
    days = ("--date", "2026-03-01", "--known-on", "2026-03-01")
    return [sys.executable, "-c", call, "batch", str(source), str(output), "--geocode", "never", *days, *options]


@pytest.fixture(scope="module")
def environment(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    cache = tmp_path_factory.mktemp("resume-cache")
    return {**os.environ, "ZONAGE_DATA_DIR": str(small_bundle), "ZONAGE_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}


def kill_after_first_part(source: Path, output: Path, environment: dict[str, str]) -> set[str]:
    """Start a run and kill -9 it as soon as one part is there; the parts that survive."""
    running = subprocess.Popen(
        command(source, output), env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    parts = output.with_name(f".{output.name}.parts")
    while running.poll() is None and not list(parts.glob("*.summary")):
        os.sched_yield()
    running.send_signal(signal.SIGKILL)
    running.wait()
    return {path.name for path in parts.glob("*.summary")}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_killed_run_is_taken_up_and_gives_the_same_bytes(
    suffix: str, source: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    assert source.stat().st_size > 2 * CHUNKS_PER_PART * 2_097_152
    whole, resumed = tmp_path / f"whole{suffix}", tmp_path / f"resumed{suffix}"
    subprocess.run(command(source, whole), env=environment, cwd=ROOT, check=True, capture_output=True)
    survivors = kill_after_first_part(source, resumed, environment)
    assert survivors, "the run ended before it could be killed"
    assert not resumed.exists()
    parts = resumed.with_name(f".{resumed.name}.parts")
    written = {path.name: path.stat().st_mtime_ns for path in parts.iterdir() if path.name.startswith("000000.")}
    (first,) = (name for name in written if not name.endswith(".summary"))
    os.link(parts / first, tmp_path / "first-part")
    done = subprocess.run(
        command(source, resumed, "--resume"), env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert written
    assert resumed.read_bytes() == whole.read_bytes()
    assert (tmp_path / "first-part").stat().st_mtime_ns == written[first]
    assert f"{ROWS} lignes" in done.stderr
    assert not parts.exists()


def test_another_job_is_not_taken_up(source: Path, environment: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    assert kill_after_first_part(source, output, environment)
    refused = subprocess.run(
        command(source, output, "--resume", "--date", "2026-02-28"),
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "another job" in refused.stderr


def test_exit_codes_say_what_happened(environment: dict[str, str], tmp_path: Path) -> None:
    def code(text: str, *options: str) -> int:
        (tmp_path / "in.csv").write_text(text)
        run = subprocess.run(
            command(tmp_path / "in.csv", tmp_path / "out.csv", *options), env=environment, cwd=ROOT, capture_output=True,
            check=False,
        )  # fmt: skip
        return run.returncode

    assert code("lon,lat\n2.05,46.05\nx,y\n") == 0
    assert code("name\nx\n") == 1
    assert code("lon,lat\n2.05,46.05\n", "--date", "yesterday") == 2
    assert code("lon,lat\n2.05,46.05\n", "--geocode", "perhaps") == 2
    assert code("lon,lat\n2.05,46.05\n", "--geocode", "remote") == 1
