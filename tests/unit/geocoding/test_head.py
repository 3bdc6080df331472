"""Packed heads: what goes in comes out, and a damaged one is refused."""

from __future__ import annotations

import pytest

from app.geocoding.head import Head, code_number, pack_head
from app.geocoding.head_draft import Head as Draft
from app.places import LonLat


def draft() -> Draft:
    head = Draft()
    head.add(
        "2A004", "Ajaccio", "COM", "2A", 70_000, ["20000", "20090"], LonLat(8.7, 41.9), (8.5, 41.8, 8.9, 42.0), None
    )
    head.add("97411", "Saint-Denis", "COM", "974", 150_000, ["97400"], LonLat(55.4, -20.9), None, None)
    head.add_alias(1, "L'Île œuvrée", "97499")
    head.former["97499"] = 1
    return head


def test_columns_come_out_as_they_went_in() -> None:
    columns = draft().columns()
    head = Head(pack_head(columns))
    assert list(head.texts("alias_name")) == columns["alias_name"]
    assert list(head.texts("keys")) == sorted(columns["keys"])
    assert head.measures("lon").tolist() == columns["lon"]
    keys, entries = head.index("keys"), head.lists("key_entries")
    for key, entry in columns["keys"].items():
        at = keys.find(key)
        assert at is not None
        assert entries[at].tolist() == ([entry] if isinstance(entry, int) else entry)
    assert keys.find("nowhere") is None


@pytest.mark.parametrize(("code", "number"), [("01004", 1004), ("2A004", 20004), ("2B033", 96033), ("97411", 97411)])
def test_a_code_is_a_number(code: str, number: int) -> None:
    assert code_number(code) == number


@pytest.mark.parametrize("code", ["", "1004", "2C004", "0100é", "010040", "٠١٠٠٤"])
def test_what_is_no_code_is_no_number(code: str) -> None:
    assert code_number(code) is None


def test_a_damaged_head_is_refused() -> None:
    packed = pack_head(draft().columns())
    with pytest.raises((ValueError, TypeError)):
        Head(packed[:40])
