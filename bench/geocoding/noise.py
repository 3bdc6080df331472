"""What people do to an address: faults of the keyboard, abbreviations, capitals, complements, missing and wrong parts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from app.geocoding.normalise import fold, lower_without_accents

NEIGHBOURS = {
    "a": "qzs", "b": "vnh", "c": "xvd", "d": "sfe", "e": "rzd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok", "j": "hku",
    "k": "jli", "l": "kmo", "m": "lp", "n": "bjh", "o": "ipl", "p": "om", "q": "aws", "r": "etf", "s": "qde", "t": "ryg",
    "u": "yij", "v": "cbg", "w": "xs", "x": "wcs", "y": "tuh", "z": "aes",
}  # fmt: skip
POSTAL = {
    "rue": "R", "avenue": "AV", "boulevard": "BD", "place": "PL", "chemin": "CHE", "route": "RTE", "impasse": "IMP",
    "allée": "ALL", "square": "SQ",
}  # fmt: skip
TITLES = {
    "saint": "st", "sainte": "ste", "général": "gal", "maréchal": "mal", "docteur": "dr", "commandant": "cdt",
    "capitaine": "cne", "lieutenant": "lt", "professeur": "pr", "président": "pdt",
}  # fmt: skip
COMPLEMENTS = (
    "Cabinet médical, Bât. B", "Maison de santé", "SELARL Durand", "Résidence Les Lilas", "Cabinet du Dr Legrand, 2e étage",
    "Apt 4", "Bâtiment C,", "Chez Mme Petit", "Centre médical du Parc,", "Pharmacie du Centre", "Entrée B, 1er étage",
)  # fmt: skip
NONSENSE = (
    "Gran Via 12 28013 Madrid", "Rue Neuve 12 1000 Bruxelles", "221b Baker Street London", "Alexanderplatz 3 10178 Berlin",
    "Via Roma 4 00184 Roma", "qsdfgh wxcvbn", "zzzz", "rue de", "12", "avenue", "azertyuiop 99", "lorem ipsum dolor sit",
    "Bahnhofplatz 1 8001 Zürich", "Rua Augusta 24 Lisboa", "tél. 05 61 00 00 00", "sans domicile fixe", "néant", "xxx xxxxx",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Door:
    """A street of the reference documents, with one of its numbers when it has any."""

    number: str | None
    street: str
    postcode: str
    citycode: str
    city: str

    @property
    def line(self) -> str:
        return f"{self.number} {self.street}" if self.number else self.street


def typo(word: str, rng: random.Random) -> str:
    """One fault of the keyboard: a neighbour, a letter dropped, doubled, or two swapped."""
    if len(word) < 3:
        return word
    at = rng.randrange(1, len(word))
    kind = rng.randrange(4)
    letter = word[at]
    if kind == 0:
        near = NEIGHBOURS.get(lower_without_accents(letter), "")
        return word[:at] + (rng.choice(near) if near else letter) + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        near = NEIGHBOURS.get(lower_without_accents(letter), letter)
        return word[:at] + rng.choice(near) + word[at:]
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def misspelt(text: str, rng: random.Random) -> str:
    """One fault in one of the longer words."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) >= 4 and not word[0].isdigit()]
    if not long:
        return text
    at = rng.choice(long)
    words[at] = typo(words[at], rng)
    return " ".join(words)


def postal(text: str) -> str:
    """Upper case, no accents or punctuation, way type abbreviated."""
    words = text.split(" ")
    for at, word in enumerate(words[:2]):
        if word.lower() in POSTAL:
            words[at] = POSTAL[word.lower()]
    return fold(" ".join(words)).upper()


def abbreviated(text: str, rng: random.Random) -> str:
    words = lower_without_accents(text).split(" ")
    for at, word in enumerate(words):
        full = next((short for name, short in POSTAL.items() if lower_without_accents(name) == word), None)
        title = next((short for name, short in TITLES.items() if lower_without_accents(name) == word), None)
        if full and at <= 2:
            words[at] = full.lower() + rng.choice(("", "."))
        elif title:
            words[at] = title + rng.choice(("", "."))
    return " ".join(words)


def other_postcode(door: Door, rng: random.Random) -> str:
    return door.postcode[:2] + f"{rng.randrange(1000):03d}"


def swapped_type(door: Door, rng: random.Random) -> str | None:
    first, _, rest = door.street.partition(" ")
    if first.lower() not in ("rue", "avenue", "place", "chemin", "route") or not rest:
        return None
    return f"{rng.choice([t for t in ('rue', 'avenue', 'chemin', 'route') if t != first.lower()])} {rest}"


Writer = Callable[[Door, random.Random], str | None]
STYLES: dict[str, Writer] = {
    "clean": lambda d, r: f"{d.line} {d.postcode} {d.city}",
    "lower_noaccent": lambda d, r: lower_without_accents(f"{d.line} {d.postcode} {d.city}").replace("-", " "),
    "upper_postal": lambda d, r: f"{d.number or ''} {postal(d.street)} {d.postcode} {fold(d.city).upper()}".strip(),
    "abbrev": lambda d, r: f"{d.number or ''} {abbreviated(d.street, r)} {d.postcode} {abbreviated(d.city, r)}".strip(),
    "multiline": lambda d, r: f"{d.line}\n{d.postcode}  {d.city.upper()}\nFRANCE",
    "typo1_street": lambda d, r: f"{d.number or ''} {misspelt(d.street, r)} {d.postcode} {d.city}".strip(),
    "typo1_city": lambda d, r: f"{d.line} {d.postcode} {misspelt(d.city, r)}",
    "typo2": lambda d, r: f"{d.number or ''} {misspelt(d.street, r)} {d.postcode} {misspelt(d.city, r)}".strip(),
    "combo": lambda d, r: (
        f"{r.choice(COMPLEMENTS)} {d.number or ''} {misspelt(abbreviated(d.street, r), r)} "
        f"{r.choice((d.postcode, ''))} {misspelt(d.city, r).lower()}"
    ),
    "no_postcode": lambda d, r: f"{d.line} {d.city}",
    "no_postcode_typo_city": lambda d, r: f"{d.line} {misspelt(d.city, r)}",
    "wrong_postcode": lambda d, r: f"{d.line} {other_postcode(d, r)} {d.city}",
    "cp_no_city": lambda d, r: f"{d.line}, {d.postcode}",
    "cedex": lambda d, r: f"{d.line} BP {r.randrange(1, 999)} {other_postcode(d, r)} {d.city.upper()} CEDEX {r.randrange(20)}",
    "complement": lambda d, r: f"{r.choice(COMPLEMENTS)} {d.line} {d.postcode} {d.city}",
    "hn_range": lambda d, r: (
        None if not d.number or not d.number.isdigit()
        else r.choice((f"{d.number}-{int(d.number) + 2}", f"{d.number}/{int(d.number) + 2}", f"n°{d.number}", f"n° {d.number}",
                       f"{d.number} et {int(d.number) + 2}", f"{d.number} à {int(d.number) + 4}", f"{d.number},"))
        + f" {d.street} {d.postcode} {d.city}"
    ),
    "wrong_type": lambda d, r: (t := swapped_type(d, r)) and f"{d.number or ''} {t} {d.postcode} {d.city}".strip(),
    "city_first": lambda d, r: r.choice((
        f"{d.postcode} {d.city}, {d.line}", f"{d.city} ({d.postcode}) {d.line}", f"{d.city.upper()} - {d.line} {d.postcode}",
    )),
    "unknown_number": lambda d, r: f"{r.randrange(5000, 9999)} {d.street} {d.postcode} {d.city}",
    "unknown_street": lambda d, r: (
        f"{r.randrange(1, 80)} {r.choice(('rue', 'avenue', 'chemin'))} {r.choice(('', 'du ', 'de la ', 'des '))}"
        f"{r.choice(('Wagtendonk', 'Zibelinois', 'Quetzalcoatl', 'Farfadours', 'Kirschwasser'))} "
        f"{r.choice(('Brouillamini', 'Xylophage', 'Olibrius', 'Tartempion'))} {d.postcode} {d.city}"
    ),
    "municipality": lambda d, r: r.choice((f"{d.postcode} {d.city}", f"{d.city} {d.postcode}".lower())),
    "municipality_noisy": lambda d, r: f"{d.postcode} {misspelt(d.city, r)}".lower(),
    "filter_postcode": lambda d, r: d.line,
    "filter_citycode": lambda d, r: d.line,
}  # fmt: skip
EXPECTED = {"unknown_number": "street", "unknown_street": "municipality", "municipality": "municipality",
            "municipality_noisy": "municipality"}  # fmt: skip
