"""Run benchmarks: `python -m bench.run [quick|full|scale] [part…]`. Always exits 0 when it could measure.

A part is a module of `bench` with `lines(profile) -> Iterator[Line]`; it raises `Unavailable` to be listed as skipped.
"""

from __future__ import annotations

import importlib
import sys
import time

from bench.country import build_national
from bench.lines import PROFILES, Line
from bench.report import markdown, write
from bench.unavailable import Unavailable

PARTS = {
    "quick": ("building", "kernel", "single", "aids", "http", "start"),
    "full": (
        "building",
        "kernel",
        "single",
        "scaling",
        "peers",
        "http",
        "start",
        "tiles",
        "geocoding",
        "batch",
        "aids",
    ),
    "scale": ("kernel", "scaling", "batch"),
}


def main(arguments: list[str]) -> int:
    """Measure the parts of a profile (or only those named) and write the report."""
    profile = PROFILES[arguments[0] if arguments else "full"]
    parts = arguments[1:] or PARTS[profile.name]
    if profile.name != "quick":
        build_national()
    lines: list[Line] = []
    skipped: list[str] = []
    for part in parts:
        start = time.perf_counter()
        print(f"== {part}", file=sys.stderr, flush=True)
        try:
            for line in importlib.import_module(f"bench.{part}").lines(profile):
                print(markdown([line], []).splitlines()[-1], file=sys.stderr, flush=True)
                lines.append(line)
        except Unavailable as missing:
            skipped.append(f"{part}: {missing}")
            print(f"skipped: {missing}", file=sys.stderr, flush=True)
        print(f"== {part}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    path = write(profile.name, lines, skipped)
    print(path.with_suffix(".md").read_text(encoding="utf-8"))
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
