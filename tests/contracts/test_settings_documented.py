"""Every setting is in docs/settings.md with its default; every documented setting exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.settings import DataSettings, GeocoderSettings, HttpSettings, PageSettings

ROOT = Path(__file__).resolve().parents[2]


def test_settings_page_lists_exactly_the_settings() -> None:
    declared = {
        f"{group.model_config['env_prefix']}{name}".upper()
        for group in (DataSettings, HttpSettings, GeocoderSettings, PageSettings)
        for name in group.model_fields
    }
    documented = re.findall(r"^\| `(ZONAGE_[A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text("utf-8"), re.M)
    assert sorted(documented) == sorted(declared)


def test_empty_variables_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ZONAGE_CACHE_DIR=` in a shell or a compose file is not the current directory, `ZONAGE_PORT=` is no mistake."""
    groups = (DataSettings, HttpSettings, GeocoderSettings, PageSettings)
    expected = [group() for group in groups]
    for group in groups:
        for name in group.model_fields:
            monkeypatch.setenv(f"{group.model_config['env_prefix']}{name}".upper(), "")
    assert [group() for group in groups] == expected
