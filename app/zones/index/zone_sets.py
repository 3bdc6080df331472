"""The key of a set of shapes: a 64-bit number that finds the set in the index, whatever the order of its shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MASK_64 = (1 << 64) - 1


def key_of_set(shapes: Iterable[int]) -> int:
    """Sum, modulo 2^64, of the scattered numbers of the shapes (splitmix64's finaliser)."""
    total = 0
    for shape in shapes:
        value = (shape + 0x9E3779B97F4A7C15) & MASK_64
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK_64
        total += value ^ (value >> 31)
    return total & MASK_64


def keys_of_sets(start: NDArray[np.int64], shapes: NDArray[np.int32]) -> NDArray[np.uint64]:
    """`key_of_set` of every set `shapes[start[i]:start[i + 1]]`."""
    import numpy as np

    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(mixed(shapes.astype(np.uint64)), dtype=np.uint64)))
    return sums[start[1:]] - sums[start[:-1]]


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64-bit integers (splitmix64's finaliser)."""
    import numpy as np

    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
