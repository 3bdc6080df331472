"""From spawning the process to its first 200, against an empty FastAPI application, in turn; bytecode compiled."""

from __future__ import annotations

import compileall
import statistics
import sys
from collections.abc import Iterator

from bench.country import ROOT
from bench.lines import Line, Profile, at_most
from bench.servers import constant, free_port, seconds_to_first_answer, service

START_S = 1.5


def lines(profile: Profile) -> Iterator[Line]:
    compileall.compile_dir(str(ROOT / "app"), quiet=1)
    with service(free_port()), constant(free_port()):
        pass  # derived files and bytecode exist from here on
    ours, empty = [], []
    for _ in range(profile.rounds):
        port = free_port()
        ours.append(seconds_to_first_answer(
            [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)],
            f"http://127.0.0.1:{port}/livez",
        ))  # fmt: skip
        port = free_port()
        empty.append(seconds_to_first_answer(
            [sys.executable, "-m", "uvicorn", "bench.constant_app:app", "--port", str(port), "--log-level", "warning"],
            f"http://127.0.0.1:{port}/constant",
        ))  # fmt: skip
    note = f"an empty FastAPI application: {statistics.median(empty):.2f} s in the same rounds"
    yield at_most("start to first 200, bundle in service", statistics.median(ours), "s", START_S, note)
