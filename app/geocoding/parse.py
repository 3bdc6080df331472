"""What a written address holds: words in order, where it was cut, its postcode, what a postman would skip."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from app.geocoding.areas import is_abroad, without_region
from app.geocoding.normalise import is_street_type, lower_without_accents

MAX_WORDS = 40
"""Longer texts are cut: an address has about ten words, and look-ups grow with their number."""

MAX_REMOTE_CHARS = 200
"""Longest question the national API takes."""

_BREAKS = re.compile(r"[\n\r\t,;|()\[\]]|\s[-–—/]+\s|\s[-–—]+|[-–—]+\s|:")
_RANGE = re.compile(
    r"(?<![\d-])(\d{1,4}(?: ?(?:bis|ter|quater|[b-d]))?) ?(?:-|/|,|&|\bau?\b|\bet\b) ?"
    r"\d{1,4}(?: ?(?:bis|ter|quater|[b-d]))?(?= +[a-z])"
)
_NUMBER_SIGN = re.compile(r"\b(?:numero|num|no|n)\b\.? ?°? ?(?=\d)|\bn°? ?(?=\d)")
_COMPLEMENTS = re.compile(
    r"\b(?:b\.?p|c\.?s|t\.?s\.?a|boite postale)\b\.? ?n?°? ?\d{1,6}\b"
    r"|\bcedex\b ?\d{0,2}\b"
    r"|\b(?:\d{1,2} ?(?:ers?|res?|nde?s?|e|emes?|iemes?)? ?|premier |deuxieme |troisieme |dernier )etage\b"
    r"|\betage ?n?°? ?\d{1,2}\b|\brdc\b|\brez[ -]de[ -](?:chaussee|jardin)\b"
    r"|\b(?:bat|batiment|immeuble|imm|esc|escalier|apt|appt|app|appart|appartement|hall|entree|cage|tour|lgt|logement)\b"
    r"\.? ?n?°? ?(?:[a-z]?\d{1,4}[a-z]?|[a-z])(?![\w'’])"
    r"|\b(?:porte|bureau|bur|lot|local|boite|etg|chambre|chb)\b\.? ?n?°? ?[a-z]?\d{1,4}(?![\w'’])"
    r"|\bc/o\b"
)
_COUNTRY = re.compile(r"(?<!\bde)(?<!\ben)(?<!\banatole)[ ,|\n]+france(?: metropolitaine)?[ .|\n]*\Z")
_WORD = re.compile(r"[a-z0-9]+|\|")
_GLUED = re.compile(
    r"(?<![\w-])(\d{5})(?=[a-z]{3})|(?<![\w-])(\d{1,4})(?!bis|ter|quater|quinq|[ei]?eme|ere|nde)(?=[a-z]{3})"
)
"""`09000Foix`, `12rue`: a space was forgotten, and no suffix or rank follows."""
_COMPLEMENT_AFTER = re.compile(
    r"(?<=[a-z]{3}) (?=(?:residence|immeuble|batiment|lotissement|centre commercial|centre medical|maison medicale"
    r"|zone artisanale|zone industrielle|zone d'activites?|lieu[ -]?dit|parc d'activites?)s? )"
)
"""A building or an estate written behind the street without a comma."""
_ARTICLE_BEFORE = re.compile(r"\b(?:de|du|des|la|le|les|l|d|rue|avenue|allee|chemin|place|route|impasse|boulevard)\Z")
_SPLIT_POSTCODE = re.compile(r"(?<![\d°] )(?<!\d)(\d{2}) (\d{3})(?= +[a-z]{2})")


class Parsed(NamedTuple):
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


def parse(text: str, known_postcode: Callable[[str], bool]) -> Parsed:
    """Cut an address into words. `known_postcode` says whether a postcode serves a commune."""
    lowered = lower_without_accents(text[:1000]).replace("’", "'")
    foreign = is_abroad(lowered)
    lowered = _COUNTRY.sub(" ", lowered)
    lowered = without_region(lowered)
    lowered = _GLUED.sub(r"\1\2 ", lowered)
    lowered = _NUMBER_SIGN.sub("", lowered)
    lowered = _RANGE.sub(r"\1", lowered)
    lowered = _COMPLEMENTS.sub(" | ", lowered)
    lowered = _COMPLEMENT_AFTER.sub(_cut_unless_named, lowered)
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
    if postcode_at > 0 and words[postcode_at - 1] in ("f", "fr"):
        words.pop(postcode_at - 1)
        postcode_at -= 1
        breaks = {at if at <= postcode_at else at - 1 for at in breaks}
    if known_postcode(postcode):
        return Parsed(tuple(words), frozenset(breaks), postcode, postcode_at, None, foreign)
    return Parsed(tuple(words), frozenset(breaks), None, postcode_at, department_of_postcode(postcode), foreign)


def _cut_unless_named(space: re.Match[str]) -> str:
    """A break before a complement, unless it is the name of a way: `rue de la Résidence`."""
    return " " if _ARTICLE_BEFORE.search(space.string[: space.start()]) else " | "


def _postcode_position(words: list[str], known_postcode: Callable[[str], bool]) -> int | None:
    found = [at for at, word in enumerate(words) if len(word) == 5 and word.isdigit()]
    for at in reversed(found):
        if known_postcode(words[at]):
            return at
    for at in reversed(found):
        if not (at == 0 and len(words) > 1 and is_street_type(words[1])):
            return at
    return None


_OWN_POSTCODES = {"97133": "977", "97150": "978", "97500": "975"}
OTHER_TERRITORIES = frozenset(("975", "977", "978", "984", "986", "987", "988", "980"))
"""Collectivities that are no département, and Monaco: their postcodes never stand for a commune elsewhere."""


def department_of_postcode(postcode: str) -> str | None:
    """The department a postcode starts with (`20` is Corsica, both departments), None for impossible ones."""
    if postcode.startswith("98"):
        return postcode[:3]
    if postcode.startswith("97"):
        return _OWN_POSTCODES.get(postcode, postcode[:3] if postcode[:3] not in OTHER_TERRITORIES else "97")
    return postcode[:2] if "01" <= postcode[:2] <= "95" else None


def sendable(text: str) -> str:
    """A text as remote engines accept it: one line, first character a letter or a digit, plain apostrophes, 200 characters."""
    text = " ".join(text.replace("’", "'").split())
    start = next((at for at, letter in enumerate(text) if letter.isalnum()), len(text))
    return text[start : start + MAX_REMOTE_CHARS].strip()
