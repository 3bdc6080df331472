"""Names that are no commune of France: countries, regions, cities abroad. Such a name is not a misspelt commune."""

from __future__ import annotations

import re

COUNTRIES = (
    "belgique", "belgium", "belgie", "suisse", "schweiz", "switzerland", "luxembourg", "deutschland", "allemagne", "germany",
    "espagne", "espana", "spain", "italie", "italia", "italy", "portugal", "royaume uni", "united kingdom", "angleterre",
    "england", "ecosse", "irlande", "ireland", "pays bas", "nederland", "netherlands", "autriche", "austria", "pologne",
    "suede", "danemark", "norvege", "grece", "turquie", "roumanie", "russie", "usa", "etats unis", "canada", "maroc",
    "algerie", "tunisie", "senegal", "bresil", "japon", "monaco", "andorre", "andorra",
)  # fmt: skip
REGIONS = (
    "auvergne rhone alpes", "bourgogne franche comte", "bretagne", "centre val de loire", "corse", "grand est",
    "hauts de france", "ile de france", "normandie", "nouvelle aquitaine", "occitanie", "pays de la loire",
    "provence alpes cote d'azur", "provence alpes cote d azur", "paca",
)  # fmt: skip
_CITIES_ABROAD = (
    "bruxelles", "brussel", "anvers", "antwerpen", "gand", "liege", "namur", "charleroi", "geneve", "lausanne", "zurich",
    "berne", "bale", "basel", "lugano", "madrid", "barcelone", "barcelona", "bilbao", "seville", "lisbonne", "lisboa", "rome",
    "roma", "milan", "milano", "turin", "torino", "naples", "napoli", "florence", "venise", "genes", "londres", "london",
    "manchester", "dublin", "berlin", "munich", "munchen", "hambourg", "hamburg", "cologne", "francfort", "stuttgart",
    "amsterdam", "rotterdam", "prague", "varsovie", "budapest", "vienna", "wien", "new york", "boston", "chicago", "quebec",
    "ottawa", "toronto", "casablanca", "rabat", "marrakech", "alger", "oran", "tunis", "dakar", "abidjan", "noumea", "papeete",
)  # fmt: skip
NOT_COMMUNES = frozenset(
    name.replace(" ", "").replace("'", "") for name in (*COUNTRIES, *REGIONS, *_CITIES_ABROAD, "france")
)
"""Compact names. A commune that bears one of them exactly is still found: `Rome`, `Bretagne`."""

_AFTER_A_WORD = r"(?<!\bd)(?<!\bl)(?<!\bde)(?<!\bdu)(?<!\ble)(?<!\bla)(?<!\bdes)(?<!\bles)(?<!\ben)(?<!\bau)\s+"
_ABROAD = re.compile(rf"(?:\A|[,\n(]\s*|{_AFTER_A_WORD})(?:{'|'.join(COUNTRIES)})\Z")
_REGION = re.compile(rf"(?:[,\n(|]\s*|{_AFTER_A_WORD})(?:{'|'.join(REGIONS)})\Z")
_POSTCODE_OR_CUT = re.compile(r"\d{5}|[,\n]")
_END = " .,)|\n"


def is_abroad(lowered: str) -> bool:
    """Whether a text ends with a country, not as the name of a way: `12 rue d'Espagne`, `avenue de Monaco`."""
    text = lowered.rstrip(_END)
    return text.endswith(COUNTRIES) and _ABROAD.search(text) is not None


def without_region(lowered: str) -> str:
    """The text without a region at its end, which tells nothing that the commune does not."""
    text = lowered.rstrip(_END)
    spaced = text.replace("-", " ")
    if not spaced.endswith(REGIONS):
        return lowered
    found = _REGION.search(spaced)
    if found is None or text[found.start()] == "-" or not _POSTCODE_OR_CUT.search(text[: found.start() + 1]):
        return lowered  # `rue du Lac Bretagne`: may be all there is to find it by
    return text[: found.start()]
