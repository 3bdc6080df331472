"""Catalogues carry an ETag of their own bytes: a client that holds them is not sent them again."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

CATALOGUES = [
    "/v1/aids", "/v1/aids/caim", "/v1/aids?profession=infirmier", "/v1/zonings", "/v1/zonings/qpv-2024", "/v1/datasets",
    "/v1/communes/09122?date=2024-03-01&known_on=2026-03-01",
]  # fmt: skip


@pytest.mark.parametrize("path", CATALOGUES)
def test_a_catalogue_already_held_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    etag = first.headers["etag"]
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == first.content
    assert client.head(path).headers["etag"] == etag


def test_another_answer_has_another_etag(client: TestClient) -> None:
    tags = {client.get(path).headers["etag"] for path in CATALOGUES}
    assert len(tags) == len(CATALOGUES)


def test_errors_and_evaluations_are_not_tagged(client: TestClient) -> None:
    assert "etag" not in client.get("/v1/aids/not-an-aid").headers
    assert "etag" not in client.post("/v1/aids/evaluate", json={"date": "2026-03-01"}).headers
