"""Amount formulas in words: what a reader of the catalogue sees in place of the rule's expression."""

from __future__ import annotations

import re

import pytest

from app.aids.expressions import parse
from app.aids.loader import load_rules
from app.api.page_formula import formula_words
from app.settings import PACKAGE_ROOT

RULES = load_rules(PACKAGE_ROOT.parent / "data" / "aids")
FORMULAS = [
    (rule.id, value.formula)
    for rule in RULES.aids.values()
    if rule.amount
    for value in rule.amount.values
    if value.formula
]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("10000", "10 000 €"),
        ("12500 * min(4, days_per_week)", "12 500 × le plus petit de (4 ; jours par semaine)"),
        ("3000 + (150 * trainee_months if trainee_months > 0 else 0)",
         "3 000, plus 150 × mois de stagiaire si mois de stagiaire > 0"),
        ("(600 + 400) * 2", "(600 + 400) × 2"),
        ("100 - (60 - 20)", "100 − (60 − 20)"),
        ("profit / (2 * 3)", "bénéfice annuel ÷ (2 × 3)"),
        ("(2 if pdsa else 1) * 3 - 1", "(2 si participation à la permanence des soins, sinon 1) × 3 − 1"),
        ("(5 + (2 if pdsa else 0)) if group == 'none' else 1",
         "(5, plus 2 si participation à la permanence des soins) si exercice en groupe est « Seul(e) », sinon 1"),
        ("percent(10) * profit", "10 % × bénéfice annuel"),
        ("percent(schedule(activity_month, 60, 100, 72, 75)) * profit",
         "(selon le mois d'activité : 100 % jusqu'à 60, 75 % jusqu'à 72) × bénéfice annuel"),
        ("steps(days_per_week, 2.5, 6250, 3, 7500)", "(selon jours par semaine : 6 250 à partir de 2,5, 7 500 à partir de 3)"),
        ("20 if pdsa == False else unknown", "20 si pas participation à la permanence des soins, sinon à vérifier"),
        ("1 if entry >= day('2015-01-01') else 0", "1 si l'entrée dans le dispositif ≥ 1er janvier 2015, sinon rien"),
        ("1 if sector in ['1', '2-optam'] else 2", "1 si le secteur est « Secteur 1 » ou « Secteur 2 avec OPTAM », sinon 2"),
    ],
)  # fmt: skip
def test_a_formula_reads_as_a_calculation(written: str, said: str) -> None:
    assert re.sub(r"[\u00a0\u202f]", " ", formula_words(parse(written, {}))) == said


@pytest.mark.parametrize(("aid", "formula"), FORMULAS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_formula_of_the_catalogue_is_in_words(aid: str, formula: object) -> None:
    words = formula_words(formula)  # type: ignore[arg-type]
    assert "…" not in words
    assert "_" not in words
    assert not re.search(r"\b(if|else|min|max|and|or|not|unknown|steps|schedule)\b", words)
