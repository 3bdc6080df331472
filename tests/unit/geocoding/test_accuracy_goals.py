"""The accuracy goals of research/geocoding.md § 8 on the shared test set, and real BAN addresses of one town."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.geocoding.build import build_gazetteer
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocodejson import public_type
from app.geocoding.geocoder import AddressQuery, GeocodeResult
from app.geocoding.normalise import fold

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture(scope="module")
def reference(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> EmbeddedGeocoder:
    out = tmp_path_factory.mktemp("reference") / "gazetteer.sqlite"
    files = [shared / "data" / "geocoding" / "reference.ndjson.xz"]
    return EmbeddedGeocoder.open(build_gazetteer(ROOT / "data" / "geo", out, files))


def rows_of(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream, delimiter=delimiter)


def same(one: str | None, other: str | None) -> bool:
    return fold(one or "").replace(" ", "") == fold(other or "").replace(" ", "")


def judge(row: dict[str, str], found: GeocodeResult) -> tuple[bool, bool]:
    """(fully right, falsely precise) by the rule of shared/data/geocoding/README.md."""
    kind = public_type(found)
    commune = found.citycode == row["expected_citycode"]
    accepted = commune or found.citycode in row["accept_citycodes"].split(";")
    street = commune and same(found.street, row["expected_street"])
    number = street and same(found.housenumber, row["expected_housenumber"])
    right = {
        "housenumber": kind == "housenumber" and number, "street": kind == "street" and street,
        "municipality": kind == "municipality" and accepted, "none": kind is None or found.confidence < 0.5,
    }[row["expected_type"]]  # fmt: skip
    claims = kind in ("street", "housenumber")
    return right, claims and not (number if kind == "housenumber" else street)


def test_the_shared_test_set_is_answered_to_the_goals(reference: EmbeddedGeocoder, shared: Path) -> None:
    asked, right, false = Counter[str](), Counter[str](), Counter[str]()
    doors = kept = wrong = 0
    for row in rows_of(shared / "data" / "geocoding" / "queries.csv.gz"):
        query = AddressQuery(row["q"], row["filter_postcode"] or None, row["filter_citycode"] or None)
        found = reference.find(query)
        is_right, is_false = judge(row, found)
        category = row["category"]
        asked[category] += 1
        right[category] += is_right
        false[category] += is_false
        if row["expected_type"] == "housenumber":
            doors += 1
            if public_type(found) == "housenumber" and found.confidence >= 0.8:
                kept += is_right
                wrong += not is_right
    total = asked.total()
    assert total == 12_350
    assert right.total() / total >= 0.985
    assert false.total() / total <= 0.003
    assert false["unknown_street"] / asked["unknown_street"] <= 0.02
    assert {
        category: right[category] / asked[category] for category in asked if right[category] < 0.95 * asked[category]
    } == {}
    assert kept / doors >= 0.98
    assert wrong / (kept + wrong) <= 0.002


def test_every_address_of_a_real_town_is_found_and_reversed(shared: Path, tmp_path: Path) -> None:
    file = shared / "data" / "ban_bondy" / "adresses-93010.csv.gz"
    bondy = EmbeddedGeocoder.open(build_gazetteer(ROOT / "data" / "geo", tmp_path / "bondy.sqlite", [file]))
    rows = list(rows_of(file, ";"))
    assert len(rows) == 8_413
    found = 0
    for row in rows:
        number = f"{row['numero']} {row['rep']}".strip()
        place = bondy.find(AddressQuery(f"{number} {row['nom_voie']} 93140 Bondy"))
        found += (
            public_type(place) == "housenumber"
            and same(place.street, row["nom_voie"])
            and same(place.housenumber, number)
        )
    assert found / len(rows) >= 0.995


def test_postcode_and_name_as_published_lead_to_the_commune(reference: EmbeddedGeocoder, shared: Path) -> None:
    rows = [
        row
        for row in rows_of(shared / "data" / "zonage_medecins" / "zonage_medecins_cp_nom.csv.gz")
        if row["code_insee"]
    ]
    right = sum(
        reference.find(AddressQuery(f"{row['code_postal']} {row['nom']}")).citycode == row["code_insee"] for row in rows
    )
    assert right / len(rows) >= 0.999
