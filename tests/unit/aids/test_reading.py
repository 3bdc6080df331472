"""Bad input is refused with the field and what is allowed; absence is not a value."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.aids.facts import APPLICANT_FACTS, FactValue
from app.aids.place import NearZone, Place, World, ZoneFact
from app.aids.question import Question, entry_days, read_place, read_question
from app.aids.reading import Applicant, Held, Json, read_applicant, read_fact_text, read_number
from app.errors import InvalidInput
from app.zones.models import Basis, Membership, State

TODAY = date(2026, 11, 23)


DAYS = "must be a date YYYY-MM-DD between 1940-01-01 and 2100-12-31."
SWORN = "medecin, chirurgien-dentiste, infirmier, masseur-kinesitherapeute, sage-femme, orthophoniste, pharmacien"


@pytest.mark.parametrize(
    ("applicant", "field", "rest"),
    [
        ({"age": 12}, "age", "must be an integer between 18 and 100."),
        ({"days_per_week": 9}, "days_per_week", "must be a number between 0 and 7."),
        ({"days_per_week": 7.01}, "days_per_week", "must be a number between 0 and 7."),
        ({"days_per_week": -0.5}, "days_per_week", "must be a number between 0 and 7."),
        ({"days_per_week": "3"}, "days_per_week", "must be a number between 0 and 7."),
        ({"days_per_week": True}, "days_per_week", "must be a number between 0 and 7."),
        ({"days_per_week": float("nan")}, "days_per_week", "must be a number between 0 and 7."),
        ({"employees": 1.5}, "employees", "must be an integer between 0 and 100000."),
        ({"employees": 10**400}, "employees", "must be an integer between 0 and 100000."),
        ({"fees_year": 100_000_001}, "fees_year", "must be a number between 0 and 100000000."),
        ({"profit": -100_000_001}, "profit", "must be a number between -100000000 and 100000000."),
        ({"opposable_share": 1.01}, "opposable_share", "must be a number between 0 and 1."),
        ({"profession": "docteur"}, "profession", f"must be one of: {SWORN}."),
        ({"profession": True}, "profession", f"must be one of: {SWORN}."),
        ({"coordinated": "cpts"}, "coordinated", "must be a list among: cpts, esp, msp, cds."),
        ({"coordinated": ["cpam"]}, "coordinated", "must be one of: cpts, esp, msp, cds."),
        ({"pdsa": "oui"}, "pdsa", "must be true or false."),
        ({"pdsa": 1}, "pdsa", "must be true or false."),
        ({"installed_since": "01/02/2020"}, "installed_since", DAYS),
        ({"installed_since": "2023-02-29"}, "installed_since", DAYS),
        ({"installed_since": "1939-12-31"}, "installed_since", DAYS),
        ({"installed_since": datetime(2020, 1, 1, tzinfo=UTC)}, "installed_since", DAYS),
        ({"fees_year": 100, "fees_in_zip_year": 101}, "fees_in_zip_year", "must not exceed applicant.fees_year."),
        ({"group_size": 2, "group_gp_count": 3}, "group_gp_count", "must not exceed applicant.group_size."),
        ({"group": "none", "group_size": 2}, "group_size", "must be 1 when group is none."),
        ({"held": [{"aid": "caim"}]}, "held.granted_on", "is required: a date YYYY-MM-DD."),
        ({"held": [{"aid": "../x", "granted_on": "2020-01-01"}]}, "held.aid", "must be the id of an aid."),
        ({"held": [{"aid": 3, "granted_on": "2020-01-01"}]}, "held.aid", "must be the id of an aid."),
        ({"held": [{"aid": "caim", "granted_on": "2020"}]}, "held.granted_on", DAYS),
        ({"held": [{"aid": "caim", "granted_on": "2020-01-02", "ended_on": "2020-01-01"}]}, "held.ended_on",
         "must not be before granted_on."),
        ({"held": [{"aid": "caim", "granted_on": "2020-01-02", "ends": "2020-01-01"}]}, "held.ends",
         "must not be before granted_on."),
        ({"held": [{"aid": "caim", "granted_on": "2020-01-02", "received": -1}]}, "held.received",
         "must be a number between 0 and 100000000."),
        ({"held": "caim"}, "held", "must be a list of at most 50 aids."),
        ({"held": [{"aid": "caim", "granted_on": "2020-01-01"}] * 51}, "held", "must be a list of at most 50 aids."),
        ({"held": ["caim"]}, "held", "must list objects with aid and granted_on."),
    ],
)  # fmt: skip
def test_a_bad_applicant_is_refused_by_name(applicant: Json, field: str, rest: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_applicant(applicant)
    assert (caught.value.field, caught.value.message) == (f"applicant.{field}", f"applicant.{field} {rest}")


def test_an_unknown_field_is_refused_with_the_closest_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_applicant({"secteur": "1"})
    assert caught.value.field == "applicant.sector"
    start = (
        "applicant has an unknown field. Did you mean sector? Accepted fields: activity_created_on, activity_month, "
    )
    assert caught.value.message.startswith(start)
    with pytest.raises(InvalidInput) as caught:
        read_applicant({"held": [{"aid": "caim", "granted_on": "2020-01-01", "zzz": 1}]})
    accepted = "Accepted fields: aid, ended_on, ends, granted_on, received."
    assert (caught.value.field, caught.value.message) == (
        "applicant.held", f"applicant.held has an unknown field. {accepted}",
    )  # fmt: skip


CLASSES = "one of: ZIP, ZAC, ZAR, ZV, HZ."
OBJECT = "must be an object ({…}), not a list or a bare value."
OBJECTS = "must list objects ({…})."
TEXT = "must be a text of 1 to 80 printable characters."
ZONINGS = (
    "dentists, doctors, frr, massif, midwives, montagne, nurses, pharmacy, physios, qpv, speech, zfu, zone_rouge, zrr"
)
ACCEPTED = "has an unknown field. Accepted fields:"
ZONE_KEYS = "boosted, code, coverage, generation, published_on, scope, source, sub, valid_from, valid_to, zoning"


@pytest.mark.parametrize(
    ("change", "field", "rest"),
    [
        ({"date": None}, "date", "is required: the day asked about, YYYY-MM-DD."),
        ({"date": "1999-12-31"}, "date", "must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
        ({"date": "2101-01-01"}, "date", "must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
        ({"date": 20260401}, "date", "must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
        ({"known_on": "x"}, "known_on", "must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
        ({"known_on": "1999-12-31"}, "known_on", "must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
        ({"place": []}, "place", OBJECT),
        ({"applicant": "medecin"}, "applicant", OBJECT),
        ({"lieu": {}}, "body", f"{ACCEPTED} applicant, date, known_on, place."),
        ({"place": {"region": 76}}, "place.region", 'must be an official code written as text, such as "76".'),
        ({"place": {"commune": "7501"}}, "place.commune",
         'must be an official code written as text, such as "31555".'),
        ({"place": {"zones": [{}] * 201}}, "place.zones", "must be a list of at most 200 items."),
        ({"place": {"zones": {}}}, "place.zones", "must be a list of at most 200 items."),
        ({"place": {"candidates": [[]] * 65}}, "place.candidates", "must be a list of at most 64 items."),
        ({"place": {"candidates": [3]}}, "place.candidates", "must be a list of at most 200 items."),
        ({"place": {"candidates": [{"zones": [{"zoning": "doctors", "code": "ZZ"}]}]}}, "place.candidates.zones.code",
         f"must be {CLASSES}"),
        ({"place": {"candidates": [[{"zoning": "doctors", "code": "ZZ"}]]}}, "place.candidates.code", f"must be {CLASSES}"),
        ({"place": {"candidates": [{"places": []}]}}, "place.candidates", f"{ACCEPTED} zones."),
        ({"place": {"commune": "75119", "departement": "93"}}, "place.departement",
         "is not that of place.commune; send one of them."),
        ({"place": {"commune": "75119", "region": "76"}}, "place.region",
         "is not that of place.commune or place.departement; send one of them."),
        ({"place": {"departement": "2A", "region": "93"}}, "place.region",
         "is not that of place.commune or place.departement; send one of them."),
        ({"place": {"near": [{}] * 201}}, "place.near", "must be a list of at most 200 items."),
        ({"place": {"near": ["qpv"]}}, "place.near", OBJECTS),
        ({"place": {"near": [{"zoning": "qpv"}]}}, "place.near.signed_distance_m",
         "must be a number between -1000000 and 1000000."),
        ({"place": {"near": [{"zoning": "qpv", "signed_distance_m": 1e6 + 1}]}}, "place.near.signed_distance_m",
         "must be a number between -1000000 and 1000000."),
        ({"place": {"near": [{"zoning": "x", "signed_distance_m": 5}]}}, "place.near.zoning", f"must be one of: {ZONINGS}."),
        ({"place": {"near": [{"zoning": "zrr", "signed_distance_m": 5, "generation": 2024}]}}, "place.near.generation",
         "this zoning has no generation."),
        ({"place": {"near": [{"metres": 5}]}}, "place.near", f"{ACCEPTED} code, generation, signed_distance_m, zoning."),
        ({"place": {"helped_place": 3}}, "place.helped_place", OBJECT),
        ({"place": {"helped_place": {"commune": "75056"}}}, "place.helped_place", f"{ACCEPTED} zones."),
        ({"place": {"helped_place": {"zones": [{"zoning": "doctors", "code": "ZZ"}]}}}, "place.helped_place.zones.code",
         f"must be {CLASSES}"),
    ],
)  # fmt: skip
def test_a_bad_question_is_refused_by_name(change: Json, field: str, rest: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_question({"date": "2026-04-01", **change}, TODAY)
    message = caught.value.message
    assert (caught.value.field, message.removeprefix(field).lstrip(": ")) == (field, rest)
    assert message.startswith(field)


@pytest.mark.parametrize(
    ("zone", "key", "rest"),
    [
        ("ZIP", "", OBJECTS),
        ({"qqq": 1}, "", f"{ACCEPTED} {ZONE_KEYS}."),
        ({"zoning": "medecins"}, ".zoning", f"must be one of: {ZONINGS}."),
        ({"code": "ZIP"}, ".zoning", f"must be one of: {ZONINGS}."),
        ({"zoning": "doctors", "code": "3_QPV_ZIP"}, ".code", f"must be {CLASSES}"),
        ({"zoning": "doctors"}, ".code", "is required: one of ZIP, ZAC, ZAR, ZV, HZ."),
        ({"zoning": "qpv", "code": 3}, ".code", TEXT),
        ({"zoning": "qpv", "code": ""}, ".code", TEXT),
        ({"zoning": "qpv", "code": "x" * 81}, ".code", TEXT),
        ({"zoning": "qpv", "code": "QN\n"}, ".code", TEXT),
        ({"zoning": "qpv", "generation": 2020}, ".generation", "must be one of: 2015, 2024."),
        ({"zoning": "physios", "code": "sous_dotee", "generation": 5}, ".generation",
         "must be one of: avenant5, avenant7."),
        ({"zoning": "zrr", "generation": 2024}, ".generation", "this zoning has no generation."),
        ({"zoning": "qpv", "generation": True}, ".generation", "must be one of: 2015, 2024."),
        ({"zoning": "zrr", "coverage": "half"}, ".coverage", "must be one of: full, partial."),
        ({"zoning": "zrr", "coverage": 1}, ".coverage", TEXT),
        ({"zoning": "zrr", "scope": 1}, ".scope", TEXT),
        ({"zoning": "zrr", "sub": ""}, ".sub", TEXT),
        ({"zoning": "zrr", "boosted": "oui"}, ".boosted", "must be true or false."),
        ({"zoning": "zrr", "valid_from": "2020"}, ".valid_from", DAYS),
        ({"zoning": "zrr", "valid_to": "2020"}, ".valid_to", DAYS),
        ({"zoning": "zrr", "published_on": "2020"}, ".published_on", DAYS),
        ({"zoning": "zrr", "valid_from": "2020-01-02", "valid_to": "2020-01-01"}, ".valid_to",
         "must not be before valid_from."),
    ],
)  # fmt: skip
def test_a_bad_membership_is_refused_by_name(zone: object, key: str, rest: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_place({"zones": [zone]})
    field, message = f"place.zones{key}", caught.value.message
    assert (caught.value.field, message.removeprefix(field).lstrip(": ")) == (field, rest)
    assert message.startswith(field)


def test_a_candidate_without_a_zone_is_an_empty_list() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_place({"candidates": [None]})
    assert (caught.value.field, caught.value.message) == (
        "place.candidates", "each item of place.candidates must be a list of memberships; [] when none.",
    )  # fmt: skip


def test_the_whole_question_is_read_as_it_was_given() -> None:
    question = read_question(
        {
            "date": "2026-04-01",
            "known_on": "2026-03-01",
            "place": {
                "region": "76",
                "precision": "street",
                "address_error_m": 12,
                "zones": [
                    {"zoning": "doctors", "code": "ZIP", "scope": "qpv", "sub": "ZIP+", "boosted": True,
                     "coverage": "partial", "valid_from": "2022-05-07", "valid_to": "2027-01-01",
                     "published_on": "2022-05-01", "source": "any"},
                    {"zoning": "qpv", "generation": "2024", "code": "QN03101M"},
                ],
                "near": [{"zoning": "qpv", "generation": 2015, "signed_distance_m": -3, "code": "x"},
                         {"zoning": "zfu", "signed_distance_m": 4.5}],
                "helped_place": {"zones": [{"zoning": "zrr"}]},
            },
            "applicant": {
                "age": 40, "coordinated": ["esp", "cpts", "esp"], "sector": 1,
                "held": [{"aid": "caim", "granted_on": "2020-01-01", "ends": "2025-01-01", "received": 5000,
                          "ended_on": "2024-01-01"},
                         {"aid": "coscom", "granted_on": "2020-01-02", "ends": "2020-01-02", "ended_on": "2020-01-02"}],
            },
        },
        TODAY,
    )  # fmt: skip
    doctors = ZoneFact(
        "doctors", State.INSIDE, "ZIP", ("ZIP",), None, "qpv", "partial", "ZIP+", True, date(2022, 5, 7), date(2027, 1, 1),
        date(2022, 5, 1),
    )  # fmt: skip
    qpv = ZoneFact("qpv", State.INSIDE, "QN03101M", ("QN03101M",), 2024)
    near = (NearZone("qpv", -3.0, 2015), NearZone("zfu", 4.5))
    facts = {"region": "76", "precision": "street", "address_error_m": 12.0}
    helped = World((ZoneFact("zrr", State.INSIDE, "ZRR", ("ZRR",)),))
    held = (
        Held("caim", date(2020, 1, 1), date(2025, 1, 1), 5000.0, date(2024, 1, 1)),
        Held("coscom", date(2020, 1, 2), date(2020, 1, 2), None, date(2020, 1, 2)),
    )
    assert (question.date, question.known_on) == (date(2026, 4, 1), date(2026, 3, 1))
    assert question.place == Place((World((doctors, qpv)),), facts, near, helped, tolerance_m=12.0, is_coarse=True)
    assert question.applicant == Applicant({"age": 40, "coordinated": ("cpts", "esp"), "sector": "1"}, held)


def test_a_place_that_says_nothing_is_a_point_without_a_zone() -> None:
    assert read_place({}) == Place((World(()),), {}, tolerance_m=30.0, is_coarse=False)
    assert read_place({"precision": "commune"}).is_coarse
    assert not read_place({"precision": "point"}).is_coarse


def test_candidates_complete_what_is_certain_and_replace_it_where_the_place_is_coarse() -> None:
    zip_, zac, qpv = (
        {"zoning": "doctors", "code": "ZIP"}, {"zoning": "doctors", "code": "ZAC"}, {"zoning": "qpv", "generation": 2024},
    )  # fmt: skip
    sure = ZoneFact("doctors", code="ZIP", codes=("ZIP",))
    other = ZoneFact("doctors", code="ZAC", codes=("ZAC",))
    quarter = ZoneFact("qpv", generation=2024)
    given = {"zones": [zip_], "candidates": [[zac, qpv], {"zones": []}]}
    assert read_place(given).worlds == (World((sure, quarter), frozenset({"qpv"})), World((sure,), frozenset({"qpv"})))
    told = frozenset({"doctors", "qpv"})
    assert read_place({**given, "precision": "commune"}).worlds == (World((other, quarter), told), World((), told))


def test_memberships_of_the_service_make_a_question_that_leaves_nothing_out() -> None:
    inside = Membership("doctors", State.INSIDE, "", Basis.OUTLINE, None, "ZIP", ("ZIP",))
    outside = Membership("qpv", State.OUTSIDE, "", Basis.OUTLINE, 2024)
    applicant, day = Applicant({}), date(2026, 4, 1)
    question = Question.from_memberships(
        [inside], applicant, day, TODAY, {"precision": "street"}, dated_memberships={date(2020, 1, 1): [outside]}
    )
    world = World((ZoneFact("doctors", State.INSIDE, "ZIP", ("ZIP",)),), exhaustive=True)
    dated = {date(2020, 1, 1): World((ZoneFact("qpv", State.OUTSIDE, generation=2024),), exhaustive=True)}
    place = Place((world,), {"precision": "street"}, dated_worlds=dated, is_coarse=True)
    assert question == Question(day, TODAY, applicant, place)
    alone = Question.from_memberships([inside], applicant, day, TODAY)
    assert alone.place == Place((world,), {})


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({}, ()),
        ({"installed_since": date(2021, 1, 1)}, (date(2021, 1, 1),)),
        ({"installed_since": date(2021, 1, 1), "activity_created_on": date(2020, 1, 1)},
         (date(2020, 1, 1), date(2021, 1, 1))),
        ({"installed_since": date(2026, 4, 1), "activity_created_on": date(2026, 4, 1)}, ()),
        ({"order_since": date(2021, 1, 1)}, ()),
    ],
)  # fmt: skip
def test_zones_are_read_again_on_the_days_of_entry(facts: dict[str, FactValue], days: tuple[date, ...]) -> None:
    assert entry_days(Applicant(facts), date(2026, 4, 1)) == days


def test_the_message_never_repeats_what_the_caller_sent() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_applicant({"profession": "<script>"})
    assert "script" not in caught.value.message


def test_null_is_absent_and_known_on_defaults_to_today() -> None:
    question = read_question({"date": "2026-04-01", "applicant": {"age": None, "held": None}, "place": None}, TODAY)
    assert "age" not in question.applicant.facts
    assert question.applicant.held == ()
    assert question.known_on == TODAY


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [("sector", "1", "1"), ("pdsa", "true", True), ("pdsa", "FALSE", False), ("pdsa", "True", True),
     ("coordinated", "", ()), ("days_per_week", "3.5", 3.5), ("employees", "10", 10),
     ("coordinated", "esp,cpts", ("cpts", "esp")), ("installed_since", "2025-01-02", date(2025, 1, 2))],
)  # fmt: skip
def test_a_query_string_reads_like_json(name: str, text: str, expected: object) -> None:
    assert read_fact_text(APPLICANT_FACTS[name], text) == expected


@pytest.mark.parametrize(
    ("name", "text", "rest"),
    [
        ("days_per_week", "3,5", "must be a number between 0 and 7."),
        ("days_per_week", "inf", "must be a number between 0 and 7."),
        ("pdsa", "1", "must be true or false."),
        ("employees", "1_0", "must be an integer between 0 and 100000."),
        ("employees", "", "must be an integer between 0 and 100000."),
        ("employees", "1.5", "must be an integer between 0 and 100000."),
        ("coordinated", "cpam", "must be one of: cpts, esp, msp, cds."),
    ],
)
def test_a_query_string_is_read_strictly(name: str, text: str, rest: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_fact_text(APPLICANT_FACTS[name], text)
    assert (caught.value.field, caught.value.message) == (f"applicant.{name}", f"applicant.{name} {rest}")


def test_a_bound_that_is_not_whole_is_told_as_it_is() -> None:
    with pytest.raises(InvalidInput, match=r"^weight must be a number between 0\.5 and 2\.$"):
        read_number(3, "weight", 0.5, 2)
