"""From spawning the process to its first 200, in turn with an empty FastAPI application; and what a worker then holds.

Bytecode is compiled and derived files exist: what is measured is a start, not an installation.
"""

from __future__ import annotations

import compileall
import statistics
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.country import ROOT, national_bundle, people
from bench.lines import Line, Profile, at_most
from bench.servers import constant, free_port, resident_mb, seconds_to_first_answer, service

EMBEDDED_S, NATIONAL_S, RESIDENT_MB = 1.5, 3.0, 400.0
QUESTIONS = 20


def lines(profile: Profile) -> Iterator[Line]:
    compileall.compile_dir(str(ROOT / "app"), quiet=1)
    bundles: list[tuple[str, Path | None, float]] = [("embedded", ROOT / "data" / "geo", EMBEDDED_S)]
    national = national_bundle()
    if national is not None:
        bundles.append(("national", national, NATIONAL_S))
    for name, bundle, goal_s in bundles:
        with service(free_port(), bundle=bundle), constant(free_port()):
            pass  # derived files and bytecode exist from here on
        ours, empty = [], []
        for _ in range(3 if profile.name == "quick" else profile.rounds):
            port = free_port()
            ours.append(seconds_to_first_answer(
                [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)],
                f"http://127.0.0.1:{port}/livez", bundle,
            ))  # fmt: skip
            port = free_port()
            empty.append(seconds_to_first_answer(
                [sys.executable, "-m", "uvicorn", "bench.constant_app:app", "--port", str(port), "--log-level", "warning"],
                f"http://127.0.0.1:{port}/constant",
            ))  # fmt: skip
        note = f"an empty FastAPI application: {statistics.median(empty):.2f} s in the same rounds"
        yield at_most(f"start to first 200, {name} bundle", statistics.median(ours), "s", goal_s, note)
        yield at_most(
            f"resident memory after {QUESTIONS} /v1/assess, {name} bundle", _resident(bundle), "MB", RESIDENT_MB
        )


def _resident(bundle: Path | None) -> float:
    """Resident memory of one worker that was asked about places all over the country, and one address."""
    port = free_port()
    places = people(QUESTIONS, in_order=False, seed=3)
    questions = [f"lon={lon:.6f}&lat={lat:.6f}" for lon, lat in zip(places.lon, places.lat, strict=True)]
    with service(port, bundle=bundle) as process:
        for place in [*questions, "address=Place+de+la+mairie,+09000+Foix"]:
            url = f"http://127.0.0.1:{port}/v1/assess?{place}&profession=medecin&date=2026-03-01"
            try:
                urllib.request.urlopen(url, timeout=30).read()
            except urllib.error.HTTPError as error:  # a point at sea is answered too
                error.close()
        return resident_mb(process)
