"""Run by the peers' own Python: join points with outlines in another engine, each time a line comes on standard input.

`python peer_join.py duckdb|sedonadb points.parquet outlines.parquet threads`; answers one JSON line each time:
seconds and number of pairs. Points are lon, lat; outlines a column `wkb`.
"""

from __future__ import annotations

import glob
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable


def duckdb_join(points: str, outlines: str, threads: int) -> Callable[[], int]:
    """A spatial join of tables that are already in memory, as geometries."""
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": str(threads)})
    folder = os.path.dirname(importlib.util.find_spec("duckdb_extension_spatial").origin)  # type: ignore[union-attr, arg-type]
    extension = glob.glob(os.path.join(folder, "**", "spatial.duckdb_extension"), recursive=True)[0]
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CREATE TABLE places AS SELECT ST_Point(lon, lat) AS place FROM '{points}'")
    connection.execute(f"CREATE TABLE zones AS SELECT ST_GeomFromWKB(wkb) AS zone FROM '{outlines}'")

    def join() -> int:
        query = "SELECT count(*) FROM places JOIN zones ON ST_Intersects(zone, place)"
        return int(connection.execute(query).fetchone()[0])

    return join


def sedonadb_join(points: str, outlines: str, threads: int) -> Callable[[], int]:
    """The same in Apache SedonaDB, which takes all the cores it finds; the process is bound to `threads` of them."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:threads]))
    import sedonadb

    session = sedonadb.connect()
    session.read_parquet(points).to_view("raw_places")
    session.read_parquet(outlines).to_view("raw_zones")
    session.sql("SELECT ST_Point(lon, lat) AS place FROM raw_places").to_memtable().to_view("places")
    session.sql("SELECT ST_GeomFromWKB(wkb) AS zone FROM raw_zones").to_memtable().to_view("zones")

    def join() -> int:
        query = "SELECT count(*) AS n FROM places JOIN zones ON ST_Intersects(zones.zone, places.place)"
        return int(session.sql(query).to_arrow_table()["n"][0].as_py())

    return join


def main(engine: str, points: str, outlines: str, threads: int) -> None:
    join = {"duckdb": duckdb_join, "sedonadb": sedonadb_join}[engine](points, outlines, threads)
    for _ in sys.stdin:
        start = time.perf_counter()
        pairs = join()
        print(json.dumps({"seconds": time.perf_counter() - start, "pairs": pairs}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
