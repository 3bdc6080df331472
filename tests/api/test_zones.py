"""GET /v1/zones, /v1/zonings, /v1/communes, /v1/datasets, through HTTP on the embedded data."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.api.catalogue_schemas import CommuneAnswer, DatasetsAnswer, ZoningsAnswer
from app.api.schemas import ZonesAnswer

FOIX = {"lon": "1.6053", "lat": "42.9657"}


def zones(client: TestClient, **params: str) -> ZonesAnswer:
    response = client.get("/v1/zones", params=params)
    assert response.status_code == 200, response.text
    return ZonesAnswer.model_validate(response.json())


def state(answer: ZonesAnswer, zoning: str, generation: int | None = None) -> tuple[str, str | None]:
    found = [m for m in answer.memberships if m.zoning == zoning and (generation is None or m.generation == generation)]
    return found[0].state, found[0].code


def test_point_in_foix_has_its_classes_and_their_sources(client: TestClient) -> None:
    answer = zones(client, **FOIX, date="2026-03-01")
    assert answer.place.citycode == "09122"
    assert state(answer, "doctors") == ("inside", "ZAC")
    assert state(answer, "zrr")[0] == "outside"
    assert state(answer, "frr") == ("inside", "FRR")
    doctors = answer.memberships[0]
    assert doctors.source is not None
    assert doctors.valid_from is not None
    assert doctors.caveats


def test_zrr_gives_way_to_frr_on_the_first_of_july_2024(client: TestClient) -> None:
    before = zones(client, citycode="09122", date="2024-06-30")
    after = zones(client, citycode="09122", date="2024-07-01")
    assert state(before, "zrr")[0] == "inside"
    assert state(before, "frr")[0] == "unknown"
    assert state(after, "zrr")[0] == "outside"
    assert state(after, "frr")[0] == "inside"


def test_outside_the_pilot_is_unknown_and_says_why(client: TestClient) -> None:
    answer = zones(client, citycode="29019")
    assert state(answer, "doctors") == ("unknown", None)
    assert answer.memberships[0].reason == "territory_not_covered"


def test_paris_needs_its_arrondissement(client: TestClient) -> None:
    assert zones(client, citycode="75056").memberships[0].reason == "whole_city_code"
    assert zones(client, citycode="75120").memberships[0].state in ("inside", "outside")


def test_corsican_and_overseas_codes_answer(client: TestClient) -> None:
    assert zones(client, citycode="2A004").place.city == "Ajaccio"
    assert zones(client, lon="55.4504", lat="-20.8789").place.citycode == "97411"


def test_near_lists_the_closest_better_zone_with_distance(client: TestClient) -> None:
    answer = zones(client, **FOIX, date="2026-03-01", near="1")
    assert answer.near is not None
    best = {near.zoning: near for near in answer.near}
    assert best["doctors"].code == "ZIP"
    assert 0 < best["doctors"].signed_distance_m < 50_000
    assert 0 <= best["doctors"].bearing_deg < 360


def test_doubtful_band_alone_gives_a_distance(client: TestClient) -> None:
    answer = zones(client, **FOIX)
    assert all(m.distance_to_border_m is None for m in answer.memberships if m.state != "near_border")


@pytest.mark.parametrize(
    ("params", "status", "words"),
    [
        ({}, 422, "exactly one way"),
        ({"lon": "2.35"}, 422, "go together"),
        ({"lon": "2.35", "lat": "48.85", "citycode": "75101"}, 422, "exactly one way"),
        ({"lon": "nan", "lat": "48.85"}, 422, "decimal number"),
        ({"lon": "1_000", "lat": "48.85"}, 422, "decimal number"),
        ({"lon": "1e400", "lat": "48.85"}, 422, "lon must be"),
        ({"lon": "200", "lat": "48.85"}, 422, "between -180 and 180"),
        ({"lon": "48.85", "lat": "2.35"}, 404, "swapped"),
        ({"lon": "12.5", "lat": "41.9"}, 404, "outside France"),
        ({"lon": "-4.0", "lat": "47.0"}, 404, "at sea or across the border"),
        ({"citycode": "75001x"}, 422, "INSEE code"),
        ({"citycode": "99999"}, 404, "INSEE code"),
        ({"citycode": "09122", "date": "1999-12-31"}, 422, "date must be"),
        ({"citycode": "09122", "date": "2026-02-30"}, 422, "date must be"),
        ({"citycode": "09122", "wrong": "x"}, 422, "unknown field"),
        ({"address": "a" * 201}, 422, "1 to 200"),
        ({"address": "Foix\x00"}, 422, "control characters"),
    ],
)
def test_bad_questions_get_a_clear_problem(client: TestClient, params: dict[str, str], status: int, words: str) -> None:
    response = client.get("/v1/zones", params=params)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.json()["detail"]


def test_repeated_parameter_is_refused(client: TestClient) -> None:
    assert client.get("/v1/zones?citycode=09122&citycode=75101").status_code == 422


def test_zonings_list_those_without_data_and_how_to_install_them(client: TestClient) -> None:
    answer = ZoningsAnswer.model_validate(client.get("/v1/zonings").json())
    keys = {zoning.key: zoning for zoning in answer.zonings}
    assert keys["zfu"].vintages == []
    assert "Aucun fichier national" in str(keys["zfu"].install)
    assert keys["doctors"].install is None
    assert keys["doctors"].vintages[0].source.title
    assert client.get("/v1/zonings/qpv-2024").json()["generation"] == 2024
    assert client.get("/v1/zonings/nothing").status_code == 404


def test_outside_the_pilot_the_answer_says_how_to_install_national_data(client: TestClient) -> None:
    """The command must work as it stands: a build that names no directory holds the pilot only."""
    answer = ZonesAnswer.model_validate(client.get("/v1/zones?citycode=31555").json())
    told = {(membership.zoning, membership.generation): membership for membership in answer.memberships}
    assert told["frr", None].reason == "territory_not_covered"
    assert "data build --from data/downloads" in str(told["frr", None].install)
    assert "à la main" in str(told["doctors", None].install)
    assert "Aucun fichier national" in str(told["montagne", None].install)


def test_commune_by_its_code_and_by_a_former_one(client: TestClient) -> None:
    answer = CommuneAnswer.model_validate(client.get("/v1/communes/09122").json())
    assert (answer.commune.city, answer.commune.department_name) == ("Foix", "Ariège")
    assert client.get("/v1/communes/09999").status_code == 404
    assert client.get("/v1/communes/foix").status_code == 422


def test_datasets_are_listed_with_their_proof(client: TestClient) -> None:
    answer = DatasetsAnswer.model_validate(client.get("/v1/datasets").json())
    assert {dataset.kind for dataset in answer.datasets} >= {"communes", "classes", "outlines"}
    assert all(len(dataset.sha256) == 64 and dataset.licence for dataset in answer.datasets)
