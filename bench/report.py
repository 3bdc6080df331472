"""Write results: one JSON file for programs, one Markdown table for people."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.lines import Line

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
LIBRARIES = ("numpy", "numba", "shapely", "geopandas", "pyarrow", "fastapi", "uvicorn")


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    information = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = next((line.split(":")[1].strip() for line in information.splitlines() if "model name" in line), "unknown")
    return {
        "cpu": model,
        "cores": information.count("processor\t"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average_1min": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in LIBRARIES},
    }


def commit() -> str:
    """The commit measured, with `+changes` when the tree differs from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--untracked-files=no", "app", "bench"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return (head or "unknown") + ("+changes" if changed else "")


def write(profile: str, lines: Sequence[Line], skipped: Sequence[str]) -> Path:
    """Write `bench/results/<profile>-<time>.json` and `.md`; the JSON's path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{profile}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    content = {
        "machine": machine(),
        "commit": commit(),
        "profile": profile,
        "skipped": list(skipped),
        "lines": [line.as_json() for line in lines],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(markdown(lines, skipped), encoding="utf-8")
    return path


def markdown(lines: Sequence[Line], skipped: Sequence[str]) -> str:
    """A table of the lines, then what was not measured and why."""
    rows = ["| what | ours | peer | unit | ratio | goal | met | note |", "|---|---|---|---|---|---|---|---|"]
    for line in lines:
        met = "" if line.ok is None else "yes" if line.ok else "**no**"
        cells = (line.name, line.ours, line.peer, line.unit, line.ratio, line.goal, met, line.note)
        rows.append("| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |")
    rows.extend(f"\nNot measured: {reason}" for reason in skipped)
    return "\n".join(rows) + "\n"
