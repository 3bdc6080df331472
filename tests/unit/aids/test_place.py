"""The place as rules see it: codes that follow from others, memberships of the service, facts of a classified place."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.facts import FactValue
from app.aids.place import NearZone, Place, World, ZoneFact, zone_fact
from app.aids.place_facts import place_facts
from app.aids.regions import may_lie_in, with_region
from app.places import Commune
from app.zones.models import Basis, Membership, Precision, Reason, State


@pytest.mark.parametrize(
    ("given", "departement", "region"),
    [
        ({"commune": "31555"}, "31", "76"),
        ({"commune": "2A004"}, "2A", "94"),
        ({"commune": "97411"}, "974", "04"),
        ({"commune": "97611"}, "976", "06"),
        ({"commune": "97701"}, "977", None),
        ({"departement": "93"}, "93", "11"),
        ({"departement": "99"}, "99", None),
        ({"region": "76"}, None, "76"),
        ({}, None, None),
    ],
)
def test_department_and_region_follow_from_the_narrowest_code(
    given: dict[str, FactValue], departement: str | None, region: str | None
) -> None:
    known = with_region(dict(given))
    assert (known.get("departement"), known.get("region")) == (departement, region)
    facts = Place((World(()),), given).facts
    assert (facts.get("departement"), facts.get("region")) == (departement, region)


@pytest.mark.parametrize(
    ("fact", "code", "facts", "may"),
    [
        ("commune", "75119", {"departement": "93"}, False),
        ("commune", "75119", {"region": "11"}, True),
        ("departement", "31", {"region": "11"}, False),
        ("departement", "31", {}, True),
        ("epci", "200066637", {"region": "11"}, True),
    ],
)
def test_a_code_is_ruled_out_by_a_wider_one(fact: str, code: str, facts: dict[str, FactValue], may: bool) -> None:
    assert may_lie_in(fact, code, facts) is may


def test_a_border_counts_when_it_is_closer_than_the_address_is_precise() -> None:
    near = (
        NearZone("zfu", 1.0),
        NearZone("qpv", 40.0, 2024),
        NearZone("qpv", -12.0, 2015),
        NearZone("qpv", 12.1, 2024),
    )
    place = Place((World(()),), {}, near, tolerance_m=12.0)
    assert place.border_near("qpv", 2015) == near[2]
    assert place.border_near("qpv", 2024) is None
    assert place.border_near("qpv", None) == near[2]
    assert place.border_near("zfu", 2024) == near[0]
    assert place.border_near("zrr", None) is None


FIRST, LAST, SEEN = date(2020, 1, 1), date(2023, 12, 31), date(2019, 12, 1)


def membership(state: State, reason: Reason | None = None, code: str | None = None, *codes: str) -> Membership:
    return Membership(
        "qpv", state, "QPV", Basis.OUTLINE, 2015, code, codes, reason, 12.5, "qpv", "partial", "sub", True, "v1", FIRST,
        LAST, SEEN,
    )  # fmt: skip


def test_a_membership_of_the_service_is_kept_whole() -> None:
    assert zone_fact(membership(State.NEAR_BORDER, Reason.NEAR_BORDER, "A", "A", "B")) == ZoneFact(
        "qpv", State.NEAR_BORDER, "A", ("A", "B"), 2015, "qpv", "partial", "sub", True, FIRST, LAST, SEEN,
        "adresse trop proche de la limite", 12.5,
    )  # fmt: skip


def test_a_single_code_is_the_only_one_that_applies() -> None:
    assert zone_fact(membership(State.INSIDE, None, "A")).codes == ("A",)
    assert zone_fact(membership(State.INSIDE)).codes == ()


def test_a_zoning_that_ended_leaves_the_place_outside_ever_since() -> None:
    fact = zone_fact(membership(State.OUTSIDE, Reason.ZONING_ENDED))
    assert (fact.valid_from, fact.valid_to) == (date(2024, 1, 1), None)
    assert [fact.holds_on(day) for day in (LAST, date(2024, 1, 1), date(2100, 1, 1))] == [False, True, True]
    plain = zone_fact(membership(State.OUTSIDE))
    assert [plain.holds_on(day) for day in (date(2019, 12, 31), FIRST, LAST, date(2024, 1, 1))] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.ZONING_ENDED])
def test_each_reason_of_the_service_is_told_in_french(reason: Reason) -> None:
    why = zone_fact(membership(State.UNKNOWN, reason)).why
    assert why is not None
    assert "_" not in why
    assert zone_fact(membership(State.UNKNOWN)).why is None


COMMUNE = Commune("31555", "COM", "Toulouse", "31", "76", "243100518", 500_000, ("31000",), None, None, None, True)


@pytest.mark.parametrize(
    ("precision", "word"),
    [
        (Precision.POINT, "point"), (Precision.HOUSENUMBER, "point"), (Precision.INTERPOLATED, "point"),
        (Precision.STREET, "street"), (Precision.LOCALITY, "street"), (Precision.MUNICIPALITY, "commune"),
    ],
)  # fmt: skip
def test_the_precision_of_an_address_in_the_words_of_rules(precision: Precision, word: str) -> None:
    assert place_facts(None, precision, None, None) == {"precision": word}


def test_a_classified_place_tells_all_that_rules_may_ask() -> None:
    assert place_facts(COMMUNE, Precision.POINT, 12.5, 0.0) == {
        "precision": "point", "address_error_m": 12.5, "commune": "31555", "departement": "31", "region": "76",
        "epci": "243100518", "population": 500_000, "km_to_nearest_zip_zac": 0.0,
    }  # fmt: skip


def test_what_is_unknown_of_a_place_is_left_out() -> None:
    bare = Commune("97701", "COM", "Saint-Barthélemy", "977", "", None, None, (), None, None, None, False)
    known = place_facts(bare, Precision.POINT, 0.0, None)
    assert set(known) == {"precision", "commune", "departement", "region"}
    assert place_facts(None, Precision.POINT, 20_000.0, 3.5) == {
        "precision": "point", "address_error_m": 10_000.0, "km_to_nearest_zip_zac": 3.5,
    }  # fmt: skip
