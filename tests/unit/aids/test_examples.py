"""Worked examples: what a rule file promises against what the engine answers, every broken promise in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.aids.example_reader import read_examples
from app.aids.examples import run_example, run_examples
from app.aids.loader import load_rules
from app.aids.models import RuleBook

VALID = (Path(__file__).resolve().parents[2] / "rules" / "valid-rule.yaml").read_text(encoding="utf-8")


def book(directory: Path, *changes: tuple[str, str], name: str = "valid-rule") -> RuleBook:
    text = VALID.replace("id: valid-rule", f"id: {name}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (directory / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_rules(directory)


def test_examples_that_hold_break_nothing_and_come_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    book(tmp_path, name="b-rule")
    results = run_examples(book(tmp_path, name="a-rule"))
    assert [(result.aid, result.example.name) for result in results] == [
        (aid, name) for aid in ("a-rule", "b-rule") for name in ("oui", "non", "lendemain")
    ]
    assert [result.broken for result in results] == [()] * 6
    assert [(result.offer.aid, result.offer.amount_eur) for result in results[:2]] == [
        ("a-rule", 3000),
        ("a-rule", None),
    ]


YES = (
    "given: {sector: '1', days_per_week: 3}, zones: [{zoning: doctors, code: ZIP}], expect: available, amount_eur: 3000"
)
TERRITORY = "[territory] Territoire requis : ZIP (zonage médecins)."


@pytest.mark.parametrize(
    ("example", "old", "new", "broken"),
    [
        (0, "expect: available, amount_eur: 3000", "expect: closed", ("statut attendu closed, obtenu available",)),
        (1, "expect: not_available", "expect: available", (f"statut attendu available, obtenu not_available {TERRITORY}",)),
        (1, "given: {sector: '1'}, zones: [{zoning: doctors, code: ZAC}], expect: not_available",
         "given: {sector: '2'}, zones: [{zoning: doctors, code: ZAC}], expect: available",
         (f"statut attendu available, obtenu not_available {TERRITORY} [sector] Secteur 1",)),
        (0, "amount_eur: 3000", "amount_eur: 3001.5",
         ("montant attendu 3\u202f001,50\u00a0€, obtenu 3\u202f000\u00a0€",)),
        (0, "amount_eur: 3000", "amount_eur: null", ("montant attendu aucun montant, obtenu 3\u202f000\u00a0€",)),
        (1, "expect: not_available", "expect: not_available, amount_eur: 0",
         ("montant attendu 0\u00a0€, obtenu aucun montant",)),
        (1, "expect: not_available", "expect: not_available, amount_eur: null", ()),
        (1, "expect: not_available", "expect: not_available, failing: [territory]", ()),
        (1, "expect: not_available", "expect: not_available, failing: [sector, territory]",
         ("conditions en défaut attendues ['sector', 'territory'], obtenues ['territory']",)),
        (1, "expect: not_available", "expect: not_available, failing: []",
         ("conditions en défaut attendues [], obtenues ['territory']",)),
        (0, YES,
         "zones: [{zoning: doctors, code: ZIP}], expect: to_check, failing: [], missing: [days_per_week, sector]", ()),
        (0, YES,
         "zones: [{zoning: doctors, code: ZIP}], expect: to_check, missing: [age]",
         ("données manquantes attendues ['age'], obtenues ['days_per_week', 'sector']",)),
        (0, "expect: available, amount_eur: 3000", "expect: closed, amount_eur: 1, failing: [window], missing: [age]",
         ("statut attendu closed, obtenu available", "montant attendu 1\u00a0€, obtenu 3\u202f000\u00a0€",
          "conditions en défaut attendues ['window'], obtenues []",
          "données manquantes attendues ['age'], obtenues []")),
    ],
)  # fmt: skip
def test_a_broken_promise_says_what_was_expected_and_what_came(
    tmp_path: Path, example: int, old: str, new: str, broken: tuple[str, ...]
) -> None:
    rules = book(tmp_path, (old, new))
    rule = rules.aids["valid-rule"]
    assert run_example(rules, rule, read_examples(rule)[example]).broken == broken
