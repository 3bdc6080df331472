"""The published schema of a question says what the reader accepts: both are put to the same bodies."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from app.aids.facts import APPLICANT_FACTS, FACTS, PLACE_FACTS, Fact, FactKind, Side
from app.aids.question import read_question
from app.aids.schema import QUESTION_DAY_PATTERN, fact_schema, place_schema, question_day, question_of, question_schema
from app.errors import InvalidInput

TODAY = date(2026, 11, 23)
WHOLE: dict[str, object] = {
    "date": "2026-04-01",
    "known_on": "2026-03-01",
    "place": {
        "region": "76", "commune": "31555", "population": 3_000_000, "precision": "street", "km_to_chu": 0,
        "duty_sector_has_zip_zac": True,
        "zones": [
            {"zoning": "doctors", "code": "ZIP", "scope": "qpv", "sub": "Z", "boosted": True,
             "valid_from": "1940-01-01", "valid_to": "2100-12-31", "published_on": "2022-05-07", "coverage": "full",
             "source": {"title": "any"}},
            {"zoning": "qpv", "generation": 2024, "code": "QN03101M", "coverage": "partial", "sub": "x" * 80},
        ],
        "candidates": [[{"zoning": "zrr", "code": "ZRR"}], {"zones": [{"zoning": "zrr", "code": "ZRR"}]}],
        "near": [{"zoning": "qpv", "generation": 2015, "code": "QP031001", "signed_distance_m": -1e6},
                 {"zoning": "zfu", "signed_distance_m": 1e6}],
        "helped_place": {"zones": [{"zoning": "doctors", "code": "ZAC"}]},
    },
    "applicant": {
        "profession": "medecin", "sector": "2-optam", "coordinated": ["cpts", "esp"], "pdsa": False, "age": 18,
        "days_per_week": 3.5, "installed_since": "1940-01-01", "fees_year": 1e8,
        "held": [{"aid": "caim", "granted_on": "2020-01-01", "ends": "2025-01-01", "received": 0,
                  "ended_on": "2024-01-01"},
                 {"aid": "a" * 40, "granted_on": "2020-01-01", "received": 1e8}],
    },
}  # fmt: skip


def changed(path: str, value: object) -> dict[str, object]:
    """The whole question with one value replaced or added; numbers in `path` index lists."""
    body = copy.deepcopy(WHOLE)
    *way, last = path.split(".")
    inner: object = body
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]  # type: ignore[index]
    inner[int(last) if isinstance(inner, list) else last] = value  # type: ignore[index]
    return body


def read(body: Mapping[str, object]) -> bool:
    try:
        read_question(body, TODAY)
    except InvalidInput:
        return False
    return True


@pytest.fixture
def schema() -> Draft202012Validator:
    return Draft202012Validator(question_schema(), format_checker=FormatChecker())


def test_the_whole_question_is_accepted_by_both(schema: Draft202012Validator) -> None:
    assert (schema.is_valid(WHOLE), read(WHOLE)) == (True, True)


NULLABLE = (
    *("known_on", "place.zones", "place.candidates", "place.near", "place.helped_place", "place.helped_place.zones"),
    *("place.region", "place.population", "place.precision", "place.duty_sector_has_zip_zac"),
    *(f"place.zones.1.{key}" for key in ("code", "generation", "scope", "coverage", "sub", "boosted")),
    *(f"place.zones.0.{key}" for key in ("valid_from", "valid_to", "published_on", "source")),
    *("place.candidates.1.zones", "place.near.0.generation"),
    *(f"applicant.{name}" for name in ("profession", "coordinated", "pdsa", "age", "days_per_week", "installed_since")),
    *("applicant.held", "applicant.held.0.ends", "applicant.held.0.received", "applicant.held.0.ended_on"),
)


@pytest.mark.parametrize("path", NULLABLE)
def test_null_is_absent_for_both(schema: Draft202012Validator, path: str) -> None:
    body = changed(path, None)
    assert (schema.is_valid(body), read(body)) == (True, True)


GOOD = [
    ("date", "2000-01-01"),
    ("date", "2100-12-31"),
    ("known_on", "2000-12-31"),
    ("place.zones.0.generation", None),
    ("place.zones.1.generation", 2015),
    ("place.zones", [{"zoning": "zrr", "code": "ZRR"}] * 200),
    ("place.near", [{"zoning": "qpv", "signed_distance_m": 5}] * 200),
    ("place.candidates", [[]] * 64),
    ("applicant.held", [{"aid": "caim", "granted_on": "2020-01-01"}] * 50),
    ("applicant.age", 100),
    ("applicant.coordinated", []),
    ("applicant.held.0.granted_on", "2019-12-31"),
]


@pytest.mark.parametrize(("path", "value"), GOOD)
def test_a_bound_is_accepted_by_both(schema: Draft202012Validator, path: str, value: object) -> None:
    body = changed(path, value)
    assert (schema.is_valid(body), read(body)) == (True, True)


BAD = [
    ("day", "2026-04-01"),
    ("place.zip", True),
    ("place.zones.0.class", "ZIP"),
    ("place.near.0.distance_m", 3),
    ("place.helped_place.region", "76"),
    ("applicant.secteur", "1"),
    ("applicant.held.0.id", "caim"),
    ("date", "1999-12-31"),
    ("date", "2101-01-01"),
    ("date", "2026-02-29"),
    ("date", "2026-04"),
    ("date", 20260401),
    ("date", None),
    ("known_on", "1999-12-31"),
    ("known_on", "2026-02-29"),
    ("known_on", 3),
    ("place", []),
    ("place.region", 76),
    ("place.region", "7"),
    ("place.departement", "7"),
    ("place.commune", "315555"),
    ("place.epci", "20006663"),
    ("place.population", -1),
    ("place.population", 3_000_001),
    ("place.population", 1.5),
    ("place.precision", "exact"),
    ("place.km_to_chu", "3"),
    ("place.duty_sector_has_zip_zac", "oui"),
    ("place.zones", {}),
    ("place.zones", [{"zoning": "zrr", "code": "ZRR"}] * 201),
    ("place.zones.0", "ZIP"),
    ("place.zones.0", {"code": "ZIP"}),
    ("place.zones.0.zoning", "medecins"),
    ("place.zones.0.code", ["ZIP"]),
    ("place.zones.0.sub", ""),
    ("place.zones.0.sub", "x" * 81),
    ("place.zones.0.sub", 3),
    ("place.zones.0.scope", ""),
    ("place.zones.0.boosted", "oui"),
    ("place.zones.0.valid_from", "1939-12-31"),
    ("place.zones.0.valid_from", "2026-02-29"),
    ("place.zones.0.valid_to", "2101-01-01"),
    ("place.zones.0.valid_to", 3),
    ("place.zones.0.published_on", "hier"),
    ("place.zones.0.coverage", "half"),
    ("place.zones.1.generation", 2020),
    ("place.candidates", {}),
    ("place.candidates", [[]] * 65),
    ("place.candidates.0", 3),
    ("place.candidates.0.0.zoning", "medecins"),
    ("place.candidates.1.zones", 3),
    ("place.candidates.1.zones.0.zoning", "medecins"),
    ("place.near", {}),
    ("place.near", [{"zoning": "qpv", "signed_distance_m": 5}] * 201),
    ("place.near.0", "qpv"),
    ("place.near.0", {"zoning": "qpv"}),
    ("place.near.0", {"signed_distance_m": 5}),
    ("place.near.0.zoning", "medecins"),
    ("place.near.0.generation", 2020),
    ("place.near.0.signed_distance_m", "5"),
    ("place.near.0.signed_distance_m", -1_000_001),
    ("place.near.0.signed_distance_m", 1_000_001),
    ("place.helped_place", []),
    ("place.helped_place.zones", 3),
    ("place.helped_place.zones.0.zoning", "medecins"),
    ("applicant", "medecin"),
    ("applicant.profession", "docteur"),
    ("applicant.coordinated", "cpts"),
    ("applicant.coordinated", ["cpam"]),
    ("applicant.pdsa", "oui"),
    ("applicant.age", 17),
    ("applicant.age", 101),
    ("applicant.age", 40.5),
    ("applicant.days_per_week", 7.5),
    ("applicant.days_per_week", "3"),
    ("applicant.installed_since", "1939-12-31"),
    ("applicant.installed_since", "2026-02-29"),
    ("applicant.installed_since", 3),
    ("applicant.held", {}),
    ("applicant.held", [{"aid": "caim", "granted_on": "2020-01-01"}] * 51),
    ("applicant.held.0", "caim"),
    ("applicant.held.0", {"aid": "caim"}),
    ("applicant.held.0", {"granted_on": "2020-01-01"}),
    ("applicant.held.0.aid", "CAIM"),
    ("applicant.held.0.aid", "a" * 41),
    ("applicant.held.0.aid", None),
    ("applicant.held.0.granted_on", "1939-12-31"),
    ("applicant.held.0.granted_on", "2026-02-29"),
    ("applicant.held.0.granted_on", None),
    ("applicant.held.0.ends", "2101-01-01"),
    ("applicant.held.0.ends", "2026-02-29"),
    ("applicant.held.0.ends", 3),
    ("applicant.held.0.received", -1),
    ("applicant.held.0.received", 100_000_001),
    ("applicant.held.0.received", "3"),
    ("applicant.held.0.ended_on", "2026-02-29"),
    ("applicant.held.0.ended_on", 3),
]


@pytest.mark.parametrize(("path", "value"), BAD, ids=[f"{path}-{str(value)[:20]}" for path, value in BAD])
def test_a_wrong_value_is_refused_by_both(schema: Draft202012Validator, path: str, value: object) -> None:
    body = changed(path, value)
    assert (schema.is_valid(body), read(body)) == (False, False)


def test_a_question_without_a_date_is_refused_by_both(schema: Draft202012Validator) -> None:
    body = {"place": {}, "applicant": {}}
    assert (schema.is_valid(body), read(body)) == (False, False)


@pytest.mark.parametrize("fact", FACTS.values(), ids=list(FACTS))
def test_each_fact_is_published_with_its_question_range_and_default(fact: Fact) -> None:
    published = fact_schema(fact)
    assert published["description"] == fact.question
    assert (published.get("minimum"), published.get("maximum")) == (fact.minimum, fact.maximum)
    assert published.get("default") == fact.default
    if fact.pattern is not None:
        pattern = str(published["pattern"])
        assert (pattern[0], pattern[-1], "\\" in pattern.replace(r"\d", "")) == ("^", "$", False)


def test_every_fact_has_its_place_in_the_schema() -> None:
    properties = {
        name: part["properties"] for name, part in question_schema()["properties"].items() if "properties" in part
    }  # type: ignore[attr-defined]
    assert set(properties["applicant"]) == {*APPLICANT_FACTS, "held"}
    assert set(properties["place"]) == {*PLACE_FACTS, "zones", "candidates", "near", "helped_place"}


def test_the_schema_tells_in_words_what_its_types_cannot() -> None:
    properties = question_schema()["properties"]
    assert properties["date"]["description"] == "Jour demandé, de 2000 à 2100."  # type: ignore[index]
    assert properties["known_on"]["description"] == "État du droit publié ce jour (aujourd'hui)."  # type: ignore[index]
    code = place_schema()["properties"]["zones"]["items"]["properties"]["code"]  # type: ignore[index]
    assert code["description"].startswith("Classes : FRR, FRR+, HZ, ")
    assert code["description"].endswith(" ; QPV : code officiel.")
    assert question_day() == {"type": "string", "format": "date", "pattern": QUESTION_DAY_PATTERN}


def test_a_fact_to_ask_for_says_how_to_answer() -> None:
    assert question_of(FACTS["days_per_week"]) == {
        "fact": "days_per_week", "side": "applicant", "type": "number", "unit": "jours par semaine", "allowed": None,
        "question": "Combien de jours par semaine exercez-vous dans la zone ?", "minimum": 0, "maximum": 7,
    }  # fmt: skip
    assert question_of(Fact("kind", FactKind.CHOICE, "Lequel ?", allowed=("a", "b"), side=Side.PLACE)) == {
        "fact": "kind", "side": "place", "type": "choice", "unit": None, "allowed": ["a", "b"],
        "question": "Lequel ?", "minimum": None, "maximum": None,
    }  # fmt: skip
