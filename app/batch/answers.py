"""Answers by number: what evidence means on a day, as words of the appended columns and as memberships."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.batch.scored import positions
from app.batch.word_table import word_columns
from app.batch.zone_words import ZoneWords
from app.places import Commune
from app.zones.catalogue import Catalogue
from app.zones.decider import Decider
from app.zones.evidence import Evidence
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Membership, State
from app.zones.vintages import first_alike
from app.zones.vocabulary import ZONINGS

Numbers = NDArray[np.int32]
PLACE_WORDS = ("insee_code", "name", "department", "region", "epci")
"""Columns of the communes behind the first ones of PLACE_COLUMNS."""
_EVIDENCE, _FORMER, _DAY, _PLACE, _ZONES = range(5)


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What an answer depends on: evidence, evidence under the former commune's code (or -1), and the day."""

    evidence: int
    former: int
    day: date


class AnswerTable:
    """Numbers answers. Thread-safe; numbers never leave the process.

    Days between which nothing changes are one day (`alike`): a table with a date per row has a dozen of them.
    """

    def __init__(self, catalogue: Catalogue, evidences: EvidenceTable, known_on: date) -> None:
        self.known_on = known_on
        self._catalogue = catalogue
        self._evidences = evidences
        generations = {date(spec.generation, 1, 1) for spec in ZONINGS if isinstance(spec.generation, int)}
        self._turning = sorted({*catalogue.turning_days, *generations})
        self._days: list[date] = []
        self._deciders: dict[date, Decider] = {}
        self._size = 0
        self._rows: Numbers = np.full((1024, 5), -1, np.int32)
        """Per answer: evidence, evidence of the former commune, day, row of its commune, row of the words of its zonings."""
        self._of_evidence: dict[date, Numbers] = {}
        self._of_key: dict[AnswerKey, int] = {}
        self._zones = ZoneWords(evidences)
        self._place_words, self._place_values = catalogue.remember(PLACE_WORDS, lambda: _place_words(catalogue))
        self._lock = threading.RLock()

    def alike(self, day: date) -> date:
        """A day on which every place reads as on this one, the same for all days between two turning ones."""
        return first_alike(self._turning, day)

    def of_evidence(self, evidence: Numbers, day: date) -> Numbers:
        """Answer numbers of evidence numbers on one day; NOT_IN_FRANCE stays."""
        day = self.alike(day)
        known = self._of_evidence.get(day)
        if known is not None and len(known) > len(self._evidences):
            numbers = np.take(known, evidence)  # -1 takes the last, which stands for it
            if len(numbers) == 0 or numbers.min() >= 0:
                return numbers
        with self._lock:
            return self._add_evidences(evidence, day)

    def number(self, evidence: int, former: int, day: date) -> int:
        """The answer of one evidence, settled by its former commune where today's leaves it unknown."""
        if former < 0:
            return int(self.of_evidence(np.array([evidence], np.int32), day)[0])
        key = AnswerKey(evidence, former, self.alike(day))
        with self._lock:
            found = self._of_key.get(key)
            if found is None:
                zones = self._zones.of_numbers(self.membership_numbers(key, key.day), self._decider(key.day))
                places = self._places_of(np.array([evidence], np.int32))
                found = self._of_key[key] = int(self._add(evidence, former, key.day, places, [zones])[0])
            return found

    def key(self, number: int) -> AnswerKey:
        evidence, former, day = self._rows[number, :_PLACE].tolist()
        return AnswerKey(evidence, former, self._days[day])

    def memberships(self, number: int) -> tuple[Membership, ...]:
        key = self.key(number)
        return self.memberships_on(key, key.day)

    def memberships_on(self, key: AnswerKey, day: date) -> tuple[Membership, ...]:
        """The same place on another day."""
        return self._decider(self.alike(day)).memberships_of(self.membership_numbers(key, day))

    def membership_numbers(self, key: AnswerKey, day: date) -> tuple[int, ...]:
        """One number per zoning of the vocabulary: places of the same one have the same membership of it that day."""
        decider = self._decider(self.alike(day))
        current = decider.numbers(self._evidences.at(key.evidence))
        if key.former < 0:
            return current
        former = decider.numbers(self._evidences.at(key.former))
        return tuple(
            old if known[new].state is State.UNKNOWN and known[old].state is not State.UNKNOWN else new
            for known, new, old in zip(decider.memberships, current, former, strict=True)
        )

    def commune(self, number: int) -> Commune | None:
        """The commune of today in which the place is, the likeliest one near a border; None where nothing says which."""
        evidence = self.evidence(number)
        if not evidence.codes or evidence.is_ambiguous:
            return None
        return self._catalogue.communes.resolve(evidence.codes[0]).commune

    def evidence(self, number: int) -> Evidence:
        return self._evidences.at(int(self._rows[number, _EVIDENCE]))

    def places(self, numbers: Numbers) -> tuple[list[pa.DictionaryArray], Numbers]:
        """The words of PLACE_WORDS, as `word_columns` has them; a negative number has nulls."""
        return word_columns(self._words_of(numbers, _PLACE), self._place_words, self._place_values)

    def zones(self, numbers: Numbers) -> tuple[list[pa.DictionaryArray], Numbers]:
        """State and codes of each pair of `zoning_columns`, as `word_columns` has them."""
        return self._zones.table.columns(self._words_of(numbers, _ZONES))

    def _words_of(self, numbers: Numbers, field: int) -> Numbers:
        rows = np.append(self._rows[: self._size, field], np.int32(-1))
        return np.take(rows, numbers)  # -1 takes the last, which stands for it

    def _add_evidences(self, evidence: Numbers, day: date) -> Numbers:
        size = len(self._evidences)
        known = self._of_evidence.get(day)
        if known is None or len(known) <= size:
            grown = np.full(max(1024, 2 * size) + 1, -2, np.int32)
            if known is not None:
                grown[: len(known) - 1] = known[:-1]
            known = grown
        known[-1] = NOT_IN_FRANCE
        new = np.unique(evidence[np.take(known, evidence) == -2])
        if len(new):
            zones = self._zones.of_evidences(new, self._decider(day))
            known[new] = self._add(new, -1, day, self._places_of(new), zones)
        self._of_evidence[day] = known
        return np.take(known, evidence)

    def _add(
        self,
        evidence: Numbers | int,
        former: int,
        day: date,
        places: Numbers,
        zones: Sequence[int] | Numbers,
    ) -> Numbers:
        """Numbers of new answers."""
        size, count = self._size, len(places)
        while size + count > len(self._rows):
            self._rows = np.concatenate([self._rows, np.full_like(self._rows, -1)])
        added = self._rows[size : size + count]
        added[:, _EVIDENCE], added[:, _FORMER], added[:, _DAY] = evidence, former, self._days.index(day)
        added[:, _PLACE], added[:, _ZONES] = places, zones
        self._size = size + count
        return np.arange(size, size + count, dtype=np.int32)

    def _places_of(self, evidence: Numbers) -> Numbers:
        """The commune of each place, by row: that of its words; -1 for none."""
        communes = self._catalogue.communes
        at = self._evidences.rows_at(evidence)[:, 0]  # the commune that holds a point, the likeliest near a border
        for position in np.flatnonzero(at < 0).tolist():
            codes = self._evidences.at(int(evidence[position])).codes
            at[position] = communes.row_of[communes.living(codes[0])] if codes else -1
        return at

    def _decider(self, day: date) -> Decider:
        decider = self._deciders.get(day)
        if decider is None:
            with self._lock:
                decider = self._deciders.get(day)
                if decider is None:
                    decider = self._deciders[day] = Decider(self._catalogue, day, self.known_on)
                    self._days.append(day)
        return decider


def _place_words(catalogue: Catalogue) -> tuple[Numbers, tuple[list[str], ...]]:
    """PLACE_WORDS of the communes, by row: numbers, int32[N, 5] with -1 for none, of the words of each column."""
    columns = [catalogue.communes.words(name) for name in PLACE_WORDS]
    return np.stack([positions(column) for column in columns], axis=1), tuple(
        column.dictionary.to_pylist() for column in columns
    )
