"""Territories: what a membership, its absence, a border or a coarse place says."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.environment import Environment, known_facts
from app.aids.place import Place
from app.aids.question import Question, read_place
from app.aids.reading import Applicant
from app.aids.territory_reader import read_territory
from app.aids.yaml_text import Cursor, Plain
from app.aids.zone_predicate import ZonePredicate
from app.zones.models import Basis, Generation, Membership, Reason, State

DAY = date(2026, 4, 1)
ZIP: dict[str, Plain] = {"zoning": "doctors", "code": "ZIP"}
ZAC: dict[str, Plain] = {"zoning": "doctors", "code": "ZAC"}
QPV: dict[str, Plain] = {"zoning": "qpv", "generation": 2024}


def truth(where: dict[str, Plain], place: dict[str, Plain], on: date = DAY, known_on: date = DAY) -> bool | None:
    return decide(where, read_place(place), on, known_on)


def decide(where: dict[str, Plain], place: Place, on: date = DAY, known_on: date = DAY) -> bool | None:
    question = Question(on, known_on, Applicant({}), place)
    env = Environment(question, known_facts(question), on)
    return env.over_worlds(read_territory(Cursor(where, "test.yaml", "where"), {}))


@pytest.mark.parametrize(
    ("where", "place", "expected"),
    [
        (ZIP, {"zones": [ZIP]}, True),
        (ZIP, {"zones": [ZAC]}, False),
        (ZIP, {}, None),
        (ZIP, {"zones": [{"zoning": "doctors", "code": "HZ"}]}, False),
        ({"zoning": "nurses", "code": "tres_sous_dotee"}, {"zones": [ZIP]}, None),
        (QPV, {}, False),
        (QPV, {"zones": [{"zoning": "qpv", "generation": 2015}]}, False),
        (QPV, {"zones": [{"zoning": "qpv"}]}, None),
        (QPV, {"precision": "street"}, None),
        (QPV, {"precision": "commune"}, None),
        (QPV, {"near": [{"zoning": "qpv", "signed_distance_m": 30}]}, None),
        (QPV, {"near": [{"zoning": "qpv", "signed_distance_m": 30.1}]}, False),
        (QPV, {"near": [{"zoning": "qpv", "signed_distance_m": 12}], "address_error_m": 10}, False),
        (QPV, {"near": [{"zoning": "qpv", "generation": 2015, "signed_distance_m": 5}]}, False),
        (QPV, {"zones": [QPV], "near": [{"zoning": "qpv", "signed_distance_m": -3}]}, None),
        ({"zoning": "zrr"}, {"zones": [{"zoning": "zrr", "code": "ZRR", "coverage": "partial"}]}, None),
        ({"zoning": "zrr", "coverage": "partial"}, {"zones": [{"zoning": "zrr", "coverage": "partial"}]}, True),
        ({"zoning": "zrr"}, {"precision": "commune"}, False),
        ({"zoning": "frr", "code": "FRR"}, {"zones": [{"zoning": "frr", "code": "FRR+"}]}, True),
        ({"zoning": "frr", "code": "FRR+"}, {"zones": [{"zoning": "frr", "code": "FRR"}]}, False),
        ({**ZIP, "boosted": True}, {"zones": [ZIP]}, False),
        ({**ZIP, "sub": "ZIP+"}, {"zones": [{**ZIP, "sub": "ZIP+"}]}, True),
        ({**ZIP, "at": "helped"}, {"zones": [ZIP]}, None),
        ({**ZIP, "at": "helped"}, {"helped_place": {"zones": [ZIP]}}, True),
        ({**ZIP, "at": "helped"}, {"helped_place": {"zones": [ZAC]}, "zones": [ZIP]}, False),
        (ZIP, {"zones": [ZIP, ZAC]}, None),
        (ZIP, {"zones": [ZAC, {"zoning": "doctors", "code": "HZ"}]}, False),
        (ZIP, {"zones": [ZIP, {**ZIP, "sub": "ZIP+"}]}, True),
        (ZIP, {"zones": [{**ZIP, "valid_to": "2026-03-31"}, {**ZAC, "valid_from": "2026-04-01"}]}, False),
        ({**ZIP, "at": "helped"}, {"helped_place": {"zones": [ZIP, ZAC]}}, True),
        ({"not": ZIP}, {}, None),
        ({"all": [ZIP, QPV]}, {}, False),
        ({"any": [ZIP, QPV]}, {}, None),
        ({"any": [ZIP, {"that": "km_to_nearest_zip_zac <= 10", "else": "à 10 km"}]},
         {"zones": [{"zoning": "doctors", "code": "HZ"}], "km_to_nearest_zip_zac": 10.0}, True),
        ({"any": [ZIP, {"that": "km_to_nearest_zip_zac <= 10", "else": "à 10 km"}]},
         {"zones": [{"zoning": "doctors", "code": "HZ"}], "km_to_nearest_zip_zac": 10.1}, False),
        ({"doubt": "liste locale"}, {"zones": [ZIP]}, None),
        ({"departement": ["2A"]}, {"commune": "2A004"}, True),
        ({"region": ["76"]}, {"departement": "32"}, True),
        ({"region": ["76"]}, {"commune": "97411"}, False),
        ({"region": ["76"]}, {}, None),
        ({"departement": ["09", "32"]}, {"region": "84"}, False),
        ({"departement": ["09", "73"]}, {"region": "84"}, None),
        ({"commune": ["75119"]}, {"departement": "93"}, False),
        ({"commune": ["75119"]}, {"region": "11"}, None),
        ({"commune": ["75119"]}, {"region": "84"}, False),
    ],
)  # fmt: skip
def test_what_a_place_says_of_a_territory(
    where: dict[str, Plain], place: dict[str, Plain], expected: bool | None
) -> None:
    assert truth(where, place) is expected


PHYSIOS: dict[str, Plain] = {
    "any": [
        {"zoning": "physios", "code": "tres_sous_dotee"},
        {"zoning": "physios", "code": "sous_dotee", "generation": "avenant5"},
    ]
}


@pytest.mark.parametrize(("generation", "expected"), [("avenant5", True), ("avenant7", False), (None, None)])
def test_the_generation_of_the_membership_says_which_rule_applies(
    generation: str | None, expected: bool | None
) -> None:
    zone: dict[str, Plain] = {"zoning": "physios", "code": "sous_dotee", "generation": generation}
    assert truth(PHYSIOS, {"zones": [zone]}) is expected


def test_a_class_of_the_qpv_wins_over_the_class_of_its_commune() -> None:
    zones: list[Plain] = [ZAC, {**ZIP, "scope": "qpv"}]
    assert truth(ZIP, {"zones": zones}) is True
    assert truth(ZAC, {"zones": zones}) is False
    assert truth(ZIP, {"zones": zones, "precision": "commune"}) is None


@pytest.mark.parametrize(
    ("commune_class", "where", "expected"),
    [("ZIP", ZIP, True), ("ZAC", ZIP, None), ("ZIP", ZAC, False), ("ZAC", ZAC, True)],
)
def test_the_class_of_a_commune_may_only_be_bettered_inside_a_qpv(
    commune_class: str, where: dict[str, Plain], expected: bool | None
) -> None:
    assert truth(where, {"precision": "commune", "commune_class": commune_class}) is expected
    assert truth(where, {"precision": "point", "commune_class": commune_class}) is None


def test_candidates_must_agree() -> None:
    mixed: list[Plain] = [[ZAC], [{**ZIP, "scope": "qpv"}, QPV]]
    assert truth(ZIP, {"precision": "commune", "candidates": mixed}) is None
    assert truth({"any": [ZIP, ZAC]}, {"precision": "commune", "candidates": mixed}) is True
    assert truth({"zoning": "nurses", "code": "sous_dotee"}, {"precision": "commune", "candidates": mixed}) is None
    assert truth({"all": [ZAC, QPV]}, {"precision": "commune", "candidates": mixed}) is False


def test_candidates_never_replace_the_zones_of_a_known_point() -> None:
    assert truth(ZIP, {"zones": [ZAC], "candidates": [[ZIP], [ZAC]]}) is False


def test_a_membership_counts_only_when_in_force_and_published() -> None:
    zone: dict[str, Plain] = {**QPV, "valid_from": "2024-01-01", "valid_to": "2026-04-01", "published_on": "2023-12-29"}
    assert truth(QPV, {"zones": [zone]}) is True
    assert truth(QPV, {"zones": [zone]}, on=date(2026, 4, 2)) is False
    assert truth(QPV, {"zones": [zone]}, on=date(2023, 12, 31)) is False
    assert truth(QPV, {"zones": [zone]}, known_on=date(2023, 12, 28)) is False


def membership(
    zoning: str,
    state: State,
    *,
    code: str | None = None,
    codes: tuple[str, ...] = (),
    generation: Generation | None = None,
) -> Membership:
    return Membership(zoning, state, "", Basis.OUTLINE, generation, code, codes, Reason.NEAR_BORDER, 12.0)


@pytest.mark.parametrize(
    ("given", "where", "expected"),
    [
        (membership("qpv", State.INSIDE, code="QN03101M", generation=2024), QPV, True),
        (membership("qpv", State.OUTSIDE, generation=2024), QPV, False),
        (membership("qpv", State.NEAR_BORDER, codes=("QN03101M",), generation=2024), QPV, None),
        (membership("qpv", State.UNKNOWN, generation=2024), QPV, None),
        (membership("doctors", State.NEAR_BORDER, codes=("ZIP", "ZAC")), ZIP, None),
        (membership("doctors", State.NEAR_BORDER, codes=("ZIP", "ZAC")), {"zoning": "doctors", "code": ["ZIP", "ZAC"]}, True),
        (membership("doctors", State.NEAR_BORDER, codes=("ZAC", "HZ")), ZIP, False),
        (membership("doctors", State.OUTSIDE, code="HZ"), ZIP, False),
        (membership("frr", State.INSIDE, code="FRR+"), {"zoning": "frr", "code": "FRR"}, True),
        (membership("doctors", State.INSIDE, code="ZIP"), QPV, None),
    ],
)  # fmt: skip
def test_memberships_of_the_service_keep_their_four_states(
    given: Membership, where: dict[str, Plain], expected: bool | None
) -> None:
    question = Question.from_memberships([given], Applicant({}), DAY, DAY)
    assert decide(where, question.place) is expected


def doubts(where: ZonePredicate, place: Place) -> list[str]:
    question = Question(DAY, DAY, Applicant({}), place)
    told = where.doubts(Environment(question, known_facts(question), DAY))
    return [text.replace("\u00a0", " ") for text in told]


QUARTER = ZonePredicate("qpv", (), 2024)
HELPED = ZonePredicate("doctors", ("ZIP",), at_helped=True)


@pytest.mark.parametrize(
    ("where", "place", "words"),
    [
        (QUARTER, {"near": [{"zoning": "qpv", "signed_distance_m": 12.34}]}, " : adresse à 12,3 m à l'extérieur de la limite"),
        (QUARTER, {"near": [{"zoning": "qpv", "signed_distance_m": 0}]}, " : adresse à 0 m à l'intérieur de la limite"),
        (QUARTER, {"near": [{"zoning": "qpv", "signed_distance_m": 0.4}]}, " : adresse à 0,4 m à l'extérieur de la limite"),
        (QUARTER, {"near": [{"zoning": "qpv", "signed_distance_m": -5}]}, " : adresse à 5 m à l'intérieur de la limite"),
        (QUARTER, {"precision": "commune"}, " : appartenance inconnue"),
        (QUARTER, {}, None),
        (HELPED, {"near": [{"zoning": "doctors", "signed_distance_m": 5}]}, " : appartenance inconnue"),
        (ZonePredicate("doctors", ("ZIP",)), {"zones": [ZIP, ZAC]}, " : classes contradictoires"),
    ],
)  # fmt: skip
def test_a_doubt_about_a_zone_says_where_it_comes_from(
    where: ZonePredicate, place: dict[str, Plain], words: str | None
) -> None:
    expected = [] if words is None else [where.describe() + words]
    assert doubts(where, read_place(place)) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Membership("qpv", State.NEAR_BORDER, "", Basis.OUTLINE, 2024, None, (), Reason.NEAR_BORDER, 12.0),
         " : adresse trop proche de la limite (12 m à l'extérieur de la limite)"),
        (Membership("qpv", State.UNKNOWN, "", Basis.OUTLINE, 2024, reason=Reason.NO_OUTLINE), " : contour de la zone absent"),
        (Membership("qpv", State.UNKNOWN, "", Basis.OUTLINE), " : appartenance inconnue"),
        (Membership("qpv", State.UNKNOWN, "", Basis.OUTLINE, 2015, reason=Reason.NO_OUTLINE), None),
        (Membership("zfu", State.UNKNOWN, "", Basis.OUTLINE, reason=Reason.NO_OUTLINE), " : appartenance inconnue"),
    ],
)  # fmt: skip
def test_a_doubt_of_the_service_keeps_its_reason(given: Membership, words: str | None) -> None:
    outside = Membership("qpv", State.OUTSIDE, "", Basis.OUTLINE, 2024)
    others = [outside] if given.zoning == "qpv" and given.generation == 2015 else []
    place = Question.from_memberships([*others, given], Applicant({}), DAY, DAY).place
    assert doubts(QUARTER, place) == ([] if words is None else [QUARTER.describe() + words])


def test_a_doubt_about_the_helped_place_is_told_as_such() -> None:
    assert doubts(HELPED, read_place({"zones": [ZIP]})) == [
        "ZIP (zonage médecins), au lieu aidé : appartenance inconnue"
    ]
    assert doubts(HELPED, read_place({"helped_place": {"zones": [ZAC]}})) == []


@pytest.mark.parametrize(
    ("where", "place", "expected"),
    [
        ({**ZIP, "scope": "qpv"}, {"zones": [ZIP]}, False),
        ({**ZIP, "scope": "qpv"}, {"zones": [{**ZIP, "scope": "qpv"}]}, True),
        ({**ZIP, "scope": "qpv"}, {"zones": [{**ZIP, "scope": "qpv"}], "precision": "commune"}, True),
        ({**ZIP, "boosted": True}, {"zones": [{**ZIP, "boosted": True}]}, True),
        ({**ZIP, "boosted": False}, {"zones": [{**ZIP, "boosted": True}]}, False),
        ({**ZIP, "boosted": False}, {"zones": [ZIP]}, True),
        ({**ZIP, "sub": "ZIP+"}, {"zones": [ZIP]}, False),
        ({"zoning": "zrr", "coverage": "full"}, {"zones": [{"zoning": "zrr", "coverage": "partial"}]}, False),
        ({"zoning": "zrr", "coverage": "full"}, {"zones": [{"zoning": "zrr", "coverage": "full"}]}, True),
        ({"zoning": "zrr", "coverage": "full"}, {"zones": [{"zoning": "zrr"}]}, None),
        ({"zoning": "zrr"}, {"zones": [{"zoning": "zrr", "coverage": "full"}]}, True),
        ({"zoning": "frr", "code": "FRR+"}, {"zones": [{"zoning": "frr", "code": "FRR", "coverage": "partial"}]}, False),
        ({"zoning": "qpv"}, {"zones": [{"zoning": "qpv", "generation": 2015}]}, True),
        (QPV, {"zones": [{"zoning": "qpv", "generation": 2015}, {"zoning": "qpv", "generation": 2024}]}, True),
        (QPV, {"zones": [{"zoning": "zfu"}]}, False),
        ({"zoning": "zfu"}, {"precision": "street"}, None),
        ({"zoning": "zrr"}, {"near": [{"zoning": "zrr", "signed_distance_m": 3}]}, None),
        ({"zoning": "doctors", "code": "HZ"}, {"precision": "commune", "commune_class": "ZIP"}, False),
        ({"zoning": "doctors", "code": ["ZAC", "HZ"]}, {"precision": "commune", "commune_class": "HZ"}, True),
        ({"zoning": "doctors", "code": "ZV"}, {"precision": "commune", "commune_class": "HZ"}, None),
        ({"zoning": "doctors", "code": "ZAR"}, {"precision": "commune", "commune_class": "ZV"}, None),
        ({"zoning": "doctors", "code": "ZAC"}, {"precision": "commune", "commune_class": "ZAR"}, None),
        ({"zoning": "doctors", "code": "ZV"}, {"precision": "commune", "commune_class": "ZAR"}, False),
        ({**ZIP, "scope": "qpv"}, {"precision": "commune", "commune_class": "ZIP"}, None),
        ({**ZIP, "sub": "ZIP+"}, {"precision": "commune", "commune_class": "ZIP"}, None),
        ({**ZIP, "boosted": True}, {"precision": "commune", "commune_class": "ZIP"}, None),
        (ZIP, {"precision": "commune"}, None),
        ({"zoning": "nurses", "code": "sous_dotee"}, {"precision": "commune", "commune_class": "ZIP"}, None),
        ({**ZIP, "at": "helped"}, {"precision": "commune", "commune_class": "ZIP", "helped_place": {"zones": []}}, None),
        ({"zoning": "zrr", "at": "helped"}, {"helped_place": {"zones": []}}, False),
        ({"zoning": "zrr", "at": "helped"}, {"helped_place": {"zones": []}, "zones": [{"zoning": "zrr"}]}, False),
        ({"zoning": "qpv", "at": "helped"}, {"helped_place": {"zones": []}, "precision": "commune"}, False),
        ({"zoning": "qpv", "at": "helped"},
         {"helped_place": {"zones": [QPV]}, "near": [{"zoning": "qpv", "signed_distance_m": 1}]}, True),
        ({"zoning": "qpv", "at": "helped"},
         {"helped_place": {"zones": []}, "near": [{"zoning": "qpv", "signed_distance_m": 1}]}, False),
        (ZIP, {"zones": [ZAC, {**ZIP, "scope": "qpv"}], "precision": "commune"}, None),
        (ZIP, {"zones": [{**ZIP, "scope": "qpv"}], "precision": "commune"}, None),
        (ZAC, {"zones": [{**ZIP, "scope": "qpv"}], "precision": "commune"}, False),
        (QPV, {"precision": "commune", "candidates": [[QPV], [QPV]]}, True),
        (QPV, {"precision": "commune", "candidates": [[{"zoning": "zrr"}], [{"zoning": "zrr"}]]}, None),
        ({"zoning": "zrr"}, {"precision": "commune", "candidates": [[QPV], [{"zoning": "zrr"}]]}, None),
        ({"not": {"zoning": "zrr"}}, {"precision": "commune", "candidates": [[QPV], []]}, True),
        (ZIP, {"precision": "commune", "candidates": [[ZIP], []]}, None),
    ],
)  # fmt: skip
def test_the_finer_points_of_a_membership(
    where: dict[str, Plain], place: dict[str, Plain], expected: bool | None
) -> None:
    assert truth(where, place) is expected


def test_a_border_is_told_with_its_signed_distance() -> None:
    question = Question.from_memberships(
        [membership("qpv", State.NEAR_BORDER, codes=("QN03101M",), generation=2024)], Applicant({}), DAY, DAY
    )
    env = Environment(question, known_facts(question), DAY)
    (doubt,) = ZonePredicate("qpv", (), 2024).doubts(env)
    assert "12\u00a0m à l'extérieur" in doubt
