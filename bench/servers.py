"""Start a server on a free port, wait for its own answer, load it with wrk, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from bench.country import CACHE, ROOT, communes, people
from bench.unavailable import Unavailable

START_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests a second, latency percentiles in ms, answers that were not 2xx or 3xx, socket errors."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def service(port: int, workers: int = 1, bundle: Path | None = None, cache: Path | None = None) -> Iterator[int]:
    """The whole application as `zonage serve` runs it, on the bundle and derived files in service or others; its process
    number.
    """
    command = [sys.executable, "-c", "from app.cli import main; main()",
               "serve", "--port", str(port), "--workers", str(workers)]  # fmt: skip
    with _running(command, f"http://127.0.0.1:{port}/livez", bundle, cache) as process:
        yield process


@contextlib.contextmanager
def constant(port: int, workers: int = 1) -> Iterator[None]:
    """The constant route under the same server settings."""
    command = [sys.executable, "-m", "uvicorn", "bench.constant_app:app", "--port", str(port),
               "--workers", str(workers), "--no-access-log", "--log-level", "warning"]  # fmt: skip
    with _running(command, f"http://127.0.0.1:{port}/constant"):
        yield


def seconds_to_first_answer(command: Sequence[str], url: str, bundle: Path | None = None) -> float:
    """From spawning a process to its first 200."""
    start = time.perf_counter()
    with _running(command, url, bundle):
        return time.perf_counter() - start


def resident_mb(process: int) -> float:
    """Resident memory of a process, megabytes; pages of mapped files that it has touched count too."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


def wrk(
    url: str, *, connections: int, seconds: float, paths: Path | None = None, headers: Sequence[str] = ()
) -> Load:  # fmt: skip
    """Load a URL, or the paths listed in a file in turn, with one wrk thread; `headers` are sent with each request.

    Raises:
        Unavailable: wrk is not installed.
    """
    program = shutil.which("wrk")
    if program is None:
        raise Unavailable("wrk is not installed: apt-get install wrk")
    script = CACHE / "paths.lua"
    script.write_text(_SCRIPT, encoding="utf-8")
    environment = {**os.environ, "WRK_PATHS": str(paths) if paths else ""}
    output = subprocess.run(
        [program, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(script),
         *(part for header in headers for part in ("-H", header)), url],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout  # fmt: skip
    seen = json.loads(output[output.rindex("{") :])
    return Load(seen["requests"] / seen["seconds"], seen["p50_ms"], seen["p99_ms"], seen["errors"])


def paths_file(name: str, template: str, departments: tuple[str, ...] = (), count: int = 20_000) -> Path:
    """A file of request paths, one for each of about `count` random places on land; `template` holds {lon} and {lat}."""
    CACHE.mkdir(parents=True, exist_ok=True)
    points = people(count, in_order=False, seed=9, departments=departments)
    on_land = np.unique(
        shapely.STRtree(communes().geometry).query(shapely.points(points.lon, points.lat), "intersects")[0]
    )
    places = zip(points.lon[on_land].tolist(), points.lat[on_land].tolist(), strict=True)
    path = CACHE / f"{name}.paths"
    path.write_text("\n".join(template.format(lon=f"{lon:.6f}", lat=f"{lat:.6f}") for lon, lat in places))
    return path


@contextlib.contextmanager
def _running(command: Sequence[str], url: str, bundle: Path | None = None, cache: Path | None = None) -> Iterator[int]:
    chosen = {"ZONAGE_DATA_DIR": bundle, "ZONAGE_CACHE_DIR": cache}
    environment = {**os.environ, **{name: str(path) for name, path in chosen.items() if path is not None}}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                urllib.request.urlopen(url, timeout=1)
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable(f"{' '.join(command[1:])} does not answer") from None
                time.sleep(0.005)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


_SCRIPT = """
local paths, at = {}, 0
function init()
  local file = os.getenv("WRK_PATHS")
  if file ~= "" then for line in io.lines(file) do paths[#paths + 1] = wrk.format("GET", line) end end
end
function request()
  if #paths == 0 then return wrk.format() end
  at = at % #paths + 1
  return paths[at]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""
