"""Settle one point in a record exactly, when floats cannot: rational arithmetic, borders included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.zones.index.predicates import exact_side, side

Vertex = tuple[float, float]


class Chain(NamedTuple):
    """Consecutive edges of one group; `bit` is the group's place in the masks of its square."""

    group: int
    bit: int
    vertices: list[Vertex]


def chains_of(halves: memoryview[int], words: memoryview[float], record: int) -> Iterator[Chain]:
    """The borders of a record (layout: `records`)."""
    kind, chains = halves[2 * record], halves[2 * record + 1]
    word = record + 1 + (max(1, (1 << kind) // 2) if kind > 0 else -kind)
    for _ in range(chains):
        group, packed = halves[2 * word], halves[2 * word + 1]
        count = packed >> 5
        word += 1
        yield Chain(group, packed & 31, [(words[word + 2 * i], words[word + 2 * i + 1]) for i in range(count)])
        word += 2 * count


def base_set(halves: memoryview[int], record: int) -> int:
    """The set of the reference point of a record's square: the one of mask 0."""
    return halves[2 * record + (2 if halves[2 * record] > 0 else 3)]


def exact_groups(chains: Iterator[Chain], point: Vertex, reference: Vertex) -> tuple[list[int], set[int]]:
    """Groups crossed an odd number of times between a point and the reference, and groups the point is on.

    A vertex exactly on the line between the two counts as left of it, for both edges that meet there: their crossings
    are then counted as if the line were shifted by nothing, and parity holds. The reference point is on no border.
    """
    odd: set[int] = set()
    on: set[int] = set()
    for chain in chains:
        is_left = [_side(point, reference, vertex) >= 0 for vertex in chain.vertices]
        for i in range(len(chain.vertices) - 1):
            start, end = chain.vertices[i], chain.vertices[i + 1]
            point_side = _side(start, end, point)
            if point_side == 0 and _in_box(start, end, point):
                on.add(chain.group)
            elif is_left[i] != is_left[i + 1] and point_side != _side(start, end, reference):
                odd ^= {chain.group}
    return sorted(odd), on


def _side(start: Vertex, end: Vertex, point: Vertex) -> int:
    """1 if the point is left of start -> end, -1 if right, 0 if it is on the line; exact."""
    certain = side(*start, *end, *point)
    return certain if certain != 0 else exact_side(*start, *end, *point)


def _in_box(start: Vertex, end: Vertex, point: Vertex) -> bool:
    return min(start[0], end[0]) <= point[0] <= max(start[0], end[0]) and min(start[1], end[1]) <= point[1] <= max(
        start[1], end[1]
    )
