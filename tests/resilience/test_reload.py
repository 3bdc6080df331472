"""A new bundle is swapped in whole, under load; a broken one leaves the former in service and shows in /readyz."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

TOKEN = "a-test-token"
AUTHORIZED = {"authorization": f"Bearer {TOKEN}"}


WriteSmall = Callable[[Path, str], None]


@pytest.fixture
def served(write_small: WriteSmall, tmp_path: Path) -> Iterator[tuple[TestClient, Path]]:
    bundle = tmp_path / "bundle"
    write_small(bundle, "ZIP")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONAGE_DATA_DIR", str(bundle))
        patch.setenv("ZONAGE_CACHE_DIR", str(tmp_path / "cache"))
        patch.setenv("ZONAGE_RELOAD_TOKEN", TOKEN)
        patch.setenv("ZONAGE_RELOAD_POLL_S", "0")
        settings = Settings()
    with TestClient(create_app(settings)) as client:
        yield client, bundle


def test_requests_during_reloads_all_answer_from_one_version(
    served: tuple[TestClient, Path], write_small: WriteSmall
) -> None:
    client, bundle = served
    seen: set[tuple[str, str]] = set()
    failures: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            response = client.get("/v1/zones", params={"citycode": "03001", "date": "2026-03-01"})
            if response.status_code == 200:
                body = response.json()
                seen.add((body["data_version"], body["memberships"][0]["code"]))
            else:
                failures.append(response.status_code)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(6):
        write_small(bundle, "ZAC" if turn % 2 == 0 else "ZIP")
        assert client.post("/admin/reload", headers=AUTHORIZED).status_code == 204
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {code for _, code in seen} == {"ZIP", "ZAC"}
    assert len({version for version, _ in seen}) == 2, "a version answered with two different classes"


def test_broken_bundle_keeps_the_former_one(served: tuple[TestClient, Path]) -> None:
    client, bundle = served
    before = client.get("/readyz").json()["data_version"]
    (bundle / "manifest.json").write_text("{", "utf-8")
    refused = client.post("/admin/reload", headers=AUTHORIZED)
    assert refused.status_code == 503
    ready = client.get("/readyz").json()
    assert ready["data_version"] == before
    assert ready["reload_failed"] == "data-error"
    assert client.get("/v1/zones", params={"citycode": "03001"}).status_code == 200


def test_truncated_table_keeps_the_former_one(served: tuple[TestClient, Path]) -> None:
    client, bundle = served
    classes = bundle / "classes.parquet"
    classes.write_bytes(classes.read_bytes()[:200])
    assert client.post("/admin/reload", headers=AUTHORIZED).status_code == 503
    assert client.get("/v1/zones", params={"citycode": "03001"}).json()["memberships"][0]["code"] == "ZIP"


def test_wrong_token_learns_nothing(served: tuple[TestClient, Path]) -> None:
    client, _ = served
    assert client.post("/admin/reload", headers={"authorization": "Bearer wrong"}).status_code == 404
