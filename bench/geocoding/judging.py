"""The judging rule of the shared test set (its README), the same for every engine."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.geocoding.normalise import fold


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine claims: its type, codes and names; `score` is the value its users compare with a threshold."""

    kind: str | None
    citycode: str | None
    street: str | None
    housenumber: str | None
    score: float


@dataclass(slots=True)
class Tally:
    """Counts by category."""

    asked: Counter[str] = field(default_factory=Counter)
    full: Counter[str] = field(default_factory=Counter)
    commune: Counter[str] = field(default_factory=Counter)
    false_precise: Counter[str] = field(default_factory=Counter)
    doors: int = 0
    kept: int = 0
    kept_wrong: int = 0

    def add(self, row: dict[str, str], answer: Answer, threshold: float) -> None:
        """Judge one answer; `threshold` is the score from which a house number is accepted."""
        category, expected = row["category"], row["expected_type"]
        commune = answer.citycode == row["expected_citycode"]
        accepted = commune or (
            (answer.citycode or "") in row["accept_citycodes"].split(";") and answer.citycode is not None
        )
        street = commune and same(answer.street, row["expected_street"])
        door = street and same(answer.housenumber, row["expected_housenumber"])
        nothing = answer.kind is None or answer.score < 0.5
        full = {
            "housenumber": answer.kind == "housenumber" and door, "street": answer.kind == "street" and street,
            "municipality": answer.kind == "municipality" and accepted, "none": nothing,
        }[expected]  # fmt: skip
        self.asked[category] += 1
        self.full[category] += full
        self.commune[category] += nothing if expected == "none" else accepted
        claims = answer.kind in ("street", "housenumber")
        self.false_precise[category] += claims and not (door if answer.kind == "housenumber" else street)
        if expected == "housenumber":
            self.doors += 1
            if answer.kind == "housenumber" and answer.score >= threshold:
                self.kept += full
                self.kept_wrong += not full

    def summary(self) -> dict[str, object]:
        total = self.asked.total()
        return {
            "queries": total,
            "full_at_1": round(100 * self.full.total() / total, 2),
            "commune_at_1": round(100 * self.commune.total() / total, 2),
            "false_precise": round(100 * self.false_precise.total() / total, 3),
            "accepted_doors_recall": round(100 * self.kept / max(1, self.doors), 2),
            "accepted_doors_wrong": round(100 * self.kept_wrong / max(1, self.kept + self.kept_wrong), 3),
        }

    def by_category(self) -> dict[str, float]:
        return {name: round(100 * self.full[name] / count, 1) for name, count in sorted(self.asked.items())}


def same(one: str | None, other: str | None) -> bool:
    """Whether two names or numbers are the same once folded."""
    return fold(one or "").replace(" ", "") == fold(other or "").replace(" ", "")


def queries(shared: Path, departments: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The shared test set; only what is expected in these départements (and `none`), all when none is named."""
    with gzip.open(shared / "data" / "geocoding" / "queries.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            code = row["expected_citycode"]
            if not departments or code.startswith(departments) or not code:
                yield row
