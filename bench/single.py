"""One point at a time in one process: the latency an HTTP request pays for the lookup."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from app.zones.index import Layer, ZoneIndex
from bench.country import Points, all_layers, built, commune_layer, people
from bench.lines import Line, Profile, at_most

CALLS = 20_000
MEDIAN_US, P99_US, TIMES_FASTER = 5.0, 20.0, 5.0


def lines(profile: Profile) -> Iterator[Line]:
    points = people(CALLS, in_order=False, seed=4)
    service, source = built("service")[0], all_layers()[1]
    alone = _median_of_rounds(service, points, profile.rounds)
    yield at_most("one lookup, all layers and bands: median", float(alone[0]), "µs", MEDIAN_US, source)
    yield at_most("one lookup, all layers and bands: 99th percentile", float(alone[1]), "µs", P99_US)
    layer = commune_layer()
    yield _against_tree(layer, built("communes")[0], points)


def _median_of_rounds(index: ZoneIndex, points: Points, rounds: int) -> NDArray[np.float64]:
    """Median and 99th percentile in µs, each the median over the rounds."""
    measured = [np.percentile(_latencies_us(index.lookup, points), (50, 99)) for _ in range(rounds)]
    return np.median(np.array(measured), axis=0)


def _against_tree(layer: Layer, index: ZoneIndex, points: Points) -> Line:
    tree = shapely.STRtree(shapely.from_wkb(shapely.to_wkb(layer.geometries)))

    def by_tree(lon: float, lat: float) -> object:
        return tree.query(shapely.Point(lon, lat), predicate="intersects")

    ours, peer = [], []
    for _ in range(5):
        ours.append(float(np.median(_latencies_us(index.lookup, points.first(CALLS // 10)))))
        peer.append(float(np.median(_latencies_us(by_tree, points.first(CALLS // 10)))))
    ratio = float(np.median(np.array(peer) / np.array(ours)))
    return Line(
        "one lookup, communes, vs STRtree: median", round(float(np.median(ours)), 3), "µs",
        round(float(np.median(peer)), 3), round(ratio, 1), f"ratio >= {TIMES_FASTER:g}", ratio >= TIMES_FASTER,
    )  # fmt: skip


def _latencies_us(ask: Callable[[float, float], object], points: Points) -> NDArray[np.float64]:
    """Time of each call, the clock's own cost taken off."""
    clock = time.perf_counter_ns
    pairs = list(zip(points.lon.tolist(), points.lat.tolist(), strict=True))
    empty = np.median([-clock() + clock() for _ in range(1000)])
    taken = np.empty(len(pairs))
    for i, (lon, lat) in enumerate(pairs):
        start = clock()
        ask(lon, lat)
        taken[i] = clock() - start
    return (taken - float(empty)) / 1000
