"""Every worked example of every rule of the catalogue, through the same reader as the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.aids.example_reader import read_examples
from app.aids.examples import run_example
from app.aids.loader import load_rules
from app.aids.models import Example, Rule, RuleBook

RULES = Path(__file__).resolve().parents[2] / "data" / "aids"
BOOK = load_rules(RULES)
CASES = [(rule, example) for rule in BOOK.aids.values() for example in read_examples(rule)]


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return BOOK


@pytest.mark.parametrize(("rule", "example"), CASES, ids=[f"{rule.id}: {example.name}" for rule, example in CASES])
def test_a_worked_example_holds(book: RuleBook, rule: Rule, example: Example) -> None:
    assert run_example(book, rule, example).broken == ()


@pytest.mark.parametrize("rule", BOOK.aids.values(), ids=list(BOOK.aids))
def test_a_rule_shows_a_refusal_beside_its_yes(rule: Rule) -> None:
    shown = {example.expect.value for example in read_examples(rule)}
    assert len(shown) >= 2 or rule.kind.value in ("history", "service"), f"{rule.id} only shows {shown}"


@pytest.mark.parametrize("rule", BOOK.aids.values(), ids=list(BOOK.aids))
def test_an_uncertain_rule_never_gives_a_figure(book: RuleBook, rule: Rule) -> None:
    if rule.confidence.value != "uncertain":
        return
    for example in read_examples(rule):
        offer = run_example(book, rule, example).offer
        assert offer.amount_eur is None
        assert offer.conditional_amount_eur is None
