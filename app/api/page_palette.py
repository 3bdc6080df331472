"""How each class is drawn, on the map and on the plan: a colour that colour-blind eyes tell apart, and a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pattern = Literal["plain", "diagonal", "back-diagonal", "dots", "lines", "cross"]


@dataclass(frozen=True, slots=True)
class Swatch:
    """`colour` fills, `pattern` is drawn over it in a darker tone: either alone tells the class."""

    colour: str
    pattern: Pattern

    @property
    def name(self) -> str:
        """`c4563d-diagonal`: names the drawing itself."""
        return f"{self.colour.removeprefix('#')}-{self.pattern}"


NONE = Swatch("#e9e6dd", "plain")
"""Classified outside, or not classified."""
UNKNOWN = Swatch("#ffffff", "back-diagonal")
"""No data: never drawn like a no."""

SWATCHES: dict[str, Swatch] = {
    "ZIP": Swatch("#c4563d", "diagonal"),
    "ZAC": Swatch("#eab04e", "dots"),
    "ZAR": Swatch("#8fb0c4", "lines"),
    "ZV": Swatch("#d3d98f", "cross"),
    "HZ": NONE,
    "tres_sous_dotee": Swatch("#c4563d", "diagonal"),
    "sous_dense": Swatch("#d8834a", "cross"),
    "sous_dotee": Swatch("#eab04e", "dots"),
    "intermediaire": Swatch("#d3d98f", "lines"),
    "tres_dotee": Swatch("#8fb0c4", "dots"),
    "sur_dotee": Swatch("#5f86a8", "diagonal"),
    "non_prioritaire": Swatch("#8fb0c4", "lines"),
    "fragile": Swatch("#c4563d", "diagonal"),
    "ZRR": Swatch("#79b594", "dots"),
    "FRR": Swatch("#79b594", "lines"),
    "FRR+": Swatch("#2f8168", "diagonal"),
    "ZRR_KEPT": Swatch("#c3dcc0", "cross"),
}
INSIDE = Swatch("#8e78b8", "diagonal")
"""Zones without class codes: priority districts, massifs."""


def swatch_of(state: str, code: str | None) -> Swatch:
    """How a membership is drawn."""
    if state == "unknown" or state == "near_border":
        return UNKNOWN
    if state == "outside":
        return SWATCHES.get(code or "", NONE)
    return SWATCHES.get(code or "", INSIDE)
