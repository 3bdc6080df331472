"""Scored rows, with what repeats among them kept once: what a writer needs to write a text only once per distinct answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Adjacent columns whose rows repeat together, from column `start` on: row i is row `index[i]` of `distinct`."""

    start: int
    distinct: pa.RecordBatch
    index: Numbers

    @classmethod
    def of(cls, start: int, columns: list[pa.DictionaryArray], index: Numbers) -> Repeated:
        return cls(start, pa.RecordBatch.from_arrays(columns, names=[str(n) for n in range(len(columns))]), index)

    def gathered(self) -> list[pa.DictionaryArray]:
        """The columns, row by row."""
        return [gathered(column, self.index) for column in self.distinct.columns]


@dataclass(frozen=True, slots=True)
class Scored:
    """The input's columns, then the appended ones; `repeated` tells which of them repeat, in the order of columns."""

    batch: pa.RecordBatch
    repeated: tuple[Repeated, ...] = ()


def word_array(index: Numbers, dictionary: pa.Array) -> pa.DictionaryArray:
    """A dictionary array from int32 positions, -1 for null."""
    valid = index >= 0
    bitmap = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    indices = pa.Array.from_buffers(pa.int32(), len(index), [bitmap, pa.py_buffer(np.ascontiguousarray(index))])
    return pa.DictionaryArray.from_arrays(indices, dictionary, safe=False)


def gathered(column: pa.DictionaryArray, index: Numbers) -> pa.DictionaryArray:
    """Row i is row `index[i]` of `column`."""
    if column.null_count == len(column):
        return constant_words(None, len(index))
    if column.null_count == 0 and len(column.dictionary) == 1:
        return constant_words(column.dictionary[0].as_py(), len(index))
    return word_array(np.take(positions(column), index), column.dictionary)


@lru_cache(maxsize=256)
def constant_words(word: str | None, size: int) -> pa.DictionaryArray:
    """One word in every row, or none: most columns of a chunk, and the same array chunk after chunk."""
    if word is None:
        return word_array(np.full(size, -1, np.int32), pa.array([], pa.string()))
    return word_array(np.zeros(size, np.int32), pa.array([word], pa.string()))


def positions(column: pa.DictionaryArray) -> Numbers:
    """The position of each row's word in the dictionary, -1 for null."""
    indices = column.indices
    filled = indices if indices.null_count == 0 else indices.fill_null(-1)
    return filled.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
