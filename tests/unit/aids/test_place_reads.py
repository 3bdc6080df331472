"""What rules read of a place: facts become the limits they pass, and what is unknown stays told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.aids.facts import FactValue
from app.aids.loader import load_rules
from app.aids.place_reads import FactReader, atoms_of, environment_of, leaves_of, version_days
from app.aids.territory import CodeIs, That
from app.aids.zone_predicate import ZonePredicate

BOOK = load_rules(Path(__file__).resolve().parents[3] / "data" / "aids", with_examples=False)
READER = FactReader(BOOK)
PLACE: dict[str, FactValue] = {
    "precision": "point", "commune": "09122", "departement": "09", "region": "76", "population": 1500,
    "km_to_nearest_zip_zac": 4.0,
}  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [{"population": 1999}, {"population": 3}, {"km_to_nearest_zip_zac": 0.0}, {"km_to_nearest_zip_zac": 10.0},
     {"commune": "09225"}, {"precision": "street"}],
)  # fmt: skip
def test_facts_on_one_side_of_every_limit_read_alike(other: dict[str, FactValue]) -> None:
    assert READER.read({**PLACE, **other}) == READER.read(PLACE)


@pytest.mark.parametrize(
    "other",
    [{"population": 2000}, {"km_to_nearest_zip_zac": 10.01}, {"departement": "32"}, {"region": "11", "departement": "75"},
     {"commune": "75056", "departement": "75", "region": "11"}],
)  # fmt: skip
def test_facts_beyond_a_limit_of_a_rule_read_otherwise(other: dict[str, FactValue]) -> None:
    assert READER.read({**PLACE, **other}) != READER.read(PLACE)


@pytest.mark.parametrize("name", ["population", "km_to_nearest_zip_zac", "departement"])
def test_a_fact_that_is_not_known_reads_otherwise_even_where_it_decides_nothing(name: str) -> None:
    assert READER.read({fact: value for fact, value in PLACE.items() if fact != name}) != READER.read(PLACE)


def test_an_address_error_reads_as_a_distance_that_may_pass_the_limit() -> None:
    near = {**PLACE, "km_to_nearest_zip_zac": 9.99}
    assert READER.read({**near, "address_error_m": 30.0}) != READER.read({**near, "address_error_m": 5.0})


def test_wider_codes_follow_from_the_commune() -> None:
    env = environment_of({"commune": "75112"})
    assert (env.get("departement"), env.get("region")) == ("75", "11")
    assert env.get("population") is None


def test_atoms_are_zones_tests_of_the_place_and_its_facts() -> None:
    rule = BOOK.aids["cde-installe"]
    atoms = list(atoms_of(rule))
    kinds = {type(atom) for atom in atoms}
    assert {ZonePredicate, That} <= kinds <= {ZonePredicate, That, CodeIs, str}
    assert {name for leaf in leaves_of(rule) for name in leaf.names()} >= {"km_to_nearest_zip_zac", "address_error_m"}
    assert all(set(atoms_of(each)) <= set(atoms_of(each, with_notes=True)) for each in BOOK.aids.values())


def test_days_of_other_versions_are_those_of_the_files() -> None:
    days = set(version_days(BOOK))
    assert {date(2022, 5, 7), date(2024, 1, 1)} <= days
    assert all(date(2000, 1, 1) < day < date(2035, 1, 1) for day in days if day != date.min)
