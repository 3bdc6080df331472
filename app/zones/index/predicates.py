"""On which side of an edge a point lies: the one geometric question, asked in floats with a proven error bound."""

from __future__ import annotations

from fractions import Fraction

from app.zones.index.compiled import compiled
from app.zones.index.grid import ERROR_BOUND, UNDERFLOW_BOUND


@compiled
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
    """1 if the point is left of a -> b, -1 if right, 0 if it is on the line: rational arithmetic, no rounding."""
    x, y = Fraction(lon), Fraction(lat)
    turn = (Fraction(a_lon) - x) * (Fraction(b_lat) - y) - (Fraction(a_lat) - y) * (Fraction(b_lon) - x)
    return (turn > 0) - (turn < 0)
