"""Answers by number: what evidence means on a day, as the words of the appended columns, gathered with one take each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.batch.columns import zoning_columns
from app.batch.scored import word_array
from app.places import Commune
from app.zones.catalogue import Catalogue
from app.zones.decider import Decider
from app.zones.evidence import Evidence
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Membership, Reason, State
from app.zones.vocabulary import ZONINGS

Numbers = NDArray[np.int32]
_PLACE_WORDS = ("insee_code", "name", "department", "region", "epci")
"""Columns of the communes behind the first ones of PLACE_COLUMNS."""
_NOT_IN_FORCE = (Reason.ZONING_ENDED, Reason.NO_DATA_FOR_DATE, Reason.NO_DATA_FOR_KNOWN_ON)


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What an answer depends on: evidence, evidence under the former commune's code (or none), and the day."""

    evidence: int
    former: int
    day: date


class AnswerTable:
    """Numbers answers and holds, per appended column, the word of each. Thread-safe; numbers never leave the process."""

    def __init__(self, catalogue: Catalogue, evidences: EvidenceTable, known_on: date) -> None:
        self.known_on = known_on
        self.keys: list[AnswerKey] = []
        self._catalogue = catalogue
        self._evidences = evidences
        self._deciders: dict[date, Decider] = {}
        self._number_of: dict[AnswerKey, int] = {}
        self._of_evidence: dict[date, Numbers] = {}
        self._choices = tuple(_positions(zoning, generation) for _, zoning, generation in zoning_columns())
        width = len(_PLACE_WORDS) + 2 * len(self._choices)
        self._place_texts = tuple(catalogue.communes.texts(name) for name in _PLACE_WORDS)
        self._words: tuple[dict[str | None, int], ...] = tuple({None: -1} for _ in range(width))
        self._values: tuple[list[str], ...] = tuple([] for _ in range(width))
        self._word_of_answer: Numbers = np.full((1024, width), -1, np.int32)
        self._place_words_of: dict[str | None, list[int]] = {}
        self._words_on: dict[date, tuple[dict[int | tuple[int, ...], tuple[int, int]], ...]] = {}
        self._lock = threading.RLock()

    def of_evidence(self, evidence: Numbers, day: date) -> Numbers:
        """Answer numbers of evidence numbers on one day; NOT_IN_FRANCE stays."""
        known = self._of_evidence.get(day)
        if known is not None and len(known) > len(self._evidences.evidences):
            numbers = np.take(known, evidence)  # -1 takes the last, which stands for it
            if len(numbers) == 0 or numbers.min() >= 0:
                return numbers
        with self._lock:
            return self._add_evidences(evidence, day)

    def number(self, evidence: int, former: int, day: date) -> int:
        """The answer of one evidence, settled by its former commune where today's leaves it unknown."""
        key = AnswerKey(evidence, former, day)
        found = self._number_of.get(key)
        if found is None:
            with self._lock:
                found = self._number_of.get(key)
                if found is None:
                    found = self._add(key)
        return found

    def memberships(self, number: int) -> tuple[Membership, ...]:
        return self.memberships_on(self.keys[number], self.keys[number].day)

    def memberships_on(self, key: AnswerKey, day: date) -> tuple[Membership, ...]:
        """The same place on another day."""
        decider = self._decider(day)
        current = decider.decide(self._evidences.evidences[key.evidence])
        if key.former < 0:
            return current
        former = decider.decide(self._evidences.evidences[key.former])
        return tuple(
            old if new.state is State.UNKNOWN and old.state is not State.UNKNOWN else new
            for new, old in zip(current, former, strict=True)
        )

    def commune(self, number: int) -> Commune | None:
        """The commune of today in which the place is, the likeliest one near a border; None where nothing says which."""
        evidence = self.evidence(number)
        if not evidence.codes or evidence.is_ambiguous:
            return None
        return self._catalogue.communes.resolve(evidence.codes[0]).commune

    def evidence(self, number: int) -> Evidence:
        return self._evidences.evidences[self.keys[number].evidence]

    def distinct(self, numbers: Numbers) -> tuple[list[pa.DictionaryArray], Numbers]:
        """The words of place and zonings of each distinct answer, and which of them each row has; a negative number has
        nulls.

        Each array's dictionary holds the words of these rows alone, in order of appearance: the same rows give the same
        bytes whatever was asked before.
        """
        present, index = _in_order_of_appearance(numbers, len(self.keys))
        words = self._word_of_answer[present]  # a copy
        words[present < 0] = -1
        return [_dictionary_array(words[:, column], self._values[column]) for column in range(words.shape[1])], index

    def _add_evidences(self, evidence: Numbers, day: date) -> Numbers:
        size = len(self._evidences.evidences)
        known = self._of_evidence.get(day)
        if known is None or len(known) <= size:
            grown = np.full(max(1024, 2 * size) + 1, -2, np.int32)
            if known is not None:
                grown[: len(known) - 1] = known[:-1]
            known = grown
        known[-1] = NOT_IN_FRANCE
        for number in np.unique(evidence[np.take(known, evidence) == -2]).tolist():
            known[number] = self.number(number, -1, day)
        self._of_evidence[day] = known
        return np.take(known, evidence)

    def _add(self, key: AnswerKey) -> int:
        number = len(self.keys)
        if number == len(self._word_of_answer):
            self._word_of_answer = np.concatenate([self._word_of_answer, np.full_like(self._word_of_answer, -1)])
        evidence = self._evidences.evidences[key.evidence]
        self._word_of_answer[number] = self._place_words(evidence) + self._zoning_words(key, evidence)
        self.keys.append(key)
        self._number_of[key] = number
        return number

    def _place_words(self, evidence: Evidence) -> list[int]:
        code = evidence.codes[0] if evidence.codes else None
        words = self._place_words_of.get(code)
        if words is None:
            texts: tuple[str | None, ...] = (None,) * len(_PLACE_WORDS)
            if code is not None:
                communes = self._catalogue.communes
                row = communes.row_of[communes.living(code)]
                texts = tuple(column[row] for column in self._place_texts)
            words = self._place_words_of[code] = [self._word(column, text) for column, text in enumerate(texts)]
        return words

    def _zoning_words(self, key: AnswerKey, evidence: Evidence) -> list[int]:
        """Words of states and codes: those of a membership, or of two generations of one zoning, are found once a day."""
        if key.former >= 0:
            memberships = self.memberships_on(key, key.day)
            return [
                word
                for column, positions in enumerate(self._choices)
                for word in self._words_of(column, _in_force(memberships, positions, key.day))
            ]
        decider = self._decider(key.day)
        numbers = decider.numbers(evidence)
        known = self._words_on[key.day]
        words: list[int] = []
        for column, positions in enumerate(self._choices):
            chosen = (
                numbers[positions[0]] if len(positions) == 1 else tuple(numbers[position] for position in positions)
            )
            pair = known[column].get(chosen)
            if pair is None:
                memberships = decider.memberships_of(numbers)
                pair = known[column][chosen] = self._words_of(column, _in_force(memberships, positions, key.day))
            words += pair
        return words

    def _words_of(self, column: int, membership: Membership) -> tuple[int, int]:
        first = len(_PLACE_WORDS) + 2 * column
        return self._word(first, membership.state.value), self._word(first + 1, codes_of(membership))

    def _word(self, column: int, text: str | None) -> int:
        """The position of a word in its column's values, -1 for none."""
        position = self._words[column].get(text)
        if position is None:
            assert text is not None
            position = self._words[column][text] = len(self._values[column])
            self._values[column].append(text)
        return position

    def _decider(self, day: date) -> Decider:
        decider = self._deciders.get(day)
        if decider is None:
            with self._lock:
                self._words_on.setdefault(day, tuple({} for _ in self._choices))
                decider = self._deciders.setdefault(day, Decider(self._catalogue, day, self.known_on))
        return decider


def codes_of(membership: Membership) -> str | None:
    """The codes of a cell: the code, or every candidate joined by `;` when the place is near a border or undecided."""
    if membership.code is not None and membership.state is not State.NEAR_BORDER and len(membership.codes) <= 1:
        return membership.code
    return ";".join(membership.codes) or membership.code


def _positions(zoning: str, generation: str | None) -> tuple[int, ...]:
    """Positions in the vocabulary that a pair of columns reads, latest generation first."""
    return tuple(
        position
        for position, spec in reversed(list(enumerate(ZONINGS)))
        if spec.id == zoning and generation in (None, str(spec.generation))
    )


def _in_force(memberships: Sequence[Membership], positions: tuple[int, ...], day: date) -> Membership:
    """The generation in force that day: the latest one whose vintage holds then, else the latest that had begun."""
    if len(positions) == 1:
        return memberships[positions[0]]
    for position in positions:
        membership = memberships[position]
        if membership.vintage is not None and membership.reason not in _NOT_IN_FORCE:
            return membership
    for position in positions:
        generation = ZONINGS[position].generation
        if isinstance(generation, int) and generation <= day.year:
            return memberships[position]
    return memberships[positions[-1]]


def _in_order_of_appearance(numbers: Numbers, size: int) -> tuple[Numbers, Numbers]:
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
    chosen, index = _in_order_of_appearance(words, len(values))
    dictionary = pa.array([values[word] for word in chosen.tolist() if word >= 0], pa.string())
    gaps = np.flatnonzero(chosen < 0)
    if len(gaps):
        index = np.where(index == gaps[0], -1, index - (index > gaps[0])).astype(np.int32)
    return word_array(index, dictionary)
