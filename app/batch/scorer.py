"""The one function of batch: a record batch in, the same rows with the answer's columns appended out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.aids.models import RuleBook
from app.batch.addresses import AddressBook
from app.batch.aid_columns import AidColumns
from app.batch.answers import AnswerTable
from app.batch.columns import PLACE_COLUMNS, InputColumns, appended_fields
from app.batch.geocode_workers import GeocodingWorkers
from app.batch.placing import Placer, Work
from app.batch.profile import Profile
from app.batch.rows import Rows, read_rows
from app.batch.scored import Repeated, Scored, constant_words, word_array
from app.batch.words import PRECISIONS, place_columns, word_column
from app.errors import ZoningError
from app.geocoding.geocoder import Geocoder
from app.zones.catalogue import Catalogue
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Precision


@dataclass(frozen=True, slots=True)
class Sources:
    """What answers. `geocoder` None: addresses are not looked up; `workers` are processes that help the embedded one."""

    catalogue: Catalogue
    rules: RuleBook
    geocoder: Geocoder | None
    workers: GeocodingWorkers | None = None


class Scorer:
    """Scores record batches of one schema. Thread-safe: what it learns (evidence, answers, aids) is shared, and never
    changes an answer.
    """

    def __init__(self, sources: Sources, profile: Profile, columns: InputColumns) -> None:
        self.sources = sources
        self.profile = profile
        self.columns = columns
        self.evidences = EvidenceTable(sources.catalogue)
        self.answers = AnswerTable(sources.catalogue, self.evidences, profile.known_on)
        self.aids = AidColumns(sources.catalogue, sources.rules, self.answers, profile, columns)
        self._placer = Placer(sources.catalogue, self.evidences, AddressBook(sources.geocoder, sources.workers))

    def schema(self, given: pa.Schema) -> pa.Schema:
        """The schema of the output for an input schema: its own fields, then the appended ones."""
        return pa.schema([*given, *appended_fields()], metadata=given.metadata)

    def score_batch(self, batch: pa.RecordBatch, faults: Mapping[int, ZoningError] | None = None) -> pa.RecordBatch:
        """Append the answer to each row. Rows keep their order; a bad row, or one with a fault, gets its error."""
        return self.score(batch, faults).batch

    def score(self, batch: pa.RecordBatch, faults: Mapping[int, ZoningError] | None = None) -> Scored:
        """`score_batch`, with what repeats among the rows."""
        work = self.read(batch, faults)
        if work.queries:
            asyncio.run(self.locate(work))
        return self.finish(work)

    def read(self, batch: pa.RecordBatch, faults: Mapping[int, ZoningError] | None = None) -> Work:
        """First step, no network: read the rows, place points and codes, list the addresses to look up."""
        rows = read_rows(batch, self.columns, self._placer.check_code, faults)
        work = Work(batch, rows)
        self._placer.place(work)
        return work

    async def locate(self, work: Work) -> None:
        """Second step: look the addresses up, each distinct one once."""
        await self._placer.locate(work)

    def finish(self, work: Work) -> Scored:
        """Last step, no network: turn places into answers and columns."""
        if work.found:
            self._placer.place_addresses(work)
        rows = work.rows
        if rows.errors:
            work.evidence[list(rows.errors)] = NOT_IN_FRANCE
        numbers = self._answer_numbers(work)
        failed = numbers < 0
        precision = np.where(failed, -1, work.precision).astype(np.int32)
        places = place_columns(work.query, work.found, failed)
        start = work.batch.num_columns
        repeated = (
            Repeated.of(start, *self.answers.places(numbers)),
            Repeated.of(start + len(PLACE_COLUMNS), *self.answers.zones(numbers)),
        )
        of_place, of_zones = (each.gathered() for each in repeated)
        arrays = [*of_place, word_column(precision, [p.value for p in PRECISIONS]), *places, *of_zones]
        aids = self.aids.columns(work.batch, numbers, rows.day, precision, self._points(work, failed))
        rows.errors.update(aids.errors)
        work.km_to_better = aids.km_to_better
        arrays += [*aids.columns, *_row_columns(rows.errors, work.notes, len(rows))]
        columns = [*work.batch.columns, *arrays]
        return Scored(pa.RecordBatch.from_arrays(columns, schema=self.schema(work.batch.schema)), repeated)

    def _answer_numbers(self, work: Work) -> NDArray[np.int32]:
        numbers = np.full(len(work.rows), -1, np.int32)
        for day, chosen in self._by_day(work.rows):
            if isinstance(chosen, slice):
                numbers = self.answers.of_evidence(work.evidence, day)
            else:
                numbers[chosen] = self.answers.of_evidence(work.evidence[chosen], day)
        for row in np.flatnonzero((work.former >= 0) & (work.evidence >= 0)).tolist():
            own = work.rows.day.at(row)
            day = own if isinstance(own, date) else self.profile.on
            numbers[row] = self.answers.number(int(work.evidence[row]), int(work.former[row]), day)
        return numbers

    def _by_day(self, rows: Rows) -> list[tuple[date, slice | NDArray[np.bool_]]]:
        """Rows by day, those of days alike together."""
        if not rows.day.values:
            return [(self.profile.on, slice(None))]
        numbers: dict[date, int] = {}
        days = [cast(date, day) for day in (*rows.day.values, self.profile.on)]  # -1 takes the last
        group_of_day = np.array([numbers.setdefault(self.answers.alike(day), len(numbers)) for day in days], np.int32)
        group = np.take(group_of_day, rows.day.number)
        return [(day, group == number) for day, number in numbers.items()]

    def _points(
        self, work: Work, failed: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The point of each row and its uncertainty, found or given; NaN for a row known by its commune only."""
        lon, lat = np.where(failed, np.nan, work.rows.lon), np.where(failed, np.nan, work.rows.lat)
        uncertainty_m = np.zeros(len(lon))
        if work.found:
            for row in np.flatnonzero((work.query >= 0) & ~failed).tolist():
                found = work.found[work.query[row]]
                uncertainty_m[row] = found.uncertainty_m
                if found.precision is not Precision.MUNICIPALITY:
                    lon[row], lat[row] = found.lon, found.lat
        return lon, lat, uncertainty_m


def _row_columns(errors: Mapping[int, ZoningError], notes: Mapping[int, str], size: int) -> list[pa.Array]:
    """`row_status`: ok, check (answered, with a reserve) or error; `row_error`: `code: message`."""
    if not errors and not notes:
        return [constant_words("ok", size), pa.nulls(size, pa.string())]
    status, position = np.zeros(size, np.int32), np.full(size, -1, np.int32)
    words: dict[str, int] = {}
    for row, note in notes.items():
        status[row], position[row] = 1, words.setdefault(note, len(words))
    if errors:
        told = {id(error): f"{error.code}: {error.message}" for error in errors.values()}
        rows = np.fromiter(errors, np.int64, len(errors))
        status[rows] = 2
        position[rows] = [words.setdefault(told[id(error)], len(words)) for error in errors.values()]
    text = word_array(position, pa.array(list(words), pa.string())).dictionary_decode()
    return [word_column(status, ["ok", "check", "error"]), text]


def score_batch(batch: pa.RecordBatch, profile: Profile, sources: Sources, columns: InputColumns) -> pa.RecordBatch:
    """Score one batch on its own. Callers with many keep one `Scorer`."""
    return Scorer(sources, profile, columns).score_batch(batch)
