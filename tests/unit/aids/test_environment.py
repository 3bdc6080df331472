"""What follows from the facts given: defaults, periods, worlds; which facts an undecided rule asks for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.aids.environment import Environment, known_facts
from app.aids.evaluate import Session, evaluate
from app.aids.expressions import parse
from app.aids.loader import load_rules
from app.aids.models import RuleBook
from app.aids.needs import unknown_facts, unknown_place_facts
from app.aids.place import Place, World, ZoneFact
from app.aids.question import Question, read_question
from app.aids.reading import Applicant
from app.aids.rule_facts import facts_of, predicates_of
from app.aids.territory import InTerritory
from app.aids.territory_reader import read_territory
from app.aids.tree import Let
from app.aids.yaml_text import Cursor, Plain
from app.aids.zone_predicate import ZonePredicate
from app.errors import InvalidInput

DAY = date(2026, 4, 10)
ZIP: dict[str, Plain] = {"zoning": "doctors", "code": "ZIP"}


def question(place: dict[str, object] | None = None, **facts: object) -> Question:
    return read_question({"date": DAY.isoformat(), "place": place or {}, "applicant": facts}, date(2026, 11, 23))


def environment(place: dict[str, object] | None = None, **facts: object) -> Environment:
    asked = question(place, **facts)
    return Environment(asked, known_facts(asked), DAY)


def test_absence_has_a_meaning_for_a_few_facts_only() -> None:
    known = known_facts(question())
    assert {name: value for name, value in known.items() if value is not None} == {
        "opens": "main", "precision": "point", "trainee_months": 0, "hospital_proximity": False, "date": DAY,
        "known_on": date(2026, 11, 23),
    }  # fmt: skip
    given = known_facts(question({"precision": "street"}, opens="secondary", trainee_months=3))
    assert (given["opens"], given["precision"], given["trainee_months"]) == ("secondary", "street", 3)


@pytest.mark.parametrize(
    ("facts", "month", "year"),
    [
        ({}, None, None),
        ({"status": "installing"}, 1, 1),
        ({"status": "installed"}, None, None),
        ({"installed_since": "2026-04-10"}, 1, 1),
        ({"installed_since": "2026-03-31"}, 2, 1),
        ({"installed_since": "2025-04-11"}, 13, 1),
        ({"installed_since": "2025-04-10"}, 13, 2),
        ({"installed_since": "2027-01-01"}, 1, 1),
        ({"activity_created_on": "2024-04-10"}, 25, 3),
        ({"activity_created_on": "2024-04-10", "installed_since": "2025-04-10"}, 25, 2),
        ({"installed_since": "2025-04-10", "activity_month": 7}, 7, 2),
        ({"installed_since": "2025-04-10", "practice_year": 9}, 13, 9),
    ],
)
def test_the_month_of_activity_and_the_year_of_practice_follow_from_dates(
    facts: dict[str, object], month: int | None, year: int | None
) -> None:
    known = known_facts(question(**facts))
    assert (known["activity_month"], known["practice_year"]) == (month, year)


@pytest.mark.parametrize(
    ("facts", "recent"),
    [
        ({}, None), ({"status": "installing"}, True), ({"status": "installed"}, None), ({"status": "intern"}, False),
        ({"status": "installed", "installed_since": "2025-04-11"}, True),
        ({"status": "installed", "installed_since": "2025-04-10"}, False),
        ({"installed_since": "2025-04-11"}, None),
    ],
)  # fmt: skip
def test_recent_is_a_project_or_less_than_a_year(facts: dict[str, object], recent: bool | None) -> None:
    assert known_facts(question(**facts))["recent"] is recent


def test_an_unknown_entry_is_read_on_the_day_asked_about() -> None:
    asked = question()
    unknown, known = (Environment(asked, known_facts(asked), entry) for entry in (None, date(2020, 1, 1)))
    assert (unknown.on, unknown.entry_unknown, unknown.get("entry")) == (DAY, True, None)
    assert (known.on, known.entry_unknown, known.get("entry")) == (date(2020, 1, 1), False, date(2020, 1, 1))


def test_zones_are_those_of_the_entry_day_where_the_place_knows_them() -> None:
    then, now = (World((ZoneFact("doctors", code=code, codes=(code,)),)) for code in ("ZIP", "ZAC"))
    place = Place((now,), {}, dated_worlds={date(2020, 1, 1): then, DAY: then})
    asked = Question(DAY, DAY, Applicant({}), place)
    zip_ = ZonePredicate("doctors", ("ZIP",))
    for entry, truth in ((date(2020, 1, 1), True), (date(2020, 1, 2), False), (DAY, False), (None, False)):
        assert Environment(asked, {}, entry).over_worlds(zip_) is truth


def test_several_worlds_must_agree_and_the_one_being_read_is_kept() -> None:
    env = environment({"candidates": [[ZIP], [{**ZIP, "code": "ZAC"}], [ZIP]]})
    zip_, either = ZonePredicate("doctors", ("ZIP",)), ZonePredicate("doctors", ("ZIP", "ZAC"))
    assert (env.over_worlds(zip_), env.over_worlds(either)) == (None, True)
    assert env.over_worlds(ZonePredicate("doctors", ("HZ",))) is False
    assert env.zone_truth(zip_) is True


@pytest.mark.parametrize(
    ("text", "facts", "asks"),
    [
        ("age > 3", {}, ("age",)),
        ("age > 3", {"age": 40}, ()),
        ("pdsa and owner", {}, ("pdsa", "owner")),
        ("pdsa and owner", {"pdsa": True}, ("owner",)),
        ("pdsa and owner", {"pdsa": False}, ()),
        ("pdsa or (owner and age > 3)", {"owner": True}, ("pdsa", "age")),
        ("not pdsa", {}, ("pdsa",)),
        ("recent", {}, ("status", "installed_since")),
        ("recent", {"status": "installed"}, ("installed_since",)),
        ("entry > date", {}, ("activity_created_on", "installed_since")),
        ("unknown > age", {"age": 40}, ()),
        ("age if pdsa else months", {}, ("pdsa",)),
        ("age if pdsa else months", {"pdsa": True}, ("age",)),
        ("age if pdsa else months", {"pdsa": False}, ("months",)),
        ("given_or(months, age)", {}, ("age",)),
        ("given_or(months, 1)", {}, ()),
        ("min(age, profit) + age", {}, ("age", "profit")),
        ("-profit", {}, ("profit",)),
        ("here", {}, ("departement",)),
        ("named + 1", {}, ("profit",)),
    ],
)
def test_only_the_undecided_part_of_an_expression_asks(
    text: str, facts: dict[str, object], asks: tuple[str, ...]
) -> None:
    where = read_territory(Cursor({"departement": ["31"]}, "a.yaml", "where"), {})
    scope = {"here": InTerritory("here", where), "named": Let("named", parse("profit", {}))}
    asked = question(**facts)
    entry = None if "entry" in text else DAY
    assert unknown_facts(parse(text, scope), Environment(asked, known_facts(asked), entry)) == asks


@pytest.mark.parametrize(
    ("where", "place", "asks"),
    [
        ({"region": ["76"]}, {}, ("region",)),
        ({"region": ["76"]}, {"region": "11"}, ()),
        ({"any": [{"region": ["76"]}, {"commune": ["75056"]}]}, {}, ("region", "commune")),
        ({"all": [{"region": ["76"]}, {"that": "population < 5", "else": "x"}]}, {"region": "76"}, ("population",)),
        ({"all": [{"region": ["76"]}, {"that": "population < 5", "else": "x"}]}, {"region": "11"}, ()),
        ({"not": {"region": ["76"]}}, {}, ("region",)),
        ({"since": {"2020-01-01": {"region": ["76"]}, "2026-04-10": {"epci": ["200066637"]}}}, {}, ("epci",)),
        ({"any": [ZIP, {"doubt": "x"}]}, {}, ()),
    ],
)
def test_only_the_undecided_part_of_a_territory_asks(
    where: dict[str, Plain], place: dict[str, object], asks: tuple[str, ...]
) -> None:
    territory = read_territory(Cursor(where, "a.yaml", "where"), {})
    assert unknown_place_facts(territory, environment(place)) == asks


RULE = """
id: {id}
label: Règle
summary: Règle inventée.
payer: ars
contact: ars
{more}
references: {{always: [{{title: Texte}}]}}
checked_on: 2026-11-01
confidence: corroborated
examples:
  - {{name: a, on: 2021-01-01, expect: available}}
  - {{name: b, on: 2021-01-02, expect: available}}
  - {{name: c, on: 2021-01-03, expect: available}}
"""


ENTRY = ("status", "installed_since", "activity_created_on")


def make_book(directory: Path, **rules: str) -> RuleBook:
    (directory / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    for name, more in rules.items():
        (directory / f"{name}.yaml").write_text(RULE.format(id=name, more=more), encoding="utf-8")
    return load_rules(directory)


@pytest.mark.parametrize(
    ("more", "reads"),
    [
        ("", ()),
        ("who: {specialties: [mg]}", ("specialty",)),
        ("windows: [{for: {specialties: [mg]}, bears_on: practice}]", ("specialty", *ENTRY)),
        ("who: {regions: ['76']}", ("region",)),
        ("windows: [{for: {regions: ['76']}, bears_on: practice}]", ("region", *ENTRY)),
        ("who: {recent: true}", ENTRY),
        ("where: {departement: ['31']}", ("departement",)),
        ("conditions: [{that: age > 3, else: x}]", ("age",)),
        ("to_check: [{because: x, when: pdsa}]", ("pdsa",)),
        ("notes: [{text: x, when: date > order_since}]", ("order_since",)),
        ("excludes: [{aid: other, when: owner}]", ("owner",)),
        ("yields_to: [{aid: other, when: owner}]", ("owner",)),
        ('let: {n: "profit + 1"}\\nconditions: [{id: n, that: "not (n > -acts_year)", else: x}]', ("profit", "acts_year")),
    ],
)  # fmt: skip
def test_a_rule_tells_every_fact_it_reads(tmp_path: Path, more: str, reads: tuple[str, ...]) -> None:
    book = make_book(tmp_path, rule=more.replace("\\n", "\n"), other="")
    found = list(facts_of(book.aids["rule"]))
    assert found[:2] == ["profession", "status"]
    assert set(found[2:]) == set(reads)


def test_a_rule_tells_every_zone_it_reads_however_deep(tmp_path: Path) -> None:
    zones = (
        "zones: {"
        + ", ".join(f"{name}: {{zoning: {name}}}" for name in ("zrr", "qpv", "zfu", "massif", "montagne"))
        + "}"
    )
    more = f"""{zones}
where: {{all: [{{zoning: doctors, code: ZIP}}, {{not: {{zoning: zone_rouge}}}}]}}
conditions: [{{id: a, that: "not zrr and (qpv or age > 3)", else: x}}]
amount: {{unit: EUR_once, values: {{2000-01-01: "-min(1, 2 if zfu else 3) * 2"}}}}
notes: [{{text: x, when: massif}}]
""".replace("always", "2000-01-01")  # fmt: skip
    text = RULE.replace("always:", "2000-01-01:").format(id="rule", more=more)
    (tmp_path / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    (tmp_path / "rule.yaml").write_text(text, encoding="utf-8")
    read = {predicate.zoning for predicate in predicates_of(load_rules(tmp_path).aids["rule"])}
    assert read == {"doctors", "zone_rouge", "zrr", "qpv", "zfu", "massif"}


def test_facts_that_settle_most_aids_are_asked_first(tmp_path: Path) -> None:
    one, two = "conditions: [{that: pdsa, else: x}]", "conditions: [{that: age > 3, else: x}, {that: pdsa, else: x}]"
    book = make_book(tmp_path, a=one, b=two, c="conditions: [{that: sector == '1', else: x}]", d="")
    assert [(item.fact, item.settles) for item in evaluate(book, question()).missing] == [
        ("pdsa", ("a", "b")), ("sector", ("c",)), ("age", ("b",)),
    ]  # fmt: skip
    assert evaluate(book, question(pdsa=False, sector="1")).missing == ()


def test_an_aid_held_must_be_one_of_the_catalogue_or_announced(tmp_path: Path) -> None:
    (tmp_path / "_catalogue.yaml").write_text("planned: [later]\n", encoding="utf-8")
    book = make_book(tmp_path, a="")
    for aid in ("a", "later"):
        Session(book, question(held=[{"aid": aid, "granted_on": "2020-01-01"}]))
    with pytest.raises(InvalidInput) as caught:
        Session(book, question(held=[{"aid": "zzz", "granted_on": "2020-01-01"}]))
    assert (caught.value.field, caught.value.message) == (
        "applicant.held.aid", "applicant.held.aid must be the id of an aid of the catalogue; they are listed at /v1/aids.",
    )  # fmt: skip
