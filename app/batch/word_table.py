"""Rows of words kept once, and given back as dictionary columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.batch.scored import word_array

Numbers = NDArray[np.int32]


class WordTable:
    """Numbers words, column by column, and rows of them, in order of first appearance. One thread adds at a time; any may
    read. The number of no word is -1.
    """

    def __init__(self, width: int) -> None:
        self._row_of: dict[bytes, int] = {}
        self._number_of: tuple[dict[str | None, int], ...] = tuple({None: -1} for _ in range(width))
        self._values: tuple[list[str], ...] = tuple([] for _ in range(width))
        self._words: Numbers = np.full((64, width), -1, np.int32)

    def number(self, column: int, word: str | None) -> int:
        """The number of a word in its column."""
        number = self._number_of[column].get(word)
        if number is None:
            assert word is not None
            number = len(self._values[column])
            self._values[column].append(word)
            self._number_of[column][word] = number
        return number

    def rows(self, numbers: Numbers) -> Numbers:
        """The row of each row of word numbers, (n, width)."""
        found = np.empty(len(numbers), np.int32)
        for position, each in enumerate(np.ascontiguousarray(numbers)):
            key = each.tobytes()
            row = self._row_of.get(key)
            if row is None:
                row = len(self._row_of)
                if row == len(self._words):
                    self._words = np.concatenate([self._words, np.full_like(self._words, -1)])
                self._words[row] = each
                self._row_of[key] = row
            found[position] = row
        return found

    def columns(self, rows: Numbers) -> tuple[list[pa.DictionaryArray], Numbers]:
        """`word_columns` of rows of this table."""
        return word_columns(rows, self._words[: len(self._row_of)], self._values)


def word_columns(
    rows: Numbers, words: Numbers, values: Sequence[Sequence[str]]
) -> tuple[list[pa.DictionaryArray], Numbers]:
    """The words of each distinct row of `rows`, and which of them each has; a negative row has nulls. `words` (n, width)
    are the numbers in `values` of the words of each row, -1 for none.

    Each array's dictionary holds the words of these rows alone, in order of appearance: the same rows give the same
    bytes whatever was asked before.
    """
    present, index = in_order_of_appearance(rows, len(words))
    chosen = np.full((len(present), words.shape[1]), -1, np.int32)
    chosen[present >= 0] = words[present[present >= 0]]
    return [_dictionary_array(chosen[:, column], known) for column, known in enumerate(values)], index


def in_order_of_appearance(numbers: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """(distinct numbers in order of first appearance, position of each row's in it); -1 counts as a number."""
    shifted = numbers + 1
    first = np.full(size + 1, -1, np.int64)
    first[shifted[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    present = present[np.argsort(first[present], kind="stable")]
    table = np.zeros(size + 1, np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    return (present - 1).astype(np.int32), np.take(table, shifted)


def _dictionary_array(words: Numbers, values: Sequence[str]) -> pa.DictionaryArray:
    """Row i holds `values[words[i]]`, null where that is -1."""
    chosen, index = in_order_of_appearance(words, len(values))
    dictionary = pa.array([values[word] for word in chosen.tolist() if word >= 0], pa.string())
    gaps = np.flatnonzero(chosen < 0)
    if len(gaps):
        index = np.where(index == gaps[0], -1, index - (index > gaps[0])).astype(np.int32)
    return word_array(index, dictionary)
