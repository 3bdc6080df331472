"""Cells that a spreadsheet would run as formulas, made inert (OWASP, CSV injection)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_STARTS = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
_NUMBER = r"^[+\-]?(\d[\d  \x{202F}]*)([.,]\d+)?([eE][+\-]?\d+)?$"
"""A signed number or a phone number is no formula and stays as it is."""


def neutralised(texts: pa.Array) -> pa.Array:
    """Texts with an apostrophe before those that start like a formula; others, numbers and nulls are unchanged."""
    starts = pc.match_substring_regex(texts, _STARTS)
    if not pc.any(starts).as_py():
        return texts
    runs = pc.and_(starts, pc.invert(pc.match_substring_regex(texts, _NUMBER)))
    return pc.if_else(runs, pc.binary_join_element_wise("'", texts, ""), texts)
