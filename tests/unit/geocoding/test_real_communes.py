"""How people name real communes: the gazetteer of the embedded bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.geocoding.build import build_gazetteer
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, GeocodeResult, Precision, Status

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture(scope="module")
def france(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedGeocoder:
    path = tmp_path_factory.mktemp("france") / "gazetteer.sqlite"
    return EmbeddedGeocoder.open(build_gazetteer(ROOT / "data" / "geo", path))


def outcome(found: GeocodeResult) -> tuple[Status, str | None]:
    return found.status, found.citycode


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Paris 13", "75113"), ("Paris 13ème arrondissement", "75113"), ("PARIS XIII", "75113"), ("Paris XVIe", "75116"),
        ("Paris treizième", "75113"), ("Paris Ier", "75101"), ("LYON 03", "69383"), ("Lyon 3", "69383"),
        ("Marseille (8e)", "13208"), ("MARSEILLE 01", "13201"), ("75013", "75113"), ("75116 Paris", "75116"),
        ("Ajaccio (2A)", "2A004"), ("20200 Bastia", "2B033"), ("Corte, Haute-Corse", "2B096"),
        ("Saint-Denis (974)", "97411"), ("Saint-Denis, La Réunion", "97411"), ("97600 Mamoudzou", "97611"),
        ("STE MARIE AUX MINES", "68298"), ("l’haÿ les roses", "94038"), ("St-Étienne 42", "42218"), ("80190 Y", "80829"),
        ("Montreuil (62)", "62588"), ("Montreuil, Pas-de-Calais", "62588"), ("Montreuil 93", "93048"),
        ("Cherbourg", "50129"), ("Lomme 59160", "59350"), ("Annecy-le-Vieux", "74010"), ("09000 Foix Occitanie", "09122"),
        ("Foix, Ariège, Occitanie, France", "09122"), ("Aurseulles", "14581"), ("Orbois (14)", "14581"),
        ("Noyant (49)", "49228"),
        ("😀 Foix", "09122"), ("FR-09000 Foix", "09122"), ("09000Foix", "09122"),
    ],
)  # fmt: skip
def test_a_commune_is_found_however_it_is_named(france: EmbeddedGeocoder, text: str, code: str) -> None:
    found = france.find(AddressQuery(text))
    assert outcome(found) == (Status.MATCHED, code)
    assert found.confidence >= 0.8


@pytest.mark.parametrize(
    "text",
    ["97150 Saint-Martin", "97133 Saint-Barthélemy", "97500 Saint-Pierre", "Saint-Martin (978)", "98000 Monaco", "98800 Nouméa",
     "Genève", "Bruxelles", "London", "12 rue du Rhône 1204 Genève Suisse", "Montréal Canada", "Ariège", "Haute-Garonne",
     "Occitanie", "France", "avenue", "Chalons sur marne", "néant", "rue de Paris",
     "Pôle santé du Nord, 3 allée des Cerisiers"],
)  # fmt: skip
def test_what_is_no_commune_here_is_not_a_misspelt_one(france: EmbeddedGeocoder, text: str) -> None:
    assert outcome(france.find(AddressQuery(text))) == (Status.NOT_FOUND, None)


@pytest.mark.parametrize(
    "text", ["Foix (31)", "Toulouse 09", "09000 Toulouse", "Villefranche", "Saint-Denis", "Paris 25"]
)
def test_a_contradiction_or_a_shared_name_is_ambiguous(france: EmbeddedGeocoder, text: str) -> None:
    found = france.find(AddressQuery(text))
    assert found.status is Status.AMBIGUOUS
    assert found.confidence < 0.6


def test_a_street_swallowed_by_no_commune_name_leaves_the_answer_partial(france: EmbeddedGeocoder) -> None:
    found = france.find(AddressQuery("75010 Paris rue du faubourg saint denis 12"))
    assert (outcome(found), found.precision) == ((Status.PARTIAL, "75110"), Precision.MUNICIPALITY)
    assert outcome(france.find(AddressQuery("Paris 10e, 12 rue du Fbg St Denis"))) == (Status.PARTIAL, "75110")


def test_a_commune_without_outline_or_town_hall_is_placed_with_a_wide_radius(france: EmbeddedGeocoder) -> None:
    found = france.find(AddressQuery("14240 Aurseulles"))
    assert (found.citycode, found.precision) == ("14581", Precision.MUNICIPALITY)
    assert (found.uncertainty_m or 0) > 5_000


def test_the_name_of_a_departement_hides_no_commune(france: EmbeddedGeocoder) -> None:
    assert france.find(AddressQuery("12 avenue Gallieni Seine-Saint-Denis")).citycode is None
