"""How every spelling of a class met in a source file reads, in one table; what is not in it is an error, not a guess.

Sources of the spellings: the lists of INSEE, ANCT, DGCL, Atlasanté, CartoSanté and the hand-written pilot facts, as
described in data/sources.yaml and docs/data.md. Letter case and surrounding blanks do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.errors import DataError
from app.zones.models import Reason, State


@dataclass(frozen=True, slots=True)
class Reading:
    """What a spelling says of a commune. `coverage`: `partial` for a part of it, `qpv` or `gq` for that part only."""

    state: State
    code: str | None = None
    reason: Reason | None = None
    coverage: str | None = None
    sub: str | None = None


def _inside(code: str | None, sub: str | None = None) -> Reading:
    return Reading(State.INSIDE, code, sub=sub)


NO_VALUE = Reading(State.UNKNOWN, reason=Reason.NO_VALUE_IN_LIST)
_PARTIAL = Reading(State.UNKNOWN, reason=Reason.PARTIAL_COMMUNE, coverage="partial")
_OUTSIDE = Reading(State.OUTSIDE)
_HZ = Reading(State.OUTSIDE, "HZ")
_BLANKS = {"": NO_VALUE, "N/A": NO_VALUE, "N/A - résultat non disponible": NO_VALUE, "NA": NO_VALUE}
_NOT_CLASSIFIED = {
    "NC": NO_VALUE,
    "NC - Non classé": NO_VALUE,
    "NC_Non_classe": NO_VALUE,
    "NC - Non concerné": NO_VALUE,
}

_DOCTORS = {
    **_BLANKS,
    **_NOT_CLASSIFIED,
    "1_ZIP": _inside("ZIP"),
    "ZIP": _inside("ZIP"),
    "2_ZAC": _inside("ZAC"),
    "ZAC": _inside("ZAC"),
    "4_ZAR": _inside("ZAR"),
    "ZAR": _inside("ZAR"),
    "ZV": _inside("ZV"),
    "ZIP+": _inside("ZIP", sub="ZIP+"),
    "3_HZ": _HZ,
    "HZ": _HZ,
    "HV": _HZ,
    "HC": _HZ,
}
_GRADES = {
    **_BLANKS,
    **_NOT_CLASSIFIED,
    "1_Tres_sous_dotee": _inside("tres_sous_dotee"),
    "1b_Sous_dense": _inside("sous_dense"),
    "2_Sous_dotee": _inside("sous_dotee"),
    "3_intermediaire": _inside("intermediaire"),
    "4_Tres_dotee": _inside("tres_dotee"),
    "5_Sur_dotee": _inside("sur_dotee"),
    "5b_Non_prioritaire": _inside("non_prioritaire"),
}
_ZRR = {
    **_BLANKS,
    "ZRR": _inside("ZRR"),
    "NO": _OUTSIDE,
    "C": _inside("ZRR"),
    "C - Classée en ZRR": _inside("ZRR"),
    "C - Commune classée en ZRR": _inside("ZRR"),
    "NC": _OUTSIDE,
    "NC - Commune non classée": _OUTSIDE,
    "P": _PARTIAL,
    "P - Commune partiellement classée en ZRR": _PARTIAL,
}
_FRR = {
    **_BLANKS,
    "NO": _OUTSIDE,
    "Non classée": _OUTSIDE,
    "NC": _OUTSIDE,
    "FRR": _inside("FRR"),
    "FRR socle": _inside("FRR"),
    "FRR+": _inside("FRR+"),
    "FRR_EFFETS": _inside("ZRR_KEPT"),
    "FRR bénéficiaire": _inside("ZRR_KEPT"),
    "FRR bénéficiaire(s)": _inside("ZRR_KEPT"),
    "FRR bénéficiaires": _inside("ZRR_KEPT"),
    "Classée FRR partiellement": _PARTIAL,
    "FRR bénéficiaire partiellement": _PARTIAL,
}
_MASSIF = {"NO": _OUTSIDE, "PYRENEES": _inside(None, sub="PYRENEES")}

ZONING_SPELLINGS = {
    "medecins": "doctors",
    "infirmiers": "nurses",
    "sages_femmes": "midwives",
    "masseurs_kinesitherapeutes": "physios",
    "orthophonistes": "speech",
    "chirurgiens_dentistes": "dentists",
    "zrr": "zrr",
    "frr": "frr",
    "massif": "massif",
    "zone_de_montagne": "montagne",
}
"""French names of zonings in source files -> zoning ids (domain vocabulary)."""

_ZONE_PART = re.compile(r"\A\d_(qpv|gq)(?:_\w+)?\Z")
"""`3_QPV_ZIP`, `4_QPV_ZAC`, `7_GQ_…`: only that part of the commune has the class; the rest is not told."""


def _key(spelled: str) -> str:
    return unicodedata.normalize("NFC", spelled).strip().casefold()


_TABLES = {
    zoning: {_key(spelled): reading for spelled, reading in table.items()}
    for zoning, table in {
        "doctors": _DOCTORS,
        "nurses": _GRADES,
        "midwives": _GRADES,
        "physios": _GRADES,
        "speech": _GRADES,
        "dentists": _GRADES,
        "zrr": _ZRR,
        "frr": _FRR,
        "massif": _MASSIF,
    }.items()
}


def read_class(zoning: str, spelled: str, where: str) -> Reading:
    """What a class, as a file spells it, says of the commune.

    Raises:
        DataError: the spelling is not in the table; the message starts with `where` (file, column, row).
    """
    key = _key(spelled)
    reading = _TABLES[zoning].get(key)
    if reading is not None:
        return reading
    part = _ZONE_PART.match(key) if zoning == "doctors" else None
    if part is not None:
        return Reading(State.UNKNOWN, reason=Reason.PARTIAL_COMMUNE, coverage=part.group(1))
    raise DataError(f"{where}: the class {spelled[:60]!r} is not in the spelling table of {zoning} (spellings.py).")
