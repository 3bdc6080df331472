"""The compiled scan of CSV bytes for ends of records. Imported when a table is read, since it brings the compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.zones.index.compiled import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_START, _PLAIN, _QUOTED, _CLOSING = 0, 1, 2, 3
_QUOTE, _LF, _CR = 34, 10, 13


@compiled
def scan_records(data: NDArray[np.uint8], delimiter: int, limit: int) -> tuple[int, int, int]:
    """(end of the last complete record that ends before `limit` or just past it, records before it, state at the end).

    A field is quoted when it starts with a quote; a quote inside a plain field is a letter, as in Python's csv. A lone
    CR ends a record. Blank lines are no records.
    """
    state, end, records, blank = _START, 0, 0, True
    count = 0
    size = len(data)
    for i in range(size):
        byte = data[i]
        if state == _QUOTED:
            if byte == _QUOTE:
                state = _CLOSING
            continue
        if byte == _LF or byte == _CR:  # noqa: SIM109 (compiled)
            if byte == _CR and (i + 1 == size or data[i + 1] == _LF):
                continue
            if not blank:
                count += 1
            state, end, records, blank = _START, i + 1, count, True
            if end >= limit:
                return end, records, state
            continue
        blank = False
        if byte == delimiter:
            state = _START
        elif (byte == _QUOTE and state == _START) or (byte == _QUOTE and state == _CLOSING):
            state = _QUOTED
        else:
            state = _PLAIN
    return end, records, state
