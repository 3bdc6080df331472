"""Answers by number: what evidence means on a day, as words of the appended columns and as memberships."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.batch.deciding import DecidingCommunes
from app.batch.membership_rows import MembershipRows
from app.batch.scored import positions
from app.batch.word_table import word_columns
from app.batch.zone_words import ZoneWords
from app.zones.catalogue import Catalogue
from app.zones.communes import CommuneFacts
from app.zones.decider import Decider
from app.zones.evidence import Evidence
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Membership, State
from app.zones.vintages import first_alike
from app.zones.vocabulary import ZONINGS

Numbers = NDArray[np.int32]
PLACE_WORDS = ("insee_code", "name", "department", "region", "epci")
"""Columns of the communes behind the first ones of PLACE_COLUMNS."""
KEPT = 500_000
"""Rows of memberships on other days that are remembered."""
_EVIDENCE, _FORMER, _DAY, _PLACE, _ZONES, _MEMBERSHIPS = range(6)


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
        self._rows: Numbers = np.full((1024, 6), -1, np.int32)
        """Per answer: evidence, evidence of the former commune, day, row of its commune, row of the words of its zonings, row
        of its memberships (-1 until asked).
        """
        self._of_evidence: dict[date, Numbers] = {}
        self._of_key: dict[AnswerKey, int] = {}
        self._deciding = DecidingCommunes(evidences)
        self._zones = ZoneWords(evidences, self._deciding)
        self._memberships = MembershipRows(evidences, self._deciding)
        self._memberships_on: dict[tuple[int, date], int] = {}
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
                decider = self._decider(key.day)
                zones = self._zones.of_numbers(self._settled(evidence, former, decider), decider)
                places = self._places_of(np.array([evidence], np.int32))
                found = self._of_key[key] = int(self._add(evidence, former, key.day, places, [zones])[0])
            return found

    def key(self, number: int) -> AnswerKey:
        evidence, former, day = self._rows[number, :_PLACE].tolist()
        return AnswerKey(evidence, former, self._days[day])

    def membership_rows(self, numbers: Numbers) -> Numbers:
        """Of each answer, the row of its memberships on its own day: equal for two answers only if these are."""
        with self._lock:
            new = np.unique(numbers[self._rows[numbers, _MEMBERSHIPS] < 0])
            for day in np.unique(self._rows[new, _DAY]).tolist():
                decider = self._decider(self._days[day])
                of_day = new[self._rows[new, _DAY] == day]
                plain = of_day[self._rows[of_day, _FORMER] < 0]
                learnt = self._memberships.of_evidences(self._rows[plain, _EVIDENCE], decider)
                self._rows[plain, _MEMBERSHIPS] = learnt
                for number in np.setdiff1d(of_day, plain).tolist():
                    evidence, former = self._rows[number, [_EVIDENCE, _FORMER]].tolist()
                    both = self._settled(evidence, former, decider)
                    self._rows[number, _MEMBERSHIPS] = self._memberships.of_numbers(both, decider)
            rows: Numbers = self._rows[numbers, _MEMBERSHIPS]
            return rows

    def membership_row(self, number: int) -> int:
        """`membership_rows` of one answer."""
        row = int(self._rows[number, _MEMBERSHIPS])
        return row if row >= 0 else int(self.membership_rows(np.array([number], np.int32))[0])

    def membership_row_on(self, number: int, day: date) -> int:
        """That of the same place on another day, by its commune of today alone."""
        evidence, day = int(self._rows[number, _EVIDENCE]), self.alike(day)
        with self._lock:
            row = self._memberships_on.get((evidence, day))
            if row is None:
                decider = self._decider(day)
                row = self._memberships.of_numbers(decider.numbers(self._evidences.at(evidence)), decider)
                if len(self._memberships_on) >= KEPT:
                    self._memberships_on.clear()
                self._memberships_on[evidence, day] = row
            return row

    def membership_numbers(self, row: int) -> tuple[int, ...]:
        """`MembershipRows.numbers`."""
        return self._memberships.numbers(row)

    def membership_day(self, row: int) -> date:
        """`MembershipRows.day`."""
        return self._memberships.day(row)

    def memberships(self, row: int) -> tuple[Membership, ...]:
        """Those of a row of memberships."""
        return self._memberships.memberships(row)

    def _settled(self, evidence: int, former: int, decider: Decider) -> tuple[int, ...]:
        """Membership numbers of a place, settled by its former commune where today's leaves them unknown."""
        return tuple(
            old if known[new].state is State.UNKNOWN and known[old].state is not State.UNKNOWN else new
            for known, new, old in zip(
                decider.memberships,
                self._deciding.alone(evidence, decider),
                self._deciding.alone(former, decider),
                strict=True,
            )
        )

    def commune_row(self, number: int) -> int:
        """Of the commune of today in which the place is, the likeliest one near a border; -1 where nothing says which."""
        row = self._rows[number]
        return -1 if self._evidences.is_ambiguous(int(row[_EVIDENCE])) else int(row[_PLACE])

    def commune(self, number: int) -> CommuneFacts | None:
        """That commune."""
        row = self.commune_row(number)
        return None if row < 0 else self._catalogue.communes.facts_of(row)

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
