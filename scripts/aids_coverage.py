"""Write docs/aids-coverage.md: every aid with its windows, proof and confidence. `--check` fails when it is behind."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from app.aids.example_reader import read_examples
from app.aids.loader import load_rules
from app.aids.models import Bound, Rule, RuleBook, Window
from app.aids.words import Confidence, Kind

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "data" / "aids"
PAGE = ROOT / "docs" / "aids-coverage.md"

_HEAD = """# Coverage of the aids

Written by `scripts/aids_coverage.py` from `data/aids/`; run it after any change to a rule (`--check` says if it is behind).

- *checked*: the last day a person compared the rule with its sources. *sources*: how many it cites.
- *confidence*: corroborated (a second source says the same), medium, seed (one founding document), uncertain (never a figure).
- *window*: first and last day, both included, and what must fall inside; … on a side means no bound is known there.
- *examples*: worked questions run as tests, then how many of them are dates outside the window.
"""


def coverage_page(book: RuleBook) -> str:
    """The whole page; depends on the rules alone, never on the day it is written."""
    rules = [book.aids[aid] for aid in sorted(book.aids)]
    return "\n".join([_HEAD, *_totals(rules), "", *_table(rules), *_waiting(book)]) + "\n"


def _totals(rules: list[Rule]) -> list[str]:
    kinds, confidences = Counter(rule.kind for rule in rules), Counter(rule.confidence for rule in rules)
    references = sum(_references(rule) for rule in rules)
    examples = sum(len(read_examples(rule)) for rule in rules)
    return [
        f"{len(rules)} rules ({', '.join(f'{kinds[kind]} {kind.value}' for kind in Kind if kinds[kind])}), "
        f"{references} references, {examples} examples.",
        f"Confidence: {', '.join(f'{confidences[word]} {word.value}' for word in Confidence if confidences[word])}.",
    ]


def _table(rules: list[Rule]) -> list[str]:
    lines = [
        "| id | label | kind | checked | confidence | sources | window | examples | amount |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for rule in rules:
        cells = [
            f"[`{rule.id}`](../data/aids/{rule.id}.yaml)",
            rule.label.replace("|", "/"),
            rule.kind.value,
            rule.checked_on.isoformat(),
            rule.confidence.value,
            str(_references(rule)),
            "<br>".join(_window(window) for window in rule.windows) or "always",
            f"{len(read_examples(rule))} ({_outside(rule)})",
            _amount(rule),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _references(rule: Rule) -> int:
    return sum(len(group) for _, group in rule.references)


def _outside(rule: Rule) -> int:
    return sum(example.expect.value in ("closed", "not_yet_open") for example in read_examples(rule))


def _window(window: Window) -> str:
    words = [*sorted(window.audience.professions), *sorted(window.audience.specialties)]
    words += [*sorted(window.audience.statuses), *sorted(window.audience.regions)]
    audience = f"{', '.join(words)}: " if words else ""
    return f"{audience}{_bound(window.opens)} to {_bound(window.closes)} ({window.bears_on.value})"


def _bound(bound: Bound) -> str:
    """The days a bound has had, oldest publication first."""
    days = ["…" if day is None else day.isoformat() for _, day in bound.versions]
    return ", then ".join(days) or "…"


def _amount(rule: Rule) -> str:
    if rule.amount is None:
        return "none"
    figures = [value for value in rule.amount.values if value.formula is not None]
    if rule.confidence is Confidence.UNCERTAIN or not figures:
        return "not known"
    shown = f"{len(figures)} value{'s' if len(figures) > 1 else ''}"
    return f"{shown}, maximum" if rule.amount.is_maximum else shown


def _waiting(book: RuleBook) -> list[str]:
    if not book.planned:
        return []
    return ["", "Announced, without a file yet: " + ", ".join(f"`{aid}`" for aid in sorted(book.planned)) + "."]


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    page = coverage_page(load_rules(RULES))
    if "--check" in sys.argv:
        sys.exit(0 if page == written else "docs/aids-coverage.md is behind data/aids; run scripts/aids_coverage.py")
    PAGE.write_text(page, encoding="utf-8")
