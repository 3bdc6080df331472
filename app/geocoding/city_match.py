"""Which communes an address may be in, and which of its words say so. The street decides between them."""

from __future__ import annotations

from app.geocoding.city_by_name import without_postcode
from app.geocoding.city_in_postcode import with_postcode
from app.geocoding.city_spans import CityMatch
from app.geocoding.communes import CommuneTable
from app.geocoding.normalise import commune_words
from app.geocoding.parse import Parsed

MAX_CANDIDATES = 48
"""Communes tried for one address; the busiest postcode serves 46."""


def city_candidates(table: CommuneTable, parsed: Parsed, near_names: bool) -> list[CityMatch]:
    """Communes that fit the words, best first. `near_names`: also names with a typing fault (asked when the rest failed)."""
    words = tuple(commune_words(word).replace(" ", "") for word in parsed.words)
    if parsed.postcode is not None:
        found = with_postcode(table, parsed, words, near_names)
    else:
        found = without_postcode(table, parsed, words, near_names)
    after = [
        match for match in found if match.start == parsed.postcode_at and match.quality >= 0.98 and match.how != "fuzzy"
    ]
    best: dict[tuple[int, str, int, int], CityMatch] = {}
    for match in after or found:
        key = (match.commune, match.alias.old if match.alias else "", match.start, match.end)
        known = best.get(key)
        if known is None or match.quality > known.quality:
            best[key] = match
    ranked = sorted(best.values(), key=lambda match: (-match.quality, match.start - match.end))
    return ranked[:MAX_CANDIDATES]
