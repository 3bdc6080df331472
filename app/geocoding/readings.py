"""The ways to read the street part of an address: which words are its number, its type, its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from app.geocoding.normalise import ARTICLES, NAME_STARTS, full_type, is_street_type

_SUFFIX = re.compile(r"\A(\d{1,5})(bis|ter|quater|quinquies|[a-z])?\Z")
_SUFFIX_WORDS = frozenset(("bis", "ter", "quater", "quinquies", "b", "t", "q", *"acdefghijklmnoprsuvwxyz"))
_FOLLOWS_NUMBER = frozenset((
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre", "er", "eme",
))  # fmt: skip
_COMPLEMENT_STARTS = frozenset((
    "cabinet", "selarl", "scm", "sel", "selas", "sas", "sarl", "scp", "maison", "residence", "immeuble", "centre",
    "pharmacie", "clinique", "dr", "docteur", "chez", "mairie", "apt", "bat", "batiment", "appartement", "porte",
    "hall", "tour", "pole", "ehpad", "association", "groupe", "laboratoire", "institut", "espace", "ecole", "lycee",
    "college", "hotel", "maisons", "mme", "mr", "madame", "monsieur", "service", "services", "polyclinique",
    "hopital", "ccas", "foyer",
))  # fmt: skip
"""First words of what stands before a street: practices, buildings, people. Only after them may the words of a street start
anywhere; elsewhere `rue inconnue du bourg` must not become `le bourg`."""


class StreetWords(NamedTuple):
    """One reading of the street part: a number, its suffix, the words of the name.

    `suffix_sure` is false when the suffix may be the first word of the name (`118 a la Gare`).
    """

    number: int | None
    suffix: str
    suffix_sure: bool
    words: tuple[str, ...]


@lru_cache(256)
def street_readings(words: tuple[str, ...], breaks: frozenset[int]) -> Sequence[StreetWords]:
    """The ways to read a street part, likeliest first: from its way type, from its number, cut at its breaks, whole.

    What precedes the way type is taken for a complement (practice, building) whose words no list can hold.
    """
    if len(words) > 1 and words[-1] == "france":
        return (*_readings(words, breaks), *_readings(words[:-1], breaks))
    return tuple(_readings(words, breaks))


def _readings(words: tuple[str, ...], breaks: frozenset[int]) -> list[StreetWords]:
    readings: list[StreetWords] = []
    complement = bool(words) and words[0] in _COMPLEMENT_STARTS

    def add(reading: StreetWords | None) -> None:
        if reading is not None and reading.words and reading not in readings:
            readings.append(reading)

    typed = way_seen = False
    for at, word in enumerate(words):
        if at == len(words) - 1 or not is_street_type(word):
            continue
        before = _number_before(words, at)
        if before is not None:
            for end in (len(words), next((cut for cut in sorted(breaks) if cut > at), len(words))):
                add(StreetWords(before[0], before[1], True, words[at:end]))
        elif at == 0 or at in breaks or (complement and not way_seen) or (not typed and full_type(word) == word):
            add(StreetWords(None, "", True, words[at:]))
        typed = True
        way_seen = way_seen or (at > 0 and starts_way(word))
    for start in [0, *sorted(at for at in breaks if 0 < at < len(words))]:
        end = next((at for at in sorted(breaks) if at > start), len(words))
        segment = words[start:end]
        if len(segment) == 1 and segment[0].isdigit() and end < len(words):  # `2, rue de…`
            add(_numbered(words[start : next((at for at in sorted(breaks) if at > end), len(words))]))
            segment = words[start:]
        add(_numbered(segment))
        add(StreetWords(None, "", True, segment))
    add(_numbered(words))
    add(StreetWords(None, "", True, words))
    for at in range(1, len(words) - 1):
        if complement and words[at][0].isdigit():
            add(_numbered(words[at:]))
    way = next((at for at in range(1, len(words)) if starts_way(words[at])), len(words) - 1)
    for at in range(1, way + 1):  # beyond a way type, a name without it would be another street's
        if complement and not words[at].isdigit():
            add(StreetWords(None, "", True, words[at:]))
    if len(words) > 1 and not words[0][0].isdigit():  # `Rue du Moulin 12`
        found = _SUFFIX.match(words[-1])
        if found and len(found[1]) <= 4:
            add(StreetWords(int(found[1]), found[2] or "", True, words[:-1]))
    return readings


def starts_way(word: str) -> bool:
    """Whether a word is a kind of way and nothing else."""
    return is_street_type(word) and word not in NAME_STARTS


def _number_before(words: tuple[str, ...], at: int) -> tuple[int, str] | None:
    """The number that ends right before a way type: `12`, `12bis`, `12 bis`."""
    if at >= 1:
        found = _SUFFIX.match(words[at - 1])
        if found:
            return int(found[1]), found[2] or ""
    if at >= 2 and words[at - 1] in _SUFFIX_WORDS and words[at - 2].isdigit() and len(words[at - 2]) <= 5:
        return int(words[at - 2]), words[at - 1]
    return None


def _numbered(words: tuple[str, ...]) -> StreetWords | None:
    """A leading number and the rest; None when there is none, or when it belongs to the name (`11 novembre`)."""
    if len(words) < 2:
        return None
    found = _SUFFIX.match(words[0])
    if not found or words[1] in _FOLLOWS_NUMBER:
        return None
    if found[2]:
        return StreetWords(int(found[1]), found[2], True, words[1:])
    if len(words) > 2 and words[1] in _SUFFIX_WORDS:
        typed = is_street_type(words[2]) and words[2] not in NAME_STARTS
        sure = len(words[1]) > 1 or typed or words[1] not in ARTICLES
        if words[1] == "r":
            return StreetWords(int(found[1]), "", True, words[1:])
        return StreetWords(int(found[1]), words[1], sure, words[2:])
    return StreetWords(int(found[1]), "", True, words[1:])
