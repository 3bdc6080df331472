"""Counting months and years the way contracts do: whole ones, from a day to the same day."""

from __future__ import annotations

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier); the last day of a shorter month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def add_years(day: date, years: int) -> date:
    return add_months(day, 12 * years)


def whole_months(start: date, end: date) -> int:
    """Completed months from `start` to `end`; negative when `end` is before."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if add_months(start, months) > end else months


def month_number(created_on: date, day: date) -> int:
    """Which month of activity `day` is in: 1 is the calendar month of creation; 1 as well before it."""
    return max(1, (day.year - created_on.year) * 12 + day.month - created_on.month + 1)


def less_than_a_year(since: date, day: date) -> bool:
    """True strictly before the first anniversary (and for a day still to come)."""
    return day < add_years(since, 1)
