"""What holds for any text: an answer, never an error; writing style never changes the place."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Precision, Status
from app.places import LonLat

ADDRESSES = [
    "1 rue de la Paix 03100 Aube", "4 bis rue de la Paix 03100 Aube", "6 rue du 8 mai 1945 03100 Bois",
    "36 rue de Rivoli 75001 Paris", "2 Cours Napoléon 20100 Giro", "118 avenue du Général de Gaulle 03100 Aube",
]  # fmt: skip
WORDS = st.sampled_from(
    ["12", "bis", "rue", "de", "la", "paix", "Aube", "03100", "75001", "paris", "cedex", "BP", "-", ",", "avenue", "'", "1er",
     "étage", "2A", "B", "bât", "Fort", "saint", "\n"]
)  # fmt: skip
relaxed = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(text=st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_gets_a_sound_answer(geocoder: EmbeddedGeocoder, text: str) -> None:
    found = geocoder.find(AddressQuery(text))
    assert 0 <= found.confidence <= 1
    assert len(found.candidates) <= 5
    if found.precision is None:
        assert found.status in (Status.NOT_FOUND, Status.REJECTED)
        assert (found.lon, found.lat, found.citycode, found.label) == (None, None, None, "")
    else:
        assert found.citycode is not None
        assert math.isfinite(found.lon or math.nan)
        assert (found.uncertainty_m or 0) > 0
        assert (found.housenumber is not None) == (found.precision in (Precision.HOUSENUMBER, Precision.INTERPOLATED))


@relaxed
@given(address=st.sampled_from(ADDRESSES), data=st.data())
def test_the_way_of_writing_never_changes_the_place(
    geocoder: EmbeddedGeocoder, address: str, data: st.DataObject
) -> None:
    words = address.split(" ")
    cased = [data.draw(st.sampled_from([word, word.upper(), word.lower(), word.title()])) for word in words]
    space = data.draw(st.sampled_from([" ", "  ", "\t"]))
    written = (
        data.draw(st.sampled_from(["", " ", "\n"]))
        + space.join(cased)
        + data.draw(st.sampled_from(["", " ", "\nFRANCE", ", France"]))
    )
    plain, styled = geocoder.find(AddressQuery(address)), geocoder.find(AddressQuery(written))
    assert plain.precision is Precision.HOUSENUMBER
    assert (styled.label, styled.citycode, styled.precision) == (plain.label, plain.citycode, plain.precision)


@relaxed
@given(lon=st.floats(1.9, 2.7), lat=st.floats(45.9, 46.3))
def test_reverse_never_leaves_the_reach_of_a_number(geocoder: EmbeddedGeocoder, lon: float, lat: float) -> None:
    found = geocoder.find_nearest(LonLat(lon, lat))
    if found.precision is Precision.HOUSENUMBER:
        assert (found.distance_m or 0) <= 201
