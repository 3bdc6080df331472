"""Four states with their reasons, on the small hand-drawn France of conftest."""

from __future__ import annotations

from datetime import date

import pytest

from app.errors import InvalidInput, NotInCatalogue, PlaceOutsideFrance
from app.zones.catalogue import Catalogue
from app.zones.classify import classify
from app.zones.models import Basis, Membership, Place, Precision, Reason, State
from app.zones.vocabulary import ZONINGS

ON = date(2026, 3, 1)


def ask(catalogue: Catalogue, place: Place, on: date = ON, known_on: date = ON) -> dict[str, Membership]:
    memberships = classify(catalogue, place, on, known_on).memberships
    return {spec.key: membership for spec, membership in zip(ZONINGS, memberships, strict=True)}


def by_code(code: str) -> Place:
    return Place(insee_code=code, precision=Precision.MUNICIPALITY)


def test_every_zoning_is_answered_never_by_omission(small: Catalogue) -> None:
    answer = ask(small, Place(2.05, 46.05))
    assert [membership.zoning for membership in answer.values()] == [spec.id for spec in ZONINGS]
    assert answer["montagne"].state is State.UNKNOWN
    assert answer["montagne"].reason is Reason.NO_DATA_INSTALLED


def test_point_in_the_middle_of_a_commune_takes_its_class(small: Catalogue) -> None:
    doctors = ask(small, Place(2.05, 46.05))["doctors"]
    assert (doctors.state, doctors.code, doctors.basis) == (State.INSIDE, "ZIP", Basis.OUTLINE)
    assert doctors.source is not None
    assert doctors.valid_from == date(2022, 5, 7)


def test_hors_zonage_reads_outside_and_keeps_its_code(small: Catalogue) -> None:
    doctors = ask(small, by_code("03004"))["doctors"]
    assert (doctors.state, doctors.code) == (State.OUTSIDE, "HZ")


def test_blank_in_the_list_is_unknown_not_outside(small: Catalogue) -> None:
    doctors = ask(small, by_code("03005"))["doctors"]
    assert (doctors.state, doctors.reason) == (State.UNKNOWN, Reason.NO_VALUE_IN_LIST)


def test_border_between_equal_classes_raises_no_doubt(small: Catalogue) -> None:
    """Aube and Bois are both ZIP, but only Aube was a ZRR: the doubt is on ZRR alone."""
    answer = ask(small, Place(2.1003, 46.05), on=date(2024, 1, 1), known_on=ON)
    assert (answer["doctors"].state, answer["doctors"].code) == (State.INSIDE, "ZIP")
    assert answer["zrr"].state is State.NEAR_BORDER


def test_point_within_tolerance_of_another_class_is_near_border_with_both_codes(small: Catalogue) -> None:
    doctors = ask(small, Place(2.1995, 46.08))["doctors"]
    assert (doctors.state, doctors.reason) == (State.NEAR_BORDER, Reason.NEAR_BORDER)
    assert set(doctors.codes) == {"ZIP", "ZAC"}
    assert doctors.distance_to_border_m is not None
    assert -60 < doctors.distance_to_border_m < -20


def test_insee_code_decides_even_at_the_border(small: Catalogue) -> None:
    doctors = ask(small, Place(2.1995, 46.08, insee_code="03003"))["doctors"]
    assert (doctors.state, doctors.code, doctors.basis) == (State.INSIDE, "ZAC", Basis.INSEE_CODE)


def test_point_well_inside_a_district_is_inside_and_its_own_class_wins(small: Catalogue) -> None:
    answer = ask(small, Place(2.25, 46.05))
    assert (answer["qpv-2024"].state, answer["qpv-2024"].code) == (State.INSIDE, "QN00301N")
    assert (answer["doctors"].code, answer["doctors"].scope) == ("ZIP", "qpv")


def test_a_district_classed_as_its_commune_raises_no_doubt(small: Catalogue) -> None:
    """Dore is HZ and so is its district: the commune's code alone settles the class."""
    doctors = ask(small, by_code("03004"))["doctors"]
    assert (doctors.state, doctors.code) == (State.OUTSIDE, "HZ")


def test_point_in_the_band_of_a_district_is_near_border_with_signed_distance(small: Catalogue) -> None:
    answer = ask(small, Place(2.2401, 46.05))
    district = answer["qpv-2024"]
    assert (district.state, district.codes) == (State.NEAR_BORDER, ("QN00301N",))
    assert district.distance_to_border_m is not None
    assert -10 < district.distance_to_border_m < -5
    assert set(answer["doctors"].codes) == {"ZAC", "ZIP"}
    assert answer["doctors"].state is State.NEAR_BORDER


def test_uncertain_address_widens_the_disc(small: Catalogue) -> None:
    sure = ask(small, Place(2.2415, 46.05, insee_code="03003"))["qpv-2024"]
    unsure = ask(small, Place(2.2415, 46.05, "03003", Precision.HOUSENUMBER, 120.0))["qpv-2024"]
    assert (sure.state, unsure.state) == (State.INSIDE, State.NEAR_BORDER)


def test_street_is_decided_when_it_lies_on_one_side_only(small: Catalogue) -> None:
    far = ask(small, Place(2.21, 46.01, "03003", Precision.STREET, 200.0))["qpv-2024"]
    across = ask(small, Place(2.2401, 46.05, "03003", Precision.STREET, 200.0))["qpv-2024"]
    assert far.state is State.OUTSIDE
    assert (across.state, across.reason) == (State.UNKNOWN, Reason.PLACE_TOO_COARSE)
    assert across.codes == ("QN00301N",)


def test_commune_without_district_is_outside_by_its_code_alone(small: Catalogue) -> None:
    district = ask(small, by_code("03001"))["qpv-2024"]
    assert (district.state, district.basis) == (State.OUTSIDE, Basis.INSEE_CODE)


def test_commune_with_a_district_is_too_coarse(small: Catalogue) -> None:
    answer = ask(small, by_code("03003"))
    assert (answer["qpv-2024"].state, answer["qpv-2024"].reason) == (State.UNKNOWN, Reason.PLACE_TOO_COARSE)
    assert (answer["doctors"].state, set(answer["doctors"].codes)) == (State.UNKNOWN, {"ZAC", "ZIP"})


def test_district_without_outline_leaves_its_commune_unknown_except_off_its_box(small: Catalogue) -> None:
    inside_box = ask(small, Place(2.335, 46.035))["qpv-2024"]
    off_box = ask(small, Place(2.36, 46.07))["qpv-2024"]
    assert (inside_box.state, inside_box.reason) == (State.UNKNOWN, Reason.NO_OUTLINE)
    assert inside_box.codes == ("QN00302N",)
    assert off_box.state is State.OUTSIDE


def test_list_of_districts_incomplete_in_a_department_is_unknown_there(small: Catalogue) -> None:
    district = ask(small, by_code("2A001"), on=date(2020, 1, 1))["qpv-2015"]
    assert (district.state, district.reason) == (State.UNKNOWN, Reason.TERRITORY_NOT_COVERED)


def test_date_picks_the_vintage_and_the_end_of_a_zoning_is_known(small: Catalogue) -> None:
    place = by_code("03001")
    assert ask(small, place, on=date(2024, 6, 30))["zrr"].state is State.INSIDE
    after = ask(small, place, on=date(2024, 7, 1))["zrr"]
    assert (after.state, after.reason, after.valid_to) == (State.OUTSIDE, Reason.ZONING_ENDED, date(2024, 6, 30))
    before = ask(small, place, on=date(2017, 6, 30))["zrr"]
    assert (before.state, before.reason) == (State.UNKNOWN, Reason.NO_DATA_FOR_DATE)


def test_list_changed_retroactively_is_seen_as_it_was_known(small: Catalogue) -> None:
    place, on = by_code("03001"), date(2024, 9, 15)
    assert ask(small, place, on, known_on=date(2024, 10, 1))["frr"].state is State.OUTSIDE
    assert ask(small, place, on, known_on=date(2025, 5, 1))["frr"].code == "FRR"
    unknown = ask(small, place, on, known_on=date(2024, 1, 1))["frr"]
    assert (unknown.state, unknown.reason) == (State.UNKNOWN, Reason.NO_DATA_FOR_KNOWN_ON)


def test_former_code_is_looked_up_in_its_own_list_then_mapped_and_said(small: Catalogue) -> None:
    assert ask(small, by_code("03106"))["doctors"].code == "ZIP"
    assert ask(small, by_code("03107"))["doctors"].code == "ZAC"
    merged = ask(small, by_code("03006"))["doctors"]
    assert (merged.state, merged.reason) == (State.UNKNOWN, Reason.PARTS_DIFFER)
    found = classify(small, by_code("03199"), ON, ON)
    assert found.resolution is not None
    assert (found.resolution.commune.insee_code, found.resolution.former is not None) == ("03001", True)
    assert found.memberships[0].code == "ZIP"


def test_former_code_of_a_commune_with_a_district_is_never_called_outside(small: Catalogue) -> None:
    """Lists of districts name today's communes: an old code absent from them says nothing by itself."""
    answer = ask(small, by_code("03193"))
    assert (answer["qpv-2024"].state, answer["qpv-2024"].reason) == (State.UNKNOWN, Reason.PLACE_TOO_COARSE)
    assert answer["doctors"].codes == ("ZAC", "ZIP")
    inside = ask(small, Place(2.25, 46.05, "03193"))
    assert inside["qpv-2024"].state is State.INSIDE
    assert inside["doctors"].code == "ZIP"


def test_whole_city_has_no_single_class_but_an_arrondissement_has(small: Catalogue) -> None:
    city = ask(small, by_code("75056"))["doctors"]
    assert (city.state, city.reason, city.codes) == (State.UNKNOWN, Reason.WHOLE_CITY_CODE, ("ZAC", "ZIP"))
    assert ask(small, Place(2.25, 48.05))["doctors"].code == "ZIP"
    assert ask(small, by_code("75102"))["doctors"].code == "ZAC"


def test_territory_without_data_is_unknown(small: Catalogue) -> None:
    doctors = ask(small, by_code("97401"))["doctors"]
    assert (doctors.state, doctors.reason) == (State.UNKNOWN, Reason.TERRITORY_NOT_COVERED)


def test_point_overseas_is_measured_in_its_own_projection(small: Catalogue) -> None:
    found = classify(small, Place(55.45, -21.15), ON, ON)
    assert found.resolution is not None
    assert found.resolution.commune.insee_code == "97401"


def test_state_read_long_before_the_date_carries_a_caveat(small: Catalogue) -> None:
    old = ask(small, by_code("03001"), on=date(2029, 1, 1), known_on=date(2029, 1, 1))["doctors"]
    recent = ask(small, by_code("03001"))["doctors"]
    assert any("30/06/2025" in text for text in old.caveats)
    assert not any("30/06/2025" in text for text in recent.caveats)


def test_point_abroad_and_swapped_axes_are_refused_with_a_hint(small: Catalogue) -> None:
    with pytest.raises(PlaceOutsideFrance, match="at sea or across the border"):
        classify(small, Place(5.0, 44.0), ON, ON)
    with pytest.raises(PlaceOutsideFrance, match="swapped"):
        classify(small, Place(46.05, 2.05), ON, ON)


def test_point_off_every_outline_is_on_its_shore_up_to_250_m_and_abroad_beyond(small: Catalogue) -> None:
    """0.001 degree of latitude is 111 m. Monaco lies between French communes and the sea, half a kilometre wide."""
    assert ask(small, Place(2.05, 45.998))["doctors"].code == "ZIP"
    with pytest.raises(PlaceOutsideFrance, match="at sea or across the border"):
        ask(small, Place(2.05, 45.9965))


def test_code_of_a_collectivity_is_not_called_a_code_that_never_was(small: Catalogue) -> None:
    with pytest.raises(NotInCatalogue, match="overseas collectivity"):
        ask(small, by_code("97701"))


def test_malformed_and_never_used_codes_are_refused(small: Catalogue) -> None:
    with pytest.raises(InvalidInput, match="INSEE code"):
        classify(small, by_code("3001"), ON, ON)
    with pytest.raises(NotInCatalogue):
        classify(small, by_code("03999"), ON, ON)


def test_commune_without_outline_answers_by_code_and_not_by_point(small: Catalogue) -> None:
    assert ask(small, by_code("03008"))["doctors"].code == "ZIP"
    nearby = ask(small, Place(2.75, 46.06))["doctors"]
    assert (nearby.state, nearby.reason) == (State.UNKNOWN, Reason.NO_OUTLINE)
