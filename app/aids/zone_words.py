"""The words of zonings that rules and questions may use, and how they read in French."""

from __future__ import annotations

from functools import cache

from app.zones.models import Generation
from app.zones.vocabulary import ZONINGS, ZONINGS_BY_KEY

ZONING_CODES: dict[str, tuple[str, ...]] = {spec.id: tuple(spec.codes) for spec in ZONINGS}
"""Codes of each zoning; empty when its zones have official codes of their own (QPV, ZFU) or none."""

GENERATIONS: dict[str, tuple[Generation, ...]] = {
    "qpv": (2015, 2024),
    "physios": ("avenant5", "avenant7"),
}
"""Generations of rules that live side by side (zones.md §§ 3, 4, 7)."""

PROFESSION_ZONINGS = frozenset({"doctors", "nurses", "midwives", "physios", "speech", "dentists"})

SATISFIED_BY: dict[str, frozenset[str]] = {"FRR": frozenset({"FRR", "FRR+"})}
"""Codes that stand for another one: FRR+ is also FRR (zones.md § 7)."""

_SHORT = {
    "doctors": "zonage médecins",
    "nurses": "zonage infirmiers",
    "midwives": "zonage sages-femmes",
    "physios": "zonage masseurs-kinésithérapeutes",
    "speech": "zonage orthophonistes",
    "dentists": "zonage chirurgiens-dentistes",
    "pharmacy": "territoire fragile (pharmacies)",
    "qpv": "quartier prioritaire (QPV)",
    "zfu": "zone franche urbaine (ZFU-TE)",
    "zrr": "zone de revitalisation rurale (ZRR)",
    "frr": "France ruralités revitalisation (FRR)",
    "massif": "massif",
    "montagne": "zone de montagne",
    "zone_rouge": "zone rouge",
}

_GRADES = {
    "tres_sous_dotee": "très sous-dotée",
    "sous_dense": "sous-dense",
    "sous_dotee": "sous-dotée",
    "intermediaire": "intermédiaire",
    "tres_dotee": "très dotée",
    "sur_dotee": "sur-dotée",
    "non_prioritaire": "non prioritaire",
    "fragile": "fragile",
}

_COMMUNES = {
    "FRR": "commune classée France ruralités revitalisation (FRR)",
    "FRR+": "commune classée France ruralités revitalisation renforcée (FRR+)",
    "ZRR": "commune classée en zone de revitalisation rurale (ZRR)",
    "ZRR_KEPT": "commune sortie de ZRR qui en garde l'effet",
}


_AGREEMENTS = {"avenant5": "avenant 5", "avenant7": "avenant 7"}


@cache
def describe_zone(
    zoning: str, codes: tuple[str, ...], generation: Generation | None, sub: str | None, boosted: bool
) -> str:
    """`ZIP ou ZAC (zonage médecins)`, `quartier prioritaire (QPV) 2024`."""
    name = _SHORT.get(zoning) or ZONINGS_BY_KEY[zoning].label
    if generation is not None:
        name = f"{name}, {_AGREEMENTS[generation]}" if isinstance(generation, str) else f"{name} {generation}"
    if sub is not None:
        return f"{sub} ({name})"
    if not codes or zoning == "pharmacy":
        return name
    if all(code in _COMMUNES for code in codes):
        return " ou ".join(_COMMUNES[code] for code in codes)
    words = " ou ".join(_GRADES.get(code, code) for code in codes)
    return f"{words}{' majorée' if boosted else ''} ({name})"
