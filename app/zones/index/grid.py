"""The grid of the index: squares of 2^-K degree, so that finding a point's square is free of rounding.

A coordinate times 2^20 is exact in float64, and its floor is an integer; the square of any level is that integer
shifted right by `shift` bits. Levels are 1° (shift 20), then 16 x 16 squares at each step: 1/16°, 1/256° (434 m by
300 m in the middle of France), and smaller only where many borders meet.
"""

from __future__ import annotations

from dataclasses import dataclass

UNITS = 1 << 20
"""Grid units per degree: the smallest squares are 0.1 m wide."""

ROOT_SHIFT = 20
BASE_SHIFT = 12
LAST_SHIFT = 0
STEP = 4

LON_OFFSET, LAT_OFFSET = 180, 90
ROOT_WIDTH, ROOT_HEIGHT = 361, 181
"""Root squares; the last column and row hold lon = 180 and lat = 90."""

ERROR_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
"""Shewchuk's bound (1997, ccwerrboundA): beyond this share of the terms, the sign of a float orientation is certain."""

UNDERFLOW_BOUND = 1e-290
"""Added to the bound above, which holds only while products do not underflow."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where in a square its reference point lies, as fractions of its side.

    Any point will do that is not on a border; odd fractions make that likely, and the build tries the next ones
    when a border passes within rounding error. Multiples of 2^-16, so that reference points are exact floats.
    """

    x: float
    y: float


REFERENCES = tuple(
    Reference(x / 65536, y / 65536)
    for x, y in ((31337, 33461), (29873, 35023), (34591, 30211), (27653, 37199), (36107, 28499), (32173, 25939))
)
