"""Communes that an address without a usable postcode may be in: named at its end or start, maybe with their département."""

from __future__ import annotations

from dataclasses import replace

from app.geocoding.city_spans import (
    OTHER_DEPARTMENT,
    CityMatch,
    as_written,
    how,
    may_stand_alone,
    name_weight,
    named_exactly,
    place_quality,
    runs,
    zones,
)
from app.geocoding.communes import CommuneTable
from app.geocoding.normalise import ARTICLES, commune_words, is_street_type
from app.geocoding.parse import Parsed


def in_department(code: str, department: str) -> bool:
    """Whether a département is the one a postcode starts with (`20`: both of Corsica)."""
    return code == department or (department == "20" and code in ("2A", "2B"))


def without_postcode(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], near_names: bool) -> list[CityMatch]:
    """Names at the end or at the start. A département written behind the name, or the start of a CEDEX, narrows them."""
    found: list[CityMatch] = []
    hints: list[tuple[int, str | None]] = [(len(words), parsed.department)]
    if all(word in ARTICLES or word.isdigit() or is_street_type(word) for word in parsed.words) and len(words) > 1:
        return found
    for length in range(1, min(5, len(words))):
        code = department_written(table, parsed.words[-length:])
        if code is not None:
            hints.append((len(words) - length, code))
    for count, department in hints:
        part = replace(parsed, words=parsed.words[:count], breaks=frozenset(at for at in parsed.breaks if at <= count))
        if part.postcode_at is not None and part.postcode_at > count:
            part = replace(part, postcode_at=None)
        written = count < len(words)
        for key, start, end in runs(part, words[:count]):
            place = place_quality(part, start, end)
            if place < 0.95 or (department is None and not may_stand_alone(part, start, end)):
                continue
            if end == count:
                place *= name_weight(part, start, end)
            for entry in table.named(key):
                alias = table.alias(entry)
                prior = place * named_exactly(alias, key)
                if department is not None:
                    same = in_department(table.department_of(alias.commune), department)
                    prior *= 1.0 if same else (0.0 if written else OTHER_DEPARTMENT)
                prior *= 1 - 0.003 * min(start, 10) if end == count else 1.0  # longest name first
                found.append(
                    reaching_end(CityMatch(alias.commune, alias, prior, how(alias), start, end, None), count, words)
                )
        if near_names:
            for zone, start, end, prior in zones(part, words[:count]):
                prior *= name_weight(part, start, end) if end == count else 1.0
                for entry in table.nearly_named(zone, as_written(part, start, end)):
                    alias = table.alias(entry)
                    same = department is None or in_department(table.department_of(alias.commune), department)
                    if same or not written:
                        weight = prior * (0.88 if same else 0.7)
                        match = CityMatch(alias.commune, alias, weight, "fuzzy", start, end, None)
                        found.append(reaching_end(match, count, words))
    hinted = {match.alias.words for match in found if match.alias and match.end == len(words) and match.quality >= 0.9}
    return [
        replace(match, quality=match.quality * 0.9)
        if match.end < len(words) and match.alias and match.alias.words in hinted
        else match
        for match in found
        if match.quality > 0
    ]


def reaching_end(match: CityMatch, count: int, words: tuple[str, ...]) -> CityMatch:
    """The département written after the name is no part of the street either."""
    if count < len(words) and match.end == count:
        return replace(match, end=len(words))
    return match


def department_written(table: CommuneTable, words: tuple[str, ...]) -> str | None:
    """The département that these last words name, by number (`45`, `2a`, `974`) or by name (`Pas-de-Calais`)."""
    if len(words) == 1:
        code = words[0].upper()
        if code in table.department_codes:
            return code
    return table.departments.get("".join(commune_words(word).replace(" ", "") for word in words))
