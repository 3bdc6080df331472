"""The functions a rule's expressions may call: numbers, step tables, dates, and questions about what is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from app.aids import calendar
from app.aids.tree import Env, Node, Value

Apply = Callable[[Env, tuple[Node, ...]], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how many arguments, what it does, how it prints (None: as its value), and its documentation."""

    apply: Apply
    least: int
    most: int
    documentation: str
    printed: str | None = None


def _numbers(env: Env, nodes: tuple[Node, ...]) -> list[float] | None:
    values = []
    for node in nodes:
        value = node.value(env)
        if not isinstance(value, (int, float)):
            return None
        values.append(value)
    return values


def _smallest(env: Env, nodes: tuple[Node, ...]) -> Value:
    values = _numbers(env, nodes)
    return None if values is None else min(values)


def _largest(env: Env, nodes: tuple[Node, ...]) -> Value:
    values = _numbers(env, nodes)
    return None if values is None else max(values)


def _half_day_floor(env: Env, nodes: tuple[Node, ...]) -> Value:
    values = _numbers(env, nodes)
    return None if values is None else math.floor(values[0] * 2 + 1e-9) / 2


def _floor(env: Env, nodes: tuple[Node, ...]) -> Value:
    values = _numbers(env, nodes)
    return None if values is None else math.floor(values[0] + 1e-9)


def _percent(env: Env, nodes: tuple[Node, ...]) -> Value:
    values = _numbers(env, nodes)
    return None if values is None else values[0] / 100


def _steps(env: Env, nodes: tuple[Node, ...]) -> Value:
    position = nodes[0].value(env)
    if not isinstance(position, (int, float)):
        return None
    found: Value = 0
    for threshold, result in zip(nodes[1::2], nodes[2::2], strict=True):
        bound = threshold.value(env)
        if isinstance(bound, (int, float)) and position >= bound:
            found = result.value(env)
    return found


def _schedule(env: Env, nodes: tuple[Node, ...]) -> Value:
    position = nodes[0].value(env)
    if not isinstance(position, (int, float)):
        return None
    for last, result in zip(nodes[1::2], nodes[2::2], strict=True):
        bound = last.value(env)
        if isinstance(bound, (int, float)) and position <= bound:
            return result.value(env)
    return 0


def _is_known(env: Env, nodes: tuple[Node, ...]) -> Value:
    return nodes[0].value(env) is not None


def _given_or(env: Env, nodes: tuple[Node, ...]) -> Value:
    value = nodes[0].value(env)
    return nodes[1].value(env) if value is None else value


def _any_in(env: Env, nodes: tuple[Node, ...]) -> Value:
    held = nodes[0].value(env)
    return any(node.value(env) in held for node in nodes[1:]) if isinstance(held, tuple) else None


def _day(env: Env, nodes: tuple[Node, ...]) -> Value:
    value = nodes[0].value(env)
    return date.fromisoformat(value) if isinstance(value, str) else None


def _dates(env: Env, nodes: tuple[Node, ...]) -> tuple[date, date] | None:
    start = nodes[0].value(env)
    end = nodes[1].value(env) if len(nodes) > 1 else env.get("date")
    return (start, end) if isinstance(start, date) and isinstance(end, date) else None


def _months_since(env: Env, nodes: tuple[Node, ...]) -> Value:
    pair = _dates(env, nodes)
    return None if pair is None else calendar.whole_months(*pair)


def _years_since(env: Env, nodes: tuple[Node, ...]) -> Value:
    months = _months_since(env, nodes)
    return math.floor(months / 12) if isinstance(months, int) else None


def _less_than_a_year_ago(env: Env, nodes: tuple[Node, ...]) -> Value:
    pair = _dates(env, nodes)
    return None if pair is None else calendar.less_than_a_year(*pair)


MANY = 40
FUNCTIONS: Mapping[str, Function] = {
    "min": Function(_smallest, 2, MANY, "smallest of its arguments", "min"),
    "max": Function(_largest, 2, MANY, "largest of its arguments", "max"),
    "half_day_floor": Function(_half_day_floor, 1, 1, "days rounded down to the half-day: 3.2 gives 3"),
    "floor": Function(_floor, 1, 1, "rounded down to the unit"),
    "percent": Function(_percent, 1, 1, "percent(10) is 0.1 and prints « 10 % »"),
    "steps": Function(_steps, 3, MANY, "steps(x, from1, r1, from2, r2…): result of the highest step reached, 0 below"),
    "schedule": Function(
        _schedule, 3, MANY, "schedule(x, to1, r1, to2, r2…): result of the first bound not passed, 0 after the last"
    ),
    "is_known": Function(_is_known, 1, 1, "true when the fact was given (never unknown itself)"),
    "given_or": Function(_given_or, 2, 2, "the fact when given, else the second argument"),
    "any_in": Function(_any_in, 2, MANY, "any_in(coordinated, 'cpts', 'esp'): the list holds at least one of them"),
    "day": Function(_day, 1, 1, "a date literal: day('2024-07-01')"),
    "months_since": Function(_months_since, 1, 2, "whole months from a date to the question's date (or a second date)"),
    "years_since": Function(_years_since, 1, 2, "whole years, as months_since"),
    "less_than_a_year_ago": Function(
        _less_than_a_year_ago, 1, 1, "true strictly before the first anniversary, and for a date to come"
    ),
}
