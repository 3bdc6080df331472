"""Write the tables of docs/rules.md that derive from the code: functions, units, facts."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from app.aids.facts import FACTS, Fact
from app.aids.french import UNITS
from app.aids.functions import FUNCTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rules.md"


def tables() -> dict[str, str]:
    """The content of each marker of the page."""
    functions = ["| function | meaning |", "|---|---|"]
    functions += [f"| `{name}` | {function.documentation} |" for name, function in FUNCTIONS.items()]
    units = ["| unit | reads |", "|---|---|", *(f"| `{unit}` | {words} |" for unit, words in UNITS.items())]
    facts = ["| fact | kind | side | allowed | unit | absent means | question |", "|---|---|---|---|---|---|---|"]
    for fact in FACTS.values():
        cells = (fact.kind, fact.side, _allowed(fact), fact.unit or "", _absence(fact), fact.question)
        facts.append(f"| `{fact.name}` | {' | '.join(cells)} |")
    return {"functions": "\n".join(functions), "units": "\n".join(units), "facts": "\n".join(facts)}


def _allowed(fact: Fact) -> str:
    if fact.allowed:
        return ", ".join(fact.allowed)
    if fact.minimum is not None and fact.maximum is not None:
        return f"{fact.minimum:,.0f} to {fact.maximum:,.0f}".replace(",", " ")
    return ""


def _absence(fact: Fact) -> str:
    return "" if fact.default is None else str(fact.default).lower()


def filled(page: str) -> str:
    """The page with its tables renewed."""
    for name, content in tables().items():
        block = f"<!-- {name} -->\n{content}\n<!-- end {name} -->"
        marker = re.compile(rf"<!-- {name} -->(?:.*?<!-- end {name} -->)?", flags=re.DOTALL)
        page = marker.sub(block.replace("\\", r"\\"), page, count=1)
    return page


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    after = filled(before)
    if "--check" in sys.argv:
        sys.exit(0 if before == after else "docs/rules.md is behind the code; run scripts/rules_tables.py")
    PAGE.write_text(after, encoding="utf-8")
