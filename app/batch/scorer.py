"""The one function of batch: a record batch in, the same rows with the answer's columns appended out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.aids.models import RuleBook
from app.batch.addresses import AddressBook, Found
from app.batch.aid_columns import AidColumns
from app.batch.answers import AnswerTable
from app.batch.columns import PLACE_COLUMNS, InputColumns, appended_fields
from app.batch.geocode_workers import GeocodingWorkers
from app.batch.profile import Profile
from app.batch.rows import Rows, read_rows
from app.batch.scored import Repeated, Scored, constant_words, word_array
from app.batch.words import place_columns, word_column
from app.errors import PlaceNotFound, PlaceOutsideFrance, ZoningError
from app.geocoding.geocoder import AddressQuery, Geocoder
from app.places import TERRITORIES, city_of_arrondissement, territory_at
from app.zones.catalogue import Catalogue
from app.zones.evidence import Evidence
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Precision

PRECISIONS = tuple(Precision)
_POINT, _MUNICIPALITY = PRECISIONS.index(Precision.POINT), PRECISIONS.index(Precision.MUNICIPALITY)
NOT_LOOKED_UP = "The address was not looked up: geocoding is off for this batch."
FROM_CODE = "address-not-used: the address was not found in this commune; the answer rests on the INSEE code alone."
UNUSED = -2
AT_SEA = PlaceOutsideFrance("The point is in no French commune: it lies at sea or across the border.", field="lon")
DISAGREE = "places-disagree: the point is not in the commune of citycode; each decided what it decides (docs/batch.md)."


@dataclass(frozen=True, slots=True)
class Sources:
    """What answers. `geocoder` None: addresses are not looked up; `workers` are processes that help the embedded one."""

    catalogue: Catalogue
    rules: RuleBook
    geocoder: Geocoder | None
    workers: GeocodingWorkers | None = None


@dataclass(slots=True)
class Work:
    """One batch on its way: numbers of evidence per row (-1: none), and the address each row waits for (-1: none).

    `km_to_better` is known once finished: kilometres to a better class, NaN when unknown.
    """

    batch: pa.RecordBatch
    rows: Rows
    evidence: NDArray[np.int32]
    former: NDArray[np.int32]
    precision: NDArray[np.int8]
    query: NDArray[np.int32]
    queries: list[AddressQuery] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    km_to_better: NDArray[np.float64] | None = None


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
        self._addresses = AddressBook(sources.geocoder, sources.workers)
        self._agreement: dict[int, bool] = {}

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
        rows = read_rows(batch, self.columns, self._check_code, faults)
        size = len(rows)
        work = Work(
            batch, rows, np.full(size, NOT_IN_FRANCE, np.int32), np.full(size, -1, np.int32),
            np.full(size, -1, np.int8), np.full(size, -1, np.int32),
        )  # fmt: skip
        has_point = np.isfinite(rows.lon) & np.isfinite(rows.lat)
        has_code, has_address = rows.citycode.number >= 0, rows.address.number >= 0
        if rows.errors:
            unusable = np.zeros(size, np.bool_)
            unusable[list(rows.errors)] = True
            has_point &= ~unusable
        self._place_points(work, has_point & ~has_code)
        self._place_points_in_communes(work, np.flatnonzero(has_point & has_code))
        coded = np.flatnonzero(has_code & ~has_point)
        if len(coded):
            of_code = self.evidences.of_codes([str(code) for code in rows.citycode.values])
            work.evidence[coded] = of_code[rows.citycode.number[coded]]
            work.precision[coded] = _MUNICIPALITY
        waiting = has_address & ~has_point
        if self.sources.geocoder is not None:
            waiting |= has_address & has_point & ~has_code & self._is_undecided(work.evidence)
            self._ask(work, np.flatnonzero(waiting))
        else:
            for row in np.flatnonzero(waiting & ~has_code).tolist():
                rows.errors[row] = PlaceNotFound(NOT_LOOKED_UP, field="address")
        self._refuse_abroad(work, has_point)
        return work

    async def locate(self, work: Work) -> None:
        """Second step: look the addresses up, each distinct one once."""
        work.found = await self._addresses.look_up(work.queries)

    def finish(self, work: Work) -> Scored:
        """Last step, no network: turn places into answers and columns."""
        if work.found:
            self._place_addresses(work)
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

    def _check_code(self, code: str) -> str:
        self.sources.catalogue.communes.resolve(code)
        return code

    def _place_points(self, work: Work, chosen: NDArray[np.bool_]) -> None:
        if chosen.all():
            work.evidence = self.evidences.of_points(work.rows.lon, work.rows.lat)
            work.precision[:] = _POINT
        elif chosen.any():
            work.evidence[chosen] = self.evidences.of_points(work.rows.lon[chosen], work.rows.lat[chosen])
            work.precision[chosen] = _POINT

    def _place_points_in_communes(self, work: Work, chosen: NDArray[np.int64]) -> None:
        if not len(chosen):
            return
        rows = work.rows
        numbers = self.evidences.of_points_in(
            rows.lon[chosen],
            rows.lat[chosen],
            [str(code) for code in rows.citycode.values],
            rows.citycode.number[chosen],
        )
        work.evidence[chosen] = numbers
        work.precision[chosen] = _POINT
        strange = [number for number in np.unique(numbers).tolist() if number >= 0 and not self._agrees(number)]
        for row in chosen[np.isin(numbers, strange)].tolist():
            work.notes[row] = DISAGREE

    def _agrees(self, number: int) -> bool:
        known = self._agreement.get(number)
        if known is None:
            known = self._agreement[number] = self._is_in(self.evidences.at(number))
        return known

    def _is_in(self, evidence: Evidence) -> bool:
        """Whether the communes of the point include the one the code names today."""
        code = evidence.codes[0]
        living = self.sources.catalogue.communes.living(code)
        around = {*evidence.zone_codes, *(city_of_arrondissement(each) for each in evidence.zone_codes)}
        return not evidence.zone_codes or code in around or living in around

    def _is_undecided(self, evidence: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Rows whose point leaves several communes possible."""
        present = [n for n in np.unique(evidence).tolist() if n >= 0 and len(self.evidences.at(n).codes) != 1]
        return np.isin(evidence, present) if present else np.zeros(len(evidence), np.bool_)

    def _ask(self, work: Work, waiting: NDArray[np.int64]) -> None:
        rows = work.rows
        number_of: dict[AddressQuery, int] = {}
        for row in waiting.tolist():
            code, postcode = rows.citycode.at(row), rows.postcode.at(row)
            query = AddressQuery(
                str(rows.address.at(row)),
                None if postcode is None else str(postcode),
                None if code is None else str(code),
            )
            work.query[row] = number_of.setdefault(query, len(number_of))
        work.queries = list(number_of)

    def _place_addresses(self, work: Work) -> None:
        """Give each row with an address the place found for it; a given point or code keeps what it decides."""
        placed = self._addresses.placed(work.found, self.evidences, self.sources.catalogue)
        codes = work.rows.citycode
        completed: dict[int, int] = {}
        for row in np.flatnonzero(work.query >= 0).tolist():
            place, found = placed[work.query[row]], work.found[work.query[row]]
            if np.isfinite(work.rows.lon[row]):
                self._settle_commune(work, row, found)
            elif codes.number[row] < 0:
                if isinstance(place, ZoningError):
                    work.rows.errors[row] = place
                else:
                    work.evidence[row], work.former[row] = place.evidence, place.former
                    work.precision[row] = PRECISIONS.index(place.precision)
            else:
                asked = int(work.query[row])
                if asked not in completed:
                    completed[asked] = self._complete_code(str(codes.at(row)), found)
                if completed[asked] == UNUSED:
                    work.query[row] = -1
                    work.notes[row] = FROM_CODE
                elif completed[asked] >= 0:
                    work.evidence[row] = completed[asked]
                    work.precision[row] = PRECISIONS.index(found.precision)

    def _settle_commune(self, work: Work, row: int, found: Found) -> None:
        """The address says in which of the candidate communes a point near their border is."""
        number = int(work.evidence[row])
        work.query[row] = -1
        if number < 0 or found.rivals or found.citycode not in self.evidences.at(number).codes:
            return
        lon, lat = work.rows.lon[row : row + 1], work.rows.lat[row : row + 1]
        work.evidence[row] = self.evidences.of_points_in(lon, lat, [str(found.citycode)], np.zeros(1, np.int32))[0]

    def _complete_code(self, code: str, found: Found) -> int:
        """The code decides commune zonings; the address gives the point, if it is in that commune, else UNUSED."""
        living = self.sources.catalogue.communes.living(code)
        agreeing = found.citycode is not None and found.citycode in (code, living)
        city = city_of_arrondissement(found.citycode or "")
        if (
            found.error is not None
            or found.rivals
            or not (agreeing or city in (code, living))
            or found.precision is Precision.MUNICIPALITY
        ):
            return UNUSED
        lon, lat = np.array([found.lon], np.float64), np.array([found.lat], np.float64)
        uncertainty_m = np.array([found.uncertainty_m], np.float64)
        return int(self.evidences.of_places(lon, lat, [code], [found.precision], uncertainty_m)[0])

    def _refuse_abroad(self, work: Work, has_point: NDArray[np.bool_]) -> None:
        """A point in no territory is an error of its row, in the words of the API."""
        lost = np.flatnonzero(has_point & (work.evidence < 0))
        lon, lat = work.rows.lon[lost], work.rows.lat[lost]
        is_near = np.zeros(len(lost), np.bool_)
        for each in TERRITORIES:
            is_near |= (each.west <= lon) & (lon <= each.east) & (each.south <= lat) & (lat <= each.north)
        work.rows.errors = {**dict.fromkeys(lost[is_near].tolist(), AT_SEA), **work.rows.errors}
        for row in lost[~is_near].tolist():
            try:
                territory_at(float(work.rows.lon[row]), float(work.rows.lat[row]))
            except PlaceOutsideFrance as error:
                work.rows.errors.setdefault(row, error)

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
