"""Every setting is in docs/settings.md with its default; every documented setting exists."""

from __future__ import annotations

import re
from pathlib import Path

from app.settings import DataSettings, GeocoderSettings, HttpSettings, PageSettings

ROOT = Path(__file__).resolve().parents[2]


def test_settings_page_lists_exactly_the_settings() -> None:
    declared = {
        f"{group.model_config['env_prefix']}{name}".upper()
        for group in (DataSettings, HttpSettings, GeocoderSettings, PageSettings)
        for name in group.model_fields
    }
    documented = set(re.findall(r"^\| `(ZONAGE_[A-Z_]+)` \|", (ROOT / "docs/settings.md").read_text("utf-8"), re.M))
    assert documented == declared
