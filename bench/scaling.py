"""How time grows: with points (10^4 … 10^7), with vertices (each edge cut in 8), with threads. Growth is fitted."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial

import numpy as np

from app.zones.index import ZoneIndex
from bench.country import commune_layer, index_of, people
from bench.lines import Line, Profile, timed

SPLITS = (1, 8)
POOL = 2_000_000
"""Points to draw from: asking for the same few again and again would measure the caches."""


def lines(profile: Profile) -> Iterator[Line]:
    largest = {"quick": 5, "full": 6, "scale": 7}[profile.name]
    for split_edges in SPLITS:
        index = index_of(f"communes-x{split_edges}", [commune_layer(split_edges)])
        for threads in (1, 2):
            for in_order in (False, True):
                yield from _growth(index, split_edges, threads, in_order, largest)


def _growth(index: ZoneIndex, split_edges: int, threads: int, in_order: bool, largest: int) -> Iterator[Line]:
    counts = [10**power for power in range(4, largest + 1)]
    points = people(max(counts[-1], POOL), in_order=in_order, seed=6)
    index.lookup_many(points.lon, points.lat, threads)
    seconds = []
    for count in counts:
        step = len(points) // count  # samples in the same order, over the whole country, new ones in each round
        samples = [
            (
                np.ascontiguousarray(points.lon[first::step][:count]),
                np.ascontiguousarray(points.lat[first::step][:count]),
            )
            for first in range(min(step, 20))
        ]
        repeats = samples * max(1, 5 // len(samples))
        measured = [timed(partial(index.lookup_many, lon, lat, threads)) for lon, lat in repeats]
        seconds.append(statistics.median(measured))
    has_goal = largest > 5  # two short runs say little
    exponent = float(np.polyfit(np.log(counts), np.log(seconds), 1)[0])
    order = "commune order" if in_order else "random order"
    speeds = ", ".join(f"10^{np.log10(n):.0f}: {n / s / 1e6:.1f}" for n, s in zip(counts, seconds, strict=True))
    yield Line(
        f"growth with points, {order}, vertices x{split_edges}, {threads} thread(s)", round(exponent, 3), "exponent",
        goal="ours <= 1.1" if has_goal else None, ok=exponent <= 1.1 if has_goal else None, note=f"M points/s: {speeds}",
    )  # fmt: skip
