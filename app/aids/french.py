"""Numbers, money and dates as French readers expect them."""

from __future__ import annotations

from datetime import date

NARROW = "\u202f"
"""Narrow no-break space: separates thousands (Imprimerie nationale)."""
NO_BREAK = "\u00a0"
"""No-break space: before %, € and between a number and its unit."""


def number(value: float) -> str:
    """`37 500`, `0,25`, `2,5`: at most four decimals, no trailing zero."""
    rounded = round(float(value), 4)
    text = f"{rounded:,.4f}".rstrip("0").rstrip(".")
    if text == "-0":
        text = "0"
    return text.replace(",", NARROW).replace(".", ",").replace("-", "−")


def euros(value: float) -> str:
    """`37 500 €`, `8 333,33 €`: no decimals, or two."""
    rounded = round(float(value), 2)
    text = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.2f}"
    return text.replace(",", NARROW).replace(".", ",").replace("-", "−") + NO_BREAK + "€"


def percent(value: float) -> str:
    """`10 %` for 10."""
    return f"{number(value)}{NO_BREAK}%"


_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)


def day(value: date) -> str:
    """`1er janvier 2026`."""
    ordinal = "1er" if value.day == 1 else str(value.day)
    return f"{ordinal} {_MONTHS[value.month - 1]} {value.year}"


UNITS = {
    "EUR_once": "€, versés une fois",
    "EUR_per_year": "€ par an",
    "EUR_per_month": "€ par mois",
    "EUR_per_quarter": "€ par trimestre",
    "EUR_per_semester": "€ par semestre",
    "EUR_per_contract": "€ pour tout le contrat",
    "EUR_instalment": "€ pour l'année de contrat demandée",
    "EUR_total": "€ au total",
    "EUR_exempt_profit_per_year": "€ de bénéfice exonéré par an",
    "EUR_exempt_pay_per_year": "€ de rémunération exonérée par an",
    "EUR_repayment": "€ à rembourser",
}
"""The period and nature of an amount: the unit says what `amount_eur` counts."""
