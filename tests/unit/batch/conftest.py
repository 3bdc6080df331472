"""Sources of a batch on the small hand-drawn France, without a geocoder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.aids.loader import load_rules
from app.batch.profile import Profile
from app.batch.scorer import Sources
from app.zones.catalogue import Catalogue

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 3, 1)


@pytest.fixture(scope="session")
def small_sources(small: Catalogue) -> Sources:
    return Sources(small, load_rules(ROOT / "data" / "aids"), None)


@pytest.fixture
def zones_only() -> Profile:
    return Profile(DAY, DAY)
