"""A real addok 1.3.2 on Debian's Redis, loaded with documents, for tests and benchmarks. Loopback only.

    python scripts/addok_server.py --data reference.ndjson.xz --departments 09,32   # loads, then serves until stopped

Prints one JSON line `{"url": …, "documents": …, "load_s": …, "redis_mb": …}` on standard output when it is ready. addok lives
in an environment of its own (`.cache/addok`), made on first use: it pins its dependencies exactly and uses unidecode (GPL),
so it must never be in ours. Redis must be installed (`apt-get install redis-server`).
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".cache" / "addok"
REQUIREMENTS = ("addok==1.3.2", "addok-fr==1.1.0", "addok-france==1.2.0", "addok-csv==1.1.0", "gunicorn==27.0.1")
READY_S = 60.0
CONFIG = """
REDIS = {{"host": "127.0.0.1", "port": {port}}}
LOG_DIR = {logs!r}
LOG_QUERIES = False
LOG_NOT_FOUND = False
BATCH_WORKERS = {workers}
MIN_SCORE = 0.3
CSV_EXTRA_FIELDS = ["name", "street", "postcode", "city", "context", "citycode", "oldcitycode", "oldcity", "district"]
QUERY_PROCESSORS_PYPATHS = [
    "addok.helpers.text.check_query_length", "addok_france.extract_address", "addok_france.clean_query",
    "addok_france.remove_leading_zeros",
]
SEARCH_RESULT_PROCESSORS_PYPATHS = [
    "addok.helpers.results.match_housenumber", "addok_france.make_labels", "addok.helpers.results.score_by_importance",
    "addok.helpers.results.score_by_autocomplete_distance", "addok.helpers.results.score_by_ngram_distance",
    "addok.helpers.results.score_by_geo_distance",
]
PROCESSORS_PYPATHS = [
    "addok.helpers.text.tokenize", "addok.helpers.text.normalize", "addok_france.glue_ordinal", "addok_france.fold_ordinal",
    "addok_france.flag_housenumber", "addok.helpers.text.synonymize", "addok_fr.phonemicize",
]
"""
"""The processors of addok's own tutorial for France (without them the two French plugins do nothing), IGN's minimum score, and
result codes in CSV answers as the national API gives them."""


def environment() -> Path:
    """The `bin` directory of addok's own environment, made if it is not there."""
    if not (ENVIRONMENT / "bin" / "addok").is_file():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS]
        subprocess.run(pip, check=True, stdout=sys.stderr)
    return ENVIRONMENT / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def documents(path: Path, departments: Iterable[str], *, all_communes: bool) -> Iterator[bytes]:
    """Documents of an addok/BAN file; only of these départements, when some are named. `all_communes`: communes of all."""
    wanted = tuple(departments)
    with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as stream:
        for line in stream:
            document = json.loads(line)
            everywhere = all_communes and document["type"] == "municipality"
            if not wanted or everywhere or str(document["citycode"]).startswith(wanted):
                yield line


def wait_for_redis(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + READY_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise SystemExit("redis-server stopped at once")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("redis-server does not answer")


def redis_memory_mb(port: int) -> float:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"INFO memory\r\n")
        answer = connection.recv(65_536).decode()
    used = next(line for line in answer.splitlines() if line.startswith("used_memory:"))
    return round(int(used.partition(":")[2]) / 1_048_576, 1)


def wait_for_addok(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + READY_S
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise SystemExit("addok stopped at once")
        try:
            with urllib.request.urlopen(f"{url}/search/?q=mairie&limit=1", timeout=5) as answer:
                if json.load(answer)["type"] == "FeatureCollection":
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("addok does not answer")


def serve(data: Path, departments: tuple[str, ...], workers: int, *, all_communes: bool) -> None:
    """Load, announce, and serve until a signal."""
    redis_server = shutil.which("redis-server")
    if redis_server is None:
        raise SystemExit("redis-server is not installed: apt-get install redis-server")
    binaries = environment()
    children: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="addok-") as work:
        try:
            redis_port, http_port = free_port(), free_port()
            config = Path(work) / "config.py"
            config.write_text(CONFIG.format(port=redis_port, logs=work, workers=workers))
            env = {**os.environ, "ADDOK_CONFIG_MODULE": str(config)}
            redis = subprocess.Popen(
                [redis_server, "--bind", "127.0.0.1", "--port", str(redis_port), "--save", "", "--appendonly", "no",
                 "--dir", work], stdout=subprocess.DEVNULL)  # fmt: skip
            children.append(redis)
            wait_for_redis(redis_port, redis)
            started = time.monotonic()
            selected = Path(work) / "documents.ndjson"
            with selected.open("wb") as out:
                count = sum(1 for line in documents(data, departments, all_communes=all_communes) if out.write(line))
            for command in (["batch", str(selected)], ["ngrams"]):
                subprocess.run(
                    [str(binaries / "addok"), *command], check=True, env=env, stdout=sys.stderr, stderr=sys.stderr
                )
            load_s = time.monotonic() - started
            gunicorn = [str(binaries / "gunicorn"), "--workers", str(workers), "--timeout", "600", "--log-level", "warning",
                        "--bind", f"127.0.0.1:{http_port}", "addok.http.wsgi"]  # fmt: skip
            addok = subprocess.Popen(gunicorn, env=env, stdout=sys.stderr)
            children.append(addok)
            url = f"http://127.0.0.1:{http_port}"
            wait_for_addok(url, addok)
            ready = {
                "url": url,
                "documents": count,
                "load_s": round(load_s, 1),
                "redis_mb": redis_memory_mb(redis_port),
            }
            print(json.dumps(ready), flush=True)
            addok.wait()
        finally:
            for child in reversed(children):
                child.terminate()
                child.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="addok/BAN documents, .ndjson or .ndjson.xz")
    parser.add_argument(
        "--departments", default="", help="documents of these départements only, as 09,32; all when empty"
    )
    parser.add_argument("--all-communes", action="store_true", help="with --departments: the communes of all France")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--setup-only", action="store_true", help="make the environment and stop")
    chosen = parser.parse_args()
    if chosen.setup_only:
        environment()
        return
    serve(
        chosen.data,
        tuple(code for code in chosen.departments.split(",") if code),
        chosen.workers,
        all_communes=chosen.all_communes,
    )


if __name__ == "__main__":
    main()
