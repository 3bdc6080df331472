"""Compile a function with numba when it is installed; leave it as plain Python, slower and identical, when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

try:
    import numba
except ImportError:
    HAS_NUMBA = False
else:
    HAS_NUMBA = True


def compiled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Decorate a function of numbers and arrays. Never reorders or fuses floating-point operations (no fastmath).

    Compiled code releases the GIL and is kept on disk; where no directory is writable it is compiled at each start.
    """
    if not HAS_NUMBA:
        return function
    try:
        fast: Callable[Arguments, Result] = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:
        fast = numba.njit(nogil=True)(function)
    return fast
