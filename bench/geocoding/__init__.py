"""The embedded geocoder beside a real addok: right answers, speed of one query, speed of a file. `compare` alone says more."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.country import ROOT, SHARED
from bench.lines import Line, Profile
from bench.unavailable import Unavailable

DEPARTMENTS = ("01", "33", "75")
"""addok loads 450 documents a second: three départements and every commune take two minutes."""
BATCH_ROWS = 1_000


def lines(profile: Profile) -> Iterator[Line]:
    """Ours holds the whole of the reference documents, addok those of three départements: the queries are theirs."""
    from app.geocoding.build import build_gazetteer
    from bench.geocoding.compare import addok_server, compare
    from bench.geocoding.judging import queries

    if not SHARED.exists():
        raise Unavailable("ZONAGE_SHARED is absent: no reference documents for the geocoders")
    if shutil.which("redis-server") is None:
        raise Unavailable("redis-server is not installed: apt-get install redis-server")
    reference = SHARED / "data" / "geocoding" / "reference.ndjson.xz"
    with tempfile.TemporaryDirectory(prefix="zonage-bench-") as work, addok_server(reference, DEPARTMENTS) as addok:
        gazetteer = build_gazetteer(ROOT / "data" / "geo", Path(work) / "gazetteer.sqlite", [reference])
        result = compare(gazetteer, addok, list(queries(SHARED, DEPARTMENTS)), BATCH_ROWS)
    ours, theirs, ratios = result["embedded"], result["addok"], result["ratios"]
    assert isinstance(ours, dict)
    assert isinstance(theirs, dict)
    assert isinstance(ratios, dict)
    is_better = ours["full_at_1"] >= 98.5 and ratios["full_points_over_addok"] >= 4
    yield Line("geocoder, full@1", ours["full_at_1"], "%", theirs["full_at_1"], None,
               "ours >= 98.5 and peer + 4", is_better, f"{result['queries']} queries")  # fmt: skip
    yield Line("geocoder, false precise", ours["false_precise"], "%", theirs["false_precise"], None, "ours <= 0.3",
               ours["false_precise"] <= 0.3)  # fmt: skip
    for name, unit, ratio, goal in (
        ("p50_ms", "ms", "p50_times_faster", 15), ("p99_ms", "ms", "p99_times_faster", 15),
        ("batch_rows_per_s", "rows/s", "batch_times_faster", 25),
    ):  # fmt: skip
        yield Line(f"geocoder, {name}", ours[name], unit, theirs[name], ratios[ratio], f"ratio >= {goal}",
                   ratios[ratio] >= goal)  # fmt: skip
