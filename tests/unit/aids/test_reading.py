"""Bad input is refused with the field and what is allowed; absence is not a value."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.facts import APPLICANT_FACTS
from app.aids.question import read_question
from app.aids.reading import Json, read_applicant, read_fact_text
from app.aids.schema import applicant_schema, question_schema
from app.errors import InvalidInput

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("applicant", "field", "words"),
    [
        ({"age": 12}, "applicant.age", "between 18 and 100"),
        ({"days_per_week": 9}, "applicant.days_per_week", "between 0 and 7"),
        ({"days_per_week": "3"}, "applicant.days_per_week", "a number"),
        ({"days_per_week": True}, "applicant.days_per_week", "a number"),
        ({"days_per_week": float("nan")}, "applicant.days_per_week", "a number"),
        ({"employees": 1.5}, "applicant.employees", "an integer"),
        ({"employees": 10**400}, "applicant.employees", "an integer"),
        ({"opposable_share": 1.01}, "applicant.opposable_share", "between 0 and 1"),
        ({"profession": "docteur"}, "applicant.profession", "medecin, chirurgien-dentiste"),
        ({"coordinated": "cpts"}, "applicant.coordinated", "a list among"),
        ({"coordinated": ["cpam"]}, "applicant.coordinated", "one of: cpts"),
        ({"pdsa": "oui"}, "applicant.pdsa", "true or false"),
        ({"installed_since": "01/02/2020"}, "applicant.installed_since", "YYYY-MM-DD"),
        ({"installed_since": "2023-02-29"}, "applicant.installed_since", "YYYY-MM-DD"),
        ({"fees_year": 100, "fees_in_zip_year": 101}, "applicant.fees_in_zip_year", "must not exceed"),
        ({"group_size": 2, "group_gp_count": 3}, "applicant.group_gp_count", "must not exceed"),
        ({"group": "none", "group_size": 2}, "applicant.group_size", "must be 1"),
        ({"held": [{"aid": "caim"}]}, "applicant.held.granted_on", "required"),
        ({"held": [{"aid": "../x", "granted_on": "2020-01-01"}]}, "applicant.held.aid", "id of an aid"),
        ({"held": [{"aid": "caim", "granted_on": "2020-01-01", "ended_on": "2019-12-31"}]}, "applicant.held.ended_on",
         "not be before"),
        ({"held": "caim"}, "applicant.held", "a list"),
        ({"secteur": "1"}, "applicant.sector", "Did you mean sector"),
        ({"zzz": 1}, "applicant", "unknown field"),
    ],
)  # fmt: skip
def test_a_bad_applicant_is_refused_by_name(applicant: Json, field: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        read_applicant(applicant)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "date"),
        ({"date": "1999-12-31"}, "date"),
        ({"date": "2101-01-01"}, "date"),
        ({"date": 20260401}, "date"),
        ({"date": "2026-04-01", "known_on": "x"}, "known_on"),
        ({"date": "2026-04-01", "place": []}, "place"),
        ({"date": "2026-04-01", "applicant": "medecin"}, "applicant"),
        ({"date": "2026-04-01", "lieu": {}}, "body"),
        ({"date": "2026-04-01", "place": {"zones": [{"zoning": "doctors", "code": "3_QPV_ZIP"}]}}, "place.zones.code"),
        ({"date": "2026-04-01", "place": {"zones": [{"zoning": "doctors"}]}}, "place.zones.code"),
        ({"date": "2026-04-01", "place": {"zones": [{"zoning": "medecins"}]}}, "place.zones.zoning"),
        ({"date": "2026-04-01", "place": {"zones": [{"zoning": "qpv", "generation": 2020}]}}, "place.zones.generation"),
        ({"date": "2026-04-01", "place": {"zones": [{"zoning": "zrr", "coverage": "half"}]}}, "place.zones.coverage"),
        ({"date": "2026-04-01", "place": {"near": [{"zoning": "qpv"}]}}, "place.near.signed_distance_m"),
        ({"date": "2026-04-01", "place": {"region": 76}}, "place.region"),
        ({"date": "2026-04-01", "place": {"commune": "7501"}}, "place.commune"),
        ({"date": "2026-04-01", "place": {"commune": "75119", "departement": "93"}}, "place.departement"),
        ({"date": "2026-04-01", "place": {"commune": "75119", "region": "76"}}, "place.region"),
        ({"date": "2026-04-01", "place": {"departement": "2A", "region": "93"}}, "place.region"),
        ({"date": "2026-04-01", "place": {"candidates": [{"places": []}]}}, "place.candidates"),
        ({"date": "2026-04-01", "place": {"candidates": [None]}}, "place.candidates"),
        (
            {
                "date": "2026-04-01",
                "place": {"zones": [{"zoning": "zrr", "valid_from": "2020-01-02", "valid_to": "2020-01-01"}]},
            },
            "place.zones.valid_to",
        ),
        ({"date": "2026-04-01", "place": {"zones": [{}] * 201}}, "place.zones"),
    ],
)
def test_a_bad_question_is_refused_by_name(body: Json, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_question(body, TODAY)
    assert caught.value.field == field


def test_the_message_never_repeats_what_the_caller_sent() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_applicant({"profession": "<script>"})
    assert "script" not in caught.value.message


def test_null_is_absent_and_known_on_defaults_to_today() -> None:
    question = read_question({"date": "2026-04-01", "applicant": {"age": None, "held": None}, "place": None}, TODAY)
    assert "age" not in question.applicant.facts
    assert question.applicant.held == ()
    assert question.known_on == TODAY


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [("sector", "1", "1"), ("pdsa", "true", True), ("days_per_week", "3.5", 3.5), ("employees", "10", 10),
     ("coordinated", "esp,cpts", ("cpts", "esp")), ("installed_since", "2025-01-02", date(2025, 1, 2))],
)  # fmt: skip
def test_a_query_string_reads_like_json(name: str, text: str, expected: object) -> None:
    assert read_fact_text(APPLICANT_FACTS[name], text) == expected


@pytest.mark.parametrize(("name", "text"), [("days_per_week", "3,5"), ("days_per_week", "inf"), ("pdsa", "1"),
                                            ("employees", "1_0"), ("employees", "")])  # fmt: skip
def test_a_query_string_is_read_strictly(name: str, text: str) -> None:
    with pytest.raises(InvalidInput):
        read_fact_text(APPLICANT_FACTS[name], text)


def test_the_schema_declares_every_fact_and_nothing_else() -> None:
    properties = applicant_schema()["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == {*APPLICANT_FACTS, "held"}
    assert question_schema()["additionalProperties"] is False
