"""Single desks, CPAM, ARS and tax offices: one contact per region, with an address only where a source gives one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.aids.loader import load_rules

BOOK = load_rules(Path(__file__).resolve().parents[2] / "data" / "aids")
REGIONS = {"01", "02", "03", "04", "06", "11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84", "93", "94"}


@pytest.mark.parametrize("kind", ["ars", "cpam", "paps", "ddfip"])
def test_each_region_has_its_own_contact(kind: str) -> None:
    contact = BOOK.contacts[kind]
    assert set(contact.by_region) == REGIONS
    labels = {regional.label for regional in contact.by_region.values()}
    assert len(labels) == len(REGIONS)
    assert contact.of("99") is contact


def test_a_single_desk_without_a_source_has_a_label_and_no_address() -> None:
    desks = BOOK.contacts["paps"]
    assert desks.of("76").url == "https://www.occitanie.paps.sante.fr"
    assert {region for region, desk in desks.by_region.items() if desk.url is None} == {"03", "27", "75", "93", "94"}


def test_overseas_the_health_insurance_fund_is_not_a_cpam() -> None:
    funds = BOOK.contacts["cpam"]
    assert all("CGSS" in funds.of(region).label for region in ("01", "02", "03", "04"))
    assert "Mayotte" in funds.of("06").label
    assert "CPAM" not in funds.of("06").label
