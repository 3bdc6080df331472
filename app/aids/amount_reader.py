"""The `amount` and the `references` of a rule file: every dated value carries a reference of the same date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.aids.expression_reader import expression, optional_expression
from app.aids.facts import FACTS
from app.aids.french import UNITS
from app.aids.models import Amount, AmountValue, Confidence, Instalment, Reference
from app.aids.tree import Arithmetic, Const, Let, Node
from app.aids.yaml_text import Cursor

References = tuple[tuple[date | None, tuple[Reference, ...]], ...]
ALWAYS = "always"
"""Key of the references that bear on the rule as a whole, not on a date."""


def read_references(cursor: Cursor) -> References:
    """Read `references`: date (or `always`) -> list of {title, href?, tag?}."""
    listed = cursor.inner("references")
    found: list[tuple[date | None, tuple[Reference, ...]]] = []
    for key in listed.content:
        day = None if key == ALWAYS else listed.read_date(key, key)
        references = tuple(_read_reference(item) for item in listed.items(key))
        if not references:
            raise listed.fail(key, "is empty; list at least one {title, href}")
        found.append((day, references))
    if not found:
        raise cursor.fail("references", "is empty; every rule names its sources")
    return tuple(sorted(found, key=lambda group: group[0] or date.min))


def _read_reference(cursor: Cursor) -> Reference:
    reference = Reference(cursor.text("title"), cursor.optional_text("href"), cursor.optional_text("tag"))
    cursor.done()
    if reference.href is not None and not reference.href.startswith("https://"):
        raise cursor.fail("href", "must start with https://, or be left out")
    return reference


def read_amount(cursor: Cursor, scope: Mapping[str, Node], references: References) -> Amount:
    """Read `amount`.

    Raises:
        RuleError: a value without reference, an unknown unit, dates out of order, a bad formula.
    """
    unit = cursor.choice("unit", list(UNITS))
    is_maximum = cursor.flag("maximum")
    unit_with: list[tuple[str, str]] = []
    if cursor.has("unit_with"):
        others = cursor.inner("unit_with")
        for fact in others.content:
            if fact not in FACTS:
                raise others.fail(fact, "is an unknown fact; the facts are listed in docs/rules.md")
            unit_with.append((fact, others.choice(fact, list(UNITS))))
    cursor.take("unit_with")
    listed = cursor.inner("values")
    dated = {day for day, _ in references}
    values: list[AmountValue] = []
    for key in listed.content:
        since = listed.read_date(key, key)
        if since not in dated:
            raise listed.fail(key, f"has no reference; add `{key}` under `references`")
        values.append(_read_value(listed, key, since, scope))
    if not values or values != sorted(values, key=lambda value: value.since):
        raise cursor.fail("values", "must list its dates in order, earliest first")
    cursor.done()
    return Amount(unit, tuple(values), is_maximum, tuple(unit_with))


def _read_value(listed: Cursor, key: str, since: date, scope: Mapping[str, Node]) -> AmountValue:
    if not isinstance(listed.content[key], Mapping):
        return AmountValue(since, expression(listed, key, scope, "number"))
    cursor = listed.inner(key)
    formula = optional_expression(cursor, "formula", scope, "number")
    inner = dict(scope) if formula is None else {**scope, "total": Let("total", formula)}
    instalments = tuple(_read_instalment(item, inner) for item in cursor.items("instalments"))
    if formula is None and instalments:
        formula = _sum(instalments)
    confidence = Confidence(cursor.choice("confidence", list(Confidence))) if cursor.has("confidence") else None
    cursor.take("confidence")
    value = AmountValue(
        since,
        formula,
        instalments,
        cursor.optional_day("published_on"),
        confidence,
        cursor.optional_text("note"),
    )
    cursor.done()
    if formula is None and value.note is None:
        raise cursor.fail("note", "is missing; a value without formula says why there is no amount")
    return value


def _sum(instalments: tuple[Instalment, ...]) -> Node:
    total = instalments[0].formula
    for instalment in instalments[1:]:
        total = Arithmetic("+", total, instalment.formula)
    return total


def _read_instalment(cursor: Cursor, scope: Mapping[str, Node]) -> Instalment:
    year = cursor.integer("year", 1, 20)
    if year is None:
        raise cursor.fail("year", "is missing; the contract year of this payment, 1 for the first")
    inner = {**scope, "year": Const(year)}
    instalment = Instalment(
        year, cursor.text("label"), expression(cursor, "amount", inner, "number"), cursor.integer("due_months", 0, 240)
    )
    cursor.done()
    return instalment
