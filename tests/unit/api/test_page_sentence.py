"""The sentence: yes, no and doubt each have their own words, and doubt is never a no."""

from __future__ import annotations

from app.aids import rule_reader
from app.aids.facts import APPLICANT_FACTS, PROFESSIONS, STATUSES
from app.aids.models import Confidence, Status
from app.api.page_map import Frame
from app.api.page_palette import NONE, UNKNOWN, swatch_of
from app.api.page_sentence import Part, class_words, sentence, sums
from app.api.page_words import (
    ANSWERS,
    CONFIDENCES,
    OFFER_WORDS,
    PAYERS,
    SITUATIONS,
    TRADES,
    WHY_UNSURE,
    ZONING_OF_PROFESSION,
    metres,
    towards,
)
from app.zones.models import Reason

PLACE = {"label": "Foix"}
TODAY = "2026-11-23"


def told(parts: list[Part]) -> str:
    return "".join(part.text for part in parts)


def doctors(state: str, **more: object) -> dict[str, object]:
    return {"zoning": "doctors", "state": state, "label": "x", **more}


def test_inside_names_the_class_and_since_when() -> None:
    row = doctors("inside", code="ZIP", valid_from="2022-05-04")
    said = told(sentence(PLACE, [row], "medecin", TODAY, TODAY))
    assert said == "Foix est en zone d'intervention prioritaire (ZIP) pour les médecins depuis le 04/05/2022."


def test_outside_says_so_and_unknown_does_not() -> None:
    assert "hors zonage" in told(sentence(PLACE, [doctors("outside", code="HZ")], "medecin", TODAY, TODAY))
    for state in ("unknown", "near_border"):
        said = told(sentence(PLACE, [doctors(state, reason="near_border")], "medecin", TODAY, TODAY))
        assert said.startswith("On ne peut pas dire si Foix")
        assert "hors zonage" not in said


def test_another_day_is_said_first() -> None:
    assert told(sentence(PLACE, [doctors("outside")], "medecin", "2024-01-02", TODAY)).startswith("Au 02/01/2024, Foix")
    doubt = told(sentence(PLACE, [doctors("unknown")], "medecin", "2024-01-02", TODAY))
    assert doubt.startswith("Au 02/01/2024, on ne peut pas dire si Foix")


def test_a_profession_is_answered_by_its_own_zoning_only() -> None:
    said = told(sentence(PLACE, [doctors("inside", code="ZIP")], "infirmier", TODAY, TODAY))
    assert "ZIP" not in said


def test_the_class_of_a_district_says_that_it_is_its_own() -> None:
    said = told(sentence(PLACE, [doctors("inside", code="ZIP", scope="qpv")], "medecin", TODAY, TODAY))
    assert "au titre de son quartier prioritaire" in said


def test_tax_zones_and_open_doubts_follow() -> None:
    rows = [
        doctors("inside", code="ZAC"),
        {"zoning": "frr", "state": "inside", "code": "FRR+", "label": "FRR+", "valid_from": "2025-01-01"},
        {"zoning": "qpv", "generation": 2024, "state": "unknown", "label": "QPV", "reason": "no_outline"},
        {"zoning": "zrr", "state": "unknown", "label": "ZRR", "reason": "zoning_ended"},
    ]
    said = told(sentence(PLACE, rows, "medecin", TODAY, TODAY))
    assert "aussi en FRR+ depuis le 01/01/2025." in said
    assert said.endswith("Reste à vérifier\u00a0: le quartier prioritaire.")


def test_a_label_without_code_stands_as_it_is() -> None:
    assert class_words({"zoning": "doctors", "label": "Zone inconnue"}) == "zone inconnue"


def test_sums_of_different_periods_are_never_added() -> None:
    assert sums({"EUR_once": 50000.0, "EUR_per_year": 3000.0, "EUR_total": 0.0}) == (
        "50\u202f000\u00a0€ versés une fois + 3\u202f000\u00a0€ par an"
    )


def test_every_reason_of_doubt_has_its_words() -> None:
    assert set(WHY_UNSURE) == {reason.value for reason in Reason}


def test_every_word_of_a_rule_and_every_choice_has_its_french_label() -> None:
    assert set(PAYERS) == set(rule_reader.PAYERS)
    assert set(OFFER_WORDS) == {status.value for status in Status}
    assert {confidence.value for confidence in Confidence} <= set(CONFIDENCES)
    choices = {word for fact in APPLICANT_FACTS.values() for word in fact.allowed if fact.name != "profession"}
    assert choices <= set(ANSWERS)
    assert {trade[0] for trade in TRADES.values()} == set(PROFESSIONS) == set(ZONING_OF_PROFESSION)
    assert set(SITUATIONS) == set(STATUSES)


def test_unknown_is_never_drawn_like_outside() -> None:
    assert swatch_of("unknown", None) == swatch_of("near_border", "ZIP") == UNKNOWN
    assert swatch_of("outside", None) == NONE != UNKNOWN


def test_bearings_and_distances_read_as_words() -> None:
    assert [towards(b) for b in (0, 44, 90, 225, 359)] == [
        "au nord",
        "au nord-est",
        "à l'est",
        "au sud-ouest",
        "au nord",
    ]
    assert [metres(d) for d in (7.2, -422.0, 2449.0, 18400.0)] == ["7 m", "420 m", "2,4 km", "18 km"]


def test_the_plan_puts_north_up_and_east_right() -> None:
    frame = Frame(1.6, 42.9, 5000)
    x, y = frame.at(1.61, 42.91)
    assert x > 380
    assert y < 240
    west, south, east, north = frame.box()
    assert west < 1.6 < east
    assert south < 42.9 < north
