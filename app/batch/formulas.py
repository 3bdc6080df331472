"""Cells that a spreadsheet would run as formulas, made inert (OWASP, CSV injection)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_STARTS = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_NUMBER = r"^[+\-]?(\d[\d  \x{202F}]*)([.,]\d+)?([eE][+\-]?\d+)?$"
"""A signed number or a phone number is no formula and stays as it is."""


_SUSPECT = np.zeros(256, np.bool_)
_SUSPECT[list(b"=+-@\t\r\n\xef")] = True
"""First bytes of texts that may start like a formula; 0xEF starts the full-width signs in UTF-8."""


def neutralised(texts: pa.Array) -> pa.Array:
    """Texts with an apostrophe before those that start like a formula; others, numbers and nulls are unchanged."""
    offsets, data = _offsets_and_data(texts)
    filled = offsets[1:] > offsets[:-1]
    suspect = np.zeros(len(texts), np.bool_)
    suspect[filled] = _SUSPECT[data[offsets[:-1][filled]]]
    rows = np.flatnonzero(suspect)
    if not len(rows):
        return texts
    chosen = texts.take(pa.array(rows))
    starts = pc.match_substring_regex(chosen, _STARTS)
    runs = pc.fill_null(pc.and_not(starts, pc.match_substring_regex(chosen, _NUMBER)), False)
    suspect[rows] = runs.to_numpy(zero_copy_only=False)
    if not suspect.any():
        return texts
    return pc.if_else(pa.array(suspect), pc.binary_join_element_wise("'", texts, ""), texts)


def holds_any(texts: pa.Array, letters: bytes) -> bool:
    """Whether some text holds one of these ASCII letters."""
    offsets, data = _offsets_and_data(texts)
    content = data[offsets[0] : offsets[-1]].tobytes()
    return any(letters[position : position + 1] in content for position in range(len(letters)))


def _offsets_and_data(texts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where each text starts and ends in the bytes of all."""
    _, offsets, data = texts.buffers()
    kind: type[np.int32] | type[np.int64] = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    bounds = np.zeros(1, np.int64) if offsets is None else np.frombuffer(offsets, kind).astype(np.int64)
    return bounds[texts.offset : texts.offset + len(texts) + 1], np.frombuffer(data or b"", np.uint8)
