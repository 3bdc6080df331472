"""The table of facts, built anew, against the table that docs/rules.md publishes."""

from __future__ import annotations

import re
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType

import pytest

from app.aids.facts import Fact

PAGE = Path(__file__).resolve().parents[3] / "docs" / "rules.md"


def declared() -> ModuleType:
    """The module executed once more: what it declares is built by functions that run on import only."""
    spec = find_spec("app.aids.facts")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documented() -> dict[str, list[str]]:
    """Cells of each row: kind, side, allowed, unit, absent means, question."""
    table = PAGE.read_text(encoding="utf-8").split("<!-- facts -->\n")[1].split("\n<!-- end facts -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {row[0].strip("`"): row[1:] for row in rows}


def allowed(fact: Fact) -> str:
    if fact.minimum is None and fact.maximum is None:
        return ", ".join(fact.allowed)
    return f"{fact.minimum:,.0f} to {fact.maximum:,.0f}".replace(",", " ")


def test_the_page_of_the_rules_lists_every_fact_as_it_is_declared() -> None:
    told = {
        name: [fact.kind, fact.side, allowed(fact), fact.unit or "", str("" if fact.default is None else fact.default).lower(),
               fact.question]
        for name, fact in declared().FACTS.items()
    }  # fmt: skip
    assert told == documented()


def test_each_side_holds_its_own_facts() -> None:
    module = declared()
    for facts, side in ((module.APPLICANT_FACTS, "applicant"), (module.PLACE_FACTS, "place")):
        assert {(name, fact.name, fact.side) for name, fact in facts.items()} == {(name, name, side) for name in facts}
    assert dict(module.FACTS) == {**module.APPLICANT_FACTS, **module.PLACE_FACTS}


def test_only_words_to_choose_from_are_listed_and_only_numbers_have_bounds() -> None:
    for fact in declared().FACTS.values():
        assert bool(fact.allowed) == (fact.kind in ("choice", "choices")), fact.name
        bounds = {fact.minimum is None, fact.maximum is None}
        assert bounds == {fact.kind not in ("integer", "number")}, fact.name
        assert (fact.pattern is None) == (fact.kind != "text"), fact.name


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("region", ("76", "01"), ("7", "760", "7A", "76\n", " 76")),
        ("departement", ("75", "2A", "2B", "971"), ("7", "2C", "9710", "75 ")),
        ("commune", ("31555", "2A004", "97411"), ("3155", "315555", "2C004", "31555\n")),
        ("epci", ("200066637",), ("20006663", "2000666370")),
    ],
)
def test_a_code_has_the_form_of_its_register(name: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    pattern = declared().PLACE_FACTS[name].pattern
    assert [code for code in (*good, *bad) if re.match(pattern, code)] == list(good)
