"""The hot way of /v1/zones writes what the long way writes, and refuses what it refuses."""

from __future__ import annotations

import random

import pytest
from starlette.testclient import TestClient

from app.api.hot_zones import PLAIN_QUERY, HotZones
from app.api.schemas import ZonesAnswer


def long_way(client: TestClient, query: str) -> tuple[int, bytes]:
    """`near=0` is the default, but makes the question too rich for the hot way."""
    response = client.get(f"/v1/zones?{query}&near=0")
    return response.status_code, response.content


def test_both_ways_write_the_same_bytes(small_client: TestClient) -> None:
    rng = random.Random(20261123)
    seen = set()
    for turn in range(400):
        lon, lat = round(rng.uniform(1.95, 2.65), 7), round(rng.uniform(45.96, 46.14), 7)
        query = f"lon={lon}&lat={lat}" + ("&date=2024-03-01" if turn % 3 == 0 else "")
        for _ in range(2):  # the second time from the fragments
            response = small_client.get(f"/v1/zones?{query}")
            assert (response.status_code, response.content) == long_way(small_client, query), query
        seen.add(response.status_code)
        if response.status_code == 200:
            ZonesAnswer.model_validate(response.json())
    assert seen == {200, 404}


def test_places_known_by_a_box_are_never_answered_from_a_neighbour_s_fragment(small_client: TestClient) -> None:
    off_box = small_client.get("/v1/zones?lon=2.36&lat=46.07").json()
    in_box = small_client.get("/v1/zones?lon=2.335&lat=46.035").json()
    states = [[m["state"] for m in body["memberships"] if m.get("generation") == 2024] for body in (off_box, in_box)]
    assert states == [["outside"], ["unknown"]]


def test_fragments_are_really_used(small_client: TestClient) -> None:
    service = small_client.app.state.service
    hot = HotZones(lambda: service)
    first = hot.plain(service, b"lon=2.05&lat=46.05")
    assert first is not None
    assert hot.plain(service, b"lon=2.051&lat=46.051") == first.replace(b"2.05,", b"2.051,").replace(
        b"46.05,", b"46.051,"
    )


@pytest.mark.parametrize(
    "query",
    ["lon=2.05", "lat=46.05&lon=2.05", "lon=1e1&lat=46", "lon=+2.05&lat=46", "lon=2.05&lat=46&date=2026-02-30",
     "lon=2.05&lat=146", "lon=2.05&lat=46&lon=3", "lon=2.05&lat=46&near=1", "lon=nan&lat=46"],
)  # fmt: skip
def test_anything_else_goes_the_long_way(small_client: TestClient, query: str) -> None:
    service = small_client.app.state.service
    assert HotZones(lambda: service).plain(service, query.encode()) is None
    assert small_client.get(f"/v1/zones?{query}").status_code in (200, 404, 422)


def test_pattern_is_linear() -> None:
    assert PLAIN_QUERY.match(b"lon=" + b"1" * 50_000) is None
