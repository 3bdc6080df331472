"""Amounts that are never firm: what regional aids would pay if the doubt were lifted, with their caps."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.aids.evaluate import Session
from app.aids.loader import load_rules
from app.aids.models import Offer
from app.aids.question import read_question
from app.aids.reading import QUESTION_DATES

BOOK = load_rules(Path(__file__).resolve().parents[2] / "data" / "aids")


def offer(aid: str, on: str, place: dict[str, object], **applicant: object) -> Offer:
    body = {"date": on, "place": place, "applicant": applicant}
    return Session(BOOK, read_question(body, QUESTION_DATES[1])).offer(aid)


@pytest.mark.parametrize(
    ("months", "amount", "unit"),
    [(None, 1_000, "EUR_per_month"), (6, 6_000, "EUR_total"), (24, 24_000, "EUR_total"), (30, 24_000, "EUR_total")],
)
def test_the_regional_study_contract_stops_at_24_months(months: int | None, amount: float, unit: str) -> None:
    found = offer("idf-cres", "2024-01-15", {"departement": "77"}, status="intern", allowance_months=months)
    assert (found.amount_eur, found.conditional_amount_eur, found.unit) == (None, amount, unit)


def test_the_regional_study_contract_has_no_figure_before_its_first_source() -> None:
    assert offer("idf-cres", "2015-03-08", {"departement": "77"}, status="intern").conditional_amount_eur is None


@pytest.mark.parametrize(("code", "amount"), [("ZIP", 100_000), ("ZAC", 100_000), ("HZ", None), ("ZAR", None)])
def test_the_health_house_project_has_a_ceiling_only_in_zip_and_zac(code: str, amount: float | None) -> None:
    place = {"departement": "95", "zones": [{"zoning": "doctors", "code": code}]}
    found = offer("ars-idf-projet-msp", "2024-01-15", place, status="structure", coordinated=["msp"])
    assert (found.amount_eur, found.conditional_amount_eur, found.is_maximum) == (None, amount, True)


def test_paris_health_houses_keep_the_old_ceiling_as_a_condition_after_the_reform() -> None:
    place = {"departement": "75"}
    found = offer("paris-med-msp", "2023-07-04", place, status="structure", coordinated=["msp"])
    assert (found.amount_eur, found.conditional_amount_eur, found.is_maximum) == (None, 130_000, True)


@pytest.mark.parametrize("aid", ["paris-med-2023", "occitanie-cet-etudes", "occitanie-cet-installation"])
def test_an_unread_amount_is_not_even_conditional(aid: str) -> None:
    for departement in ("75", "31"):
        for status in ("installing", "intern"):
            found = offer(aid, "2024-10-01", {"departement": departement}, profession="medecin", status=status)
            assert (found.amount_eur, found.conditional_amount_eur) == (None, None)
