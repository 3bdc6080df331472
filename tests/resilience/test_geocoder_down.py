"""A dead remote geocoder costs only the finer place: zonings by commune are answered, and the answer says so."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.errors import SettingError
from app.main import create_app
from app.settings import Settings


@pytest.fixture
def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_zonings_by_commune_survive_and_degraded_says_why(small_bundle: Path, tmp_path: Path, dead_port: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONAGE_DATA_DIR", str(small_bundle))
        patch.setenv("ZONAGE_CACHE_DIR", str(tmp_path))
        patch.setenv("ZONAGE_GEOCODER_URL", f"http://127.0.0.1:{dead_port}")
        settings = Settings()
    with TestClient(create_app(settings)) as client:
        started = time.monotonic()
        needs_a_point = client.get("/v1/zones", params={"address": "12 rue des Lilas 03100 Cher", "date": "2026-03-01"})
        took_s = time.monotonic() - started
        by_commune = client.get("/v1/zones", params={"address": "12 rue des Lilas 03100 Aube", "date": "2026-03-01"})
    assert needs_a_point.status_code == 200, needs_a_point.text
    assert needs_a_point.json()["degraded"]
    assert took_s < 3
    district = next(m for m in needs_a_point.json()["memberships"] if m.get("generation") == 2024)
    assert (district["state"], district["reason"]) == ("unknown", "place_too_coarse")
    assert by_commune.json()["memberships"][0]["code"] == "ZIP"


def test_plain_http_to_another_machine_is_refused_at_start() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONAGE_GEOCODER_URL", "http://geocoder.example.org")
        with pytest.raises(SettingError, match="https"):
            Settings()
