"""Expressions of rules: three-valued logic, refusals, and the arithmetic they print."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.amounts import arithmetic
from app.aids.environment import Environment
from app.aids.expressions import ExpressionError, parse
from app.aids.place import Place, World
from app.aids.question import Question
from app.aids.reading import Applicant
from app.aids.tree import Node, Value

DAY = date(2026, 4, 1)


def env(**facts: Value) -> Environment:
    question = Question(DAY, DAY, Applicant({}), Place((World(()),), {}))
    return Environment(question, {"date": DAY, **facts}, DAY)


def value(text: str, **facts: Value) -> Value:
    return parse(text, {}).value(env(**facts))


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("pdsa and owner", {"pdsa": False}, False),
        ("pdsa and owner", {"pdsa": True}, None),
        ("pdsa or owner", {"pdsa": True}, True),
        ("pdsa or owner", {"pdsa": False}, None),
        ("not pdsa", {}, None),
        ("not pdsa", {"pdsa": False}, True),
        ("age >= 60", {}, None),
        ("age >= 60", {"age": 60}, True),
        ("18 <= age < 50", {"age": 50}, False),
        ("sector in ['1', '2-optam']", {"sector": "2"}, False),
        ("sector not in ['1']", {}, None),
        ("'cpts' in coordinated", {"coordinated": ("cpts",)}, True),
        ("any_in(coordinated, 'esp', 'cpts')", {"coordinated": ()}, False),
        ("any_in(coordinated, 'esp', 'cpts')", {}, None),
        ("1 if pdsa else 2", {}, None),
        ("5 if pdsa else 5", {}, 5),
        ("is_known(age)", {}, False),
        ("given_or(months, 1)", {}, 1),
        ("given_or(months, 1)", {"months": 6}, 6),
        ("half_day_floor(days_per_week)", {"days_per_week": 3.49}, 3.0),
        ("half_day_floor(days_per_week)", {"days_per_week": 3.5}, 3.5),
        ("min(4, days_per_week)", {}, None),
        ("fees_year / 0", {"fees_year": 10.0}, None),
        ("-profit", {"profit": 3}, -3),
        ("steps(age, 5, 2350, 6, 2850)", {"age": 4}, 0),
        ("steps(age, 5, 2350, 6, 2850)", {"age": 5}, 2350),
        ("steps(age, 5, 2350, 6, 2850)", {"age": 9}, 2850),
        ("schedule(activity_month, 60, 1, 72, 0.75)", {"activity_month": 60}, 1),
        ("schedule(activity_month, 60, 1, 72, 0.75)", {"activity_month": 61}, 0.75),
        ("schedule(activity_month, 60, 1, 72, 0.75)", {"activity_month": 73}, 0),
        ("less_than_a_year_ago(installed_since)", {"installed_since": date(2025, 4, 1)}, False),
        ("less_than_a_year_ago(installed_since)", {"installed_since": date(2025, 4, 2)}, True),
        ("months_since(installed_since)", {"installed_since": date(2025, 4, 2)}, 11),
        ("years_since(installed_since)", {"installed_since": date(2020, 4, 1)}, 6),
        ("date < day('2026-04-02')", {}, True),
        ("unknown", {}, None),
    ],
)
def test_an_unknown_fact_stays_unknown_unless_the_rest_decides(
    text: str, facts: dict[str, Value], expected: Value
) -> None:
    assert value(text, **facts) == expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "profit.real",
        "[x for x in coordinated]",
        "lambda: 1",
        "(profit := 3)",
        "f'{profit}'",
        "profit ** 99999",
        "profit if pdsa",
        "",
        "1e",
        "sector < '2'",
        "age == 'old'",
        "installed_since > 3",
        "None",
        "b'x'",
        "min(*coordinated)",
        "days_per_week @ 2",
        "(" * 400 + "1" + ")" * 400,
    ],
)
def test_nothing_outside_the_rule_language_is_accepted(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text, {})


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("12500 * min(4, half_day_floor(days_per_week))", {"days_per_week": 3.2}, "12 500 × min(4 ; 3) = 37 500 €"),
        ("10000", {}, "10 000 €"),
        ("min(20000, percent(10) * fees_year)", {"fees_year": 150000}, "min(20 000 ; 10 % × 150 000) = 15 000 €"),
        ("(5000 + 300 * trainee_months) * opposable_share", {"trainee_months": 2, "opposable_share": 0.8},
         "(5 000 + 300 × 2) × 0,8 = 4 480 €"),
        ("100 / (fees_month * 3)", {"fees_month": 4}, "100 ÷ (4 × 3) = 8,33 €"),
        ("fees_year - (100 - 30)", {"fees_year": 100}, "100 − (100 − 30) = 30 €"),
        ("100 + (50 if pdsa else 0)", {"pdsa": False}, "100 €"),
        ("max(0, 6900 - fees_month)", {"fees_month": 7000}, "max(0 ; 6 900 − 7 000) = 0 €"),
    ],
)  # fmt: skip
def test_the_tree_prints_its_own_arithmetic_in_french(text: str, facts: dict[str, Value], expected: str) -> None:
    node: Node = parse(text, {})
    environment = env(**facts)
    amount = node.value(environment)
    assert isinstance(amount, (int, float))
    printed = arithmetic(node, max(0.0, round(amount, 2)), environment)
    assert printed.replace("\u202f", " ").replace("\u00a0", " ") == expected
    assert "\u202f" in printed or amount < 1000
