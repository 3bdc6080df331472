"""The coverage page of the docs says what the rule files say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from app.aids.example_reader import read_examples
from app.aids.loader import load_rules

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "aids-coverage.md"
COMMAND = [sys.executable, "-m", "scripts.aids_coverage", "--check"]


def test_the_coverage_page_is_up_to_date() -> None:
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_rule_has_one_row_with_its_proof() -> None:
    book = load_rules(ROOT / "data" / "aids")
    rows = {line.split("`")[1]: line for line in PAGE.read_text(encoding="utf-8").splitlines() if "](../data/" in line}
    assert set(rows) == set(book.aids)
    for aid, rule in book.aids.items():
        cells = [cell.strip() for cell in rows[aid].split(" | ")]
        assert cells[3:5] == [rule.checked_on.isoformat(), rule.confidence.value]
        assert cells[5] == str(sum(len(group) for _, group in rule.references))
        for window in rule.windows:
            days = [day.isoformat() for _, day in (*window.opens.versions, *window.closes.versions) if day is not None]
            assert all(day in cells[6] for day in days)
        assert re.match(rf"{len(read_examples(rule))} \(\d+\)$", cells[7])
