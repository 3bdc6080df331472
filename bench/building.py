"""Building and opening the index: time, size, number of zone sets."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from app.zones.index import Layer, ZoneIndex
from app.zones.index.build import build_index
from bench.country import CACHE, all_layers, commune_layer
from bench.lines import Line, Profile, at_most, timed

BUILD_S, SIZE_MB, OPEN_S = 15.0, 250.0, 0.05


def lines(profile: Profile) -> Iterator[Line]:
    layers, source = all_layers()
    yield from _built("all layers and bands", layers, profile, source)
    yield from _built("communes alone", [commune_layer()], profile, "no bands")


def _built(name: str, layers: list[Layer], profile: Profile, note: str) -> Iterator[Line]:
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / "built.index"
    build_index(layers, path)  # warm up: compiled code
    rounds = 1 if profile.name == "quick" else 3
    seconds = statistics.median(timed(lambda: build_index(layers, path)) for _ in range(rounds))
    yield at_most(f"index of {name}: build", seconds, "s", BUILD_S, note)
    sets = ZoneIndex.open(path).set_count
    yield at_most(f"index of {name}: size", path.stat().st_size / 1e6, "MB", SIZE_MB, f"{sets:,} zone sets")
    opening = statistics.median(timed(lambda: ZoneIndex.open(path)) for _ in range(5))
    yield at_most(f"index of {name}: open", opening, "s", OPEN_S)
    path.unlink()
