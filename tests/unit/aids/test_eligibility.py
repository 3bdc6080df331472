"""Windows, held aids, the ten-year rule, known_on, replacement: on the real catalogue and on rules of our own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.aids.changes import what_changes
from app.aids.difference import difference
from app.aids.evaluate import Session, evaluate
from app.aids.loader import load_rules
from app.aids.models import Offer, RuleBook, Status
from app.aids.question import Question, read_question
from app.aids.reading import Json
from app.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 23)
ZIP = {"zoning": "doctors", "code": "ZIP"}
DOCTOR: dict[str, object] = {
    "profession": "medecin", "status": "installing", "sector": "1", "days_per_week": 4, "group": "pluri", "pdsa": True,
    "first_installation": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rules(ROOT / "data" / "aids")


def ask(
    book: RuleBook, aid: str, day: str, *, zones: object = (ZIP,), known_on: str | None = None, **facts: object
) -> Offer:
    body: Json = {"date": day, "known_on": known_on, "place": {"zones": zones}, "applicant": {**DOCTOR, **facts}}
    return Session(book, read_question(body, TODAY)).offer(aid)


def test_every_failing_condition_is_returned_and_the_first_step_gives_the_status(book: RuleBook) -> None:
    offer = ask(book, "caim", "2026-01-01", zones=[{"zoning": "doctors", "code": "ZAC"}], sector="2", days_per_week=1)
    assert offer.status is Status.CLOSED
    assert [reason.code for reason in offer.reasons if reason.holds is False] == [
        "window", "territory", "sector", "days_per_week",
    ]  # fmt: skip


def test_a_certain_refusal_asks_no_question(book: RuleBook) -> None:
    offer = ask(book, "caim", "2021-05-01", sector="2", pdsa=None)
    assert offer.status is Status.NOT_AVAILABLE
    assert offer.missing == ()


def test_an_amount_to_check_is_conditional_and_never_firm(book: RuleBook) -> None:
    offer = ask(book, "caim", "2021-05-01", zones=[])
    assert (offer.status, offer.amount_eur, offer.arithmetic) == (Status.TO_CHECK, None, None)
    assert offer.conditional_amount_eur == 50_000


@pytest.mark.parametrize(
    ("held", "day", "expected"),
    [
        ({"aid": "caim", "granted_on": "2016-03-02"}, "2026-03-01", Status.NOT_AVAILABLE),
        ({"aid": "caim", "granted_on": "2016-03-01"}, "2026-03-01", Status.AVAILABLE),
        ({"aid": "caim", "granted_on": "2026-03-02"}, "2026-03-01", Status.AVAILABLE),
        ({"aid": "paris-med-2015", "granted_on": "2022-01-01"}, "2026-03-01", Status.AVAILABLE),
        ({"aid": "am-primo-zac", "granted_on": "2026-01-15"}, "2026-03-01", Status.NOT_AVAILABLE),
    ],
)
def test_the_ten_year_rule_counts_from_the_grant_within_one_family(
    book: RuleBook, held: object, day: str, expected: Status
) -> None:
    assert ask(book, "am-primo-zip", day, held=[held]).status is expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"aid": "cstm", "granted_on": "2020-01-01"}, Status.NOT_AVAILABLE),
        ({"aid": "cstm", "granted_on": "2020-01-01", "ended_on": "2021-04-30"}, Status.AVAILABLE),
        ({"aid": "cstm", "granted_on": "2020-01-01", "ended_on": "2021-05-01"}, Status.NOT_AVAILABLE),
        ({"aid": "cstm", "granted_on": "2020-01-01", "ends": "2021-04-30"}, Status.AVAILABLE),
        ({"aid": "cstm", "granted_on": "2021-05-02"}, Status.AVAILABLE),
        ({"aid": "caim", "granted_on": "2010-01-01"}, Status.NOT_AVAILABLE),
    ],
)
def test_a_held_aid_excludes_while_it_runs(book: RuleBook, held: object, expected: Status) -> None:
    assert ask(book, "caim", "2021-05-01", held=[held]).status is expected


def test_a_contract_with_a_term_stops_excluding_after_it(book: RuleBook) -> None:
    held = {"aid": "caim", "granted_on": "2018-05-01"}
    facts = {"specialty": "mg", "held": [held]}
    zones = [{"zoning": "massif"}]
    body: Json = {"place": {"zones": zones, "region": "76"}, "applicant": {**DOCTOR, **facts}}
    for day, status in (("2023-04-30", Status.NOT_AVAILABLE), ("2023-05-01", Status.AVAILABLE)):
        question = read_question({**body, "date": day}, TODAY)
        assert Session(book, question).offer("occitanie-massif-montagne-qpv").status is status


def test_an_unknown_held_aid_is_refused(book: RuleBook) -> None:
    with pytest.raises(InvalidInput, match="catalogue"):
        ask(book, "caim", "2021-05-01", held=[{"aid": "caimm", "granted_on": "2020-01-01"}])


def test_a_rule_not_yet_published_is_unknown_to_that_day(book: RuleBook) -> None:
    zones = [{"zoning": "qpv", "generation": 2024}]
    seen = [ask(book, "qpv-44octies-b", "2026-02-01", zones=zones, employees=0, known_on=day).status
            for day in ("2026-02-18", "2026-02-19")]  # fmt: skip
    assert seen == [Status.NOT_AVAILABLE, Status.AVAILABLE]


def test_frr_of_september_2024_differs_by_the_day_it_is_looked_at(book: RuleBook) -> None:
    kept = {"zoning": "frr", "code": "ZRR_KEPT", "published_on": "2025-04-15", "valid_from": "2024-07-01"}
    facts = {"tax_regime": "real", "employees": 0}
    seen = [ask(book, "frr-44quindecies-a", "2024-09-15", zones=[kept], known_on=day, **facts).status
            for day in ("2024-10-01", "2025-05-01", "2026-11-23")]  # fmt: skip
    assert seen == [Status.NOT_AVAILABLE, Status.AVAILABLE, Status.AVAILABLE]


RULE = """
id: {id}
label: Règle {id}
summary: Règle inventée.
payer: ars
contact: ars
who: {{professions: [medecin], statuses: [installing]}}
window: {window}
amount:
  unit: EUR_once
  values: {{2000-01-01: "{amount}"}}
references: {{2000-01-01: [{{title: Texte inventé}}]}}
checked_on: 2026-11-01
confidence: corroborated
{more}
examples:
  - {{name: a, on: 2021-01-01, expect: available}}
  - {{name: b, on: 2021-01-02, expect: available}}
  - {{name: c, on: 2021-01-03, expect: available}}
"""


def make_book(directory: Path, *rules: dict[str, str]) -> RuleBook:
    (directory / "_contacts.yaml").write_text("ars: {label: ARS, by_region: {'76': {label: ARS Occitanie}}}\n")
    for rule in rules:
        filled = {"window": "{bears_on: practice}", "amount": "100", "more": "", **rule}
        (directory / f"{rule['id']}.yaml").write_text(RULE.format(**filled), encoding="utf-8")
    return load_rules(directory)


@pytest.mark.parametrize("age", [30, None, 70])
def test_an_offer_that_gives_way_follows_the_other(tmp_path: Path, age: int | None) -> None:
    condition = 'conditions: [{that: "age < 50", else: Moins de 50 ans}]'
    tie = "yields_to: [{aid: strong, because: Remplacée.}]"
    book = make_book(tmp_path, {"id": "weak", "more": tie}, {"id": "strong", "more": condition})
    offers = {offer.aid: offer for offer in evaluate(book, _doctor(age=age)).offers}
    expected = {30: Status.NOT_AVAILABLE, None: Status.TO_CHECK, 70: Status.AVAILABLE}[age]
    assert offers["weak"].status is expected
    assert offers["weak"].excluded_by == (("strong",) if age == 30 else ())


def _doctor(day: str = "2021-06-01", **facts: object) -> Question:
    return read_question({"date": day, "applicant": {"profession": "medecin", "status": "installing", **facts}}, TODAY)


def test_a_bound_is_read_as_it_was_published(tmp_path: Path) -> None:
    window = "{closes: {2018-01-01: 2020-12-31, 2020-12-30: 2022-12-31}, bears_on: signature}"
    book = make_book(tmp_path, {"id": "extended", "window": window})
    for known_on, status in (("2020-12-29", Status.CLOSED), ("2020-12-30", Status.AVAILABLE)):
        body: Json = {
            "date": "2021-06-01",
            "known_on": known_on,
            "applicant": {"profession": "medecin", "status": "installing"},
        }
        assert Session(book, read_question(body, TODAY)).offer("extended").status is status


def test_a_missing_fact_lists_the_aids_it_settles(book: RuleBook) -> None:
    body: Json = {"date": "2026-04-01", "place": {"zones": [ZIP]}, "applicant": {**DOCTOR, "sector": None}}
    missing = {item.fact: item.settles for item in evaluate(book, read_question(body, TODAY)).missing}
    assert "am-primo-zip" in missing["sector"]


def test_what_changes_next_names_the_day_and_both_answers(tmp_path: Path) -> None:
    window = "{opens: 2020-01-01, closes: 2021-12-31, bears_on: signature}"
    book = make_book(tmp_path, {"id": "short", "window": window})
    question = _doctor()
    (change,) = what_changes(book, question)
    assert (change.on, change.before, change.after) == (date(2022, 1, 1), Status.AVAILABLE, Status.CLOSED)
    past = what_changes(book, question, past=True)
    assert [item.on for item in past] == [date(2020, 1, 1), date(2022, 1, 1)]


def test_a_tax_schedule_changes_on_the_first_day_of_each_step(book: RuleBook) -> None:
    body: Json = {
        "date": "2026-04-10",
        "place": {"zones": [{"zoning": "qpv", "generation": 2024}]},
        "applicant": {"profession": "medecin", "status": "installed", "activity_created_on": "2026-03-15", "employees": 0,
                      "turnover_previous_year": 100000, "profit": 100000},
    }  # fmt: skip
    changes = [change for change in what_changes(book, read_question(body, TODAY)) if change.aid == "qpv-44octies-b"]
    assert [(change.on, change.after_eur) for change in changes] == [
        (date(2031, 3, 1), 60_000), (date(2032, 3, 1), 40_000), (date(2033, 3, 1), 20_000), (date(2034, 3, 1), 0),
    ]  # fmt: skip


def test_two_dates_are_told_apart_aid_by_aid(book: RuleBook) -> None:
    before, after = (
        evaluate(book, read_question({"date": day, "place": {"zones": [ZIP]}, "applicant": DOCTOR}, TODAY))
        for day in ("2025-12-31", "2026-01-01")
    )
    told = difference(before, after)
    assert "am-primo-zip" in told.gained
    assert "caim" in told.lost
    assert told.first_total_eur >= 50_000


def test_the_contact_is_that_of_the_region(tmp_path: Path) -> None:
    book = make_book(tmp_path, {"id": "any"})
    body: Json = {"date": "2021-06-01", "place": {"commune": "31555"}}
    assert Session(book, read_question(body, TODAY)).offer("any").contact.label == "ARS Occitanie"
