"""Building and opening the index: time, size, number of zone sets."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from app.zones.index import ZoneIndex
from bench.country import all_layers, built
from bench.lines import Line, Profile, at_most, timed

BUILD_S, SIZE_MB, OPEN_S = 15.0, 250.0, 0.05


def lines(profile: Profile) -> Iterator[Line]:
    for name, note in (("service", all_layers()[1]), ("communes", "communes alone, no bands")):
        index, seconds = built(name)
        yield at_most(f"index of {name}: build", seconds, "s", BUILD_S, note)
        yield at_most(
            f"index of {name}: size", index.path.stat().st_size / 1e6, "MB", SIZE_MB, f"{index.set_count:,} sets"
        )
        opening = statistics.median(timed(lambda: ZoneIndex.open(index.path)) for _ in range(5))  # noqa: B023
        yield at_most(f"index of {name}: open", opening, "s", OPEN_S)
