"""Answers of remote engines: nothing trusted, same meaning of confidence, invented streets caught."""

from __future__ import annotations

import pytest

from app.geocoding.geocoder import AddressQuery, Precision, Status
from app.geocoding.remote_reading import UnreadableAnswer, read_features, search_result


def feature(**properties: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "label": "7 Rue de la Paix 50100 Cherbourg-en-Cotentin", "score": 0.95, "housenumber": "7", "street": "Rue de la Paix",
        "postcode": "50100", "citycode": "50129", "oldcitycode": "50173", "oldcity": "Équeurdreville-Hainneville",
        "city": "Cherbourg-en-Cotentin", "type": "housenumber",
    }  # fmt: skip
    return {"geometry": {"type": "Point", "coordinates": [-1.65, 49.64]}, "properties": fields | properties}


def test_an_answer_that_agrees_is_sure_whatever_its_score() -> None:
    query = AddressQuery("7 rue de la paix 50100 Cherbourg en Cotentin")
    for score in (0.3, 0.95, None):
        result = search_result(query, [feature(score=score)], "remote")
        assert (result.status, result.precision, result.confidence) == (Status.MATCHED, Precision.HOUSENUMBER, 1.0)


def test_an_invented_street_leaves_only_the_commune() -> None:
    query = AddressQuery("7 rue des Gyrovague Brumiflore 50100 Cherbourg-en-Cotentin")
    result = search_result(query, [feature()], "remote")
    assert (result.status, result.precision, result.street) == (Status.PARTIAL, Precision.MUNICIPALITY, None)
    assert result.confidence < 0.8


def test_another_number_is_answered_as_the_street() -> None:
    result = search_result(AddressQuery("9 rue de la paix 50100 Cherbourg-en-Cotentin"), [feature()], "remote")
    assert (result.status, result.precision, result.housenumber) == (Status.PARTIAL, Precision.STREET, None)


def test_a_former_commune_in_the_question_agrees() -> None:
    result = search_result(AddressQuery("7 rue de la paix Equeurdreville-Hainneville"), [feature()], "remote")
    assert result.facets.city == "exact"
    assert result.oldcitycode == "50173"


@pytest.mark.parametrize(
    "absent", ["housenumber", "street", "oldcitycode", "oldcity", "score", "postcode", "city", "label"]
)
def test_any_field_may_be_null(absent: str) -> None:
    result = search_result(
        AddressQuery("7 rue de la paix 50100 Cherbourg-en-Cotentin"), [feature(**{absent: None})], "remote"
    )
    assert result.citycode == "50129"


def test_lists_are_read_by_their_first_value() -> None:
    result = search_result(
        AddressQuery("Cherbourg"),
        [feature(type="municipality", postcode=["50100", "50110"], city=["Cherbourg"])],
        "remote",
    )
    assert (result.postcode, result.city) == ("50100", "Cherbourg")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"features": {}}',
        b'{"features": [{"geometry": NaN}]}',
        b'{"features": [',
        b"null",
    ],
)
def test_a_body_that_is_no_collection_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        read_features(body)


@pytest.mark.parametrize(
    "geometry",
    [None, {}, {"coordinates": []}, {"coordinates": ["2", "46"]}, {"coordinates": [True, False]}, {"coordinates": [1e400, 46]},
     {"coordinates": [-3.7, 40.4]}, {"coordinates": [46.0, 2.0, 1.0]}, {"coordinates": {"lon": 2}}],
)  # fmt: skip
def test_a_place_without_a_point_in_france_is_no_place(geometry: object) -> None:
    with pytest.raises(UnreadableAnswer):
        search_result(AddressQuery("7 rue de la paix"), [feature() | {"geometry": geometry}], "remote")


@pytest.mark.parametrize("citycode", [None, "", "5012", "abcde", 50129, {"a": 1}])
def test_a_place_without_a_code_is_no_place(citycode: object) -> None:
    with pytest.raises(UnreadableAnswer):
        search_result(AddressQuery("7 rue de la paix"), [feature(citycode=citycode)], "remote")


def test_nothing_found_is_not_a_fault() -> None:
    assert search_result(AddressQuery("7 rue de la paix"), [], "remote").status is Status.NOT_FOUND


def test_two_places_that_fit_alike_are_ambiguous() -> None:
    other = feature(citycode="50502", city="Saint-Lô", postcode="50000", label="7 Rue de la Paix 50000 Saint-Lô")
    result = search_result(AddressQuery("7 rue de la Paix"), [feature(), other], "remote")
    assert result.status is Status.AMBIGUOUS
    assert len(result.candidates) == 2
