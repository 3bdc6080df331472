"""What a written address holds: words in order, where it was cut, its postcode, what a postman would skip."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.geocoding.normalise import ARTICLES, full_type, is_street_type, lower_without_accents

MAX_WORDS = 40
"""Longer texts are cut: an address has about ten words, and look-ups grow with their number."""

_BREAKS = re.compile(r"[\n\r\t,;|()\[\]]|\s[-–—/]+\s|\s[-–—]+|[-–—]+\s|:")
_RANGE = re.compile(
    r"(?<![\d-])(\d{1,4}(?: ?(?:bis|ter|quater|[b-d]))?) ?(?:-|/|,|&|\bau?\b|\bet\b) ?\d{1,4}(?: ?(?:bis|ter|quater|[b-d]))?(?= +[a-z])"
)
_NUMBER_SIGN = re.compile(r"\b(?:numero|num|no|n)\b\.? ?°? ?(?=\d)|\bn°? ?(?=\d)")
_COMPLEMENTS = re.compile(
    r"\b(?:b\.?p|c\.?s|t\.?s\.?a|boite postale)\b\.? ?n?°? ?\d{1,6}\b"
    r"|\bcedex\b ?\d{0,2}\b"
    r"|\b(?:\d{1,2} ?(?:ers?|res?|nde?s?|e|emes?|iemes?)? ?|premier |deuxieme |troisieme |dernier )etage\b"
    r"|\betage ?n?°? ?\d{1,2}\b|\brdc\b|\brez[ -]de[ -](?:chaussee|jardin)\b"
    r"|\b(?:bat|batiment|immeuble|imm|esc|escalier|apt|appt|app|appart|appartement|hall|entree|cage|tour|lgt|logement)\b\.? ?n?°?"
    r" ?(?:[a-z]?\d{1,4}[a-z]?|[a-z])(?![\w'’])"
    r"|\b(?:porte|bureau|bur|lot|local|boite|etg|chambre|chb)\b\.? ?n?°? ?[a-z]?\d{1,4}(?![\w'’])"
    r"|\bc/o\b"
)
_COUNTRY = re.compile(r"(?<!\bde)(?<!\ben)(?<!l)[ ,|\n]+france(?: metropolitaine)?[ .|\n]*\Z")
_ABROAD = re.compile(
    r"\b(?:belgique|belgium|suisse|schweiz|switzerland|luxembourg|deutschland|allemagne|germany|espagne|espana|spain|italie|italia|italy"
    r"|portugal|royaume uni|united kingdom|england|usa|etats unis|canada|maroc|algerie|tunisie|monaco|andorre|andorra)[ .|\n]*\Z"
)
_WORD = re.compile(r"[a-z0-9]+|\|")
_SPLIT_POSTCODE = re.compile(r"(?<![\d°] )(?<!\d)(\d{2}) (\d{3})(?= +[a-z]{2})")
_FOLLOWS_NUMBER = frozenset(
    [
        "janvier",
        "fevrier",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "aout",
        "septembre",
        "octobre",
        "novembre",
        "decembre",
        "er",
        "eme",
    ]
)
_SUFFIX = re.compile(r"\A(\d{1,5})(bis|ter|quater|quinquies|[a-z])?\Z")
_SUFFIX_WORDS = frozenset(("bis", "ter", "quater", "quinquies", "b", "t", "q", *"acdefghijklmnoprsuvwxyz"))


@dataclass(frozen=True, slots=True)
class Parsed:
    """Words of an address without postcode, CEDEX, floors and boxes.

    `breaks` holds the positions before which the text was cut (comma, line, dash). `postcode_at` is the position where the
    postcode stood. `department` comes from a postcode that serves no commune (CEDEX, mistyped): only its start is believed.
    """

    words: tuple[str, ...]
    breaks: frozenset[int]
    postcode: str | None
    postcode_at: int | None
    department: str | None
    foreign: bool


@dataclass(frozen=True, slots=True)
class StreetWords:
    """One reading of the street part: a number, its suffix, the words of the name.

    `suffix_sure` is false when the suffix may be the first word of the name (`118 a la Gare`).
    """

    number: int | None
    suffix: str
    suffix_sure: bool
    words: tuple[str, ...]


def parse(text: str, known_postcode: Callable[[str], bool]) -> Parsed:
    """Cut an address into words. `known_postcode` says whether a postcode serves a commune."""
    lowered = lower_without_accents(text[:1000]).replace("’", "'")
    foreign = _ABROAD.search(lowered) is not None
    lowered = _COUNTRY.sub(" ", lowered)
    lowered = _NUMBER_SIGN.sub("", lowered)
    lowered = _RANGE.sub(r"\1", lowered)
    lowered = _COMPLEMENTS.sub(" | ", lowered)
    lowered = _BREAKS.sub(" | ", lowered)
    joined = _SPLIT_POSTCODE.search(lowered)
    if joined and known_postcode(joined[1] + joined[2]) and not re.search(r"\b\d{5}\b", lowered):
        lowered = lowered[: joined.start()] + joined[1] + joined[2] + lowered[joined.end() :]
    words: list[str] = []
    breaks: set[int] = set()
    for word in _WORD.findall(lowered):
        if word == "|":
            breaks.add(len(words))
        elif len(words) < MAX_WORDS:
            words.append(word)
    postcode_at = _postcode_position(words, known_postcode)
    if postcode_at is None:
        return Parsed(tuple(words), frozenset(breaks), None, None, None, foreign)
    postcode = words.pop(postcode_at)
    breaks = {at if at <= postcode_at else at - 1 for at in breaks}
    if postcode_at > 0 and words[postcode_at - 1] == "f":
        words.pop(postcode_at - 1)
        postcode_at -= 1
        breaks = {at if at <= postcode_at else at - 1 for at in breaks}
    if known_postcode(postcode):
        return Parsed(tuple(words), frozenset(breaks), postcode, postcode_at, None, foreign)
    return Parsed(tuple(words), frozenset(breaks), None, postcode_at, department_of_postcode(postcode), foreign)


def _postcode_position(words: list[str], known_postcode: Callable[[str], bool]) -> int | None:
    found = [at for at, word in enumerate(words) if len(word) == 5 and word.isdigit()]
    for at in reversed(found):
        if known_postcode(words[at]):
            return at
    for at in reversed(found):
        if not (at == 0 and len(words) > 1 and is_street_type(words[1])):
            return at
    return None


def department_of_postcode(postcode: str) -> str | None:
    """The department a postcode starts with (`20` is Corsica, both departments), None for impossible ones."""
    if postcode[:2] in ("97", "98"):
        return postcode[:3]
    return postcode[:2] if "01" <= postcode[:2] <= "95" else None


def street_readings(words: tuple[str, ...], breaks: frozenset[int]) -> list[StreetWords]:
    """The ways to read a street part, likeliest first: from its way type, from its number, cut at its breaks, whole.

    What precedes the way type is taken for a complement (practice, building) whose words no list can hold.
    """
    readings: list[StreetWords] = []

    def add(reading: StreetWords | None) -> None:
        if reading is not None and reading.words and reading not in readings:
            readings.append(reading)

    first_type: int | None = None
    for at, word in enumerate(words):
        if not is_street_type(word) or at == len(words) - 1:
            continue
        before = _number_before(words, at)
        short = full_type(word) != word
        if before is not None:
            add(StreetWords(before[0], before[1], True, words[at:]))
        elif not short or at == 0 or at in breaks:
            if first_type is None:
                first_type = at
                add(StreetWords(None, "", True, words[at:]))
    starts = [0, *sorted(at for at in breaks if 0 < at < len(words))]
    for start in starts:
        end = next((at for at in sorted(breaks) if at > start), len(words))
        segment = words[start:end]
        add(_numbered(segment))
        if end < len(words) and len(segment) == 1 and segment[0].isdigit():  # `2, rue de…`
            add(_numbered(words[start:]))
    add(_numbered(words))
    add(StreetWords(None, "", True, words))
    if len(words) > 1 and _SUFFIX.match(words[-1]) and not words[0][0].isdigit():  # `Rue du Moulin 12`
        found = _SUFFIX.match(words[-1])
        if found and len(found[1]) <= 4:
            add(StreetWords(int(found[1]), found[2] or "", True, words[:-1]))
    return readings


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
        sure = len(words[1]) > 1 or is_street_type(words[2]) or words[1] not in ARTICLES | {"r"}
        if words[1] == "r":
            return StreetWords(int(found[1]), "", True, words[1:])
        return StreetWords(int(found[1]), words[1], sure, words[2:])
    return StreetWords(int(found[1]), "", True, words[1:])
