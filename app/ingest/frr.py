"""One list of FRR classes, three periods: FRR+ starts on 2025-01-01, the kept effects of ZRR end on 2027-12-31.

Law: article 44 quindecies A of the CGI; order of 19 June 2024 (FRR from 2024-07-01); order of 9 July 2025 (FRR+, effect
2025-01-01, FRR before); act 2025-127 of 14 February 2025, article 99 (kept effects, to 2027-12-31).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.ingest.content import Vintage
from app.ingest.tables import ClassRow
from app.zones.models import State

_FRR_PLUS_FROM = date(2025, 1, 1)
_KEPT_TO = date(2027, 12, 31)
AFTER_KEPT = (
    "Fin des effets maintenus de la ZRR au 31/12/2027 selon la loi de finances pour 2025 ; "
    "les textes postérieurs n'ont pas été recherchés."
)


def _before_frr_plus(row: ClassRow) -> ClassRow:
    return replace(row, code="FRR") if row.code == "FRR+" else row


def _after_kept_effects(row: ClassRow) -> ClassRow:
    return replace(row, state=State.OUTSIDE, code=None) if row.code == "ZRR_KEPT" else row


def frr_vintages(whole: Vintage) -> list[Vintage]:
    """The list as it reads in each of its three periods, all published on the same day."""
    return [
        replace(
            whole,
            id=f"{whole.id}-effet-2024",
            valid_to=date(2024, 12, 31),
            classes=[_before_frr_plus(row) for row in whole.classes],
        ),
        replace(whole, id=f"{whole.id}-effet-2025", valid_from=_FRR_PLUS_FROM, valid_to=_KEPT_TO),
        replace(
            whole,
            id=f"{whole.id}-effet-2028",
            valid_from=date(2028, 1, 1),
            confidence="low",
            caveats=(*whole.caveats, AFTER_KEPT),
            classes=[_after_kept_effects(row) for row in whole.classes],
        ),
    ]
