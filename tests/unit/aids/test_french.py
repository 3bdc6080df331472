"""Numbers, money, dates and zonings as French readers expect them."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids import calendar, french
from app.aids.zone_words import describe_zone
from app.zones.models import Generation


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-0.00001, "0"), (100, "100"), (1000, "1\u202f000"), (12_345_678.5, "12\u202f345\u202f678,5"),
        (0.25, "0,25"), (2.50, "2,5"), (1 / 3, "0,3333"), (2 / 3, "0,6667"), (-1234.5, "−1\u202f234,5"), (True, "1"),
    ],
)  # fmt: skip
def test_a_number_has_spaces_a_comma_and_no_useless_zero(value: float, text: str) -> None:
    assert french.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(37_500, "37\u202f500\u00a0€"), (8333.333, "8\u202f333,33\u00a0€"), (0.1, "0,10\u00a0€"), (0, "0\u00a0€"),
     (-5.004, "−5\u00a0€"), (1.999, "2\u00a0€"), (1_000_000.5, "1\u202f000\u202f000,50\u00a0€")],
)  # fmt: skip
def test_euros_have_no_cents_or_two(value: float, text: str) -> None:
    assert french.euros(value) == text


def test_percents_and_days() -> None:
    assert french.percent(12.5) == "12,5\u00a0%"
    assert [french.day(date(2026, month, 1)) for month in (1, 2, 8, 12)] == [
        "1er janvier 2026", "1er février 2026", "1er août 2026", "1er décembre 2026",
    ]  # fmt: skip
    assert french.day(date(2024, 2, 29)) == "29 février 2024"


@pytest.mark.parametrize(
    ("zoning", "codes", "generation", "sub", "boosted", "text"),
    [
        ("doctors", ("ZIP", "ZAC"), None, None, False, "ZIP ou ZAC (zonage médecins)"),
        ("doctors", ("ZIP",), None, None, True, "ZIP majorée (zonage médecins)"),
        ("doctors", ("ZIP",), None, "ZIP+", False, "ZIP+ (zonage médecins)"),
        ("doctors", (), None, None, False, "zonage médecins"),
        ("nurses", ("tres_sous_dotee", "sous_dense"), None, None, False, "très sous-dotée ou sous-dense (zonage infirmiers)"),
        ("physios", ("sous_dotee",), "avenant7", None, False,
         "sous-dotée (zonage masseurs-kinésithérapeutes, avenant 7)"),
        ("qpv", (), 2024, None, False, "quartier prioritaire (QPV) 2024"),
        ("pharmacy", ("fragile",), None, None, False, "territoire fragile (pharmacies)"),
        ("frr", ("FRR+",), None, None, False, "commune classée France ruralités revitalisation renforcée (FRR+)"),
        ("zrr", ("ZRR",), None, None, False, "commune classée en zone de revitalisation rurale (ZRR)"),
    ],
)  # fmt: skip
def test_a_zone_is_named_as_officials_name_it(
    zoning: str, codes: tuple[str, ...], generation: Generation | None, sub: str | None, boosted: bool, text: str
) -> None:
    assert describe_zone(zoning, codes, generation, sub, boosted) == text


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [("2024-01-31", 1, "2024-02-29"), ("2023-01-31", 1, "2023-02-28"), ("2024-12-15", 1, "2025-01-15"),
     ("2024-01-15", -1, "2023-12-15"), ("2024-02-29", 12, "2025-02-28"), ("2024-05-31", 0, "2024-05-31")],
)  # fmt: skip
def test_months_end_on_the_same_day_or_the_last_one(day: str, months: int, later: str) -> None:
    assert calendar.add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


@pytest.mark.parametrize(
    ("start", "end", "months", "number"),
    [("2024-01-15", "2024-02-14", 0, 2), ("2024-01-15", "2024-02-15", 1, 2), ("2024-01-15", "2025-01-14", 11, 13),
     ("2024-01-15", "2024-01-15", 0, 1), ("2024-01-31", "2024-02-29", 1, 2), ("2024-02-15", "2024-01-15", -1, 1),
     ("2024-02-15", "2023-12-16", -2, 1)],
)  # fmt: skip
def test_whole_months_and_months_of_activity(start: str, end: str, months: int, number: int) -> None:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    assert (calendar.whole_months(first, last), calendar.month_number(first, last)) == (months, number)
