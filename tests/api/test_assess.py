"""GET and POST /v1/assess, POST /v1/compare: the whole answer through HTTP, on the embedded data."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.api.compare_schemas import CompareAnswer
from app.api.schemas import AssessAnswer

FOIX = "Place de la mairie, 09000 Foix"
DOCTOR = {"profession": "medecin", "specialty": "mg", "status": "installing", "sector": "1", "first_installation": True}


def ask(client: TestClient, place: dict[str, object], date: str = "2026-03-01", **applicant: object) -> AssessAnswer:
    response = client.post("/v1/assess", json={"place": place, "date": date, "applicant": DOCTOR | applicant})
    assert response.status_code == 200, response.text
    return AssessAnswer.model_validate(response.json())


def offer(answer: AssessAnswer, aid: str) -> tuple[str, float | None]:
    found = next(offer for offer in answer.offers if offer.aid == aid)
    return found.status, found.amount_eur


def test_address_of_a_town_hall_answers_zones_and_aids(client: TestClient) -> None:
    answer = ask(client, {"address": FOIX})
    assert (answer.place.citycode, answer.place.city) == ("09122", "Foix")
    assert offer(answer, "am-primo-zac") == ("available", 5000.0)
    assert offer(answer, "am-primo-zip")[0] == "not_available"
    assert offer(answer, "caim")[0] == "closed"


def test_get_and_post_give_the_same_answer(client: TestClient) -> None:
    flat = {name: str(value).lower() if isinstance(value, bool) else value for name, value in DOCTOR.items()}
    by_get = client.get("/v1/assess", params={"citycode": "09122", "date": "2026-03-01", **flat}).json()
    by_post = client.post(
        "/v1/assess", json={"place": {"citycode": "09122"}, "date": "2026-03-01", "applicant": DOCTOR}
    ).json()
    assert by_get == by_post


def test_zip_commune_opens_the_zip_lump_sum(client: TestClient) -> None:
    mirepoix = ask(client, {"citycode": "09194"})
    assert mirepoix.memberships[0].code == "ZIP"
    assert offer(mirepoix, "am-primo-zip") == ("available", 10000.0)
    assert "am-primo-zip" in mirepoix.combination.aids


def test_tax_regime_reads_the_zone_of_the_day_the_activity_was_created(client: TestClient) -> None:
    """Created in a ZRR in 2023: the exemption runs on in 2026, though the ZRR is over."""
    facts = {"activity_created_on": "2023-05-01", "status": "installed", "installed_since": "2023-05-01",
             "tax_regime": "real", "employees": 1, "profit": 80_000}  # fmt: skip
    answer = ask(client, {"citycode": "09122"}, **facts)
    assert offer(answer, "zrr-44quindecies") == ("available", 80_000.0)


def test_what_changes_next_follows_the_zonings_too(client: TestClient) -> None:
    """Adé keeps the effects of ZRR to the end of 2027."""
    facts = {"tax_regime": "real", "employees": 0, "profit": 50_000}
    answer = ask(client, {"citycode": "65002"}, date="2026-03-01", **facts)
    assert offer(answer, "frr-44quindecies-a")[0] == "available"
    ends = [
        change
        for change in answer.changes
        if change.aid == "frr-44quindecies-a" and change.on.isoformat() == "2028-01-01"
    ]
    assert len(ends) == 1
    assert ends[0].after.status != "available"


def test_missing_facts_come_back_as_questions(client: TestClient) -> None:
    response = client.get("/v1/assess", params={"citycode": "09194", "profession": "medecin", "status": "installing"})
    asked = {item["fact"]: item for item in response.json()["missing"]}
    assert "am-primo-zip" in asked["sector"]["settles"]
    assert asked["sector"]["allowed"]


@pytest.mark.parametrize(
    ("applicant", "words"),
    [
        ({"age": 12}, "applicant.age"),
        ({"days_per_week": 9}, "applicant.days_per_week"),
        ({"profession": "plombier"}, "applicant.profession"),
        ({"colour": "blue"}, "unknown field"),
        ({"held": [{"aid": "nothing-known", "granted_on": "2020-01-01"}]}, "applicant.held.aid"),
    ],
)
def test_bad_applicants_are_refused_with_the_field(
    client: TestClient, applicant: dict[str, object], words: str
) -> None:
    response = client.post("/v1/assess", json={"place": {"citycode": "09122"}, "applicant": applicant})
    assert response.status_code == 422
    assert words in response.text


def test_unknown_address_is_404_and_says_what_to_do(client: TestClient) -> None:
    response = client.get("/v1/assess", params={"address": "zzzz qqqq xxxx"})
    assert response.status_code == 404
    assert "lon and lat" in response.json()["detail"]


def test_compare_lists_what_differs_and_the_sums(client: TestClient) -> None:
    body = {
        "questions": [{"place": {"citycode": "09122"}}, {"place": {"citycode": "09194"}, "label": "Mirepoix"},
                      {"place": {"address": "zzzz qqqq xxxx"}}],
        "date": "2026-03-01",
        "applicant": DOCTOR,
    }  # fmt: skip
    response = client.post("/v1/compare", json=body)
    assert response.status_code == 200, response.text
    answer = CompareAnswer.model_validate(response.json())
    assert [column.found for column in answer.questions] == [True, True, False]
    doctors = next(row for row in answer.differences.zonings if row.zoning == "doctors")
    assert [cell and cell.code for cell in doctors.values] == ["ZAC", "ZIP", None]
    assert answer.best.columns == [1]
    assert answer.best.sums_eur[1] == max(amount for amount in answer.best.sums_eur if amount is not None)


def test_compare_two_dates_of_one_place(client: TestClient) -> None:
    body = {"place": {"citycode": "09122"}, "questions": [{"date": "2024-06-30"}, {"date": "2024-07-01"}]}
    answer = CompareAnswer.model_validate(client.post("/v1/compare", json=body).json())
    assert {row.zoning for row in answer.differences.zonings} >= {"zrr", "frr"}


def test_a_place_not_found_makes_no_difference(client: TestClient) -> None:
    same = {"place": {"citycode": "09122"}, "date": "2026-03-01"}
    body = {"questions": [same, same, {"place": {"citycode": "99999"}, "date": "2026-03-01"}]}
    answer = client.post("/v1/compare", json=body).json()
    assert [column["found"] for column in answer["questions"]] == [True, True, False]
    assert answer["differences"] == {"zonings": [], "aids": []}


def test_eleven_questions_are_too_many(client: TestClient) -> None:
    body = {"questions": [{"place": {"citycode": "09122"}}] * 11}
    assert client.post("/v1/compare", json=body).status_code == 422


def test_a_commune_that_never_was_keeps_its_column(client: TestClient) -> None:
    body = {"questions": [{"place": {"citycode": "09122"}}, {"place": {"citycode": "99999"}}], "applicant": DOCTOR}
    answer = CompareAnswer.model_validate(client.post("/v1/compare", json=body).json())
    assert [column.found for column in answer.questions] == [True, False]
    body["applicant"] = DOCTOR | {"held": ["no-such-aid"]}
    assert client.post("/v1/compare", json=body).status_code in (404, 422)


def test_a_point_known_with_a_radius_is_tested_as_a_disc(client: TestClient) -> None:
    """Roquefixade is ZIP; within 4 km of it there are ZAC communes."""
    exact = ask(client, {"lon": 1.7386, "lat": 42.9310})
    doubtful = ask(client, {"lon": 1.7386, "lat": 42.9310, "uncertainty_m": 4000})
    assert (exact.place.uncertainty_m, doubtful.place.uncertainty_m) == (0, 4000)
    assert (exact.memberships[0].state, doubtful.memberships[0].state) == ("inside", "near_border")
    assert any("4000 m près" in note for note in doubtful.place.notes)


@pytest.mark.parametrize(
    "place",
    [
        {"lon": 1.6, "lat": 42.9, "uncertainty_m": -1},
        {"lon": 1.6, "lat": 42.9, "uncertainty_m": 10_001},
        {"citycode": "09122", "uncertainty_m": 10},
        {"uncertainty_m": 10},
    ],
)
def test_a_radius_goes_with_a_point_and_has_bounds(client: TestClient, place: dict[str, object]) -> None:
    refused = client.post("/v1/assess", json={"place": place, "date": "2026-03-01", "applicant": DOCTOR})
    assert refused.status_code == 422
    assert client.get("/v1/zones", params=place).status_code == 422  # type: ignore[arg-type]


def test_address_that_names_several_places_says_only_what_is_true_of_all(client: TestClient) -> None:
    """Mirepoix is in Ariège (ZIP) and in Gers (ZAC); both were in ZRR, neither has a QPV."""
    answer = ask(client, {"address": "Mirepoix"}, "2024-03-01")
    known = {(m.zoning, m.generation): m for m in answer.memberships}
    doctors = known["doctors", None]
    assert (doctors.state, doctors.code, doctors.reason) == ("unknown", None, "place_ambiguous")
    assert set(doctors.codes or ()) == {"ZIP", "ZAC"}
    assert (known["zrr", None].state, known["zrr", None].code) == ("inside", "ZRR")
    assert known["qpv", 2024].state == "outside"
    assert answer.near == []
    assert offer(answer, "occitanie-massif-montagne-qpv")[0] == "to_check"
    assert "plusieurs lieux" in answer.place.notes[-1]


def test_a_department_behind_the_name_settles_an_ambiguous_address(client: TestClient) -> None:
    answer = ask(client, {"address": "Mirepoix (09)"}, "2024-03-01")
    doctors = next(m for m in answer.memberships if m.zoning == "doctors")
    assert (doctors.state, doctors.code, answer.place.citycode) == ("inside", "ZIP", "09194")
