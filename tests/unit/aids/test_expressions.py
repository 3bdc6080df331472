"""Expressions of rules: three-valued logic, refusals, and the arithmetic they print."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.amounts import arithmetic
from app.aids.environment import Environment
from app.aids.expressions import ExpressionError, parse
from app.aids.functions import FUNCTIONS
from app.aids.place import Place, World
from app.aids.question import Question
from app.aids.reading import Applicant
from app.aids.tree import Const, Let, Node, Value

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


CONSTRUCT = (
    "uses a construct outside the rule language; allowed: numbers, quoted words, facts, + - * /, comparisons, "
    "in, and, or, not, `a if test else b`, and the functions of docs/rules.md"
)
FUNCTION = f"calls an unknown function; the functions are {', '.join(FUNCTIONS)}"
CONSTANT = "holds a constant that is neither a number, a quoted word nor True/False"
NOT_A_LIST = "has a list that is not made of quoted words only, such as ['1', '2-optam']"
SECTORS = "compares sector with a word it never holds; use '1', '2', '2-optam'"
NUMBER = "where a number is needed; write figures and number facts"
FLAG = "where a flag is needed; compare it: profit > 0, group == 'pluri'"
DAY_WORDS = "writes day() without an ISO date; write day('2024-07-01')"
STEPS = "steps(x, from1, r1, from2, r2…): result of the highest step reached, 0 below"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__import__('os')", FUNCTION),
        ("profit.real()", FUNCTION),
        ("min(age, other=3)", FUNCTION),
        ("profit.real", CONSTRUCT),
        ("[x for x in coordinated]", CONSTRUCT),
        ("lambda: 1", CONSTRUCT),
        ("(profit := 3)", CONSTRUCT),
        ("f'{profit}'", CONSTRUCT),
        ("profit ** 99999", CONSTRUCT),
        ("days_per_week @ 2", CONSTRUCT),
        ("+profit", CONSTRUCT),
        ("max(1, *coordinated)", CONSTRUCT),
        ("None", CONSTANT),
        ("b'x'", CONSTANT),
        ("...", CONSTANT),
        ("10000000000", "holds a number beyond 10,000,000,000; count its digits"),
        ("-10000000000.0", "holds a number beyond 10,000,000,000; count its digits"),
        ("1e400", "holds a number beyond 10,000,000,000; count its digits"),
        ("", "is not an expression: invalid syntax"),
        ("(" * 400 + "1" + ")" * 400, "is not an expression: too many nested parentheses"),
        ("1" * 1001, "is longer than 1000 characters; name parts of it under `let`"),
        ("secteur", "names an unknown fact secteur; did you mean sector?"),
        ("knownon", "names an unknown fact knownon; did you mean known_on?"),
        ("bons", "names an unknown fact bons; did you mean bonus?"),
        ("zzzz", "names an unknown fact zzzz; the facts are listed in docs/rules.md"),
        ("sector in []", NOT_A_LIST),
        ("sector in ['1', 2]", NOT_A_LIST),
        ("sector in ('1', sector)", NOT_A_LIST),
        ("sector is '1'", "compares with `is`; write == or !="),
        ("sector == '3'", SECTORS),
        ("'3' == sector", SECTORS),
        ("sector in ['1', '3']", SECTORS),
        ("'cpam' in coordinated", "compares coordinated with a word it never holds; use 'cpts', 'esp', 'msp', 'cds'"),
        ("age == 'old'", "compares the number age with a word; write it without quotes"),
        ("profit == True", "compares the number profit with a word; write it without quotes"),
        ("installed_since > 3", "compares the date installed_since with a word; write day('2024-07-01')"),
        ("departement == 75", "compares the code departement with a number; quote it: '75'"),
        ("pdsa == 'oui'", "compares a flag with a word; both sides must be of one kind"),
        ("date > age", "compares a date with a number; both sides must be of one kind"),
        ("known_on == 3", "compares a date with a number; both sides must be of one kind"),
        ("entry == pdsa", "compares a date with a flag; both sides must be of one kind"),
        ("recent == 1", "compares a flag with a number; both sides must be of one kind"),
        ("is_known(age) == 1", "compares a flag with a number; both sides must be of one kind"),
        ("floor(age) == pdsa", "compares a number with a flag; both sides must be of one kind"),
        ("day('2024-07-01') == age + 1", "compares a date with a number; both sides must be of one kind"),
        ("(age > 3) == -age", "compares a flag with a number; both sides must be of one kind"),
        ("(date if pdsa else unknown) == 3", "compares a date with a number; both sides must be of one kind"),
        ("(unknown if pdsa else date) == 3", "compares a date with a number; both sides must be of one kind"),
        ("steps(age, 1, date) == 3", "compares a date with a number; both sides must be of one kind"),
        ("given_or(order_since, date) == 3", "compares a date with a number; both sides must be of one kind"),
        ("given_or(unknown, date) == 3", "compares a date with a number; both sides must be of one kind"),
        ("bonus == pdsa", "compares a number with a flag; both sides must be of one kind"),
        ("sector < '2'", "orders words; < <= > >= are for numbers and dates"),
        ("pdsa >= owner", "orders words; < <= > >= are for numbers and dates"),
        ("sector in '1'", "uses `in` without a list on its right; write in ['1', '2-optam']"),
        ("coordinated not in ['cpts']", "uses `in` without a list on its right; write in ['1', '2-optam']"),
        ("age + pdsa", f"holds a flag {NUMBER}"),
        ("sector * 2", f"holds a word {NUMBER}"),
        ("-date", f"holds a date {NUMBER}"),
        ("min(age, coordinated)", f"holds a list {NUMBER}"),
        ("steps(date, 1, 2)", f"holds a date {NUMBER}"),
        ("schedule(age, date, 2)", f"holds a date {NUMBER}"),
        ("age and pdsa", f"holds a number {FLAG}"),
        ("pdsa or sector", f"holds a word {FLAG}"),
        ("not age", f"holds a number {FLAG}"),
        ("1 if age else 2", f"holds a number {FLAG}"),
        ("months_since(age)", "holds a number where a date is needed"),
        ("less_than_a_year_ago(pdsa)", "holds a flag where a date is needed"),
        ("any_in(sector, '1')", "holds a word where a list is needed"),
        ("any_in(coordinated, 3)", "holds a number where a word is needed"),
        ("1 if pdsa else 'x'", "gives a number in one case and a word in another; both must be of one kind"),
        ("steps(age, 1, 2, 3, date)", "gives a date in one case and a number in another; both must be of one kind"),
        ("given_or(age, pdsa)", "gives a flag in one case and a number in another; both must be of one kind"),
        ("steps(age, 5, 1, 5, 2)", "calls steps with bounds out of order; write them from the smallest to the largest"),
        ("min(1)", "calls min with 1 arguments; smallest of its arguments"),
        ("floor(1, 2)", "calls floor with 2 arguments; rounded down to the unit"),
        ("steps(age, 5, 1, 6)", f"calls steps with a bound that has no result; {STEPS}"),
        ("day('demain')", DAY_WORDS),
        ("day(age)", DAY_WORDS),
        ("day(2024)", DAY_WORDS),
        ("day(20240701)", DAY_WORDS),
        ("day('20240701')", DAY_WORDS),
        ("day('2024-02-30')", "writes day() with a date that does not exist; write day('2024-07-01')"),
    ],
)
def test_nothing_outside_the_rule_language_is_accepted(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, {"bonus": Let("bonus", Const(3))})
    assert str(caught.value) == words


@pytest.mark.parametrize("text", ["profit if pdsa", "1e", "profit +", "age age"])
def test_what_python_cannot_read_is_not_an_expression(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"^is not an expression: "):
        parse(text, {})


@pytest.mark.parametrize(
    ("text", "facts", "expected"),
    [
        ("  age + 1\n", {"age": 2}, 3),
        ("9999999999", {}, 9_999_999_999),
        ("1" + " " * 999, {}, 1),
        ("steps(age, 5, 1, 6, 2) == 2", {"age": 6}, True),
        ("schedule(age, 5, 'a', 6, 'b') == 'b'", {"age": 6}, True),
        ("schedule(age, 5, 'a', 6, 'b')", {}, None),
        ("schedule(age, unknown, 1, 6, 2)", {"age": 5}, 2),
        ("steps(age, 3, 1, unknown, 2)", {"age": 5}, 1),
        ("steps(age, 3, 1)", {}, None),
        ("min(3, age, 2)", {"age": 5}, 2),
        ("max(3, age, 2)", {"age": 5}, 5),
        ("max(age, 2)", {}, None),
        ("floor(2.999999999999)", {}, 3),
        ("floor(2.99)", {}, 2),
        ("floor(profit)", {}, None),
        ("half_day_floor(2.4999999999999)", {}, 2.5),
        ("half_day_floor(days_per_week)", {}, None),
        ("percent(25) * profit", {"profit": 8}, 2),
        ("percent(profit)", {}, None),
        ("is_known(age)", {"age": 0}, True),
        ("given_or(months, age)", {"months": 0, "age": 3}, 0),
        ("given_or(months, age)", {}, None),
        ("any_in(coordinated, 'esp', 'cpts')", {"coordinated": ("msp", "cpts")}, True),
        ("any_in(coordinated, 'esp', 'cpts')", {"coordinated": ("msp",)}, False),
        ("day('2024-02-29')", {}, date(2024, 2, 29)),
        ("months_since(order_since, day('2024-07-01'))", {"order_since": date(2024, 4, 1)}, 3),
        ("months_since(order_since, entry)", {"order_since": date(2026, 3, 1)}, 1),
        ("months_since(order_since, installed_since)", {"order_since": date(2024, 4, 1)}, None),
        ("months_since(order_since)", {}, None),
        ("years_since(order_since)", {"order_since": date(2024, 4, 2)}, 1),
        ("years_since(order_since)", {"order_since": date(2026, 4, 2)}, -1),
        ("years_since(order_since)", {}, None),
        ("less_than_a_year_ago(order_since)", {}, None),
        ("less_than_a_year_ago(order_since)", {"order_since": date(2027, 1, 1)}, True),
        ("1 < age < 3", {"age": 3}, False),
        ("1 < age == 3", {"age": 3}, True),
        ("date == known_on", {}, True),
    ],
)
def test_an_expression_of_the_rule_language_is_worth(text: str, facts: dict[str, Value], expected: Value) -> None:
    assert value(text, known_on=DAY, **facts) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [("percent(12.5)", "12,5 %"), ("floor(2.5)", "2"), ("percent(profit)", "?"), ("max(2, 3)", "max(2 ; 3)"),
     ("is_known(profit)", "non"), ("day('2024-07-01')", "1er juillet 2024")],
)  # fmt: skip
def test_a_call_shows_its_value_or_its_arguments(text: str, shown: str) -> None:
    assert parse(text, {}).show(env()).replace("\u00a0", " ") == shown


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
