"""On which side of an edge a point lies: the one geometric question, asked in floats with a proven error bound."""

from __future__ import annotations

from app.zones.index.grid import ERROR_BOUND, UNDERFLOW_BOUND


def side(a_lon: float, a_lat: float, b_lon: float, b_lat: float, lon: float, lat: float) -> int:
    """1 if the point is left of a -> b, -1 if right, 0 if floats cannot tell (it may be on the line)."""
    left = (a_lon - lon) * (b_lat - lat)
    right = (a_lat - lat) * (b_lon - lon)
    bound = ERROR_BOUND * (abs(left) + abs(right)) + UNDERFLOW_BOUND
    if left - right > bound:
        return 1
    if right - left > bound:
        return -1
    return 0


def exact_side(a_lon: float, a_lat: float, b_lon: float, b_lat: float, lon: float, lat: float) -> int:
    """1 if the point is left of a -> b, -1 if right, 0 if it is on the line: integer arithmetic, no rounding.

    A float is a whole number of halves of halves…: multiplied by the largest of the six denominators, all are integers.
    """
    ratios = [value.as_integer_ratio() for value in (a_lon, a_lat, b_lon, b_lat, lon, lat)]
    unit = max(denominator for _, denominator in ratios)
    ax, ay, bx, by, x, y = (numerator * (unit // denominator) for numerator, denominator in ratios)
    turn = (ax - x) * (by - y) - (ay - y) * (bx - x)
    return (turn > 0) - (turn < 0)
