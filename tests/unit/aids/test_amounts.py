"""What a rule pays: dated values, instalments of the year asked, units, and why there is no figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.aids.amounts import Computed, compute
from app.aids.environment import Environment, known_facts
from app.aids.expressions import parse
from app.aids.models import Amount, AmountValue, Confidence, Instalment, Payment, Rule
from app.aids.question import read_question
from app.aids.rule_reader import read_rule
from app.aids.tree import Let
from app.aids.yaml_text import parse_yaml

PLAIN_RULE = Path(__file__).resolve().parents[2] / "rules" / "valid-rule.yaml"
RULE = read_rule(parse_yaml(PLAIN_RULE.read_text(encoding="utf-8"), PLAIN_RULE.name), PLAIN_RULE.name)
DAY = date(2024, 5, 1)
LATEST = date(2100, 1, 1)


def rule_of(*values: AmountValue, unit: str = "EUR_once", **more: object) -> Rule:
    unit_with = more.pop("unit_with", ())
    amount = Amount(unit, values, unit_with=unit_with)  # type: ignore[arg-type]
    return replace(RULE, amount=amount, **{"confidence": Confidence.CORROBORATED, **more})  # type: ignore[arg-type]


def value_of(text: str | None, since: date = date(2020, 1, 1), **more: object) -> AmountValue:
    return AmountValue(since, None if text is None else parse(text, {}), **more)  # type: ignore[arg-type]


def asked(rule: Rule, on: date = DAY, known_on: date = LATEST, **facts: object) -> Computed:
    question = read_question({"date": on.isoformat(), "applicant": facts}, on)
    return compute(rule, Environment(question, known_facts(question), on), on, known_on)


def plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_rule_without_amount_says_nothing() -> None:
    found = asked(replace(RULE, amount=None))
    assert (found.unit, found.amount_eur, found.arithmetic, found.payments, found.missing, found.note) == (
        None, None, None, (), (), None,
    )  # fmt: skip


def test_the_value_in_force_on_the_day_applies() -> None:
    rule = rule_of(value_of("100"), value_of("200", date(2024, 5, 1)))
    assert asked(rule, date(2024, 4, 30)).amount_eur == 100
    assert asked(rule, date(2024, 5, 1)).amount_eur == 200
    early = asked(rule, date(2019, 12, 31))
    assert (early.amount_eur, early.unit, early.note) == (None, "EUR_once", "Montant non publié à cette date.")


def test_a_value_published_later_was_unknown_before() -> None:
    rule = rule_of(value_of("100"), value_of("200", date(2024, 1, 1), published_on=date(2024, 3, 1)))
    assert asked(rule, known_on=date(2024, 2, 29)).amount_eur == 100
    assert asked(rule, known_on=date(2024, 3, 1)).amount_eur == 200


def test_an_uncertain_value_has_no_figure_and_says_why() -> None:
    hidden = asked(rule_of(value_of("100", confidence=Confidence.UNCERTAIN, note="Non lu.")))
    assert (hidden.unit, hidden.amount_eur, hidden.missing, hidden.note) == ("EUR_once", None, (), "Non lu.")
    whole = asked(rule_of(value_of("100"), confidence=Confidence.UNCERTAIN))
    assert (whole.unit, whole.amount_eur, whole.note) == ("EUR_once", None, "Montant incertain : aucun chiffre ferme.")
    absent = asked(rule_of(value_of(None, note="Local.")))
    assert (absent.unit, absent.amount_eur, absent.note) == ("EUR_once", None, "Local.")
    assert asked(rule_of(value_of("100", confidence=Confidence.SEED))).amount_eur == 100


def test_a_missing_fact_is_named_and_the_note_kept() -> None:
    found = asked(rule_of(value_of("fees_year * 2", note="Plafond.")))
    assert (found.unit, found.amount_eur, found.arithmetic, found.missing, found.note) == (
        "EUR_once", None, None, ("fees_year",), "Plafond.",
    )  # fmt: skip
    known = asked(rule_of(value_of("fees_year * 2", note="Plafond.")), fees_year=10)
    assert (known.unit, known.amount_eur, known.missing, known.note) == ("EUR_once", 20, (), "Plafond.")
    assert plain(known.arithmetic) == "10 × 2 = 20 €"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0 - 5", 0.0), ("1 / 3", 0.33), ("2 / 3", 0.67), ("1 / 8", 0.13), ("0", 0.0), ("1", 1.0), ("0.5", 0.5)],
)
def test_an_amount_is_never_negative_and_rounds_to_the_cent(text: str, expected: float) -> None:
    assert asked(rule_of(value_of(text))).amount_eur == expected


@pytest.mark.parametrize("text", ["'au-delà'", "1 > 0", "date"])
def test_what_is_not_a_number_is_no_amount(text: str) -> None:
    assert asked(rule_of(value_of(text))).amount_eur is None


def test_the_unit_changes_with_a_fact() -> None:
    rule = rule_of(value_of("100 * given_or(months, 1)"), unit="EUR_per_month", unit_with=(("months", "EUR_total"),))
    assert asked(rule).unit == "EUR_per_month"
    assert (asked(rule, months=0).unit, asked(rule, months=0).amount_eur) == ("EUR_total", 0)


def test_a_figure_is_printed_alone_and_a_named_formula_opened() -> None:
    assert plain(asked(rule_of(value_of("1500"))).arithmetic) == "1 500 €"
    named = AmountValue(date(2020, 1, 1), Let("x", Let("y", parse("1500", {}))))
    assert plain(asked(rule_of(named)).arithmetic) == "1 500 €"
    assert plain(asked(rule_of(value_of("min(3, 2)"))).arithmetic) == "min(3 ; 2) = 2 €"
    assert plain(asked(rule_of(value_of("fees_year")), fees_year=70).arithmetic) == "70 €"


def contract() -> Rule:
    parts = (
        Instalment(1, "Signature", parse("1000", {}), 0),
        Instalment(2, "Fonction des honoraires", parse("fees_year * 2", {}), 12),
        Instalment(2, "Complément", parse("50", {})),
        Instalment(3, "Solde", parse("fees_year", {}), 24),
    )
    return rule_of(value_of("5000", instalments=parts, note="Trois ans."))


def test_the_whole_contract_lists_its_payments() -> None:
    found = asked(contract(), fees_year=100)
    assert (found.unit, found.amount_eur, plain(found.arithmetic), found.missing, found.note) == (
        "EUR_once", 5000, "5 000 €", (), "Trois ans.",
    )  # fmt: skip
    assert found.payments == (
        Payment("Signature", 1, 1000, 0),
        Payment("Fonction des honoraires", 2, 200, 12),
        Payment("Complément", 2, 50),
        Payment("Solde", 3, 100, 24),
    )


def test_a_year_of_the_contract_adds_its_own_payments() -> None:
    found = asked(contract(), fees_year=100, contract_year=2)
    assert (found.unit, found.amount_eur, found.missing, found.note) == ("EUR_instalment", 250, (), "Trois ans.")
    assert plain(found.arithmetic) == "100 × 2 = 200 € + 50 € = 250 €"
    assert len(found.payments) == 4
    alone = asked(contract(), fees_year=100, contract_year=3)
    assert (alone.amount_eur, plain(alone.arithmetic)) == (100, "100 €")
    first = asked(contract(), contract_year=1)
    assert (first.amount_eur, first.missing, [paid.label for paid in first.payments]) == (
        1000, (), ["Signature", "Complément"],
    )  # fmt: skip


def test_a_year_without_payment_pays_nothing() -> None:
    found = asked(contract(), fees_year=100, contract_year=9)
    assert (found.unit, found.amount_eur, plain(found.arithmetic)) == ("EUR_instalment", 0, "0 €")


def test_a_year_that_cannot_be_told_names_what_is_missing() -> None:
    found = asked(contract(), contract_year=2)
    assert (found.unit, found.amount_eur, found.arithmetic) == ("EUR_instalment", None, None)
    assert (found.missing, found.note) == (("fees_year",), "Trois ans.")
    assert [paid.label for paid in found.payments] == ["Signature", "Complément"]


def test_an_amount_that_depends_on_a_fact_keeps_its_payments_and_its_note() -> None:
    parts = (
        Instalment(1, "Tiers", parse("fees_year / 3", {})),
        Instalment(1, "Deux tiers", parse("fees_year / 1.5", {})),
    )
    rule = rule_of(value_of("fees_year", instalments=parts, note="Au prorata."))
    whole = asked(rule, fees_year=0.1)
    assert (whole.amount_eur, whole.note, plain(whole.arithmetic)) == (0.1, "Au prorata.", "0,10 €")
    assert [paid.amount_eur for paid in whole.payments] == [0.03, 0.07]
    year = asked(rule, fees_year=0.3, contract_year=1)
    assert year.amount_eur == 0.3
    assert asked(rule).missing == ("fees_year",)
