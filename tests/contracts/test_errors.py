"""One error shape on every route, nothing echoed, no 500 for a caller's mistake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

MARK = "zq9echo"
HOSTILE = [
    b'{"place": {"lon": NaN, "lat": 48.85}}',
    b'{"place": {"lon": 1e400, "lat": 48.85}}',
    b'{"place": {"address": "\\ud800"}}',
    b'{"place": {"address": "Foix\\u0000"}}',
    b'{"place": {"lon": [[[[1]]]], "lat": {}}}',
    b'{"place": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"place": {"lon": ' + b"9" * 5_000 + b', "lat": 1}}',
    b'{"date": "' + MARK.encode() + b'"}',
    b'{"' + MARK.encode() + b'": 1}',
    b"\xff\xfe\x00",
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as running:
        yield running


def is_problem(response: object) -> None:
    content_type = response.headers.get("content-type", "")  # type: ignore[attr-defined]
    assert content_type == "application/problem+json", (response, content_type)
    body = response.json()  # type: ignore[attr-defined]
    assert body["status"] == response.status_code  # type: ignore[attr-defined]
    assert body["title"]
    assert body["detail"]
    assert MARK not in response.text  # type: ignore[attr-defined]


def paths(client: TestClient, method: str) -> list[str]:
    document = client.get("/openapi.json").json()
    return [path for path, operations in document["paths"].items() if method in operations]


def test_unknown_routes_and_methods_are_problems(client: TestClient) -> None:
    is_problem(client.get(f"/{MARK}"))
    is_problem(client.get(f"/v1/{MARK}"))
    for path in paths(client, "get"):
        response = client.request("PATCH", path.replace("{", "").replace("}", ""))
        assert response.status_code in (404, 405), path
        is_problem(response)


def test_every_get_route_answers_a_problem_or_an_answer_to_junk(client: TestClient) -> None:
    for path in paths(client, "get"):
        filled = path
        while "{" in filled:
            start, end = filled.index("{"), filled.index("}")
            filled = filled[:start] + MARK + filled[end + 1 :]
        response = client.get(filled, params={MARK: MARK})
        assert response.status_code < 500, (path, response.text)
        if response.status_code >= 400:
            is_problem(response)


@pytest.mark.parametrize("body", HOSTILE)
def test_every_post_route_refuses_hostile_json(client: TestClient, body: bytes) -> None:
    for path in paths(client, "post"):
        response = client.post(path, content=body, headers={"content-type": "application/json"})
        assert 400 <= response.status_code < 500, (path, response.status_code, response.text[:300])
        is_problem(response)


@pytest.mark.parametrize(
    "path", ["/v1/zones?lon=1.6&lat=42.96", "/v1/zonings", "/tiles/doctors.json", "/livez", "/v1/zones"]
)
def test_head_is_a_get_without_its_body(client: TestClient, path: str) -> None:
    got, headed = client.get(path), client.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    same = ("content-type", "content-length", "etag")
    assert [headed.headers.get(name) for name in same] == [got.headers.get(name) for name in same]


def test_thirty_megabytes_are_refused_with_and_without_length(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 1_000_000

    for content in (b" " * 30_000_000, chunks()):
        response = client.post("/v1/assess", content=content, headers={"content-type": "application/json"})
        assert response.status_code == 413
        is_problem(response)


def test_every_operation_declares_its_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation["responses"]["422"]["content"]
            assert list(content) == ["application/problem+json"], (path, method)


def test_limits_are_published(client: TestClient) -> None:
    limits = client.get("/v1/limits").json()
    assert limits["max_body_bytes"] == 1_048_576
    assert (limits["max_held_aids"], limits["max_evaluated_zones"], limits["max_geocode_results"]) == (50, 200, 20)
    assert (limits["max_uncertainty_m"], limits["max_tile_zoom"]) == (10_000, 14)
    assert all(value is None or value for value in limits.values())


def test_health_routes_answer(client: TestClient) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["data_version"]
    assert "zonage_requests_total" in client.get("/metrics").text


def test_reload_route_does_not_exist_without_a_token(client: TestClient) -> None:
    is_problem(client.post("/admin/reload"))
