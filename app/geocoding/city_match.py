"""Which communes an address may be in, and which of its words say so. The street decides between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.geocoding.communes import Alias, CommuneTable, PostcodeNames
from app.geocoding.normalise import ARTICLES, NAME_STARTS, commune_words, is_street_type
from app.geocoding.parse import Parsed

MAX_NAME_WORDS = 10
MAX_CANDIDATES = 48
"""Communes tried for one address; the busiest postcode serves 46."""

ARTICLE_DROPPED = 0.985
SAME_DEPARTMENT = 0.95
OTHER_DEPARTMENT = 0.80
NO_CITY_TEXT = 0.80
UNREAD_CITY_TEXT = 0.62
"""Priors multiplied with the similarity of the street. An exact commune name elsewhere in the département beats a misspelt
one at the postcode: people mistype postcodes more often than they turn one commune's name into another's."""


@dataclass(frozen=True, slots=True)
class CityMatch:
    """A commune that may be meant, the words `[start, end)` that name it, and how well they do.

    `how`: exact | alias (a former commune) | fuzzy | from_postcode. `in_postcode` is None when no postcode was given.
    """

    commune: int
    alias: Alias | None
    quality: float
    how: str
    start: int
    end: int
    in_postcode: bool | None


def city_candidates(table: CommuneTable, parsed: Parsed, near_names: bool) -> list[CityMatch]:
    """Communes that fit the words, best first. `near_names`: also names with a typing fault (asked when the rest failed)."""
    words = tuple(commune_words(word).replace(" ", "") for word in parsed.words)
    if parsed.postcode is not None:
        found = _with_postcode(table, parsed, words, near_names)
    else:
        found = _without_postcode(table, parsed, words, near_names)
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


def _starts_street(word: str) -> bool:
    """Whether a word begins a street rather than a commune."""
    return is_street_type(word) and word not in NAME_STARTS


def _named_exactly(alias: Alias, key: str) -> float:
    """1, or a little less when only the article is missing: `Faye` is Faye before it is La Faye."""
    return 1.0 if len(key) == len(alias.words) - alias.words.count(" ") else ARTICLE_DROPPED


def _how(alias: Alias) -> str:
    return "alias" if alias.old else "exact"


def _zone_end(parsed: Parsed, start: int) -> int:
    """Where the words of a commune that start here must stop: a break, a number, the end."""
    end = start
    while end < len(parsed.words) and end - start < MAX_NAME_WORDS:
        if end > start and (end in parsed.breaks or parsed.words[end].isdigit()):
            break
        end += 1
    return end


def _place_quality(parsed: Parsed, start: int, end: int) -> float:
    """How natural it is for a commune to stand there: after the postcode, at the end, at the start, cut apart."""
    at, count = parsed.postcode_at, len(parsed.words)
    if start == at:
        left_over = _zone_end(parsed, start) - end
        return 1.0 - 0.02 * max(0, left_over)
    if end == count and (at is None or at >= count or at <= start):
        return 0.99
    if end == at:
        return 0.99 * _name_weight(parsed, start, end)
    if start == 0 and (
        end == count or end in parsed.breaks or parsed.words[end].isdigit() or _starts_street(parsed.words[end])
    ):
        return 0.98
    if start in parsed.breaks and (end in parsed.breaks or end == count):
        return 0.97
    return 0.85 if start in parsed.breaks or end in parsed.breaks else 0.70


def _as_written(parsed: Parsed, start: int, end: int) -> str:
    """The words without any expansion: a fault inside `lez` must not count twice."""
    return "".join(parsed.words[start:end])


def _runs(parsed: Parsed, words: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Every run of words, compact, that does not step over the postcode."""
    at = parsed.postcode_at
    runs = []
    for start in range(len(words)):
        key = ""
        for end in range(start + 1, min(len(words), start + MAX_NAME_WORDS) + 1):
            if at is not None and start < at < end:
                break
            key += words[end - 1]
            runs.append((key, start, end))
    return runs


def _with_postcode(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], near_names: bool) -> list[CityMatch]:
    here = table.postcode_names(parsed.postcode or "")
    members, department, at = here.communes, here.department, parsed.postcode_at
    if at is not None and at < len(words) and not near_names:
        end = _zone_end(parsed, at)
        named = here.by_name.get("".join(words[at:end]))
        if named:  # `… 09000 Foix`: nothing else needs looking at
            aliases = [table.alias(entry) for entry in named]
            return [CityMatch(alias.commune, alias, 1.0, _how(alias), at, end, True) for alias in aliases]
    found: list[CityMatch] = []
    elsewhere: list[CityMatch] = []
    for key, start, end in _runs(parsed, words):
        place = _place_quality(parsed, start, end)
        for entry in here.by_name.get(key, ()):
            alias = table.alias(entry)
            found.append(CityMatch(alias.commune, alias, place, _how(alias), start, end, True))
        if place < 0.8:
            continue
        for entry in table.named(key):
            alias = table.alias(entry)
            if alias.commune in members:
                exactly = place * _named_exactly(alias, key)
                found.append(CityMatch(alias.commune, alias, exactly, _how(alias), start, end, True))
            elif len(key) > 2:
                same = table.department_of(alias.commune) == department
                prior = place * (SAME_DEPARTMENT if same else OTHER_DEPARTMENT)
                elsewhere.append(CityMatch(alias.commune, alias, prior, _how(alias), start, end, False))
    full = max((match.quality for match in found), default=0.0)
    if full >= 0.98 and not near_names:
        return found
    if full < 0.95 or near_names:
        found.extend(_near_in_postcode(table, parsed, words, here))
        found.extend(elsewhere)
    if near_names:
        found.extend(_near_elsewhere(table, parsed, words, department, members))
    if full < 0.9:
        found.extend(_whole_postcode(parsed, members))
    return found


def _whole_postcode(parsed: Parsed, members: frozenset[int]) -> list[CityMatch]:
    """Every commune of the postcode; what stands where a commune is written is left out of the street."""
    at, count = parsed.postcode_at or 0, len(parsed.words)
    end = _zone_end(parsed, at) if at < count else at
    street_after = at < count and (parsed.words[at].isdigit() or _starts_street(parsed.words[at]))
    if at >= count or street_after:
        return [CityMatch(index, None, NO_CITY_TEXT, "from_postcode", count, count, True) for index in members]
    return [CityMatch(index, None, UNREAD_CITY_TEXT, "from_postcode", at, end, True) for index in members]


def _zones(parsed: Parsed, words: tuple[str, ...]) -> list[tuple[str, int, int, float]]:
    """Where a misspelt commune may stand: after the postcode, before it, at either end; compact, with a prior."""
    at, count = parsed.postcode_at, len(words)
    zones: list[tuple[str, int, int, float]] = []
    tail_end = count
    if at is not None and at < count and not words[at].isdigit() and not _starts_street(parsed.words[at]):
        end = _zone_end(parsed, at)
        zones.append(("".join(words[at:end]), at, end, 1.0))
        if end < count:
            zones.append(("".join(words[at:count]), at, count, 0.98))
        for shorter in range(at + 1, end):
            zones.append(("".join(words[at:shorter]), at, shorter, 0.96))
        return zones
    if at is not None:
        tail_end = at
    for start in range(max(0, tail_end - 6), tail_end):
        zones.append(("".join(words[start:tail_end]), start, tail_end, 0.98))
    if at is not None and at < count:  # the postcode, then a street: the commune may come first
        tail_end = at
    for end in range(1, min(6, count - 1) + 1):
        follows = end < count and (end in parsed.breaks or words[end].isdigit() or _starts_street(parsed.words[end]))
        if follows or end == at:
            zones.append(("".join(words[:end]), 0, end, 0.97))
    return zones


def _near_in_postcode(
    table: CommuneTable, parsed: Parsed, words: tuple[str, ...], here: PostcodeNames
) -> list[CityMatch]:
    """Misspelt and shortened names among the communes of the postcode: few enough to allow several faults."""
    found: list[CityMatch] = []
    for zone, start, end, prior in _zones(parsed, words):
        if len(zone) < 3:
            continue
        for name, similarity, position in process.extract(
            zone, here.names, scorer=OSA.normalized_similarity, score_cutoff=0.6, limit=6
        ):
            alias = table.alias(here.aliases[position])
            quality = prior * min(0.96, 1 - 0.5 * (1 - similarity)) if name != zone else prior
            found.append(CityMatch(alias.commune, alias, quality, "fuzzy", start, end, True))
        if len(zone) >= 5:
            for position, name in enumerate(here.names):
                if name.startswith(zone) or (len(name) >= 5 and zone.startswith(name)):
                    alias = table.alias(here.aliases[position])
                    found.append(CityMatch(alias.commune, alias, prior * 0.88, "fuzzy", start, end, True))
    return found


def _near_elsewhere(
    table: CommuneTable, parsed: Parsed, words: tuple[str, ...], department: str, members: frozenset[int]
) -> list[CityMatch]:
    """Misspelt names in the same département: the postcode and the name both have a fault."""
    found: list[CityMatch] = []
    for zone, start, end, prior in _zones(parsed, words):
        for entry in table.nearly_named(zone, _as_written(parsed, start, end)):
            alias = table.alias(entry)
            if alias.commune not in members and table.department_of(alias.commune) == department:
                found.append(CityMatch(alias.commune, alias, prior * 0.86, "fuzzy", start, end, False))
    return found


def in_department(code: str, department: str) -> bool:
    """Whether a département is the one a postcode starts with (`20`: both of Corsica)."""
    return code == department or (department == "20" and code in ("2A", "2B"))


def _without_postcode(table: CommuneTable, parsed: Parsed, words: tuple[str, ...], near_names: bool) -> list[CityMatch]:
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
        for key, start, end in _runs(part, words[:count]):
            place = _place_quality(part, start, end)
            if place < 0.95 or (department is None and not _may_stand_alone(part, start, end)):
                continue
            if end == count:
                place *= _name_weight(part, start, end)
            for entry in table.named(key):
                alias = table.alias(entry)
                prior = place * _named_exactly(alias, key)
                if department is not None:
                    same = in_department(table.department_of(alias.commune), department)
                    prior *= 1.0 if same else (0.0 if written else OTHER_DEPARTMENT)
                prior *= 1 - 0.003 * min(start, 10) if end == count else 1.0  # longest name first
                found.append(
                    _reaching_end(CityMatch(alias.commune, alias, prior, _how(alias), start, end, None), count, words)
                )
        if near_names:
            for zone, start, end, prior in _zones(part, words[:count]):
                prior *= _name_weight(part, start, end) if end == count else 1.0
                for entry in table.nearly_named(zone, _as_written(part, start, end)):
                    alias = table.alias(entry)
                    same = department is None or in_department(table.department_of(alias.commune), department)
                    if same or not written:
                        weight = prior * (0.88 if same else 0.7)
                        match = CityMatch(alias.commune, alias, weight, "fuzzy", start, end, None)
                        found.append(_reaching_end(match, count, words))
    hinted = {match.alias.words for match in found if match.alias and match.end == len(words) and match.quality >= 0.9}
    return [
        replace(match, quality=match.quality * 0.9)
        if match.end < len(words) and match.alias and match.alias.words in hinted
        else match
        for match in found
        if match.quality > 0
    ]


def _reaching_end(match: CityMatch, count: int, words: tuple[str, ...]) -> CityMatch:
    """The département written after the name is no part of the street either."""
    if count < len(words) and match.end == count:
        return replace(match, end=len(words))
    return match


def _name_weight(parsed: Parsed, start: int, end: int) -> float:
    """How likely words at the end of a text name a commune rather than end a street: `rue de [Lyon]`, `gare de [Lyon]`."""
    before = parsed.words[:start]
    if not before or start in parsed.breaks or not any(is_street_type(word) for word in before):
        return 1.0
    if all(word in ARTICLES or word.isdigit() or is_street_type(word) for word in before):
        return 0.6
    return 0.85 if before[-1] in ("de", "du", "des", "d") else 1.0


def _may_stand_alone(parsed: Parsed, start: int, end: int) -> bool:
    """Whether words without postcode or département may name a commune: not a way type, not one or two letters."""
    word = parsed.words[start]
    return end - start > 1 or len(parsed.words) == 1 or not (is_street_type(word) or len(word) < 3)


def department_written(table: CommuneTable, words: tuple[str, ...]) -> str | None:
    """The département that these last words name, by number (`45`, `2a`, `974`) or by name (`Pas-de-Calais`)."""
    if len(words) == 1:
        code = words[0].upper()
        if code in table.department_codes:
            return code
    return table.departments.get("".join(commune_words(word).replace(" ", "") for word in words))
