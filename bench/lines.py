"""What a benchmark says: one line per figure, measured side by side and compared with a goal."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `ratio` compares ours with the peer's, larger is better for us; None when there is no peer.

    `goal` is in words ("ratio >= 30", "ours <= 5"), None when the line only informs; `ok` says whether it is met.
    """

    name: str
    ours: float
    unit: str
    peer: float | None = None
    ratio: float | None = None
    goal: str | None = None
    ok: bool | None = None
    note: str = ""

    def as_json(self) -> dict[str, str | float | bool | None]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Profile:
    """How much to measure: `quick` in CI (90 s), `full` (about 15 minutes), `scale` (up to 10^7 points)."""

    name: str
    points: int
    rounds: int
    seconds: float


PROFILES = {
    "quick": Profile("quick", 200_000, 5, 0.7),
    "full": Profile("full", 1_000_000, 5, 2.0),
    "scale": Profile("scale", 10_000_000, 5, 2.0),
}


def timed(action: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def interleaved(actions: Sequence[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Seconds of each action in each round: A B A B …, so that the machine's moods fall on all of them alike."""
    seconds: list[list[float]] = [[] for _ in actions]
    for action in actions:
        action()  # warm up: caches, lazy imports, compiled code
    for _ in range(rounds):
        for measured, action in zip(seconds, actions, strict=True):
            measured.append(timed(action))
    return seconds


def median_ratio(peer: Sequence[float], ours: Sequence[float]) -> float:
    """Median over the rounds of peer time over our time, each from the same round."""
    return statistics.median(theirs / mine for theirs, mine in zip(peer, ours, strict=True))


def faster_than(
    name: str, ours: Sequence[float], peer: Sequence[float], items: int, goal: float | None, note: str = ""
) -> Line:
    """Compare two ways of doing `items` things, in millions a second; the goal is a ratio of speeds."""
    ratio = median_ratio(peer, ours)
    low, high = _range(peer, ours)
    return Line(
        name,
        round(items / statistics.median(ours) / 1e6, 3),
        "M/s",
        round(items / statistics.median(peer) / 1e6, 3),
        round(ratio, 2),
        None if goal is None else f"ratio >= {goal:g}",
        None if goal is None else ratio >= goal,
        f"{note}{'; ' if note else ''}rounds {low:.1f} to {high:.1f}",
    )


def at_most(name: str, ours: float, unit: str, goal: float, note: str = "") -> Line:
    """One figure that must not exceed a bound."""
    return Line(name, round(ours, 3), unit, goal=f"ours <= {goal:g}", ok=ours <= goal, note=note)


def _range(peer: Sequence[float], ours: Sequence[float]) -> tuple[float, float]:
    ratios = [theirs / mine for theirs, mine in zip(peer, ours, strict=True)]
    return min(ratios), max(ratios)
