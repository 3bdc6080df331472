"""One spelling for what people write: folded text, expanded abbreviations, street and commune keys.

Reference names and questions go through the same functions, so that a difference left over is a real one.
No third-party transliteration: Unicode decomposition plus the few Latin letters that do not decompose.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

_NOT_DECOMPOSED = {
    "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ĳ": "ij",
    "©": " c ", "®": " r ", "§": " ss ", "¢": " c ",
}  # fmt: skip

ARTICLES = frozenset(("de", "du", "des", "d", "la", "le", "les", "l", "aux", "au", "a", "et", "en"))
"""Words that people drop or swap; left out of the keys of streets and of one of the keys of communes."""

WAY_TYPES = (
    "rue", "avenue", "boulevard", "place", "chemin", "route", "impasse", "allee", "allees", "square", "passage",
    "quai", "cours", "esplanade", "promenade", "montee", "voie", "ruelle", "sentier", "sente", "venelle", "villa",
    "cite", "residence", "lotissement", "hameau", "faubourg", "mail", "parvis", "rondpoint", "cote", "traverse",
    "galerie", "chaussee", "clos", "domaine", "jardin", "jardins", "parc", "placette", "quartier", "rampe",
    "rocade", "zone", "lieudit", "carrefour", "cour", "escalier", "autoroute", "bourg", "village", "port", "pont",
    "hlm", "immeuble", "ensemble", "espace", "degre", "peristyle", "petite", "grande", "vieux", "ancienne",
    "ancien", "vieille", "vallon", "val", "corniche", "descente", "dreve", "traboule", "levee", "digue", "desserte",
    "giratoire", "chaussees",
)  # fmt: skip
"""First words that say what kind of way it is, full spelling, the most usual first."""
STREET_TYPES = frozenset(WAY_TYPES)

NAME_STARTS = frozenset((
    "pont", "val", "petite", "grande", "vieux", "vieille", "ancienne", "ancien", "bourg", "village", "port", "parc",
    "villa", "clos", "cours", "cite", "cote", "cour", "vallon", "mail", "jardin", "chaussee", "quartier", "hameau",
    "espace", "domaine", "ensemble", "degre", "descente", "levee", "digue", "zone",
))  # fmt: skip
"""Kinds of way that also begin names of communes and of streets: `Val-de-Bride`, `Petite-Chaux`, `Pont-à-Vendin`."""

_FIRST_WORD = {
    "r": "rue", "ru": "rue", "av": "avenue", "ave": "avenue", "aven": "avenue", "bd": "boulevard",
    "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard", "bvd": "boulevard", "pl": "place", "plc": "place",
    "ch": "chemin", "che": "chemin", "chem": "chemin", "chm": "chemin", "rt": "route", "rte": "route",
    "imp": "impasse", "all": "allee", "al": "allee", "sq": "square", "pass": "passage", "pas": "passage",
    "psg": "passage", "crs": "cours", "fg": "faubourg", "fbg": "faubourg", "esp": "esplanade", "prom": "promenade",
    "res": "residence", "resid": "residence", "lot": "lotissement", "ham": "hameau", "rpt": "rondpoint",
    "trav": "traverse", "tra": "traverse", "mte": "montee", "sen": "sente", "sent": "sentier", "rle": "ruelle",
    "vla": "villa", "q": "quai", "qu": "quai", "qua": "quartier", "quart": "quartier", "za": "zone artisanale",
    "zi": "zone industrielle", "zae": "zone activite economique", "car": "carrefour", "chs": "chaussee",
    "dom": "domaine", "ld": "lieudit", "pte": "petite", "gde": "grande", "gr": "grande", "cite": "cite",
    "esc": "escalier", "crx": "croix",
}  # fmt: skip
"""Postal and usual abbreviations of way types, expanded only where a way type stands."""

_ANYWHERE = {
    "st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "gal": "general", "gen": "general",
    "gl": "general", "gnl": "general", "mal": "marechal", "marchal": "marechal", "col": "colonel",
    "cdt": "commandant", "cne": "capitaine", "cpt": "capitaine", "lt": "lieutenant", "sgt": "sergent",
    "dr": "docteur", "doct": "docteur", "prof": "professeur", "pr": "professeur", "pdt": "president",
    "gouv": "gouverneur", "amal": "amiral", "ing": "ingenieur", "mgr": "monseigneur", "nd": "notre dame",
    "fbg": "faubourg", "fg": "faubourg", "che": "chemin", "chem": "chemin", "gds": "grands", "gd": "grand",
    "pt": "petit", "pts": "petits", "hop": "hopital", "eg": "eglise", "mme": "madame", "1er": "premier",
    "1ere": "premiere", "cpe": "capitaine", "adj": "adjudant", "gdes": "grandes", "gde": "grande", "pte": "petite",
    "ptes": "petites", "ctre": "centre", "ave": "avenue", "rte": "route",
}  # fmt: skip
"""Abbreviations that may stand inside a name (from the postal norm AFNOR XP Z10-011, and usage)."""

_ABBREVIATED_NAMES = {"s": "sur", "ss": "sous", "lès": "les", "lez": "les"}
"""Only in names of communes: `Vitry s/ Seine`, and `lès, lez, les` which people do not tell apart."""

_SPACES = re.compile(r"[^a-z0-9]+")
_SPACES_OF_LINE = re.compile(r"[^a-z0-9\n]+")


@cache
def _translation() -> dict[int, str]:
    """Lower case, without accents or ligatures, for the Latin letters and the punctuation that people type."""
    table: dict[int, str] = {}
    for code in (*range(0x41, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2070), 0xFF10):
        letter = chr(code).lower()
        letter = "".join(_NOT_DECOMPOSED.get(part, part) for part in letter)
        plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
        if plain != chr(code):
            table[code] = plain
    for code in range(0x300, 0x370):  # combining marks typed apart from their letter
        table[code] = ""
    return table


def lower_without_accents(text: str) -> str:
    """Lower case, no accents, no ligatures; punctuation stays."""
    return text.translate(_translation())


def fold(text: str) -> str:
    """Lower-case letters and digits of the Latin alphabet, one space between words."""
    return _SPACES.sub(" ", text.translate(_translation())).strip()


def fold_lines(texts: Sequence[str]) -> list[str]:
    """`fold` of texts without line breaks, together; there may be spaces around them."""
    return _SPACES_OF_LINE.sub(" ", "\n".join(texts).translate(_translation())).split("\n")


def commune_words(folded: str) -> str:
    """A commune name in full words: `st` as `saint`, `s/` as `sur`. Input and output folded."""
    return " ".join(
        _ANYWHERE.get(word, _ABBREVIATED_NAMES.get(word, word)) if len(word) < 4 else word for word in folded.split()
    )


def compact(words: str) -> str:
    """Without spaces: `landess ur ajon` and `landes sur ajon` become the same."""
    return words.replace(" ", "")


def digits(words: str) -> str:
    """The digits of a name. A number is read as it is written: `paris 25` is not `paris 15` misspelt."""
    return "".join(filter(str.isdigit, words))


def without_article(words: str) -> str:
    """A commune name without its leading article: `la taillee` -> `taillee`. The same name when it has none."""
    first, _, rest = words.partition(" ")
    return rest if rest and first in ("le", "la", "les", "l", "los", "el") else words


def expand_street(words: list[str]) -> list[str]:
    """Words of a street name with their abbreviations written out; the first one read as a way type."""
    if not words:
        return words
    expanded: list[str] = []
    for position, word in enumerate(words):
        if position == 0:
            word = _FIRST_WORD.get(word, _ANYWHERE.get(word, word))
        elif len(word) <= 4:
            word = _ANYWHERE.get(word, word)
        expanded.extend(word.split(" ")) if " " in word else expanded.append(word)
    if len(expanded) > 1 and expanded[0] in ("rond", "lieu") and expanded[1] in ("point", "dit"):
        expanded[:2] = [expanded[0] + expanded[1]]
    return expanded


def repaired(text: str) -> str:
    """A name that was decoded wrongly once (`AllÃ©e`, seen in older BAN files) as it was meant; any other unchanged."""
    if "Ã" not in text and "Â" not in text:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def is_street_type(word: str) -> bool:
    """Whether a folded word, full or abbreviated, is a kind of way."""
    return word in STREET_TYPES or word in _FIRST_WORD


def full_type(word: str) -> str:
    """The full spelling of a way type, or the word itself."""
    return _FIRST_WORD.get(word, word)


def street_key(words: list[str]) -> str:
    """What identifies a street within its commune: expanded, without articles; all the words when nothing else is left."""
    expanded = expand_street(words)
    kept = [word for word in expanded if word not in ARTICLES]
    if not kept or (len(kept) == 1 and kept[0] == expanded[0] in STREET_TYPES and len(expanded) > 1):
        kept = expanded
    return " ".join(kept)


def split_type(key: str) -> tuple[str, str]:
    """(way type, name) of a street key; the type is empty when the key does not start with one."""
    first, _, rest = key.partition(" ")
    if rest and first in STREET_TYPES:
        return first, rest
    return "", key
