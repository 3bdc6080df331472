"""`/v1/aids` over HTTP: evaluation, catalogue, one rule, bad input."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.aids.loader import load_rules
from app.api.aid_schemas import AidListOut, AidOut, EvaluationOut
from app.api.aids import router
from app.api.problems import add_problem_handlers

RULES = Path(__file__).resolve().parents[2] / "data" / "aids"
QUESTION = {
    "date": "2021-05-01",
    "place": {"zones": [{"zoning": "doctors", "code": "ZIP"}]},
    "applicant": {"profession": "medecin", "status": "installing", "sector": "1", "days_per_week": 3, "group": "pluri",
                  "pdsa": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The aids router alone, on the real rules: no zone data is needed to answer about memberships already known."""
    app = FastAPI()
    add_problem_handlers(app)
    app.include_router(router)
    app.state.service = SimpleNamespace(rules=load_rules(RULES), data_version="test-1")
    return TestClient(app)


def test_memberships_already_known_are_answered_for_every_rule(client: TestClient) -> None:
    response = client.post("/v1/aids/evaluate", json=QUESTION)
    assert response.status_code == 200
    body = response.json()
    EvaluationOut.model_validate(body)
    assert body["data_version"] == "test-1"
    offers = {offer["aid"]: offer for offer in body["offers"]}
    assert len(offers) == len(load_rules(RULES).aids)
    assert offers["caim"]["status"] == "available"
    assert offers["caim"]["amount_eur"] == 37500
    assert offers["caim"]["arithmetic"] == "12\u202f500 × min(4 ; 3) = 37\u202f500\u00a0€"
    assert offers["caim-repayment"]["kind"] == "computation"
    assert "caim" in body["combination"]["aids"]


def test_unknown_facts_come_back_as_questions(client: TestClient) -> None:
    body = client.post("/v1/aids/evaluate", json={**QUESTION, "applicant": {"profession": "medecin"}}).json()
    missing = {item["fact"]: item for item in body["missing"]}
    assert missing["sector"]["allowed"] == ["1", "2", "2-optam"]
    assert missing["sector"]["question"].endswith("?")
    assert "caim" in missing["sector"]["settles"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"date": "1999-01-01"}, "date"),
        ({"date": None}, "date"),
        ({"applicant": {"age": 12}}, "applicant.age"),
        ({"applicant": {"days_per_week": 9}}, "applicant.days_per_week"),
        ({"applicant": {"held": [{"aid": "nothing", "granted_on": "2020-01-01"}]}}, "applicant.held.aid"),
        ({"place": {"zones": [{"zoning": "doctors", "code": "3_QPV_ZIP"}]}}, "place.zones.code"),
    ],
)
def test_bad_input_is_422_and_names_the_field(client: TestClient, change: dict[str, object], field: str) -> None:
    response = client.post("/v1/aids/evaluate", json={**QUESTION, **change})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("content", ["", "[]", "12", "{", '{"date": NaN}'])
def test_a_body_that_is_not_an_object_is_a_client_error(client: TestClient, content: str) -> None:
    response = client.post("/v1/aids/evaluate", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 422


def test_the_catalogue_is_filtered(client: TestClient) -> None:
    everything = client.get("/v1/aids").json()
    AidListOut.model_validate(everything)
    ids = {aid["id"] for aid in everything["aids"]}

    def listed(query: str) -> set[str]:
        response = client.get(f"/v1/aids?{query}")
        assert response.status_code == 200
        return {aid["id"] for aid in response.json()["aids"]}

    assert "caim" in listed("profession=medecin")
    assert "caim" not in listed("profession=infirmier")
    assert "zrr-44quindecies" in listed("profession=infirmier")
    assert "zrr-44quindecies" in listed("payer=tax") <= ids
    assert "caim" not in listed("payer=tax")
    assert "qpv-44octies-b" in listed("zone_kind=qpv")
    assert "caim" in listed("date=2021-05-01&status=open")
    assert "caim" in listed("date=2026-01-01&status=closed")
    assert "am-primo-zip" in listed("date=2021-05-01&status=not_yet_open")


@pytest.mark.parametrize("query", ["profession=docteur", "payer=moi", "zone_kind=zone", "status=maybe", "date=demain"])
def test_a_filter_that_does_not_exist_is_422(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/aids?{query}").status_code == 422


def test_one_aid_shows_its_rule_history_examples_and_proof(client: TestClient) -> None:
    response = client.get("/v1/aids/caim")
    assert response.status_code == 200
    body = response.json()
    AidOut.model_validate(body)
    assert body["rule"]["window"]["closes"] == {"2016-10-23": None, "2024-06-21": "2025-12-31"}
    assert {"date": "2025-12-31", "event": "closes", "references": []} in body["history"]
    assert len(body["examples"]) >= 3
    assert body["coverage"]["references"] >= 1


@pytest.mark.parametrize("aid", sorted(load_rules(RULES).aids))
def test_every_aid_can_be_shown(client: TestClient, aid: str) -> None:
    AidOut.model_validate(client.get(f"/v1/aids/{aid}").json())


@pytest.mark.parametrize(("aid", "status"), [("nothing", 404), ("..%2Fcaim", 404), ("CAIM", 422)])
def test_an_aid_that_does_not_exist_is_a_client_error(client: TestClient, aid: str, status: int) -> None:
    assert client.get(f"/v1/aids/{aid}").status_code == status


def test_the_schema_of_the_question_is_published(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/v1/aids/evaluate"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert "days_per_week" in schema["properties"]["applicant"]["properties"]
