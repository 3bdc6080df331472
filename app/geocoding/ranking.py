"""Tries each commune an address may be in and lets the street decide between them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from app.geocoding.city_match import city_candidates
from app.geocoding.city_spans import CityMatch
from app.geocoding.communes import Commune
from app.geocoding.gazetteer_file import GazetteerFile
from app.geocoding.geocoder import AddressQuery, Precision
from app.geocoding.normalise import fold
from app.geocoding.number_match import NumberMatch, match_number
from app.geocoding.parse import Parsed, parse
from app.geocoding.readings import StreetWords, street_readings
from app.geocoding.street_match import StreetMatch, match_street
from app.geocoding.streets import CommuneStreets, Street
from app.places import LonLat, distance_m

NO_STREET = 0.55
"""Weight of a commune whose street is unknown: below any commune where a believable street was found."""
GOOD_ENOUGH = 0.80
"""From here on, misspelt communes are not looked for."""
MIN_FUZZY_STREET = 0.85
"""A misspelt commune without a postcode is believed only with a street this similar: two doubts do not make a place."""
NUMBER_WEIGHT = {"found": 1.0, "interpolated": 0.985, "absent": 0.96}
NUMBER_UNREAD = 0.94
"""A reading that takes the leading number for a part of the name, or for nothing."""
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")


class Found(NamedTuple):
    """One commune tried: its weight, and what was found in it."""

    weight: float
    city: CityMatch
    commune: Commune
    match: StreetMatch | None
    street: Street | None
    number: NumberMatch | None
    asked_street: bool
    asked_number: bool
    postcode: str | None


def rank(file: GazetteerFile, query: AddressQuery) -> list[tuple[Found, float]]:
    """Places that fit, best first, each with its lead over the next one (1 when it is alone)."""
    table = file.communes
    parsed = parse(composed(query), table.knows_postcode)
    if parsed.foreign and parsed.postcode is None and query.citycode is None:
        return []
    if query.citycode is not None:
        index = table.index_of(query.citycode)
        if index is None:
            return []
        members = {index, *table.arrondissements_of(index)}
        whole = CityMatch(index, None, 1.0, "exact", len(parsed.words), len(parsed.words), _serves(file, index, parsed))
        named = [match for match in city_candidates(table, parsed, near_names=False) if match.commune in members]
        found = _try_all(
            file,
            query,
            parsed,
            [whole, *(match._replace(quality=1.0) for match in named if match.how != "from_postcode")],
        )
    else:
        found = _try_all(file, query, parsed, city_candidates(table, parsed, near_names=False))
        if not found or found[0].weight < GOOD_ENOUGH:
            found += _try_all(file, query, parsed, city_candidates(table, parsed, near_names=True))
        found = [place for place in found if _believable(place)]
    return _with_gaps(_distinct(found, query))


def composed(query: AddressQuery) -> str:
    """The text with the fields the caller gave apart, written as a postman would."""
    text = query.text
    if query.postcode:
        written = _POSTCODE.findall(text)
        if query.postcode not in written:
            text = _POSTCODE.sub(query.postcode, text) if written else f"{text}\n{query.postcode}"
    if query.city:
        text = f"{text} {query.city}" if query.postcode else f"{text}\n{query.city}"
    return text


def _serves(file: GazetteerFile, index: int, parsed: Parsed) -> bool | None:
    return None if parsed.postcode is None else index in file.communes.in_postcode(parsed.postcode)


def _try_all(file: GazetteerFile, query: AddressQuery, parsed: Parsed, cities: list[CityMatch]) -> list[Found]:
    best = 0.0
    tried: list[Found] = []
    for city in cities:
        if city.quality < best - 0.03:
            break
        for found in try_city(file, query, parsed, city):
            tried.append(found)
            best = max(best, found.weight)
    tried.sort(key=lambda found: -found.weight)
    return tried


def try_city(file: GazetteerFile, query: AddressQuery, parsed: Parsed, city: CityMatch) -> list[Found]:
    """What one commune holds of the street part. Paris, Lyon and Marseille stand for their arrondissements."""
    words = parsed.words[: city.start] + parsed.words[city.end :]
    cut = city.end - city.start
    breaks = {at if at <= city.start else max(city.start, at - cut) for at in parsed.breaks} | {city.start}
    readings = street_readings(words, frozenset(breaks)) if any(not word.isdigit() for word in words) else ()
    asked = bool(readings)
    if query.type is Precision.MUNICIPALITY:
        readings = ()
    places = [city.commune]
    if readings:
        places += file.communes.arrondissements_of(city.commune)
    results: list[Found] = []
    for index in places:
        streets = file.streets_of(index) if readings else None
        found = _best_street(file, parsed, city, index, streets, readings) if streets else None
        if found is not None:
            results.append(found)
    if not results:
        weight = city.quality * (NO_STREET if asked else 1.0)
        commune = file.communes.commune(city.commune)
        numbered = any(reading.number is not None for reading in readings)
        results.append(Found(weight, city, commune, None, None, None, asked, numbered, parsed.postcode))
    return results


def _best_street(
    file: GazetteerFile,
    parsed: Parsed,
    city: CityMatch,
    index: int,
    streets: CommuneStreets,
    readings: Sequence[StreetWords],
) -> Found | None:
    best: Found | None = None
    any_number = any(reading.number is not None for reading in readings)
    for reading in readings:
        match = match_street(streets, reading)
        if match is None:
            continue
        street, number = _pick(file, streets, match, city, parsed)
        numbered = reading.number is not None
        how = number.how if number else "absent"
        weight = (
            city.quality * match.similarity * (NUMBER_WEIGHT[how] if numbered else NUMBER_UNREAD if any_number else 1.0)
        )
        if best is None or weight > best.weight + 1e-9:
            best = Found(
                weight, city, file.communes.commune(index), match, street, number, True, numbered, parsed.postcode
            )
        if match.similarity >= 1.0 and (how == "found" if numbered else not any_number):
            break
    return best


def _pick(
    file: GazetteerFile, streets: CommuneStreets, match: StreetMatch, city: CityMatch, parsed: Parsed
) -> tuple[Street, NumberMatch | None]:
    """Among streets that fit alike: the one with the number, in the former commune and postcode that were written."""
    old = city.alias.old if city.alias else ""
    reading = match.reading
    best: tuple[tuple[int, int, int, int, int], Street, NumberMatch | None] | None = None
    for index in match.streets:
        street = streets.street(index)
        number = None
        if reading.number is not None and street.count:
            block = file.numbers(street.block)
            number = match_number(
                block, street, file.suffixes, reading.number, reading.suffix, suffix_sure=reading.suffix_sure
            )  # fmt: skip
        score = (
            2 if number and number.how == "found" else 1 if number else 0,
            int(bool(old) and street.old == old),
            int(parsed.postcode is not None and street.postcode == parsed.postcode),
            int(fold(street.name) == " ".join(reading.words)) if len(match.streets) > 1 else 0,
            street.count,
        )
        if best is None or score > best[0]:
            best = (score, street, number)
    assert best is not None
    return best[1], best[2]


def _believable(found: Found) -> bool:
    """Refuses a place that rests on a misspelt commune alone, or on words that may be anything."""
    city = found.city
    if city.how == "fuzzy" and city.in_postcode is not True:
        if found.match is None:
            return (
                not found.asked_street and city.in_postcode is None and len(city.alias.words if city.alias else "") >= 6
            )
        return found.match.similarity >= MIN_FUZZY_STREET
    if found.match is None and city.how == "from_postcode":
        return True
    return not (found.match is None and found.asked_street and city.quality < 0.7)


def _distinct(found: list[Found], query: AddressQuery) -> list[Found]:
    """One entry per place, nearest or most populous first among equals."""
    best: dict[tuple[int, str | None, str], Found] = {}
    for place in found:
        street = place.street
        key = (place.commune.index, street.name if street else None, street.old if street else "")
        if key not in best or place.weight > best[key].weight:
            best[key] = place

    def order(place: Found) -> tuple[float, float]:
        if query.near is not None:
            away = distance_m(query.near, LonLat(place.commune.lon, place.commune.lat))
            return -round(place.weight + 0.05 * math.exp(-away / 30_000), 4), away
        return -round(place.weight, 4), -place.commune.population

    ranked = sorted(best.values(), key=order)
    streets = {place.commune.index for place in ranked if place.street is not None}
    return [place for place in ranked if place.street is not None or not _is_pale(place, streets)]


def _is_pale(place: Found, streets: set[int]) -> bool:
    """Whether a commune without the street stands beside places that have it, and nothing names that commune."""
    return place.commune.index in streets or (bool(streets) and place.city.how == "from_postcode")


def _with_gaps(ranked: list[Found]) -> list[tuple[Found, float]]:
    """Each place with its lead over the next one; behind the first, how close the one before it is counts as well."""
    gaps = []
    for position, place in enumerate(ranked):
        lead = place.weight - ranked[position + 1].weight if position + 1 < len(ranked) else 1.0
        if position:
            lead = min(lead, ranked[position - 1].weight - place.weight)
        gaps.append((place, round(max(0.0, lead), 4)))
    return gaps
