"""Which squares each edge may touch, and where along each row of squares the zones change.

Squares here are those of the base level. Everything is conservative: an edge may be listed in a square it only comes
close to (the exact test is made at lookup), never missing from one it touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.errors import DataError
from app.zones.index.grid import BASE_SHIFT, LAT_OFFSET, LON_OFFSET, UNITS, Reference
from app.zones.index.outlines import Edges, Floats, Ints, ranges

SIDE = UNITS >> BASE_SHIFT
"""Squares per degree at the base level."""

ROW_STRIDE = 1 << 20
"""A square's key is row * ROW_STRIDE + column, both counted from -90°, -180°."""

EDGE_BITS = 26
"""The key of a square (37 bits at most) and an edge share one integer: 67 million edges, forty times those of France."""

MARGIN = 2.0**-30
"""In sides of a square: far more than rounding (2^-37 at 180°), far less than any border is precise."""

SLOPE_ERROR = 1e-10
"""In sides of a square: error of an ordinate; an abscissa computed from it is wrong by this times dx/dy."""


@dataclass(frozen=True, eq=False)
class Squares:
    """Squares that a border may touch, ascending by key, each with its edges `edge[start[i]:start[i + 1]]`, ascending."""

    key: Ints
    start: Ints
    edge: Ints


@dataclass(frozen=True, eq=False)
class Crossings:
    """Where edges cross the line of reference points of a row: between the point of square `key` and the one before.

    Sorted by key. Passing from west to east, each crossing leaves or enters the shapes of its group.
    """

    key: Ints
    group: Ints


class BorderOnReference(Exception):
    """A border passes within rounding error of a reference point: another fraction must be tried."""


def rasterise(edges: Edges) -> Squares:
    """List, for each square, the edges that may touch it.

    Raises:
        DataError: there are more edges than EDGE_BITS can number.
    """
    if len(edges.ends) >> EDGE_BITS:
        raise DataError(f"the outlines have more than {1 << EDGE_BITS:,} edges: simplify them, or build fewer layers.")
    x0, y0, x1, y1 = _in_squares(edges.ends)
    bottom, top = np.minimum(y0, y1), np.maximum(y0, y1)
    first_row = np.maximum(np.floor(bottom - MARGIN).astype(np.int64), 0)
    rows = np.floor(top + MARGIN).astype(np.int64) - first_row + 1
    edge = np.repeat(np.arange(len(rows)), rows)
    row = ranges(first_row, rows)
    low = np.maximum(row - MARGIN, bottom[edge])
    high = np.minimum(row + 1 + MARGIN, top[edge])
    xa, xb = _abscissa(x0, y0, x1, y1, edge, low), _abscissa(x0, y0, x1, y1, edge, high)
    error = MARGIN + _slope_error(x0, y0, x1, y1)[edge]
    west = np.maximum(np.minimum(xa, xb) - error, np.minimum(x0, x1)[edge] - MARGIN)
    east = np.minimum(np.maximum(xa, xb) + error, np.maximum(x0, x1)[edge] + MARGIN)
    first_column = np.maximum(np.floor(west).astype(np.int64), 0)
    columns = np.floor(east).astype(np.int64) - first_column + 1
    keys = np.repeat(row * ROW_STRIDE, columns) + ranges(first_column, columns)
    pairs = np.sort(keys << EDGE_BITS | np.repeat(edge, columns))
    keys = pairs >> EDGE_BITS
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return Squares(keys[starts], np.append(starts, len(keys)), pairs & ((1 << EDGE_BITS) - 1))


def crossings(edges: Edges, reference: Reference) -> Crossings:
    """Find where edges cross the rows' lines of reference points.

    Raises:
        BorderOnReference: a border is too close to a reference point for its side to be certain.
    """
    x0, y0, x1, y1 = _in_squares(edges.ends)
    if (np.abs(y0 - reference.y - np.rint(y0 - reference.y)) <= MARGIN).any():
        raise BorderOnReference
    first_row = np.ceil(np.minimum(y0, y1) - reference.y).astype(np.int64)
    rows = np.ceil(np.maximum(y0, y1) - reference.y).astype(np.int64) - first_row
    edge = np.repeat(np.arange(len(rows)), rows)
    row = ranges(first_row, rows)
    from_reference = _abscissa(x0, y0, x1, y1, edge, row.astype(np.float64) + reference.y) - reference.x
    column = np.ceil(from_reference).astype(np.int64)
    error = MARGIN + _slope_error(x0, y0, x1, y1)[edge]
    if (np.abs(from_reference - np.rint(from_reference)) <= error).any():
        raise BorderOnReference
    key = row * ROW_STRIDE + column
    order = np.argsort(key, kind="stable")
    return Crossings(key[order], edges.group[edge[order]])


def _in_squares(ends: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Ends in sides of a square, counted from -180°, -90°. Adding the offset rounds: see MARGIN."""
    return (
        (ends[:, 0] + LON_OFFSET) * SIDE,
        (ends[:, 1] + LAT_OFFSET) * SIDE,
        (ends[:, 2] + LON_OFFSET) * SIDE,
        (ends[:, 3] + LAT_OFFSET) * SIDE,
    )


def _abscissa(x0: Floats, y0: Floats, x1: Floats, y1: Floats, edge: Ints, y: Floats) -> Floats:
    """Abscissa of an edge at ordinate y; a horizontal edge gives its start (its error then covers it whole)."""
    dy = (y1 - y0)[edge]
    share = np.divide(y - y0[edge], dy, out=np.zeros_like(y), where=dy != 0)
    return x0[edge] + np.clip(share, 0.0, 1.0) * (x1 - x0)[edge]


def _slope_error(x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> Floats:
    dx, dy = np.abs(x1 - x0), np.abs(y1 - y0)
    return np.where(dy > SLOPE_ERROR, dx / np.maximum(dy, SLOPE_ERROR) * SLOPE_ERROR, dx)
