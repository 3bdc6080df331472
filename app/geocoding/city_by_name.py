"""Communes that an address without a usable postcode may be in: named at its end or start, maybe with their département."""

from __future__ import annotations

from app.geocoding.areas import NOT_COMMUNES
from app.geocoding.city_spans import (
    INSIDE_NAMES,
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
from app.geocoding.communes import Alias, CommuneTable
from app.geocoding.normalise import ARTICLES, commune_words, is_street_type
from app.geocoding.parse import OTHER_TERRITORIES, Parsed

INSIDE = 0.95
CONTRADICTED = 0.75
MIN_SHORTENED = 6
MAX_BEGINNINGS = 200
MUCH_LARGER = 20
"""A commune this many times more populous than the others whose name begins so is the one meant."""


def in_department(code: str, department: str) -> bool:
    """Whether a département is the one a postcode starts with (`20`: both of Corsica)."""
    return code == department or (department == "20" and code in ("2A", "2B"))


def is_overseas(department: str) -> bool:
    """`97` alone: an overseas postcode that serves no commune and names no territory."""
    return department.startswith(("97", "98"))


def without_postcode(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], near_names: bool) -> list[CityMatch]:
    """Names at the end or at the start. A département written behind the name, or the start of a CEDEX, narrows them."""
    if all(word in ARTICLES or word.isdigit() or is_street_type(word) for word in parsed.words) and (
        len(words) > 1 or near_names
    ):
        return []
    written = departments_written(table, parsed.words)
    found = _named(table, parsed, words, parsed.department, near_names)
    found = [weighed for match in found if (weighed := _beside(table, match, written, len(words))) is not None]
    for count, department in written:
        part = _until(parsed, count)
        here = [
            match._replace(end=len(words)) if match.end == count else match  # the département is no part of the street
            for match in _named(table, part, words[:count], department, near_names)
            if in_department(table.department_of(match.commune), department)
        ]
        if any(match.end == len(words) and match.quality >= 0.9 for match in here):
            found = [_less_likely(match, here, count) for match in found]
        found += here
    return found


def _named(
    table: CommuneTable, parsed: Parsed, words: tuple[str, ...], department: str | None, near_names: bool
) -> list[CityMatch]:
    found = _exact(table, parsed, words, department)
    if near_names:
        return [*found, *_misspelt(table, parsed, words, department), *_shortened(table, parsed, words, department)]
    return found


def _exact(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], department: str | None) -> list[CityMatch]:
    """Names written in full. One inside a longer one counts a little less: `[Paris] 13`, `Mont-[Saint-Martin]`."""
    count = len(words)
    found: list[CityMatch] = []
    for key, start, end in runs(parsed, words):
        place = place_quality(parsed, start, end)
        if place < 0.95 or (department is None and not may_stand_alone(parsed, start, end)):
            continue
        if end == count:
            place *= name_weight(parsed, start, end) * (1 - 0.003 * min(start, 10))  # longest name first
        for entry in table.named(key):
            alias = table.alias(entry)
            weight = place * named_exactly(alias, key) * _distance_weight(table, alias.commune, department)
            if weight > 0:
                found.append(CityMatch(alias.commune, alias, weight, how(alias), start, end, None))
    if (
        department is None
        and found
        and len(found[0].alias.words if found[0].alias else "") >= MIN_SHORTENED
        and all(match.how == "alias" and match.end - match.start == count for match in found)
    ):  # only former communes bear this name: a larger one of today that begins so may be meant
        largest = max(table.commune(match.commune).population for match in found)
        for alias in _beginning_so(table, "".join(words), " ".join(words), department)[:3]:
            if table.commune(alias.commune).population > largest:
                found.append(CityMatch(alias.commune, alias, found[0].quality, "fuzzy", 0, count, None))
    spans = {(match.start, match.end) for match in found}
    return [match._replace(quality=match.quality * INSIDE) if _is_inside(match, spans) else match for match in found]


def _is_inside(match: CityMatch, spans: set[tuple[int, int]]) -> bool:
    return any(
        start <= match.start and match.end <= end and end - start > match.end - match.start for start, end in spans
    )


def _misspelt(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], department: str | None) -> list[CityMatch]:
    """Names with one fault. The name of a country, a region or a département is not one."""
    found: list[CityMatch] = []
    for zone, start, end, prior in zones(parsed, words):
        if zone in NOT_COMMUNES or zone in table.departments or is_street_type(zone):
            continue
        prior *= name_weight(parsed, start, end) if end == len(words) else 1.0
        for entry in table.nearly_named(zone, as_written(parsed, start, end)):
            alias = table.alias(entry)
            same = _distance_weight(table, alias.commune, department)
            if same > 0:
                weight = prior * (0.88 if same == 1 else 0.7)
                found.append(CityMatch(alias.commune, alias, weight, "fuzzy", start, end, None))
    return found


def _shortened(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], department: str | None) -> list[CityMatch]:
    """The beginning of a single name, or of one far more populous than the others: `Cherbourg`, `Montreuil (62)`."""
    found: list[CityMatch] = []
    for zone, start, end, prior in zones(parsed, words):
        if end != len(words) or len(zone) < MIN_SHORTENED or zone in NOT_COMMUNES or zone in table.departments:
            continue
        if words[end - 1] in INSIDE_NAMES or words[end - 1] in ARTICLES:
            continue
        ranked = _beginning_so(table, zone, " ".join(words[start:end]), department)
        if ranked and (
            len(ranked) == 1
            or table.commune(ranked[0].commune).population >= MUCH_LARGER * table.commune(ranked[1].commune).population
        ):
            prior *= name_weight(parsed, start, end)
            found.append(CityMatch(ranked[0].commune, ranked[0], prior * 0.88, "fuzzy", start, end, None))
    return found


def _beginning_so(table: CommuneTable, key: str, words: str, department: str | None) -> list[Alias]:
    """Communes with a name that goes on after these words, most populous first."""
    here: dict[int, Alias] = {}
    for entry in table.starting_with(key, MAX_BEGINNINGS):
        alias = table.alias(entry)
        if alias.words.startswith(f"{words} ") and _distance_weight(table, alias.commune, department) == 1:
            here[alias.commune] = alias
    return sorted(here.values(), key=lambda alias: -table.commune(alias.commune).population)


def _distance_weight(table: CommuneTable, commune: int, department: str | None) -> float:
    """1 in the département, less in another, 0 beyond the sea: nobody mistypes a postcode that far."""
    there = table.department_of(commune)
    if department is None or in_department(there, department):
        return 1.0
    return 0.0 if is_overseas(there) != is_overseas(department) or department in OTHER_TERRITORIES else OTHER_DEPARTMENT


def _beside(table: CommuneTable, match: CityMatch, written: list[tuple[int, str]], count: int) -> CityMatch | None:
    """A name weighed against the département written behind it: contradicted by it, or only a part of its name."""
    for start, department in written:
        if start <= match.start and match.end == count and match.start > start:
            return None  # `Seine-Saint-[Denis]`
        there = table.department_of(match.commune)
        if match.end == start and not in_department(there, department):
            if is_overseas(there) or is_overseas(department):
                return None
            return match._replace(quality=match.quality * CONTRADICTED, contradicted=True)
    return match


def _less_likely(match: CityMatch, here: list[CityMatch], count: int) -> CityMatch:
    """Another commune of the same name, or named as the département is, when one in that département is written."""
    names = {other.alias.words for other in here if other.alias and other.quality >= 0.9}
    same_name = match.alias is not None and match.alias.words in names
    return match._replace(quality=match.quality * 0.9) if same_name or match.start >= count else match


def _until(parsed: Parsed, count: int) -> Parsed:
    """The words before a département."""
    breaks = frozenset(at for at in parsed.breaks if at <= count)
    at = parsed.postcode_at if parsed.postcode_at is None or parsed.postcode_at <= count else None
    return parsed._replace(words=parsed.words[:count], breaks=breaks, postcode_at=at)


def departments_written(table: CommuneTable, words: tuple[str, ...]) -> list[tuple[int, str]]:
    """Départements that the last words name, each with the position where it begins; the words before it are not empty."""
    found = []
    for length in range(1, min(6, len(words))):
        code = department_written(table, words[-length:])
        if code is not None and (words[-length - 1] == "en" or words[-length - 1] not in INSIDE_NAMES):
            found.append((len(words) - length, code))
    return found


def department_written(table: CommuneTable, words: tuple[str, ...]) -> str | None:
    """The département that these last words name, by number (`45`, `2a`, `974`) or by name (`Pas-de-Calais`)."""
    if len(words) == 1:
        code = words[0].upper()
        if code in table.department_codes or (len(code) == 3 and code.isdigit() and is_overseas(code)):
            return code
    plain = words[1:] if len(words) > 1 and words[0] in ARTICLES else words
    return table.departments.get("".join(commune_words(word).replace(" ", "") for word in plain))
