"""Where a commune may be named in an address: runs of words, and how natural each place is."""

from __future__ import annotations

from typing import NamedTuple

from app.geocoding.communes import Alias
from app.geocoding.normalise import ARTICLES, NAME_STARTS, STREET_TYPES, is_street_type
from app.geocoding.parse import Parsed

MAX_NAME_WORDS = 10
ARTICLE_DROPPED = 0.985
SAME_DEPARTMENT = 0.95
OTHER_DEPARTMENT = 0.80
"""Weights multiplied with the similarity of the street. An exact commune name elsewhere in the département beats a misspelt
one at the postcode: people mistype postcodes more often than they turn one commune's name into another's."""


class CityMatch(NamedTuple):
    """A commune that may be meant, the words `[start, end)` that name it, and how well they do.

    `how`: exact | alias (a former commune) | fuzzy | from_postcode. `in_postcode` is None when no postcode was given.
    `contradicted`: another département is written right behind the name, as in `Foix (31)`.
    """

    commune: int
    alias: Alias | None
    quality: float
    how: str
    start: int
    end: int
    in_postcode: bool | None
    contradicted: bool = False


def starts_street(word: str) -> bool:
    """Whether a word begins a street rather than a commune."""
    return is_street_type(word) and word not in NAME_STARTS


def named_exactly(alias: Alias, key: str) -> float:
    """1, or a little less when only the article is missing: `Faye` is Faye before it is La Faye."""
    return 1.0 if len(key) == len(alias.words) - alias.words.count(" ") else ARTICLE_DROPPED


def how(alias: Alias) -> str:
    return "alias" if alias.old else "exact"


def zone_end(parsed: Parsed, start: int) -> int:
    """Where the words of a commune that start here must stop: a break, a number, a way type, the end."""
    end = start
    while end < len(parsed.words) and end - start < MAX_NAME_WORDS:
        if end > start and (end in parsed.breaks or parsed.words[end].isdigit() or _way_begins(parsed, end)):
            break
        end += 1
    return end


def _way_begins(parsed: Parsed, at: int) -> bool:
    """Whether a way type in full stands here, and not inside a name: `Paris [rue] de Lyon`, but `La Rue-Saint-Pierre`."""
    word = parsed.words[at]
    return word in STREET_TYPES and word not in NAME_STARTS and parsed.words[at - 1] not in ARTICLES


def holds_way(parsed: Parsed, start: int, end: int) -> bool:
    """Whether a way or a number begins inside these words: they are more than a commune's name."""
    return any(parsed.words[at].isdigit() or _way_begins(parsed, at) for at in range(start + 1, end))


def place_quality(parsed: Parsed, start: int, end: int) -> float:
    """How natural it is for a commune to stand there: after the postcode, at the end, at the start, cut apart."""
    at, count = parsed.postcode_at, len(parsed.words)
    if start == at:
        left_over = zone_end(parsed, start) - end
        return 1.0 - 0.02 * max(0, left_over)
    if end == count and (at is None or at >= count or at <= start):
        return 0.99
    if end == at:
        return 0.99 * name_weight(parsed, start, end)
    if start == 0 and (end == count or parsed.words[end].isdigit() or starts_street(parsed.words[end])):
        return 0.98
    if start == 0 and end in parsed.breaks:
        return 0.98 if at is not None and at <= 1 else 0.95
    if start in parsed.breaks and (end in parsed.breaks or end == count):
        return 0.97
    return 0.85 if start in parsed.breaks or end in parsed.breaks else 0.70


def as_written(parsed: Parsed, start: int, end: int) -> str:
    """The words without any expansion: a fault inside `lez` must not count twice."""
    return "".join(parsed.words[start:end])


def runs(parsed: Parsed, words: tuple[str, ...]) -> list[tuple[str, int, int]]:
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


def zones(parsed: Parsed, words: tuple[str, ...]) -> list[tuple[str, int, int, float]]:
    """Where a misspelt commune may stand: after the postcode, before it, at either end; compact, with a prior."""
    at, count = parsed.postcode_at, len(words)
    zones: list[tuple[str, int, int, float]] = []
    tail_end = count
    if at is not None and at < count and not words[at].isdigit() and not starts_street(parsed.words[at]):
        end = zone_end(parsed, at)
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
        follows = end < count and (end in parsed.breaks or words[end].isdigit() or starts_street(parsed.words[end]))
        if follows or end == at:
            zones.append(("".join(words[:end]), 0, end, 0.97))
    return zones


INSIDE_NAMES = frozenset(("sur", "sous", "en", "les", "lez", "saint", "sainte", "et"))
"""What stands before these words makes them the end of a longer name: `Châlons-sur-[Marne]`."""


def name_weight(parsed: Parsed, start: int, end: int) -> float:
    """How likely words at the end of a text name a commune rather than end a street: `rue de [Lyon]`, `gare de [Lyon]`."""
    before = parsed.words[:start]
    if not before or start in parsed.breaks:
        return 1.0
    if not any(is_street_type(word) for word in before):
        return 0.6 if before[-1] in INSIDE_NAMES else 1.0
    if starts_street(before[-1]):
        return 0.7  # `rue du faubourg [Saint-Denis]`
    way = max((at for at, word in enumerate(before) if starts_street(word)), default=0)
    if all(word in ARTICLES or word.isdigit() or is_street_type(word) for word in before[way:]):
        return 0.6
    return 0.85 if before[-1] in ("de", "du", "des", "d") else 1.0


def may_stand_alone(parsed: Parsed, start: int, end: int) -> bool:
    """Whether words without postcode or département may name a commune: not a way type, not one or two letters."""
    word = parsed.words[start]
    return end - start > 1 or len(parsed.words) == 1 or not (is_street_type(word) or len(word) < 3)
