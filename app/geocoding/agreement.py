"""Compares what a remote engine returned with what was asked, field by field, as the embedded engine does for itself.

So confidence means the same for every engine, and a street the engine invented is caught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from app.geocoding.address_files import split_number
from app.geocoding.geocoder import AddressQuery, Facets
from app.geocoding.normalise import commune_words, compact, fold, street_key, without_article
from app.geocoding.parse import Parsed, parse
from app.geocoding.ranking import composed
from app.geocoding.readings import StreetWords, street_readings
from app.geocoding.street_match import match_street
from app.geocoding.streets import KIND_STREET, CommuneStreets, StreetRecord, pack_commune

_CITY_FAULTS = 0.75
"""Similarity from which a written commune is the returned one misspelt, as in the embedded engine."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Fields of one answer of a remote engine; None when it gave none."""

    housenumber: str | None
    street: str | None
    postcode: str | None
    cities: tuple[str, ...]
    citycode: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Facets of an answer, and whether the question named a street or a number at all."""

    facets: Facets
    asked_street: bool
    asked_number: bool


def compare(query: AddressQuery, returned: Returned) -> Agreement:
    """How well an answer agrees with its question."""
    parsed = parse(composed(query), lambda postcode: True)
    how, start, end = _city(query, parsed, returned)
    words = parsed.words[:start] + parsed.words[end:]
    breaks = frozenset(at if at <= start else max(start, at - (end - start)) for at in parsed.breaks) | {start}
    readings = street_readings(words, breaks) if any(not word.isdigit() for word in words) else ()
    postcode = "absent"
    if parsed.postcode is not None:
        postcode = "same" if parsed.postcode == returned.postcode else "other"
    similarity, number = _street(readings, returned)
    numbers = [reading for reading in readings if reading.number is not None]
    facets = Facets(postcode, how, similarity, number if numbers else "missing")
    return Agreement(facets, bool(readings), bool(numbers))


def _city(query: AddressQuery, parsed: Parsed, returned: Returned) -> tuple[str, int, int]:
    """How the commune was written, and the words that name it."""
    names = {compact(form) for city in returned.cities for form in _forms(city)}
    words = [commune_words(word).replace(" ", "") for word in parsed.words]
    best = ("absent", len(words), len(words))
    closest = _CITY_FAULTS
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 10) + 1):
            run = "".join(words[start:end])
            if run in names:
                if best[0] != "exact" or end - start > best[2] - best[1]:
                    best, closest = ("exact", start, end), 2.0
            elif closest <= 1 and len(run) >= 4:
                similarity = max((OSA.normalized_similarity(run, name) for name in names), default=0.0)
                if similarity > closest:
                    best, closest = ("fuzzy", start, end), similarity
    if best[0] == "absent":
        if query.citycode is not None and query.citycode == returned.citycode:
            return "exact", best[1], best[2]
        if parsed.postcode is not None and parsed.postcode == returned.postcode:
            return "from_postcode", best[1], best[2]
    return best


def _forms(city: str) -> tuple[str, str]:
    words = commune_words(fold(city))
    return words, without_article(words)


def _street(readings: Sequence[StreetWords], returned: Returned) -> tuple[float | None, str]:
    """(similarity of the street, None when it is another one; what became of the number)."""
    if returned.street is None or not readings:
        return None, "absent"
    words = fold(returned.street).split()
    record = StreetRecord(returned.street, street_key(words), KIND_STREET, "", "", 0, 0)
    only = CommuneStreets(pack_commune([record])[0], 0)
    best: tuple[float, str] | None = None
    for reading in readings:
        match = match_street(only, reading)
        if match is None:
            continue
        number = "missing"
        if reading.number is not None:
            number = "found" if returned.housenumber and _same_number(reading, returned.housenumber) else "absent"
        value = (match.similarity, number)
        if best is None or (value[0], value[1] == "found") > (best[0], best[1] == "found"):
            best = value
    return best if best is not None else (None, "absent")


def _same_number(reading: StreetWords, housenumber: str) -> bool:
    number, suffix = split_number(housenumber)
    short = {"bis": "b", "ter": "t", "quater": "q"}
    wanted = short.get(reading.suffix, reading.suffix)
    return number == reading.number and (
        short.get(suffix, suffix) == wanted or (not reading.suffix_sure and not suffix)
    )
