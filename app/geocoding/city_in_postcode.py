"""Communes that an address with a known postcode may be in: those of the postcode first, then those named elsewhere."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.geocoding.city_spans import (
    OTHER_DEPARTMENT,
    SAME_DEPARTMENT,
    CityMatch,
    as_written,
    holds_way,
    how,
    named_exactly,
    place_quality,
    runs,
    starts_street,
    zone_end,
    zones,
)
from app.geocoding.communes import CommuneTable, PostcodeNames
from app.geocoding.parse import Parsed

NO_CITY_TEXT = 0.80
UNREAD_CITY_TEXT = 0.62
"""Weights of a commune known by its postcode alone: nothing is written where a commune is, or something unknown is."""


def with_postcode(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], near_names: bool) -> list[CityMatch]:
    here = table.postcode_names(parsed.postcode or "")
    members, department, at = here.communes, here.department, parsed.postcode_at
    if at is not None and at < len(words) and not near_names:
        end = zone_end(parsed, at)
        named = here.by_name.get("".join(words[at:end]))
        if named:  # `… 09000 Foix`: nothing else needs looking at
            aliases = [table.alias(entry) for entry in named]
            return [CityMatch(alias.commune, alias, 1.0, how(alias), at, end, True) for alias in aliases]
    found: list[CityMatch] = []
    elsewhere: list[CityMatch] = []
    for key, start, end in runs(parsed, words):
        place = place_quality(parsed, start, end)
        for entry in here.by_name.get(key, ()):
            alias = table.alias(entry)
            found.append(CityMatch(alias.commune, alias, place, how(alias), start, end, True))
        if place < 0.8:
            continue
        for entry in table.named(key):
            alias = table.alias(entry)
            if alias.commune in members:
                exactly = place * named_exactly(alias, key)
                found.append(CityMatch(alias.commune, alias, exactly, how(alias), start, end, True))
            elif len(key) > 2:
                same = table.department_of(alias.commune) == department
                prior = place * (SAME_DEPARTMENT if same else OTHER_DEPARTMENT)
                elsewhere.append(CityMatch(alias.commune, alias, prior, how(alias), start, end, False))
    full = max((match.quality for match in found), default=0.0)
    if full >= 0.98 and not near_names:
        return found
    if full < 0.95 or near_names:
        found.extend(near_in_postcode(table, parsed, words, here))
        found.extend(elsewhere)
    if near_names:
        found.extend(near_elsewhere(table, parsed, words, department, members))
    if full < 0.9:
        found.extend(whole_postcode(parsed, members))
    return found


def whole_postcode(parsed: Parsed, members: frozenset[int]) -> list[CityMatch]:
    """Every commune of the postcode; what stands where a commune is written is left out of the street."""
    at, count = parsed.postcode_at or 0, len(parsed.words)
    end = zone_end(parsed, at) if at < count else at
    street_after = at < count and (parsed.words[at].isdigit() or starts_street(parsed.words[at]))
    if at >= count or street_after:
        return [CityMatch(index, None, NO_CITY_TEXT, "from_postcode", count, count, True) for index in members]
    return [CityMatch(index, None, UNREAD_CITY_TEXT, "from_postcode", at, end, True) for index in members]


def near_in_postcode(
    table: CommuneTable, parsed: Parsed, words: tuple[str, ...], here: PostcodeNames
) -> list[CityMatch]:
    """Misspelt and shortened names among the communes of the postcode: few enough to allow several faults."""
    found: list[CityMatch] = []
    for zone, start, end, prior in zones(parsed, words):
        if len(zone) < 3:
            continue
        for name, similarity, position in process.extract(
            zone, here.names, scorer=OSA.normalized_similarity, score_cutoff=0.6, limit=6
        ):
            alias = table.alias(here.aliases[position])
            quality = prior * min(0.96, 1 - 0.5 * (1 - similarity)) if name != zone else prior
            found.append(CityMatch(alias.commune, alias, quality, "fuzzy", start, end, True))
        if len(zone) >= 5 and not holds_way(parsed, start, end):
            for position, name in enumerate(here.names):
                if name.startswith(zone) or (len(name) >= 5 and zone.startswith(name)):
                    alias = table.alias(here.aliases[position])
                    found.append(CityMatch(alias.commune, alias, prior * 0.88, "fuzzy", start, end, True))
    return found


def near_elsewhere(
    table: CommuneTable, parsed: Parsed, words: tuple[str, ...], department: str, members: frozenset[int]
) -> list[CityMatch]:
    """Misspelt names in the same département: the postcode and the name both have a fault."""
    found: list[CityMatch] = []
    for zone, start, end, prior in zones(parsed, words):
        for entry in table.nearly_named(zone, as_written(parsed, start, end)):
            alias = table.alias(entry)
            if alias.commune not in members and table.department_of(alias.commune) == department:
                found.append(CityMatch(alias.commune, alias, prior * 0.86, "fuzzy", start, end, False))
    return found
