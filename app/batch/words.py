"""Columns of few distinct words, and the geocoder's own words about each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.batch.addresses import Found
from app.batch.columns import PLACE_COLUMNS
from app.batch.scored import constant_words, word_array
from app.zones.models import Precision

PRECISIONS = tuple(Precision)
GEOCODER_COLUMNS = PLACE_COLUMNS[6:]
"""From `place_label` on."""


def word_column(position: NDArray[np.int32], words: Sequence[str]) -> pa.DictionaryArray:
    """Row i holds `words[position[i]]`, null where it is negative. Only the words present are in the dictionary."""
    present = np.flatnonzero(np.bincount(position + 1, minlength=len(words) + 1)[1:])
    if len(present) == 1 and position.min(initial=0) >= 0:
        return constant_words(words[present[0]], len(position))
    table = np.full(len(words) + 1, -1, np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    return word_array(np.take(table, position), pa.array([words[each] for each in present.tolist()], pa.string()))


def empty_column(kind: pa.DataType, size: int) -> pa.Array:
    """A column of nulls."""
    if pa.types.is_dictionary(kind):
        return constant_words(None, size)
    return pa.nulls(size, kind)


def place_columns(query: NDArray[np.int32], found: Sequence[Found], failed: NDArray[np.bool_]) -> list[pa.Array]:
    """`place_label` to `place_status`: what the geocoder said of each row that it placed, null elsewhere."""
    if not found:
        return [empty_column(kind, len(query)) for _, kind in GEOCODER_COLUMNS]
    row_of = np.where(failed, -1, query)
    index = pa.array(row_of, mask=row_of < 0)
    values: tuple[list[object], ...] = (
        [each.label for each in found],
        [each.postcode for each in found],
        [each.lon for each in found],
        [each.lat for each in found],
        [each.uncertainty_m for each in found],
        [each.confidence for each in found],
    )
    columns: list[pa.Array] = []
    for (_, kind), content in zip(GEOCODER_COLUMNS, values, strict=False):
        columns.append(pa.array(content, kind).take(index))
    statuses = sorted({each.status for each in found})
    position = np.array([statuses.index(each.status) for each in found] + [-1], np.int32)
    return [*columns, word_column(np.take(position, row_of), statuses)]
