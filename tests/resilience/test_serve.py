"""The real command: it prints its address, answers, and stops on SIGTERM after the requests in flight."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_S = 60
WriteSmall = Callable[[Path, str], None]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_prints_its_address_answers_and_stops_on_sigterm(workers: str) -> None:
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0", "--workers", workers]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://\S+/", process.stdout.readline())
        assert address is not None
        assert wait_until_ready(address.group() + "readyz") == 200
        with urllib.request.urlopen(address.group() + "v1/zones?citycode=09122") as response:
            assert response.status == 200
        assert status_of_a_body_of_30_mb(address.group()) == 413
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)


def status_of_a_body_of_30_mb(address: str) -> int:
    """A client that sends first and reads afterwards must still get the answer, not a connection reset."""
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(address + "v1/assess", data=b" " * 30_000_000, timeout=30)
    with refusal.value as answer:
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.code


def wait_until_ready(url: str) -> int:
    """Ask until the server answers; a refused connection only means that it is still starting."""
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return int(response.status)
        except OSError:
            time.sleep(0.05)  # polling a process we started, up to a deadline
    return 0


def test_port_in_use_is_a_clear_usage_error() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "cannot listen there" in done.stderr


def test_a_bundle_cut_by_a_full_disk_is_refused_in_one_sentence(write_small: WriteSmall, tmp_path: Path) -> None:
    write_small(tmp_path / "bundle", "ZIP")
    classes = tmp_path / "bundle" / "classes.parquet"
    content = bytearray(classes.read_bytes())
    content[len(content) // 2] ^= 1  # one bit: Parquet itself may not notice, and another class would be served
    classes.write_bytes(content)
    done = run_serve("--port", "0", ZONAGE_DATA_DIR=str(tmp_path / "bundle"), ZONAGE_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode != 0
    assert "classes.parquet is not the file that manifest.json describes" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_out_of_bounds_is_named_in_one_sentence() -> None:
    done = run_serve(ZONAGE_PORT="eighty")
    assert done.returncode == 1
    assert "ZONAGE_PORT: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "eighty" not in done.stderr


def run_serve(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )
