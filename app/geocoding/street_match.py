"""Finds a street inside one commune. A street that is not there is not found: no other one takes its place."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.geocoding.normalise import (
    ARTICLES,
    NAME_STARTS,
    STREET_TYPES,
    WAY_TYPES,
    digits,
    expand_street,
    is_street_type,
    split_type,
    street_key,
)
from app.geocoding.readings import StreetWords
from app.geocoding.streets import CommuneStreets

TYPE_SWAPPED, TYPE_MISSING = 0.90, 0.95
MIN_SIMILARITY = 0.72
"""Below it a name is another name (research/geocoding.md § 3: real misspellings of one fault a word stay above)."""
MIN_SWAPPED = 0.80
"""With another way type as well, more of the name must agree: two doubts make another street."""
UNTITLED = 0.88
_TITLES = frozenset((
    "general", "marechal", "amiral", "colonel", "commandant", "capitaine", "lieutenant", "docteur", "professeur", "president",
    "abbe", "chanoine", "monseigneur",
))  # fmt: skip
_LONG_TYPES = tuple(word for word in WAY_TYPES if len(word) >= 4)
"""In the order of a tuple: of two types as near to a misspelling, the more usual one is meant, in every process."""


class StreetMatch(NamedTuple):
    """Streets of a commune that fit one reading equally well, and how well (1 = same name and type)."""

    streets: tuple[int, ...]
    similarity: float
    reading: StreetWords


def faults_allowed(length: int) -> int:
    """Typing faults that a name of this many letters may have and still be believed."""
    return 0 if length <= 2 else 1 if length <= 7 else 2 if length <= 13 else 3


def match_street(streets: CommuneStreets, reading: StreetWords) -> StreetMatch | None:
    """The best streets for one reading, None when the commune has no such street."""
    words = list(reading.words)
    if not any(len(word) > 1 and word not in ARTICLES for word in words):
        return None
    key = street_key(words)
    exact = streets.by_key.streets(key)
    if exact:
        return StreetMatch(exact, 1.0, reading)
    kind, name = split_type(key)
    if not kind and name in STREET_TYPES and name not in NAME_STARTS and words[0] not in ARTICLES:
        return None  # `rue`, `rue de`: a type alone names nothing
    same_name = _same_name(streets, kind, name, key)
    if same_name is not None:
        return StreetMatch(same_name[0], same_name[1], reading)
    untitled = _without_title(streets, kind, name, reading) if streets.complete else None
    if untitled is not None:
        return untitled
    best: StreetMatch | None = None
    if not kind and len(words) > 1:
        guessed = misspelt_type(words[0])
        if guessed:
            retyped = StreetWords(reading.number, reading.suffix, reading.suffix_sure, (guessed, *reading.words[1:]))
            found = match_street(streets, retyped)
            if found is not None:
                best = StreetMatch(found.streets, found.similarity - 0.02, reading)
    if best is None or best.similarity < 0.95:
        found = _fuzzy(streets, kind, name, reading)
        if found is not None and (best is None or found.similarity > best.similarity):
            best = found
    if streets.complete and (best is None or best.similarity < 0.9):
        found = _part_of_name(streets, kind, name, reading)
        if found is not None and (best is None or found.similarity > best.similarity):
            best = found
    return best


def _same_name(streets: CommuneStreets, kind: str, name: str, key: str) -> tuple[tuple[int, ...], float] | None:
    """The same name with another way type, or without one. A commune known by its town hall alone must have the type."""
    found = streets.by_name.streets(name)
    if not found and kind:
        untyped = streets.by_name.streets(key)
        return (untyped, TYPE_MISSING) if untyped else None
    if not found:
        return None
    if not kind:
        return found, TYPE_MISSING
    untyped_streets = tuple(index for index in found if not split_type(streets.keys[index])[0])
    if untyped_streets:
        return untyped_streets, TYPE_MISSING
    return (found, TYPE_SWAPPED) if streets.complete else None


def _without_title(streets: CommuneStreets, kind: str, name: str, reading: StreetWords) -> StreetMatch | None:
    """The street of that name without the rank that was written: `Avenue du Général Gallieni` for `Avenue Gallieni`."""
    words = name.split()
    kept = [word for word in words if word not in _TITLES]
    if not kept or len(kept) == len(words) or len(kept[-1]) < 4:
        return None
    found = streets.by_key.streets(" ".join([kind, *kept]) if kind else " ".join(kept))
    return StreetMatch(found, UNTITLED, reading) if found else None


@lru_cache(4096)
def misspelt_type(word: str) -> str | None:
    """The way type that a word nearly is: `Plsce`, `roiute`; None when it is a type, or none."""
    if len(word) < 3 or is_street_type(word):
        return None
    if len(word) == 3:
        return "rue" if OSA.distance(word, "rue") == 1 else None
    limit = 1 if len(word) < 7 else 2
    found = process.extractOne(word, _LONG_TYPES, scorer=OSA.distance, score_cutoff=limit)
    if found is None:
        return "rue" if len(word) == 4 and OSA.distance(word, "rue") == 1 else None
    return str(found[0])


def _type_penalty(kind: str, other: str) -> float:
    if kind == other:
        return 0.0
    return 0.03 if not kind or not other else 0.08


def _fuzzy(streets: CommuneStreets, kind: str, name: str, reading: StreetWords) -> StreetMatch | None:
    """Names a few typing faults away, compared without their type so that `rue` never carries a match."""
    limit = faults_allowed(len(name))
    if limit == 0 or len(name) < 3:
        return None
    best: list[int] = []
    best_similarity = MIN_SIMILARITY
    for other, distance, _ in process.extract(
        name, streets.by_name.texts(), scorer=OSA.distance, score_cutoff=limit + 2, limit=8
    ):
        similarity = 1 - distance / max(len(name), len(other))
        if digits(name) != digits(other) or not _faults_spread(name, other, distance, limit):
            continue
        for index in streets.by_name.streets(other):
            found = similarity - _type_penalty(kind, split_type(streets.keys[index])[0])
            if not streets.complete and _type_penalty(kind, split_type(streets.keys[index])[0]) > 0.05:
                continue
            if found < MIN_SWAPPED and found < similarity - 0.05:
                continue
            if found > best_similarity + 1e-9:
                best, best_similarity = [index], found
            elif abs(found - best_similarity) <= 1e-9 and index not in best:
                best.append(index)
    if best_similarity < 0.85:
        found_whole = _fuzzy_with_articles(streets, reading)
        if found_whole is not None and found_whole.similarity > best_similarity:
            return found_whole
    return StreetMatch(tuple(best), best_similarity, reading) if best else None


def _faults_spread(name: str, other: str, distance: int, limit: int) -> bool:
    """Whether the faults are few, and no word has more than a word of its length may: `Bisson` is not `Masson`."""
    mine, theirs = name.split(), other.split()
    if len(mine) != len(theirs):
        return distance <= limit
    faults = [(OSA.distance(a, b), min(len(a), len(b))) for a, b in zip(mine, theirs, strict=True)]
    if distance <= limit and all(count <= faults_allowed(length) for count, length in faults):
        return True
    return all(count <= (1 if length > 2 else 0) for count, length in faults)


def _fuzzy_with_articles(streets: CommuneStreets, reading: StreetWords) -> StreetMatch | None:
    """For faults inside or around articles (`dn Moulin`, `delEglise`): full words, spaces left out."""
    mine = "".join(expand_street(list(reading.words)))
    if len(mine) < 8:
        return None
    limit = 1 if len(mine) < 16 else 2
    found = process.extractOne(mine, streets.full_names, scorer=OSA.distance, score_cutoff=limit)
    if found is None or digits(mine) != digits(found[0]):
        return None
    similarity = 1 - 1.5 * found[1] / max(len(mine), len(found[0]))
    return StreetMatch((int(found[2]),), similarity, reading) if similarity >= MIN_SIMILARITY else None


def _part_of_name(streets: CommuneStreets, kind: str, name: str, reading: StreetWords) -> StreetMatch | None:
    """Names of which a word was dropped or shortened: `Place de Gaulle`, `Rue V. Hugo`. Only when a single one fits best."""
    mine = name.split()
    if not any(len(word) >= 3 for word in mine):
        return None
    wanted, longest = set(mine), max(mine, key=len)  # a word of several letters is never shortened here
    best: list[int] = []
    best_similarity = 0.0
    for other in streets.by_name.texts():
        if longest not in other:
            continue
        theirs = other.split()
        if len(theirs) > len(mine) and wanted.issubset(theirs) and len(set(theirs) - wanted - _TITLES) <= 1:
            similarity = 0.76 + 0.16 * len(name) / len(other)
        elif len(theirs) == len(mine) and _initials(mine, theirs):
            similarity = 0.9
        else:
            continue
        for index in streets.by_name.streets(other):
            found = similarity - _type_penalty(kind, split_type(streets.keys[index])[0])
            if found < MIN_SWAPPED and found < similarity - 0.05:
                continue
            if found > best_similarity + 1e-9:
                best, best_similarity = [index], found
            elif abs(found - best_similarity) <= 1e-9:
                best.append(index)
    return StreetMatch(tuple(best), best_similarity, reading) if best and best_similarity >= MIN_SIMILARITY else None


def _initials(mine: list[str], theirs: list[str]) -> bool:
    """Whether the words are the same, some written by their first letter; at least one long word is the same."""
    same = False
    for a, b in zip(mine, theirs, strict=True):
        if a == b:
            same = same or len(a) >= 4
        elif not (len(a) == 1 and b.startswith(a)):
            return False
    return same
