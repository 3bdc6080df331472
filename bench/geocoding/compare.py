"""The embedded engine and a real addok, side by side on the same documents and the same queries.

    python -m bench.geocoding.compare --shared ../shared --departments 01,13,31,33,59,69,75   # about 3 minutes
    python -m bench.geocoding.compare --shared ../shared                                      # all: the load takes 6 minutes
    python -m bench.geocoding.compare --addok http://127.0.0.1:PORT --gazetteer FILE          # both made before: 3 minutes
    python -m bench.geocoding.compare --held-out 7                                            # other queries (held_out.py)

Single queries: embedded in process, addok through HTTP on the loopback with one kept-alive connection; the engines take turns,
a block of queries each, so that both see the machine in the same state. Batch: `zonage geocode --csv` on two processes;
addok-csv under gunicorn with two workers, the file in two halves at once. The result is printed as JSON and written to
bench/results/geocoding.json with the machine and the commit.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.batch.geocode_jobs import geocode_table
from app.batch.geocode_table import ColumnChoice, open_table
from app.geocoding.build import build_gazetteer
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocodejson import public_type
from app.geocoding.geocoder import AddressQuery
from bench.geocoding.held_out import held_out
from bench.geocoding.judging import Answer, Tally, queries

ROOT = Path(__file__).resolve().parent.parent.parent
OUR_THRESHOLD = ADDOK_THRESHOLD = 0.8
"""What les-emplois and pass Culture ask of the national API's score; the same number for ours."""
OUR_BATCH_ROWS = 100_000
"""More rows for the faster engine, so that both run for some seconds."""
BLOCK_QUERIES = 250
EASY = ("clean", "lower_noaccent", "upper_postal", "abbrev")


Ask = Callable[[dict[str, str]], Answer]


def take_turns(rows: list[dict[str, str]], ours: Ask, theirs: Ask) -> tuple[dict[str, object], dict[str, object]]:
    """Accuracy and latency of both engines on the same queries, a block each in turn."""
    tallies, took = (Tally(), Tally()), ([0.0] * len(rows), [0.0] * len(rows))
    for start in range(0, len(rows), BLOCK_QUERIES):
        for side, (ask, threshold) in enumerate(((ours, OUR_THRESHOLD), (theirs, ADDOK_THRESHOLD))):
            for at in range(start, min(len(rows), start + BLOCK_QUERIES)):
                started = time.perf_counter()
                answer = ask(rows[at])
                took[side][at] = time.perf_counter() - started
                tallies[side].add(rows[at], answer, threshold)
    first, second = (_measured(tally, sorted(times)) for tally, times in zip(tallies, took, strict=True))
    return first, second


def _measured(tally: Tally, took: list[float]) -> dict[str, object]:
    return {
        **tally.summary(), "p50_ms": round(took[len(took) // 2] * 1000, 3),
        "p99_ms": round(took[len(took) * 99 // 100] * 1000, 3), "by_category": tally.by_category(),
    }  # fmt: skip


def ask_embedded(engine: EmbeddedGeocoder) -> Ask:
    def ask(row: dict[str, str]) -> Answer:
        found = engine.find(AddressQuery(row["q"], row["filter_postcode"] or None, row["filter_citycode"] or None))
        return Answer(public_type(found), found.citycode, found.street, found.housenumber, found.confidence)

    return ask


def ask_addok(url: str) -> Ask:
    address = urllib.parse.urlsplit(url).netloc
    connection = http.client.HTTPConnection(address, timeout=60)

    def ask(row: dict[str, str]) -> Answer:
        params = {"q": row["q"][:200], "limit": "3", "autocomplete": "0"}
        for name in ("postcode", "citycode"):
            if row[f"filter_{name}"]:
                params[name] = row[f"filter_{name}"]
        connection.request("GET", "/search/?" + urllib.parse.urlencode(params))
        features = json.load(connection.getresponse()).get("features") or []
        if not features:
            return Answer(None, None, None, None, 0.0)
        first = features[0]["properties"]
        street = first.get("street") or (first.get("name") if first["type"] == "street" else None)
        return Answer(first["type"], first.get("citycode"), street, first.get("housenumber"), float(first["score"]))

    return ask


def batch_embedded(engine: EmbeddedGeocoder, content: str, rows: int) -> float:
    """Rows per second of the CSV path on two processes, their start included."""
    started = time.perf_counter()
    table = open_table(io.BytesIO(content.encode()), ColumnChoice(("q",)))
    geocode_table(table, io.StringIO(), engine, 2, lambda done: None)
    return rows / (time.perf_counter() - started)


def batch_addok(url: str, content: str, rows: int) -> float:
    """Rows per second of addok-csv, the file in two halves at once."""
    header, *lines = content.splitlines(keepends=True)
    halves = (lines[: rows // 2], lines[rows // 2 :])

    def post(half: list[str]) -> None:
        mark = "zonagebench"
        columns = f'--{mark}\r\nContent-Disposition: form-data; name="columns"\r\n\r\nq\r\n'
        file = f'--{mark}\r\nContent-Disposition: form-data; name="data"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
        body = f"{columns}{file}{header}{''.join(half)}\r\n--{mark}--\r\n"
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=1800)
        headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        connection.request("POST", "/search/csv", body.encode(), headers)
        connection.getresponse().read()

    started = time.perf_counter()
    threads = [threading.Thread(target=post, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rows / (time.perf_counter() - started)


def easy_csv(rows: list[dict[str, str]], count: int) -> str:
    """`count` easy rows, each different: the rows of the test set again and again under another number of the row."""
    easy = [row["q"] for row in rows if row["category"] in EASY and "\n" not in row["q"]]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["row", "q"])
    writer.writerows((at, easy[at % len(easy)]) for at in range(count))
    return buffer.getvalue()


@contextmanager
def addok_server(reference: Path, departments: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """A real addok loaded with the reference documents; what it says when it is ready."""
    command = [sys.executable, str(ROOT / "scripts" / "addok_server.py"), "--data", str(reference), "--workers", "2"]
    command += ["--departments", ",".join(departments), "--all-communes"] if departments else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            ready: dict[str, object] = json.loads(server.stdout.readline())
            yield ready
        finally:
            server.terminate()
            server.wait(60)


def compare(
    gazetteer: Path, addok: dict[str, object], rows: list[dict[str, str]], batch_rows: int
) -> dict[str, object]:
    """Both engines on the same machine; `addok` holds the address of the server and what its load took."""
    url = str(addok["url"])
    engine = EmbeddedGeocoder.open(gazetteer)
    ours, theirs = take_turns(rows, ask_embedded(engine), ask_addok(url))
    ours |= {"file_mb": round(gazetteer.stat().st_size / 1e6, 1), "rss_mb": _rss_mb()}
    theirs |= {name: value for name, value in addok.items() if name != "url"}
    theirs["batch_rows_per_s"] = round(batch_addok(url, easy_csv(rows, batch_rows), batch_rows))
    rate = batch_embedded(engine, easy_csv(rows, OUR_BATCH_ROWS), OUR_BATCH_ROWS)
    ours |= {"batch_rows_per_s": round(rate), "batch_100k_s": round(100_000 / rate, 1)}
    return {
        "commit": _commit(), "machine": f"{platform.machine()}, {os.cpu_count()} cores", "queries": len(rows),
        "embedded": ours, "addok": theirs, "ratios": ratios(ours, theirs),
    }  # fmt: skip


def _rss_mb() -> float:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return round(int(line.split()[1]) / 1024, 1)


def ratios(ours: dict[str, object], theirs: dict[str, object]) -> dict[str, object]:
    """The goals of research/geocoding.md § 8."""

    def value(side: dict[str, object], name: str) -> float:
        found = side[name]
        assert isinstance(found, int | float)
        return float(found)

    def categories(side: dict[str, object]) -> dict[str, float]:
        found = side["by_category"]
        assert isinstance(found, dict)
        return found

    mine, other = categories(ours), categories(theirs)
    return {
        "full_points_over_addok": round(value(ours, "full_at_1") - value(theirs, "full_at_1"), 2),
        "p50_times_faster": round(value(theirs, "p50_ms") / value(ours, "p50_ms"), 1),
        "p99_times_faster": round(value(theirs, "p99_ms") / value(ours, "p99_ms"), 1),
        "batch_times_faster": round(value(ours, "batch_rows_per_s") / value(theirs, "batch_rows_per_s"), 1),
        "categories_more_than_2_points_under": [name for name in mine if mine[name] < other[name] - 2],
    }


def _commit() -> str:
    return subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT
    ).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("ZONAGE_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--departments", default="")
    parser.add_argument("--batch-rows", type=int, default=2_000, help="rows for addok-csv; ours is given 100,000")
    parser.add_argument("--addok", help="address of a server already loaded by scripts/addok_server.py")
    parser.add_argument("--gazetteer", type=Path, help="a gazetteer already built from the reference documents")
    parser.add_argument(
        "--held-out", type=int, metavar="SEED", help="queries of bench.geocoding.held_out, with this seed"
    )
    chosen = parser.parse_args()
    departments = tuple(code for code in chosen.departments.split(",") if code)
    reference = chosen.shared / "data" / "geocoding" / "reference.ndjson.xz"
    rows = (
        list(queries(chosen.shared, departments))
        if chosen.held_out is None
        else list(held_out(chosen.shared, chosen.held_out, 300))
    )
    with ExitStack() as stack:
        path = chosen.gazetteer
        if path is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            path = build_gazetteer(ROOT / "data" / "geo", work / "gazetteer.sqlite", [reference])
        addok = {"url": chosen.addok} if chosen.addok else stack.enter_context(addok_server(reference, departments))
        result = compare(path, addok, rows, chosen.batch_rows)
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (ROOT / "bench" / "results").mkdir(parents=True, exist_ok=True)
    (ROOT / "bench" / "results" / "geocoding.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
