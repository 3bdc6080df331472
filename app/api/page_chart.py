"""Small charts of an aid, as SVG: amounts over time where they are plain numbers, otherwise when it was open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from markupsafe import Markup, escape

from app.aids.french import euros
from app.aids.models import Rule
from app.api.page_frame import french_day

WIDTH = 640
LEFT, RIGHT, TOP, BASE = 10, 630, 34, 132


def amount_chart(rule: Rule) -> Markup | None:
    """A staircase of the amount; None unless at least two of its dated values are plain numbers of one unit."""
    points = _plain_values(rule)
    if len(points) < 2:
        return None
    first, last = points[0][0], _end(rule, points[-1][0])
    highest = max(amount for _, amount in points) or 1.0

    def at(day: date, amount: float) -> tuple[float, float]:
        return _across(day, first, last), round(BASE - (BASE - TOP) * amount / highest, 1)

    path: list[str] = []
    marks: list[str] = []
    for position, (day, amount) in enumerate(points):
        x, y = at(day, amount)
        until = points[position + 1][0] if position + 1 < len(points) else last
        path.append(f"{'M' if position == 0 else 'L'}{x} {y}L{_across(until, first, last)} {y}")
        marks.append(
            f'<circle class="dot" cx="{x}" cy="{y}" r="4"/><text x="{x}" y="{y - 9}">{escape(euros(amount))}</text>'
            f'<text x="{x}" y="{BASE + 18}">{french_day(day)}</text>'
        )
    words = "; ".join(f"{euros(amount)} à partir du {french_day(day)}" for day, amount in points)
    return _svg(
        f"Montant au fil du temps : {words}",
        f'<path class="line" d="{"".join(path)}" fill="none" stroke-width="3"/>{"".join(marks)}',
    )


def window_chart(rule: Rule, today: date) -> Markup | None:
    """When the aid may be asked for, one bar a window; None when no window has a bound."""
    spans = sorted(
        {(_bound(window.opens.versions), _bound(window.closes.versions)) for window in rule.windows}, key=str
    )
    bounds = [day for span in spans for day in span if day is not None]
    if not bounds:
        return None
    first, last = min(*bounds, today), max(*bounds, today)
    first, last = date(first.year - 1, 1, 1), date(last.year + 1, 12, 31)
    bars: list[str] = []
    base = TOP + 24 * len(spans[:4]) + 14
    for position, (opens, closes) in enumerate(spans[:4]):
        start, end = _across(opens or first, first, last), _across(closes or last, first, last)
        y = TOP + 24 * position
        words = f"{french_day(opens) or 'sans date'} → {french_day(closes) or 'sans fin connue'}"
        bars.append(
            f'<rect class="span" x="{start}" y="{y}" width="{max(end - start, 3):.1f}" height="16" rx="4"/>'
            f'<text x="{min(start + 6, 420):.1f}" y="{y + 12.5}">{words}</text>'
        )
    x = _across(today, first, last)
    bars.append(
        f'<path class="axis" d="M{x} {TOP - 8}V{base}" stroke-dasharray="3 3"/>'
        f'<text x="{x}" y="{TOP - 14}" text-anchor="middle">aujourd\'hui</text>'
    )
    for year in range(first.year, last.year + 1, max(1, (last.year - first.year) // 8)):
        bars.append(f'<text x="{_across(date(year, 1, 1), first, last)}" y="{base + 18}">{year}</text>')
    told = "; ".join(f"du {french_day(o) or '?'} au {french_day(c) or '?'}" for o, c in spans)
    return _svg(f"Périodes d'ouverture : {told}", "".join(bars), base)


def _plain_values(rule: Rule) -> list[tuple[date, float]]:
    """Dated values written as numbers in the rule's file."""
    written = cast(Mapping[str, object], rule.source.get("amount") or {})
    values = cast(Mapping[object, object], written.get("values") or {})
    found: list[tuple[date, float]] = []
    for day, value in values.items():
        plain = value.get("formula") if isinstance(value, Mapping) else value
        if isinstance(plain, str) and plain.replace(".", "", 1).isdigit():
            plain = float(plain)
        if isinstance(plain, int | float) and not isinstance(plain, bool):
            found.append((day if isinstance(day, date) else date.fromisoformat(str(day)), float(plain)))
    return sorted(found)


def _end(rule: Rule, last_value: date) -> date:
    """Right edge: the last day of the aid, or two years after its last value."""
    closes = [day for window in rule.windows if (day := _bound(window.closes.versions)) is not None]
    return max([*closes, last_value.replace(year=last_value.year + 2, day=min(last_value.day, 28))])


def _bound(versions: Sequence[tuple[date | None, date | None]]) -> date | None:
    return versions[-1][1] if versions else None


def _across(day: date, first: date, last: date) -> float:
    whole = (last - first).days or 1
    return round(LEFT + (RIGHT - LEFT - 70) * (day - first).days / whole, 1)


def _svg(title: str, inside: str, base: int = BASE) -> Markup:
    return Markup(  # noqa: S704 - numbers of ours, and texts escaped above
        f'<svg viewBox="0 0 {WIDTH} {base + 38}" role="img" aria-label="{escape(title)}">'
        f'<path class="axis" d="M{LEFT} {base}H{RIGHT}" fill="none"/>{inside}</svg>'
    )
