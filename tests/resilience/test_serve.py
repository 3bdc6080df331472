"""The real command: it prints its address, answers, and stops on SIGTERM after the requests in flight."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_S = 60


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
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in (0, -signal.SIGTERM)


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
