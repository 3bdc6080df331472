"""How people write the municipal arrondissements of Paris, Lyon and Marseille."""

from __future__ import annotations

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_IN_WORDS = (
    "premier", "deuxieme", "troisieme", "quatrieme", "cinquieme", "sixieme", "septieme", "huitieme", "neuvieme", "dixieme",
    "onzieme", "douzieme", "treizieme", "quatorzieme", "quinzieme", "seizieme", "dixseptieme", "dixhuitieme",
    "dixneuvieme", "vingtieme",
)  # fmt: skip


def arrondissement_ranks(number: int) -> set[str]:
    """Every way of writing the rank of an arrondissement: `13`, `13eme`, `XIII`, `treizieme`; compact, folded."""
    roman = ("x" if number > 10 else "") + _ROMAN[(number - 1) % 10]
    endings = ("", "e", "er", "eme", "em", "ieme", "nd")
    figures = {str(number), f"{number:02d}"}
    written = {f"{figure}{ending}" for figure in figures for ending in endings}
    return written | {f"{roman}{ending}" for ending in ("", "e", "er", "eme")} | {_IN_WORDS[number - 1]}
