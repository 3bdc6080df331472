"""What changes next: the days at which an answer turns, for a rule, a person, a place; and two answers told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.aids.changes import Change, what_changes
from app.aids.difference import Difference, OfferDifference, difference
from app.aids.evaluate import Session, evaluate
from app.aids.loader import load_rules
from app.aids.models import RuleBook, Status
from app.aids.place import Place
from app.aids.question import Question, read_place, read_question
from app.aids.timetable import Schedule, Timetable

TODAY = date(2026, 11, 23)
ZIP = {"zoning": "doctors", "code": "ZIP"}
RULE = """
id: {id}
label: Règle {id}
summary: Règle inventée.
payer: ars
contact: ars
{more}
references: {{2000-01-01: [{{title: Texte}}], 2023-01-01: [{{title: Autre}}]}}
checked_on: 2026-11-01
confidence: corroborated
examples:
  - {{name: a, on: 2021-01-01, expect: available}}
  - {{name: b, on: 2021-01-02, expect: available}}
  - {{name: c, on: 2021-01-03, expect: available}}
"""
AMOUNT = 'amount: {unit: EUR_once, values: {2000-01-01: "100"}}'
FAMILY = """
ten: {label: Dix ans, since: 2022-03-15, years: 10, published_on: 2022-03-14, references: {always: [{title: Un}]}}
"""


def make_book(directory: Path, **rules: str) -> RuleBook:
    (directory / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    (directory / "_families.yaml").write_text(FAMILY, encoding="utf-8")
    for name, more in rules.items():
        (directory / f"{name}.yaml").write_text(RULE.format(id=name, more=more), encoding="utf-8")
    return load_rules(directory)


def ask(on: str = "2021-06-01", place: dict[str, object] | None = None, **facts: object) -> Question:
    return read_question({"date": on, "place": place or {}, "applicant": facts}, TODAY)


def turns(book: RuleBook, question: Question, aid: str = "a", *, past: bool = False) -> list[tuple[str, str, str]]:
    return [
        (change.on.isoformat(), change.before.value, change.after.value)
        for change in what_changes(book, question, past=past)
        if change.aid == aid
    ]


def test_a_change_names_the_day_the_aid_and_both_answers(tmp_path: Path) -> None:
    more = 'amount: {unit: EUR_once, values: {2000-01-01: "100", 2023-01-01: "200"}}'
    assert what_changes(make_book(tmp_path, a=more), ask()) == (
        Change(date(2023, 1, 1), "a", Status.AVAILABLE, Status.AVAILABLE, 100.0, 200.0),
    )


@pytest.mark.parametrize(
    ("more", "facts", "days"),
    [
        ("window: {opens: 2022-01-01, closes: 2022-12-31, bears_on: signature}", {},
         [("2022-01-01", "not_yet_open", "available"), ("2023-01-01", "available", "closed")]),
        ('conditions: [{that: pdsa, else: Gardes, from: 2022-01-01, until: 2022-12-31}]', {"pdsa": False},
         [("2022-01-01", "available", "not_available"), ("2023-01-01", "not_available", "available")]),
        ("to_check: [{because: Doute., from: 2022-01-01, until: 2022-12-31}]", {},
         [("2022-01-01", "available", "to_check"), ("2023-01-01", "to_check", "available")]),
        ('where: {since: {2000-01-01: {region: ["76"]}, 2022-05-07: {region: ["11"]}}}', {},
         [("2022-05-07", "available", "not_available")]),
        ('zones: {z: {since: {2000-01-01: {region: ["76"]}, 2022-05-07: {region: ["11"]}}}}\n'
         "conditions: [{id: z, that: z, else: Zone}]", {}, [("2022-05-07", "available", "not_available")]),
        ("who: {recent: true}", {"status": "installed", "installed_since": "2021-02-03"},
         [("2022-02-03", "available", "not_available")]),
        ('conditions: [{that: "less_than_a_year_ago(successor_installed_since)", else: Un an}]',
         {"successor_installed_since": "2021-02-03"}, [("2022-02-03", "available", "not_available")]),
        ('conditions: [{that: "date >= order_since", else: Ordre}]', {"order_since": "2022-02-03"},
         [("2022-02-03", "not_available", "available")]),
        ('conditions: [{that: "years_since(activity_created_on) < 1", else: Un an}]', {"activity_created_on": "2021-02-03"},
         [("2022-02-03", "available", "not_available")]),
        ("excludes: [b]", {"held": [{"aid": "b", "granted_on": "2021-07-01", "ends": "2022-06-30"}]},
         [("2021-07-01", "available", "not_available"), ("2022-07-01", "not_available", "available")]),
        ("excludes: [b]", {"held": [{"aid": "b", "granted_on": "2021-01-01", "ended_on": "2022-06-30"}]},
         [("2022-07-01", "not_available", "available")]),
        ("excludes: [c]", {"held": [{"aid": "c", "granted_on": "2021-01-01"}]},
         [("2022-01-01", "not_available", "to_check"), ("2023-01-01", "to_check", "available")]),
        ("family: ten", {"held": [{"aid": "d", "granted_on": "2021-01-01", "ended_on": "2021-01-02"}]},
         [("2022-03-15", "available", "not_available"), ("2031-01-01", "not_available", "available")]),
    ],
)  # fmt: skip
def test_the_days_at_which_an_answer_turns(
    tmp_path: Path, more: str, facts: dict[str, object], days: list[tuple[str, str, str]]
) -> None:
    others = {"b": "", "c": "term_months: 12\nrenewal: {times: 1}", "d": "family: ten"}
    book = make_book(tmp_path, a=more, **others)
    assert turns(book, ask(place={"region": "76"}, **facts)) == days


def test_only_days_after_the_question_are_told_unless_the_past_is_asked(tmp_path: Path) -> None:
    book = make_book(tmp_path, a="window: {opens: 2020-01-01, closes: 2021-06-01, bears_on: signature}")
    closing = ("2021-06-02", "available", "closed")
    assert turns(book, ask("2021-06-01")) == [closing]
    assert turns(book, ask("2021-06-02")) == []
    assert turns(book, ask("2021-06-02"), past=True) == [("2020-01-01", "not_yet_open", "available"), closing]


def test_days_beyond_what_may_be_asked_are_left_out(tmp_path: Path) -> None:
    book = make_book(tmp_path, a="window: {opens: 2000-01-01, closes: 2100-12-30, bears_on: signature}",
                     b="window: {closes: 2100-12-31, bears_on: signature}")  # fmt: skip
    assert turns(book, ask(), past=True) == [("2100-12-31", "available", "closed")]
    assert turns(book, ask(), "b", past=True) == []


def test_an_aid_of_another_profession_or_specialty_is_not_followed(tmp_path: Path) -> None:
    window = "window: {{closes: 2021-12-31, bears_on: signature}}"
    who = "who: {{professions: [medecin], {more}}}\n" + window
    book = make_book(tmp_path, a=who.format(more="specialties: [mg]"), b=who.format(more="statuses: [intern]"))
    nurse, specialist, unknown = ({"profession": "infirmier"}, {"profession": "medecin", "specialty": "other"}, {})
    assert turns(book, ask(**nurse)) == turns(book, ask(**specialist)) == []
    assert turns(book, ask(**unknown)) == [("2022-01-01", "to_check", "closed")]
    assert turns(book, ask(profession="medecin", status="installed"), "b") == []


def test_the_dates_of_a_membership_turn_only_the_aids_that_read_its_zoning(tmp_path: Path) -> None:
    book = make_book(tmp_path, a="where: {zoning: zrr}", b="where: {zoning: doctors, code: ZIP, at: helped}", c="")
    zone = {"zoning": "zrr", "valid_from": "2021-07-01", "valid_to": "2024-06-30"}
    helped = {"zones": [{**ZIP, "valid_from": "2022-01-01"}]}
    question = ask(place={"zones": [zone], "helped_place": helped})
    assert turns(book, question) == [
        ("2021-07-01", "not_available", "available"), ("2024-07-01", "available", "not_available"),
    ]  # fmt: skip
    assert turns(book, question, "b") == [("2022-01-01", "to_check", "available")]
    assert turns(book, question, "c") == []


SCHEDULE = 'amount: {{unit: EUR_once, values: {{2000-01-01: "{formula}"}}}}'


@pytest.mark.parametrize(
    ("formula", "facts", "days"),
    [
        ("100 * schedule(activity_month, 12, 3, 24, 2)", {"activity_created_on": "2021-03-15"}, ["2022-03-01", "2023-03-01"]),
        ("100 * schedule(activity_month, 12, 3, 24, 2)", {"installed_since": "2021-03-15"}, ["2022-03-01", "2023-03-01"]),
        ("100 * schedule(activity_month, 12, 3, 24, 2)",
         {"activity_created_on": "2021-03-15", "installed_since": "2020-01-15"}, ["2022-03-01", "2023-03-01"]),
        ("100 * schedule(activity_month, 12, 3, 24, 2)", {"activity_created_on": "2021-03-15", "activity_month": 3}, []),
        ("100 * schedule(activity_month, 12, 3, 24, 2)", {}, []),
        ("100 * schedule(practice_year, 1, 3, 2, 2)", {"installed_since": "2021-03-15"}, ["2022-03-15", "2023-03-15"]),
        ("100 * schedule(practice_year, 1, 3, 2, 2)",
         {"activity_created_on": "2020-01-15", "installed_since": "2021-03-15"}, ["2022-03-15", "2023-03-15"]),
        ("100 * schedule(practice_year, 1, 3, 2, 2)", {"activity_created_on": "2021-03-15"}, ["2022-03-15", "2023-03-15"]),
        ("100 * steps(practice_year, 2, 3, 3, 2)", {"installed_since": "2021-03-15"}, ["2022-03-15", "2023-03-15"]),
    ],
)  # fmt: skip
def test_each_step_of_a_schedule_begins_on_its_first_day(
    tmp_path: Path, formula: str, facts: dict[str, object], days: list[str]
) -> None:
    book = make_book(tmp_path, a=SCHEDULE.format(formula=formula))
    assert [day for day, _, _ in turns(book, ask(status="installed", **facts))] == days


def test_a_place_is_classified_again_where_zones_change(tmp_path: Path) -> None:
    book = make_book(tmp_path, a="where: {zoning: doctors, code: ZIP}", b="where: {zoning: zrr}")
    turning = date(2022, 5, 7)
    asked: list[date] = []

    def place_on(day: date) -> Place:
        asked.append(day)
        return read_place({"zones": [ZIP] if day < turning else [{**ZIP, "code": "ZAC"}]})

    changes = what_changes(
        book, ask(place={"zones": [ZIP]}), place_on=place_on, zone_days={turning: frozenset({"doctors"})}
    )
    assert [(change.on, change.aid, change.after) for change in changes] == [(turning, "a", Status.NOT_AVAILABLE)]
    assert asked == [turning]


def test_an_answer_already_known_is_not_computed_again(tmp_path: Path) -> None:
    book = make_book(tmp_path, a=AMOUNT + "\nwindow: {closes: 2021-12-31, bears_on: signature}")
    known = evaluate(book, ask())
    offers = (known.offers[0]._replace(amount_eur=77.0),)
    (change,) = what_changes(book, ask(), evaluated=replace(known, offers=offers))
    assert (change.before_eur, change.after_eur, change.on) == (77.0, None, date(2022, 1, 1))


def test_changes_are_told_by_day_then_by_aid(tmp_path: Path) -> None:
    window = "window: {{closes: {day}, bears_on: signature}}"
    book = make_book(tmp_path, a=window.format(day="2023-12-31"), b=window.format(day="2021-12-31"),
                     c=window.format(day="2021-12-31"))  # fmt: skip
    assert [(change.aid, change.on.year) for change in what_changes(book, ask())] == [
        ("b", 2022),
        ("c", 2022),
        ("a", 2024),
    ]


def test_the_timetable_of_a_rule_holds_its_own_dates_zonings_and_schedules(tmp_path: Path) -> None:
    more = """
window: {opens: 2020-01-01, closes: {2019-01-01: 2020-12-31, 2020-12-01: 2021-12-31}, bears_on: signature}
where: {any: [{zoning: doctors, code: ZIP}, {not: {zoning: qpv, generation: 2024}}]}
zones: {z: {zoning: zrr}}
conditions: [{id: z, that: z, else: Zone, from: 2018-01-01, until: 2018-12-31}]
amount:
  unit: EUR_once
  values:
    2000-01-01: "schedule(activity_month, 60, 100, 72, 75) + steps(practice_year, 2, 1) + steps(age, 30, 1)"
    2023-01-01: {instalments: [{year: 1, label: Un, amount: "schedule(practice_year, 5, 1)"}]}
"""
    assert make_book(tmp_path, a=more).timetables["a"] == Timetable(
        tuple(map(date.fromisoformat, ("2000-01-01", "2018-01-01", "2019-01-01", "2020-01-01", "2021-01-01", "2022-01-01",
                                       "2023-01-01"))),
        frozenset({"doctors", "qpv", "zrr"}),
        (Schedule("activity_month", (60, 72)), Schedule("practice_year", (1,)), Schedule("practice_year", (5,)),
         Schedule("practice_year", (5,))),
    )  # fmt: skip


def test_two_answers_differ_aid_by_aid(tmp_path: Path) -> None:
    book = make_book(
        tmp_path,
        gained=AMOUNT + "\nwindow: {opens: 2022-01-01, bears_on: signature}",
        kept=AMOUNT,
        lost="window: {closes: 2021-12-31, bears_on: signature}",
        more='amount: {unit: EUR_once, values: {2000-01-01: "50", 2023-01-01: "70"}}',
        never="window: {opens: 2023-01-01, closes: 2023-06-30, bears_on: signature}",
    )
    told = difference(evaluate(book, ask()), evaluate(book, ask("2024-01-01")))
    assert told == Difference(
        (
            OfferDifference("gained", "Règle gained", Status.NOT_YET_OPEN, Status.AVAILABLE, None, 100.0),
            OfferDifference("lost", "Règle lost", Status.AVAILABLE, Status.CLOSED, None, None),
            OfferDifference("more", "Règle more", Status.AVAILABLE, Status.AVAILABLE, 50.0, 70.0),
            OfferDifference("never", "Règle never", Status.NOT_YET_OPEN, Status.CLOSED, None, None),
        ),
        ("gained",),
        ("lost",),
        150.0,
        270.0,
    )
    assert Session(book, ask()).offer("kept").amount_eur == 100
