"""Requests a second of the hot routes against FastAPI's constant route, in turn, on the same machine."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench.lines import Line, Profile, at_most
from bench.servers import Load, constant, free_port, paths_file, service, wrk

CLIENTS = 16
ZONES_SHARE, ASSESS_P50_MS, ASSESS_PER_S = 0.8, 5.0, 250.0
ZONES, ASSESS = "/v1/zones by point", "/v1/assess by point"
PILOT = ("09", "32", "65", "75")
"""Departments whose zonings the embedded bundle holds: assessing a place elsewhere is less work."""


def lines(profile: Profile) -> Iterator[Line]:
    for workers in (1,) if profile.name == "quick" else (1, 2):
        yield from _with_workers(profile, workers)


def _with_workers(profile: Profile, workers: int) -> Iterator[Line]:
    rounds = 3 if profile.name == "quick" else profile.rounds
    files = {
        ZONES: paths_file("zones", "/v1/zones?lon={lon}&lat={lat}"),
        ASSESS: paths_file("assess", "/v1/assess?lon={lon}&lat={lat}&profession=medecin&date=2024-01-15", PILOT),
    }
    ours, fixed = free_port(), free_port()
    peers: list[Load] = []
    loads: dict[str, list[Load]] = {ZONES: [], ASSESS: []}
    alone: list[Load] = []
    with service(ours, workers), constant(fixed, workers):
        root = f"http://127.0.0.1:{ours}"
        for file in files.values():
            wrk(root + "/livez", connections=CLIENTS, seconds=1, paths=file)  # warm up
        for _ in range(rounds):
            peers.append(wrk(f"http://127.0.0.1:{fixed}/constant", connections=CLIENTS, seconds=profile.seconds))
            for name, file in files.items():
                loads[name].append(wrk(root, connections=CLIENTS, seconds=profile.seconds, paths=file))
            alone.append(wrk(root, connections=1, seconds=profile.seconds, paths=files[ASSESS]))
    suffix = f"{workers} worker{'s' if workers > 1 else ''}, {CLIENTS} clients"
    for name, measured in loads.items():
        yield _against_constant(f"{name}, {suffix}", measured, peers, name == ZONES and workers == 1)
    if workers == 1:
        assess = loads[ASSESS]
        per_s = statistics.median(load.requests_per_s for load in assess)
        yield Line(
            f"/v1/assess by point, whole catalogue, {suffix}", round(per_s), "req/s",
            goal=f"ours >= {ASSESS_PER_S:g}", ok=per_s >= ASSESS_PER_S and not any(load.errors for load in assess),
        )  # fmt: skip
        yield at_most(
            "/v1/assess by point, one client: median",
            statistics.median(load.p50_ms for load in alone), "ms", ASSESS_P50_MS,
        )  # fmt: skip


def _against_constant(name: str, ours: list[Load], peers: list[Load], has_goal: bool) -> Line:
    ratio = statistics.median(
        mine.requests_per_s / theirs.requests_per_s for mine, theirs in zip(ours, peers, strict=True)
    )
    errors = sum(load.errors for load in ours)
    return Line(
        f"{name} vs FastAPI constant route",
        round(statistics.median(load.requests_per_s for load in ours)), "req/s",
        round(statistics.median(load.requests_per_s for load in peers)), round(ratio, 2),
        f"ratio >= {ZONES_SHARE:g}" if has_goal else None,
        ratio >= ZONES_SHARE and errors == 0 if has_goal else None,
        f"p99 {statistics.median(load.p99_ms for load in ours):.1f} ms" + (f"; {errors} answers not 2xx" if errors else ""),
    )  # fmt: skip
