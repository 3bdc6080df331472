"""What the embedded engine answers on the small hand-drawn France."""

from __future__ import annotations

import pytest

from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Precision, Status
from app.places import LonLat


@pytest.mark.parametrize(
    "text",
    [
        "1 rue de la Paix 03100 Aube",
        "1 RUE DE LA PAIX 03100 AUBE",
        "1, r. de la paix\n03100  AUBE\nFRANCE",
        "n°1 rue de la Paix, 03100 Aube",
        "1-3 Rue de la Paix 03100 Aube",
        "1 à 3 Rue de la Paix 03100 Aube",
        "Aube - 1 Rue de la Paix 03100",
        "Cabinet médical, Bât. B 1 rue de la Paix 03100 Aube",
        "SELARL Dupont 1 rue de la Paix BP 12 03190 AUBE CEDEX 2",
        "Apt 12 1 rue de la Paix 03100 Aube",
        "1 rue de la Piax 03100 Aube",
        "1 roiute de la Paix 03100 Aube",
        "1 rue de la Paix 03100 Aubr",
        "1 rue de la Paix France 03100 Aube",
        "1 rue de la Paix 03100Aube",
        "1rue de la Paix 03100 Aube",
        "1 rue de la Paix FR-03100 Aube",
        "1 rue de la Paix Résidence Les Tilleuls 03100 Aube",
        "1 rue de la Paix Bâtiment A 03100 Aube",
        "1, rue de la Paix - 03100 Aube - Allier",
        "1 rue de la Paix, quartier du Port, 03100 Aube",
        "Tél 04 70 00 00 00 1 rue de la Paix 03100 Aube",
    ],
)
def test_the_same_door_however_it_is_written(geocoder: EmbeddedGeocoder, text: str) -> None:
    result = geocoder.find(AddressQuery(text))
    assert (result.precision, result.citycode, result.housenumber) == (Precision.HOUSENUMBER, "03001", "1")
    assert result.label == "1 Rue de la Paix 03100 Aube"
    assert (result.lon, result.lat) == (pytest.approx(2.05, abs=1e-5), pytest.approx(46.05, abs=1e-5))


def test_a_street_that_does_not_exist_is_not_another_street(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("1 rue de la Quincampoixeau 03100 Aube"))
    assert (result.status, result.precision, result.street) == (Status.PARTIAL, Precision.MUNICIPALITY, None)
    assert result.confidence < 0.8


def test_a_practice_before_the_street_does_not_loosen_it(geocoder: EmbeddedGeocoder) -> None:
    for text in ("Cabinet de kiné - 3 allée des Clous", "Cabinet médical Chemin de l'Ancienne Église"):
        result = geocoder.find(AddressQuery(f"{text} 03100 Aube"))
        assert (result.precision, result.street) == (Precision.MUNICIPALITY, None)


def test_a_number_in_a_name_is_read_as_it_is_written(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.find(AddressQuery("rue du 9 mai 1945 03100 Bois")).street is None
    assert geocoder.find(AddressQuery("rue du 8 mi 1945 03100 Bois")).street == "Rue du 8 Mai 1945"


def test_a_rank_left_out_of_the_stored_name_is_forgiven(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("1 rue du Maréchal Cloÿs 03100 Aube"))
    assert result.street == "Rue des Cloÿs"
    assert result.confidence < 0.95


def test_clous_is_not_cloys_with_full_confidence(geocoder: EmbeddedGeocoder) -> None:
    exact = geocoder.find(AddressQuery("3 rue des Cloÿs 03100 Aube"))
    near = geocoder.find(AddressQuery("3 rue des Clous 03100 Aube"))
    assert exact.confidence == 1.0
    assert near.confidence < 0.9


def test_an_unknown_number_is_answered_as_a_street_with_its_extent(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("900 rue de la Paix 03100 Aube"))
    assert (result.status, result.precision, result.housenumber) == (Status.PARTIAL, Precision.STREET, None)
    assert result.extent is not None
    assert result.extent.west < 2.05 < 2.0532 < result.extent.east


def test_a_number_between_two_neighbours_is_placed_between_them(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("5 rue de la Paix 03100 Aube"))
    assert (result.status, result.precision) == (Status.PARTIAL, Precision.INTERPOLATED)
    assert 2.0508 < (result.lon or 0) < 2.0521
    assert (result.uncertainty_m or 0) > 30


def test_a_suffix_may_be_shortened_and_an_article_is_no_suffix(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.find(AddressQuery("4 b rue de la Paix 03100 Aube")).housenumber == "4 bis"
    assert geocoder.find(AddressQuery("4bis rue de la Paix 03100 Aube")).housenumber == "4 bis"
    assert geocoder.find(AddressQuery("118 avenue du Gal de Gaulle 03100 Aube")).housenumber == "118"
    assert geocoder.find(AddressQuery("118 a avenue du Gal de Gaulle 03100 Aube")).housenumber == "118 a"


def test_a_date_in_a_street_name_is_no_house_number(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("rue du 8 mai 1945 03100 Bois"))
    assert (result.precision, result.street) == (Precision.STREET, "Rue du 8 Mai 1945")
    assert geocoder.find(AddressQuery("8 mai 1945 03100 Bois")).street == "Rue du 8 Mai 1945"


def test_a_wrong_postcode_is_evidence_and_no_filter(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("2 cours Napoléon 03100 Giro"))
    assert (result.precision, result.citycode, result.facets.postcode) == (Precision.HOUSENUMBER, "2A001", "other")


def test_a_cedex_only_tells_the_department(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.find(AddressQuery("2 Cours Napoléon BP 3 20193 GIRO CEDEX 9")).citycode == "2A001"


def test_without_postcode_the_street_decides_between_communes(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.find(AddressQuery("20 rue de la Paix Bois")).citycode == "03002"
    assert geocoder.find(AddressQuery("20 rue de la Paix, 03100")).citycode == "03002"


def test_one_street_in_two_communes_is_ambiguous(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("1 rue de la Paix 03100"))
    assert result.status is Status.AMBIGUOUS
    assert {place.citycode for place in result.candidates} == {"03001", "03002"}
    assert {place.confidence < 0.6 for place in result.candidates} == {True}  # the last one is no surer than the others
    assert result.confidence < 0.6


@pytest.mark.parametrize(("written", "old"), [("3 Grande Rue 03100 Ford", "03106"), ("3 Grande Rue Fore", "03107")])
def test_a_former_commune_leads_to_todays_and_keeps_its_code(
    geocoder: EmbeddedGeocoder, written: str, old: str
) -> None:
    result = geocoder.find(AddressQuery(written))
    assert (result.precision, result.citycode, result.oldcitycode) == (Precision.HOUSENUMBER, "03006", old)


@pytest.mark.parametrize(
    "written", ["36 rue de Rivoli Paris 1er", "36 rue de Rivoli 75001 Paris", "36 rue de Rivoli Paris"]
)
def test_an_arrondissement_is_found_however_it_is_named(geocoder: EmbeddedGeocoder, written: str) -> None:
    result = geocoder.find(AddressQuery(written))
    assert (result.precision, result.citycode, result.city) == (Precision.HOUSENUMBER, "75101", "Paris")


def test_a_place_without_number_is_a_locality(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("Les Ormes 03100 Aube"))
    assert (result.status, result.precision, result.street) == (Status.MATCHED, Precision.LOCALITY, "Les Ormes")


def test_a_name_decoded_wrongly_in_the_source_is_found(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.find(AddressQuery("8 allée des Tilleuls 03100 Aube")).precision is Precision.HOUSENUMBER


@pytest.mark.parametrize(
    "text",
    [
        "rue de",
        "12 rue",
        "asdkjh qsdlkj",
        "10 Downing Street London",
        "42 Quincampoixeau",
        "Calle Mayor 5 28013 Madrid",
    ],
)
def test_nonsense_and_abroad_are_not_found(geocoder: EmbeddedGeocoder, text: str) -> None:
    result = geocoder.find(AddressQuery(text))
    assert result.status is Status.NOT_FOUND
    assert result.citycode is None


@pytest.mark.parametrize("text", ["", "   ", "?!…", "\n"])
def test_a_text_without_letters_is_rejected(geocoder: EmbeddedGeocoder, text: str) -> None:
    assert geocoder.find(AddressQuery(text)).status is Status.REJECTED


def test_the_callers_citycode_is_obeyed_and_an_unknown_one_finds_nothing(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.find(AddressQuery("1 rue de la Paix", citycode="03002")).citycode == "03002"
    assert geocoder.find(AddressQuery("1 rue de la Paix", citycode="99999")).status is Status.NOT_FOUND
    assert geocoder.find(AddressQuery("3 Grande Rue", citycode="03106")).citycode == "03006"


def test_a_townhall_street_is_known_without_address_files(geocoder: EmbeddedGeocoder) -> None:
    door = geocoder.find(AddressQuery("1 place de la Mairie 03100 Dore"))
    assert (door.precision, door.citycode) == (Precision.HOUSENUMBER, "03004")
    street = geocoder.find(AddressQuery("place de la Mairie 03100 Dore"))
    assert (street.precision, street.extent) == (Precision.STREET, None)
    assert (street.uncertainty_m or 0) > 5_000  # one door is known: the street may be anywhere in the commune


def test_another_street_of_a_commune_known_by_its_townhall_alone_is_not_guessed(geocoder: EmbeddedGeocoder) -> None:
    result = geocoder.find(AddressQuery("1 rue de la Mairie 03100 Dore"))
    assert (result.status, result.precision) == (Status.PARTIAL, Precision.MUNICIPALITY)


def test_the_nearest_number_of_the_commune_that_holds_the_point(geocoder: EmbeddedGeocoder) -> None:
    found = geocoder.find_nearest(LonLat(2.05005, 46.05003))
    assert (found.precision, found.housenumber, found.street) == (Precision.HOUSENUMBER, "1", "Rue de la Paix")
    assert 0 < (found.distance_m or 0) < 10
    far = geocoder.find_nearest(LonLat(2.02, 46.02))
    assert (far.precision, far.citycode) == (Precision.MUNICIPALITY, "03001")
    assert geocoder.find_nearest(LonLat(-30.0, 40.0)).status is Status.NOT_FOUND


def test_completions_start_with_what_is_typed(geocoder: EmbeddedGeocoder) -> None:
    assert geocoder.suggest(AddressQuery("Aub"), 5)[0].citycode == "03001"
    streets = geocoder.suggest(AddressQuery("rue de la p", citycode="03001"), 5)
    assert streets[0].street == "Rue de la Paix"
    assert geocoder.suggest(AddressQuery("36 rue de rivoli par"), 5)[0].citycode == "75101"
    assert len(geocoder.suggest(AddressQuery("r"), 3)) <= 3
