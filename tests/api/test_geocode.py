"""Geocoding through HTTP: the national API's parameters and GeocodeJSON, problem+json errors, CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

LES_ORMES = (2.07, 46.07)
NATIONAL = {
    "label",
    "score",
    "id",
    "name",
    "postcode",
    "citycode",
    "x",
    "y",
    "city",
    "context",
    "type",
    "importance",
    "_type",
}


@pytest.fixture(scope="module")
def http(small_bundle: Path, small_gazetteer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application on the small France, its gazetteer holding the hand-drawn addresses."""
    bundle = tmp_path_factory.mktemp("with-addresses")
    for file in (*small_bundle.iterdir(), small_gazetteer):
        (bundle / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((bundle / "manifest.json").read_text())
    content = small_gazetteer.read_bytes()
    entry = {"id": "addresses", "file": small_gazetteer.name, "kind": "addresses", "rows": 0, "bytes": len(content),
             "sha256": hashlib.sha256(content).hexdigest(), "producer": "Essai", "licence": "Licence Ouverte 2.0"}  # fmt: skip
    manifest["datasets"].append(manifest["datasets"][0] | entry)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONAGE_DATA_DIR", str(bundle))
        patch.setenv("ZONAGE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        settings = Settings()
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        yield running


def test_a_client_of_the_national_api_reads_the_answer(http: TestClient) -> None:
    answer = http.get("/v1/geocode/search", params={"q": "1 rue de la paix 03100 aube", "limit": 5, "autocomplete": 0})
    assert answer.status_code == 200
    document = answer.json()
    assert document["type"] == "FeatureCollection"
    place = document["features"][0]
    assert place["geometry"] == {"type": "Point", "coordinates": [pytest.approx(2.05), pytest.approx(46.05)]}
    properties = place["properties"]
    assert properties.keys() >= NATIONAL | {"housenumber", "street"}
    assert (properties["name"], properties["street"], properties["type"]) == (
        "1 Rue de la Paix",
        "Rue de la Paix",
        "housenumber",
    )
    assert properties["context"] == "03, Allier, Auvergne-Rhône-Alpes"
    assert 600_000 < properties["x"] < 800_000  # Lambert-93 metres
    assert properties["confidence"] == 1.0


def test_nothing_found_is_an_empty_collection(http: TestClient) -> None:
    for flag in ("0", "1"):
        answer = http.get("/v1/geocode/search", params={"q": "qsdlkj asdkjh", "autocomplete": flag})
        assert (answer.status_code, answer.json()["features"]) == (200, [])


def test_filters_narrow_the_answer(http: TestClient) -> None:
    def first(**params: object) -> dict[str, object]:
        features = http.get(
            "/v1/geocode/search", params={"q": "1 rue de la paix", "autocomplete": "0", **params}
        ).json()["features"]
        return dict(features[0]["properties"]) if features else {}

    assert first(citycode="03002")["citycode"] == "03002"
    assert first(city="Bois")["citycode"] == "03002"
    assert first(postcode="03100")["postcode"] == "03100"
    assert first(lon=2.15, lat=46.05, postcode="03100")["citycode"] == "03002"
    assert first(lon=2.05, lat=46.05, postcode="03100")["citycode"] == "03001"
    assert first(citycode="03002", type="municipality")["type"] == "municipality"
    assert first(citycode="99999") == {}


def test_completion_is_on_unless_refused_and_fast(http: TestClient) -> None:
    labels = [f["properties"]["label"] for f in http.get("/v1/geocode/search", params={"q": "Aub"}).json()["features"]]
    assert labels == ["03100 Aube"]
    took = []
    for text in ("rue de la p", "av", "1 rue de la paix au", "031", "place", "pari") * 10:
        if len(text) >= 3:
            started = time.perf_counter()
            assert http.get("/v1/geocode/search", params={"q": text, "autocomplete": "1"}).status_code == 200
            took.append(time.perf_counter() - started)
    assert sorted(took)[len(took) // 2] < 0.02


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "q"), ({"q": "ab"}, "q"), ({"q": "a" * 201}, "q"), ({"q": "?rue de la paix"}, "q"), ({"q": "rue\x00paix"}, "q"),
        ({"q": "rue de la paix", "limit": 0}, "limit"), ({"q": "rue de la paix", "limit": 21}, "limit"),
        ({"q": "rue de la paix", "limit": "x"}, "limit"), ({"q": "rue de la paix", "autocomplete": "maybe"}, "autocomplete"),
        ({"q": "rue de la paix", "lon": 2}, "lat"), ({"q": "rue de la paix", "lat": 46}, "lon"),
        ({"q": "rue de la paix", "lon": "nan", "lat": 46}, "lon"), ({"q": "rue de la paix", "lon": 181, "lat": 46}, "lon"),
        ({"q": "rue de la paix", "type": "poi"}, "type"), ({"q": "rue de la paix", "postcode": "3100"}, "postcode"),
        ({"q": "rue de la paix", "citycode": "3A001x"}, "citycode"), ({"q": "rue de la paix", "city": "x" * 51}, "city"),
        ({"q": "rue de la paix", "city": "Aube", "citycode": "03001"}, "city"),
        ({"q": "rue de la paix", "index": "parcel"}, "index"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_problem_that_names_the_parameter(
    http: TestClient, params: dict[str, object], field: str
) -> None:
    answer = http.get("/v1/geocode/search", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field
    assert "paix" not in answer.text


def test_reverse_gives_the_nearest_door_or_the_commune(http: TestClient) -> None:
    door = http.get("/v1/geocode/reverse", params={"lon": 2.05004, "lat": 46.05002}).json()["features"][0]["properties"]
    assert (door["label"], door["type"]) == ("1 Rue de la Paix 03100 Aube", "housenumber")
    assert 0 <= door["distance"] <= 10
    far = http.get("/v1/geocode/reverse", params={"lon": 2.02, "lat": 46.02}).json()["features"][0]["properties"]
    assert (far["type"], far["citycode"]) == ("municipality", "03001")
    assert http.get("/v1/geocode/reverse", params={"lon": -30, "lat": 40}).json()["features"] == []


def around(http: TestClient, **params: object) -> list[dict[str, object]]:
    answer = http.get("/v1/geocode/reverse", params={"lon": 2.05004, "lat": 46.05002, **params})
    assert answer.status_code == 200
    return [feature["properties"] for feature in answer.json()["features"]]


def test_reverse_lists_the_nearest_of_a_type(http: TestClient) -> None:
    doors = around(http, limit=3)
    assert [door["type"] for door in doors] == ["housenumber"] * 3
    distances = [float(str(door["distance"])) for door in doors]
    assert distances == sorted(distances)
    assert distances[-1] <= 200
    assert [(p["type"], p["name"]) for p in around(http, type="street")] == [("street", "Rue de la Paix")]
    assert [(p["type"], p["citycode"]) for p in around(http, type="municipality")] == [("municipality", "03001")]
    assert around(http, postcode="03999") == around(http, citycode="03002") == []
    assert len(around(http, postcode="03100", citycode="03001")) == 1


def test_reverse_gives_a_place_without_numbers_when_no_number_is_near(http: TestClient) -> None:
    here = around(http, lon=LES_ORMES[0] + 0.0005, lat=LES_ORMES[1])
    assert [(place["type"], place["name"]) for place in here] == [("locality", "Les Ormes")]


@pytest.mark.parametrize("params", [{}, {"lon": 2}, {"lat": 46}, {"lon": "inf", "lat": 46}, {"searchgeom": "{}"}])
def test_reverse_without_a_point_is_a_problem(http: TestClient, params: dict[str, object]) -> None:
    answer = http.get("/v1/geocode/reverse", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def post(http: TestClient, content: str | bytes, **fields: object) -> tuple[int, str, str]:
    data = content.encode() if isinstance(content, str) else content
    answer = http.post("/v1/geocode/search/csv", files={"data": ("a.csv", data, "text/csv")}, data=fields)  # type: ignore[arg-type]
    return answer.status_code, answer.text, answer.headers.get("x-rows-count", "")


def test_a_file_comes_back_with_the_same_rows_in_the_same_order(http: TestClient) -> None:
    first = "id;adresse;ville\n7;1 rue de la paix;Aube\n3;6 rue du 8 mai 1945;Bois\n9;;\n1;xyzzy plugh;\n"
    content = f'{first}5;"1, rue\nde la paix";Bois\n'
    status, text, count = post(http, content, columns=["adresse", "ville"])
    assert (status, count) == (200, "5")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [row["id"] for row in rows] == ["7", "3", "9", "1", "5"]
    assert [row["result_status"] for row in rows] == ["ok", "ok", "skipped", "not-found", "ok"]
    assert [row["result_citycode"] for row in rows] == ["03001", "03002", "", "", "03002"]
    assert rows[0]["longitude"] == "2.05"
    assert rows[0]["result_name"] == "1 Rue de la Paix"
    assert all(not value for name, value in rows[3].items() if name.startswith("result_") and name != "result_status")


def test_result_columns_and_filters_are_named_by_the_caller(http: TestClient) -> None:
    content = "a,code\n1 rue de la paix,03002\n1 rue de la paix,3001\n"
    _, text, _ = post(http, content, columns="a", citycode="code", result_columns=["result_label", "result_x"])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["a", "code", "result_label", "result_x"]
    assert [row["result_label"].split()[-1] for row in rows] == ["Bois", "Aube"]


@pytest.mark.parametrize(
    ("content", "fields"),
    [("", {}), ("a\n1 rue\n", {"columns": "b"}), ("a\n1\n", {"citycode": "b"}), (b"PK\x03\x04zip", {}),
     ("a\n1\n", {"result_columns": "result_secret"})],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_a_problem(
    http: TestClient, content: str | bytes, fields: dict[str, str]
) -> None:
    status, text, _ = post(http, content, **fields)
    assert status == 422
    assert '"type":"urn:zonage-sante:problem:' in text


def test_a_request_without_a_file_is_a_problem(http: TestClient) -> None:
    assert http.post("/v1/geocode/search/csv", data={"columns": "a"}).status_code == 422
    assert http.post(
        "/v1/geocode/search/csv", content=b"garbage", headers={"content-type": "multipart/form-data; boundary=x"}
    ).status_code in (400, 422)


def test_a_formula_in_our_columns_would_be_inert_and_ragged_rows_are_kept(http: TestClient) -> None:
    _, text, count = post(http, "a,b\n1 rue de la paix 03100 Aube,=1+1\nonly one\n1,2,3\n", columns="a")
    rows = list(csv.reader(io.StringIO(text)))
    assert count == "3"
    assert rows[1][1] == "=1+1"  # the caller's own cells are returned as sent
    assert [row[0] for row in rows[2:]] == ["only one", "1"]
    assert len({len(row) for row in rows}) == 1
