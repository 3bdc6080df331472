"""The lookup against other engines' spatial joins: DuckDB and SedonaDB, in an environment of their own, in turn with us.

`make bench-setup` installs them under .cache/bench/peers from bench/peers.lock.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from app.zones.index.oracle import pairs_of_sets
from bench.country import CACHE, built, commune_layer, people
from bench.lines import Line, Profile, faster_than, timed
from bench.unavailable import Unavailable

PYTHON = CACHE / "peers" / "bin" / "python"
ENGINES = ("duckdb", "sedonadb")


@dataclass(frozen=True, slots=True)
class Peer:
    """Another engine, waiting for its turn in a process of its own."""

    process: subprocess.Popen[str]

    def join(self) -> tuple[float, int]:
        """Seconds of one join and its number of pairs."""
        if self.process.stdin is None or self.process.stdout is None:
            raise AssertionError("peers are started with pipes")
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Unavailable("a peer stopped: run its command by hand to see why")
        seen = json.loads(answer)
        return seen["seconds"], seen["pairs"]


def lines(profile: Profile) -> Iterator[Line]:
    if not PYTHON.exists():
        raise Unavailable("peers are not installed: make bench-setup")
    layer = commune_layer()
    index = built("communes")[0]
    points = people(min(profile.points, 1_000_000), in_order=False)
    places, outlines = CACHE / "places.parquet", CACHE / "outlines.parquet"
    pq.write_table(pa.table({"lon": points.lon, "lat": points.lat}), places)
    pq.write_table(pa.table({"wkb": pa.array(shapely.to_wkb(layer.geometries), pa.binary())}), outlines)
    expected = len(pairs_of_sets(index, index.lookup_many(points.lon, points.lat)))
    for threads in (1, 2):
        for engine in ENGINES:
            peer = Peer(_start(engine, places, outlines, threads))
            try:
                _, pairs = peer.join()
                if pairs != expected:
                    raise AssertionError(f"{engine} found {pairs} pairs, the index {expected}")
                theirs, ours = [], []
                for _ in range(profile.rounds):
                    theirs.append(peer.join()[0])
                    ours.append(timed(lambda: index.lookup_many(points.lon, points.lat, threads)))  # noqa: B023
            finally:
                peer.process.kill()
                peer.process.wait()
            yield faster_than(
                f"communes, random order, {threads} thread(s) vs {engine}", ours, theirs, len(points), None,
                f"{len(points):,} points, same {expected:,} pairs",
            )  # fmt: skip


def _start(engine: str, places: Path, outlines: Path, threads: int) -> subprocess.Popen[str]:
    command = [
        str(PYTHON),
        str(Path(__file__).with_name("peer_join.py")),
        engine,
        str(places),
        str(outlines),
        str(threads),
    ]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
