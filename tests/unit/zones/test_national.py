"""The national bundle, built from the real data, classifies real places; skipped, visibly, where the data is absent."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np

from app.zones.catalogue import Catalogue
from app.zones.classify import classify, classify_many
from app.zones.models import Membership, Place, Precision, Reason, State
from app.zones.near import nearest_better
from app.zones.vocabulary import ZONINGS

ON = date(2026, 3, 1)
KEYS = [spec.key for spec in ZONINGS]


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def of(memberships: tuple[Membership, ...], key: str) -> Membership:
    return memberships[KEYS.index(key)]


def by_code(national: Catalogue, code: str, on: date = ON) -> tuple[Membership, ...]:
    return classify(national, Place(insee_code=code, precision=Precision.MUNICIPALITY), on, ON).memberships


def test_every_doctors_class_is_that_of_the_list(national: Catalogue, shared: Path) -> None:
    spelled = {"1_ZIP": "ZIP", "2_ZAC": "ZAC", "3_HZ": "HZ", "4_ZAR": "ZAR"}
    singled_out = {code for zone in national.zone_classes for layer in national.layers.values()
                   for z in layer.zones if z.code == zone[1] for code in z.insee_codes}  # fmt: skip
    wrong = []
    for row in rows(shared / "data/zonage_medecins/zonage_medecins_communes.csv.gz")[::7]:
        found = of(by_code(national, row["code_insee"]), "doctors")
        if row["code_insee"] not in singled_out and found.code != spelled.get(row["zonage_medecin"]):
            wrong.append((row["code_insee"], row["zonage_medecin"], found.code, found.reason))
    assert wrong == []


def test_zrr_parcels_and_partial_communes(national: Catalogue, shared: Path) -> None:
    for row in rows(shared / "data/zrr/zrr_communes_cog2021.csv.gz")[::29]:
        found = of(by_code(national, row["code_insee"], date(2022, 6, 1)), "zrr")
        expected = {"C": State.INSIDE, "P": State.UNKNOWN, "N": State.OUTSIDE}[row["zrr_simp"][0]]
        assert found.state is expected or found.reason is Reason.PARTS_DIFFER, (row, found)


def test_parcels_of_2015_districts_are_never_called_outside(national: Catalogue, shared: Path) -> None:
    """9,632 real parcels, each known to lie in a district: inside it, or too near its border, or an outline we lack."""
    parcels = rows(shared / "data/points_qpv2015_occitanie/points_qpv2015_occitanie.csv.gz")
    lon = np.array([float(row["longitude"]) for row in parcels])
    lat = np.array([float(row["latitude"]) for row in parcels])
    found = classify_many(national, lon, lat, date(2020, 1, 1), ON)
    states = [of(found.answers[number], "qpv-2015") for number in found.number]
    inside = sum(row["code_qp"] in membership.codes for row, membership in zip(parcels, states, strict=True))
    refused = [row for row, membership in zip(parcels, states, strict=True) if membership.state is State.OUTSIDE]
    assert inside > 0.95 * len(parcels)
    assert len(refused) < 0.002 * len(parcels), refused[:5]


def test_a_district_s_own_class_wins_over_its_commune(national: Catalogue, shared: Path) -> None:
    with (shared / "data/zonage_medecins/zonage_medecins_qpv_paca_extrait.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = Place(float(row["lon_interieur"]), float(row["lat_interieur"]))
            doctors = of(classify(national, place, ON, ON).memberships, "doctors")
            if doctors.state is not State.NEAR_BORDER:
                assert doctors.code == row["zonage_medecin_qpv"], row
                assert doctors.scope == "qpv"


def test_overseas_districts_begin_a_year_later(national: Catalogue) -> None:
    """Saint-Denis of La Réunion has districts of 2024, in force since 2025."""
    before = of(by_code(national, "97411", date(2024, 6, 1)), "qpv-2024")
    after = of(by_code(national, "97411"), "qpv-2024")
    assert (before.state, before.reason) == (State.UNKNOWN, Reason.NO_DATA_FOR_DATE)
    assert (after.state, after.reason) == (State.UNKNOWN, Reason.PLACE_TOO_COARSE)


def test_the_closest_district_of_the_mainland_is_near_and_measured(national: Catalogue) -> None:
    """Overseas districts are a list of their own, in force a year later: they must not hide those of the mainland.

    Distances and bearings: shapely in Lambert-93 and the geodesic on GRS 80, computed apart from this code.
    """
    for lon, lat, code, distance_m, bearing_deg in (
        (0.0, 43.2, "QN06501M", 5065.5, 52.1),
        (2.35, 48.85, "QN07519M", 2832.9, 43.7),
    ):
        memberships = classify(national, Place(lon, lat), ON, ON).memberships
        (near,) = [n for n in nearest_better(national, lon, lat, memberships, ON, ON) if n.generation == 2024]
        assert near.code == code
        assert abs(near.signed_distance_m - distance_m) < 0.002 * distance_m
        assert abs(near.bearing_deg - bearing_deg) < 0.3


def test_former_communes_answer_and_say_what_they_became(national: Catalogue, shared: Path) -> None:
    with (shared / "data/codes_absents_cog2026.csv").open(encoding="utf-8") as file:
        for row in (row for row in csv.DictReader(file) if row["commune_2026"]):
            resolution = national.communes.resolve(row["code_absent_2026"])
            assert resolution.commune.insee_code == row["commune_2026"]
            assert resolution.former is not None
