"""The table of zone sets while it is built: each distinct set of shapes gets one number, 0 is the empty set.

The table is a tuple of arrays, so that compiled code can fill it. The finished table is enumerated whole at build
time and never changes afterwards: no lookup ever adds a set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.zones.index.compiled import compiled

Ints = NDArray[np.int64]

SETS, MEMBERS, IS_FULL = 0, 1, 2
"""Positions in `SetTable.counts`."""


class SetTable(NamedTuple):
    """`members[start[i]:start[i + 1]]` are the shapes of set i, ascending; `slots` is a hash table of set numbers + 1."""

    start: Ints
    members: NDArray[np.int32]
    slots: NDArray[np.int32]
    counts: Ints


class SetTableFull(Exception):
    """There are more sets than the table was made for: make a larger one and start again."""


def check_room(table: SetTable) -> None:
    """Make sure that every set found its place.

    Raises:
        SetTableFull: one did not.
    """
    if table.counts[IS_FULL]:
        raise SetTableFull


def new_table(capacity: int) -> SetTable:
    """A table for up to `capacity` sets, holding the empty one. Memory is only taken as it is used."""
    slots = 1 << max(10, (2 * capacity).bit_length())
    table = SetTable(
        np.zeros(capacity + 1, dtype=np.int64),
        np.empty(8 * capacity, dtype=np.int32),
        np.zeros(slots, dtype=np.int32),
        np.zeros(3, dtype=np.int64),
    )
    intern(table, np.zeros(1, dtype=np.int32), 0)
    return table


def copy_of(table: SetTable) -> SetTable:
    """A table of the same sets and capacity, to be filled on its own."""
    sets, members = int(table.counts[SETS]), int(table.counts[MEMBERS])
    copy = SetTable(np.zeros_like(table.start), np.empty_like(table.members), table.slots.copy(), table.counts.copy())
    copy.start[: sets + 1] = table.start[: sets + 1]
    copy.members[:members] = table.members[:members]
    return copy


@compiled
def absorb(table: SetTable, other: SetTable, known: int, renumbered: NDArray[np.int32]) -> None:
    """Add the sets of `other` from number `known` on; `renumbered[i]` becomes the number of its set i."""
    for number in range(known, other.counts[SETS]):
        first, last = other.start[number], other.start[number + 1]
        renumbered[number] = intern(table, other.members[first:last], last - first)


@compiled
def intern(table: SetTable, shapes: NDArray[np.int32], size: int) -> int:
    """The number of the set of the first `size` shapes (ascending), added if it is new."""
    start, members, slots, counts = table
    mixed = 0
    for i in range(size):
        mixed = ((mixed ^ int(shapes[i])) * 0x2545F491) & 0x7FFFFFFF
        mixed ^= mixed >> 15
    slot = mixed & (len(slots) - 1)
    while slots[slot] != 0:
        known = slots[slot] - 1
        first = start[known]
        if start[known + 1] - first == size:
            is_same = True
            for i in range(size):
                if members[first + i] != shapes[i]:
                    is_same = False
                    break
            if is_same:
                return int(known)
        slot = (slot + 1) & (len(slots) - 1)
    number = counts[SETS]
    if number + 1 >= len(start) or counts[MEMBERS] + size > len(members):
        counts[IS_FULL] = 1
        return 0
    for i in range(size):
        members[counts[MEMBERS] + i] = shapes[i]
    counts[MEMBERS] += size
    counts[SETS] = number + 1
    start[number + 1] = counts[MEMBERS]
    slots[slot] = number + 1
    return int(number)


@compiled
def load(table: SetTable, number: int, shapes: NDArray[np.int32]) -> int:
    """Copy a set into `shapes`; its size."""
    first = table.start[number]
    size = int(table.start[number + 1] - first)
    for i in range(size):
        shapes[i] = table.members[first + i]
    return size


@compiled
def change(shapes: NDArray[np.int32], size: int, shape: int, removes: bool) -> int:
    """Insert a shape into an ascending list, or, if it is there and `removes`, take it out; the new size."""
    position = 0
    while position < size and shapes[position] < shape:
        position += 1
    if position < size and shapes[position] == shape:
        if not removes:
            return size
        for i in range(position, size - 1):
            shapes[i] = shapes[i + 1]
        return size - 1
    for i in range(size, position, -1):
        shapes[i] = shapes[i - 1]
    shapes[position] = shape
    return size + 1


@compiled
def sweep(
    table: SetTable,
    crossing_key: Ints,
    crossing_group: Ints,
    group_start: Ints,
    group_shapes: Ints,
    shapes: NDArray[np.int32],
    run_set: NDArray[np.int32],
) -> bool:
    """Walk all rows from west to east: the set that holds from each crossing on, as far as the next one.

    True if every row ends outside everything, as closed rings must.
    """
    size = 0
    for i in range(len(crossing_key)):
        group = crossing_group[i]
        for j in range(group_start[group], group_start[group + 1]):
            size = change(shapes, size, group_shapes[j], True)
        if i + 1 == len(crossing_key) or crossing_key[i + 1] != crossing_key[i]:
            run_set[i] = intern(table, shapes, size)
            if table.counts[IS_FULL]:
                return True
        is_last_of_row = i + 1 == len(crossing_key) or (crossing_key[i + 1] >> 20) != (crossing_key[i] >> 20)
        if is_last_of_row and size != 0:
            return False
    return True
