"""Completions while someone types: communes that start so, and streets of a commune already named."""

from __future__ import annotations

from app.geocoding.answer import place_of
from app.geocoding.city_match import city_candidates
from app.geocoding.city_spans import CityMatch
from app.geocoding.gazetteer_file import GazetteerFile
from app.geocoding.geocoder import AddressQuery, GeocodeResult, Precision
from app.geocoding.normalise import commune_words, street_key
from app.geocoding.parse import Parsed, parse
from app.geocoding.ranking import Found, rank, try_city
from app.geocoding.readings import StreetWords, street_readings
from app.geocoding.street_match import StreetMatch

MAX_PREFIXES = 400
"""Names looked at for one beginning: enough for two letters, and below a millisecond."""
MAX_CITIES = 12
MAX_NAME_WORDS = 6
SURE = 0.9


def suggest(file: GazetteerFile, query: AddressQuery, limit: int) -> list[GeocodeResult]:
    """Places that the text names or begins to name, best first; at most `limit`."""
    found = [place_of(file, place, gap) for place, gap in rank(file, query)[:limit]]
    if found and found[0].confidence >= SURE and found[0].precision is not Precision.MUNICIPALITY:
        return found
    seen = {(place.citycode, place.street, place.housenumber) for place in found}
    sure = bool(found) and found[0].confidence >= SURE
    completed = [*_streets(file, query), *_communes(file, query)]
    completed.sort(key=lambda place: (-place.weight, -place.commune.population))
    ordered: list[GeocodeResult] = []
    for place in completed:
        answer = place_of(file, place, 1.0)
        key = (answer.citycode, answer.street, answer.housenumber)
        if key not in seen:
            seen.add(key)
            ordered.append(answer)
    merged = [*found, *ordered] if sure else [*ordered, *found]
    if query.type is not None:
        merged = [place for place in merged if place.precision is query.type]
    return merged[:limit]


def _communes(file: GazetteerFile, query: AddressQuery) -> list[Found]:
    """Communes whose name or postcode starts with the last words; a street before them must exist there."""
    table = file.communes
    if query.citycode is not None:
        return []
    parsed = parse(query.text, table.knows_postcode)
    words = parsed.words
    found: list[Found] = []
    last = words[-1] if words else ""
    if last.isdigit() and 2 <= len(last) <= 4 and (len(words) == 1 or not words[-2].isdigit()):
        cities = {
            index: None for postcode in table.postcodes_starting_with(last) for index in table.in_postcode(postcode)
        }
        found += _tried(file, query, parsed, [(index, len(words) - 1) for index in cities])
    for start in range(max(0, len(words) - MAX_NAME_WORDS), len(words)):
        key = "".join(commune_words(word).replace(" ", "") for word in words[start:])
        if len(key) < 2 or key.isdigit():
            continue
        entries = [table.alias(entry) for entry in table.starting_with(key, MAX_PREFIXES)]
        serving = set(table.in_postcode(parsed.postcode)) if parsed.postcode else None
        cities_named = {alias.commune: None for alias in entries if serving is None or alias.commune in serving}
        found += _tried(file, query, parsed, [(index, start) for index in cities_named])
        if found and not any(not word.isdigit() for word in words[:start]):
            break
    return found


def _tried(file: GazetteerFile, query: AddressQuery, parsed: Parsed, cities: list[tuple[int, int]]) -> list[Found]:
    """The most populous of these communes, each with the street written before it, if any."""
    table = file.communes
    ranked = sorted(cities, key=lambda city: -table.commune(city[0]).population)[:MAX_CITIES]
    found = []
    for index, start in ranked:
        match = CityMatch(index, None, 0.9, "exact", start, len(parsed.words), None)
        for place in try_city(file, query, parsed, match):
            if place.street is not None or not place.asked_street:
                found.append(place)
    return found


def _streets(file: GazetteerFile, query: AddressQuery) -> list[Found]:
    """Streets that start with the words, in the commune that the text, the postcode or the code names."""
    table = file.communes
    parsed = parse(f"{query.text}\n{query.postcode}" if query.postcode else query.text, table.knows_postcode)
    if query.citycode is not None:
        index = table.index_of(query.citycode)
        cities = (
            [] if index is None else [CityMatch(index, None, 1.0, "exact", len(parsed.words), len(parsed.words), None)]
        )
    else:
        cities = [match for match in city_candidates(table, parsed, near_names=False) if match.quality >= 0.75]
    found: list[Found] = []
    for city in cities[:MAX_CITIES]:
        words = parsed.words[: city.start] + parsed.words[city.end :]
        if not any(not word.isdigit() for word in words):
            continue
        streets = file.streets_of(city.commune)
        if streets is None:
            continue
        reading = street_readings(words, frozenset((city.start,)))[0]
        for position in _starting(streets.keys, street_key(list(reading.words)))[:MAX_CITIES]:
            street = streets.street(position)
            match = StreetMatch((position,), 0.95, StreetWords(None, "", True, reading.words))
            commune = table.commune(city.commune)
            found.append(
                Found(0.9, city._replace(quality=1.0), commune, match, street, None, True, False, parsed.postcode)
            )
    return found


def _starting(keys: list[str], typed: str) -> list[int]:
    """Streets whose key, or a later word of it, starts with what is typed."""
    first = [index for index, key in enumerate(keys) if key.startswith(typed)]
    later = [index for index, key in enumerate(keys) if f" {typed}" in key]
    return first + later
