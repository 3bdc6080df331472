"""The answer as tables for a terminal, in French."""

from __future__ import annotations

from datetime import date

from rich.table import Table

from app.aids.french import euros
from app.api.page_words import WHY_UNSURE
from app.api.words import Json
from app.zones.models import Reason
from app.zones.vocabulary import ZONINGS, Installing

STATES = {"inside": "oui", "outside": "non", "near_border": "en limite", "unknown": "inconnu"}
STATUSES = {
    "available": "ouverte",
    "not_available": "non",
    "closed": "close",
    "not_yet_open": "à venir",
    "to_check": "à vérifier",
}
NO_DATA = Reason.NO_DATA_INSTALLED.value
STYLES = {"inside": "green", "near_border": "yellow", "unknown": "yellow", "available": "green", "to_check": "yellow"}


def zones_table(answer: Json) -> Table:
    table = Table(title="Zonages", title_justify="left", header_style="bold")
    for column in ("Zonage", "État", "Classe", "Depuis", "Motif, réserve"):
        table.add_column(column)
    for row in _rows(answer, "memberships"):
        if row.get("reason") == NO_DATA:
            continue
        state, reason = str(row["state"]), row.get("reason")
        caveats = row.get("caveats")
        remarks = [WHY_UNSURE.get(str(reason), str(reason))] if reason else []
        if isinstance(caveats, list) and caveats:
            remarks.append(f"{len(caveats)} réserve{'s' if len(caveats) > 1 else ''} (--json)")
        table.add_row(
            _zoning_label(row), _styled(STATES[state], state), str(row["label"]),
            day_words(row.get("valid_from")), " ".join(remarks),
        )  # fmt: skip
    return table


def without_data(answer: Json) -> list[str]:
    """Zonings of which no data is installed: one line for all of them says as much as a row each."""
    return [_zoning_label(row) for row in _rows(answer, "memberships") if row.get("reason") == NO_DATA]


def installing(answer: Json) -> list[str]:
    """How to get the data that an answer lacks, each way once; nothing for zonings of which no file is known."""
    told = {str(row["install"]) for row in _rows(answer, "memberships") if "install" in row}
    return sorted(told - {Installing.NONE_FOUND.value})


def _zoning_label(row: Json) -> str:
    """The zoning in people's words: several generations of one zoning have each their own."""
    specs = [spec for spec in ZONINGS if spec.id == row["zoning"]]
    return next((spec.label for spec in specs if spec.generation == row.get("generation")), specs[0].label)


def day_words(day: object) -> str:
    """JJ/MM/AAAA, empty when unknown."""
    return f"{date.fromisoformat(day):%d/%m/%Y}" if isinstance(day, str) else ""


def aids_table(answer: Json) -> Table:
    """Aids that are open, to check, or coming; the others are counted in the title."""
    offers = _rows(answer, "offers")
    shown = [row for row in offers if row["status"] in ("available", "to_check", "not_yet_open")]
    title = f"Aides : {len(shown)} à regarder sur {len(offers)}"
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in ("Aide", "Statut", "Montant", "Pourquoi"):
        table.add_column(column)
    order = {"available": 0, "to_check": 1, "not_yet_open": 2}
    for row in sorted(shown, key=lambda row: order[str(row["status"])]):
        status = str(row["status"])
        amount = row.get("amount_eur")
        why = row.get("arithmetic") or _first_reason(row)
        table.add_row(
            str(row["label"]), _styled(STATUSES[status], status),
            euros(float(amount)) if isinstance(amount, int | float) else "", str(why or "")[:120],
        )  # fmt: skip
    return table


def _first_reason(row: Json) -> str:
    reasons = row.get("reasons")
    if not isinstance(reasons, list) or not reasons:
        return ""
    first = reasons[0]
    return str(first.get("text", "")) if isinstance(first, dict) else str(first)


def _rows(answer: Json, name: str) -> list[Json]:
    rows = answer.get(name, [])
    assert isinstance(rows, list)
    return rows


def _styled(text: str, key: str) -> str:
    style = STYLES.get(key)
    return f"[{style}]{text}[/{style}]" if style else text
