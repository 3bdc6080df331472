"""The real application, in process, on the embedded bundle and on the small hand-drawn one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings()), raise_server_exceptions=False) as running:
        yield running


@pytest.fixture(scope="session")
def small_client(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONAGE_DATA_DIR", str(small_bundle))
        patch.setenv("ZONAGE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        settings = Settings()
    with TestClient(create_app(settings), raise_server_exceptions=False) as running:
        yield running
