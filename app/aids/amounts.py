"""What an aid pays in the period asked about, with the arithmetic that leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.aids import french
from app.aids.environment import Environment
from app.aids.models import Amount, AmountValue, Confidence, Payment, Rule
from app.aids.needs import unknown_facts
from app.aids.tree import Const, Let, Node


@dataclass(frozen=True, slots=True)
class Computed:
    """An amount in euros, or none: then `missing` names the facts it needs, or `note` says why there is none."""

    unit: str | None = None
    amount_eur: float | None = None
    arithmetic: str | None = None
    payments: tuple[Payment, ...] = ()
    missing: tuple[str, ...] = ()
    note: str | None = None


NOTHING = Computed()
"""No money in the rule, or none that can be had."""


def compute(rule: Rule, env: Environment, day: date, known_on: date) -> Computed:
    """The amount in force on `day` as published on `known_on`; never negative, none when marked uncertain."""
    amount = rule.amount
    if amount is None:
        return NOTHING
    unit = _unit(amount, env)
    value = amount.value_on(day, known_on)
    if value is None:
        return Computed(unit, note="Montant non publié à cette date.")
    if value.formula is None or Confidence.UNCERTAIN in (value.confidence, rule.confidence):
        return Computed(unit, note=value.note or "Montant incertain : aucun chiffre ferme.")
    return _with_instalments(value, unit, env) if value.instalments else _plain(value.formula, unit, env, value.note)


def _unit(amount: Amount, env: Environment) -> str:
    for fact, unit in amount.unit_with:
        if env.get(fact) is not None:
            return unit
    return amount.unit


def _number(node: Node, env: Environment) -> float | None:
    value = node.value(env)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return max(0.0, round(float(value) + 1e-9, 2))


def _plain(formula: Node, unit: str, env: Environment, note: str | None) -> Computed:
    amount_eur = _number(formula, env)
    if amount_eur is None:
        return Computed(unit, missing=unknown_facts(formula, env), note=note)
    return Computed(unit, amount_eur, arithmetic(formula, amount_eur, env), note=note)


def arithmetic(formula: Node, amount_eur: float, env: Environment) -> str:
    """`12 500 × min(4 ; 3) = 37 500 €`; a plain figure is printed alone."""
    inner = formula
    while isinstance(inner, Let):
        inner = inner.inner
    result = french.euros(amount_eur)
    if isinstance(inner, Const):
        return result
    text = inner.show(env)
    return result if text == french.number(amount_eur) else f"{text} = {result}"


def _with_instalments(value: AmountValue, unit: str, env: Environment) -> Computed:
    """The whole contract, or the payments of `contract_year` when it is given."""
    assert value.formula is not None
    year = env.get("contract_year")
    payments: list[Payment] = []
    missing: dict[str, None] = {}
    for instalment in value.instalments:
        amount_eur = _number(instalment.formula, env)
        if amount_eur is None:
            missing.update(dict.fromkeys(unknown_facts(instalment.formula, env)))
        else:
            payments.append(Payment(instalment.label, instalment.year, amount_eur, instalment.due_months))
    if year is None:
        whole = _plain(value.formula, unit, env, value.note)
        return Computed(whole.unit, whole.amount_eur, whole.arithmetic, tuple(payments), whole.missing, value.note)
    due = [instalment for instalment in value.instalments if instalment.year == year]
    amounts = [_number(instalment.formula, env) for instalment in due]
    known = [amount_eur for amount_eur in amounts if amount_eur is not None]
    if len(known) < len(amounts):
        return Computed("EUR_instalment", payments=tuple(payments), missing=tuple(missing), note=value.note)
    total = round(sum(known), 2)
    texts = [arithmetic(instalment.formula, paid, env) for instalment, paid in zip(due, known, strict=True)]
    text = texts[0] if len(texts) == 1 else f"{' + '.join(texts) or french.euros(0)} = {french.euros(total)}"
    return Computed("EUR_instalment", total, text if texts else french.euros(0), tuple(payments), (), value.note)
