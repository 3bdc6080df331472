"""The columns of aids: statuses, the best lawful sum and the score of each row, for the profile of the file or the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.aids.facts import APPLICANT_FACTS, FactValue
from app.aids.models import RuleBook
from app.aids.reading import Applicant, read_fact, read_fact_text
from app.batch.answers import AnswerTable
from app.batch.columns import AID_COLUMNS, InputColumns
from app.batch.nearness import ZIP_ZAC, ZONING_OF_PROFESSION, Distances, better_codes
from app.batch.offers import Asked, OfferTable, Outcome, applicant_with
from app.batch.points import NEAR_REACH_KM, total
from app.batch.profile import Profile
from app.batch.rows import Coded
from app.batch.words import PRECISIONS, empty_column, word_column
from app.errors import ZoningError
from app.zones.catalogue import Catalogue
from app.zones.near import is_in_zip_or_zac

Degrees = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AidAnswers:
    """The columns of AID_COLUMNS, rows in error, and per row the kilometres to a better class (NaN: unknown)."""

    columns: list[pa.Array]
    errors: dict[int, ZoningError]
    km_to_better: Degrees


class AidColumns:
    """Evaluates aids for whole batches. Thread-safe."""

    def __init__(
        self, catalogue: Catalogue, rules: RuleBook, answers: AnswerTable, profile: Profile, columns: InputColumns
    ) -> None:
        self.offers = OfferTable(rules, answers, catalogue.turning_days)
        self._catalogue = catalogue
        self._answers = answers
        self._profile = profile
        self._facts = columns.facts
        self._distances = Distances(catalogue, profile.known_on)

    def columns(
        self,
        batch: pa.RecordBatch,
        numbers: NDArray[np.int32],
        days: Coded,
        precision: NDArray[np.int32],
        points: tuple[Degrees, Degrees, Degrees],
    ) -> AidAnswers:
        """The aids of each row, nulls without a profile; errors are those of rows whose own profile is wrong.

        `points` are float64[N] arrays: lon, lat in degrees (NaN: no point), uncertainty in metres.
        """
        size = len(numbers)
        if self._profile.applicant is None and not self._facts:
            return AidAnswers([empty_column(kind, size) for _, kind in AID_COLUMNS], {}, np.full(size, np.nan))
        errors: dict[int, ZoningError] = {}
        applicants = self._applicants(batch, errors)
        asked = np.flatnonzero((numbers >= 0) & (applicants >= 0))
        numbers, precision, applicants = numbers[asked], precision[asked], applicants[asked]
        lon, lat, uncertainty_m = points[0][asked], points[1][asked], points[2]
        memberships = self._answers.membership_rows(numbers)
        km_to_zip_zac = self._km_to_zip_zac(memberships, lon, lat)
        outcomes: list[Outcome] = []
        outcome_of_row = np.full(size, -1, np.int32)
        position_of: dict[int, int] = {}
        asks_error = self.offers.asks_error
        errors_m = uncertainty_m[asked].tolist() if asks_error else [0.0] * len(asked)
        day_of = [*days.values, self._profile.on]  # -1 takes the last
        for row, number, day, how, applicant, km, error_m in zip(
            asked.tolist(),
            numbers.tolist(),
            days.number[asked].tolist(),
            precision.tolist(),
            applicants.tolist(),
            km_to_zip_zac,
            errors_m,
            strict=True,
        ):
            outcome = self.offers.outcome(
                Asked(number, day_of[day], PRECISIONS[how], applicant, *self.offers.alike(km, error_m))
            )
            if isinstance(outcome, ZoningError):
                errors[row] = outcome
                continue
            position = position_of.get(id(outcome))
            if position is None:
                position = position_of[id(outcome)] = len(outcomes)
                outcomes.append(outcome)
            outcome_of_row[row] = position
        km_to_better = np.full(size, np.nan)
        km_to_better[asked] = self._km_to_better(memberships, applicants, lon, lat)
        return AidAnswers(self._arrays(outcomes, outcome_of_row, km_to_better), errors, km_to_better)

    def _arrays(
        self, outcomes: Sequence[Outcome], outcome_of_row: NDArray[np.int32], km_to_better: Degrees
    ) -> list[pa.Array]:
        available = _listed([outcome.available for outcome in outcomes], outcome_of_row)
        to_check = _listed([outcome.to_check for outcome in outcomes], outcome_of_row)
        missing = outcome_of_row < 0
        counts = [(each.amount_eur, len(each.available), len(each.to_check)) for each in outcomes]
        amounts = np.array([*(amount for amount, _, _ in counts), 0.0])[outcome_of_row]
        scores = np.zeros(len(outcome_of_row))
        rows = np.flatnonzero(~missing)
        scores[rows] = [
            total(self._profile.weights, *counts[int(outcome)], None if km != km else km)  # NaN: unknown
            for outcome, km in zip(outcome_of_row[rows].tolist(), km_to_better[rows].tolist(), strict=True)
        ]
        return [available, to_check, pa.array(amounts, mask=missing), pa.array(scores, mask=missing)]

    def _applicants(self, batch: pa.RecordBatch, errors: dict[int, ZoningError]) -> NDArray[np.int32]:
        """The applicant's number of each row, -1 where its own facts are wrong or it has none."""
        base = self._profile.applicant
        if not self._facts:
            assert base is not None
            return np.full(len(batch), self.offers.applicant_number(base), np.int32)
        columns = [batch.column(batch.schema.get_field_index(name)).to_pylist() for _, name in self._facts]
        numbers = np.full(len(batch), -1, np.int32)
        known: dict[tuple[object, ...], int | ZoningError] = {}
        for row, values in enumerate(zip(*columns, strict=True)):
            if values not in known:
                known[values] = self._read_applicant(base, values)
            found = known[values]
            if isinstance(found, ZoningError):
                errors[row] = found
            else:
                numbers[row] = found
        return numbers

    def _read_applicant(self, base: Applicant | None, values: tuple[object, ...]) -> int | ZoningError:
        facts: dict[str, FactValue] = {}
        try:
            for (name, _), value in zip(self._facts, values, strict=True):
                if value is None or value == "":
                    continue
                fact = APPLICANT_FACTS[name]
                facts[name] = (
                    read_fact_text(fact, value) if isinstance(value, str) else read_fact(fact, value, "applicant")
                )
        except ZoningError as error:
            return error
        if base is None and not facts:
            return -1
        return self.offers.applicant_number(applicant_with(base, facts))

    def _km_to_zip_zac(self, memberships: NDArray[np.int32], lon: Degrees, lat: Degrees) -> list[float | None]:
        if not self.offers.asks_km:
            return [None] * len(memberships)
        distinct, of_place = np.unique(memberships, return_inverse=True)
        within = np.array([is_in_zip_or_zac(self._answers.memberships(row)) for row in distinct.tolist()], np.bool_)
        days = np.array([self._answers.membership_day(row).toordinal() for row in distinct.tolist()], np.int64)[
            of_place
        ]
        km = np.where(within[of_place], 0.0, np.nan)
        for day in np.unique(days[np.isnan(km)]).tolist():
            chosen = (days == day) & np.isnan(km)
            on = date.fromordinal(day)
            km[chosen] = self._distances.km_to("doctors", ZIP_ZAC, lon[chosen], lat[chosen], on)
        return [None if value != value else value for value in km.tolist()]

    def _km_to_better(
        self, memberships: NDArray[np.int32], applicants: NDArray[np.int32], lon: Degrees, lat: Degrees
    ) -> Degrees:
        """Kilometres to a better class for the row's profession: 0 in the best one, NaN when unknown or too far to count."""
        km = np.full(len(memberships), np.nan)
        if self._profile.weights.nearness == 0:
            return km
        pairs = memberships.astype(np.int64) * len(self.offers.applicants) + applicants
        groups: dict[tuple[str, frozenset[str], date], list[NDArray[np.int64]]] = {}
        order = np.argsort(pairs, kind="stable")
        distinct, start = np.unique(pairs[order], return_index=True)
        for places in np.split(order, start[1:]) if len(distinct) else []:
            row, applicant = int(memberships[places[0]]), self.offers.applicants[int(applicants[places[0]])]
            profession = applicant.facts.get("profession")
            better = better_codes(self._answers.memberships(row), profession)
            if better is None:
                continue
            if not better:
                km[places] = 0.0
                continue
            key = (ZONING_OF_PROFESSION[str(profession)], better, self._answers.membership_day(row))
            groups.setdefault(key, []).append(places)
        for (zoning, codes, day), parts in groups.items():
            places = np.concatenate(parts)
            km[places] = self._distances.km_to(zoning, codes, lon[places], lat[places], day, 1000.0 * NEAR_REACH_KM)
        return km


def _listed(lists: Sequence[tuple[str, ...]], position: NDArray[np.int32]) -> pa.DictionaryArray:
    """Ids joined by `;`; an empty list is an empty text, null where no aid was asked for."""
    words: dict[str, int] = {}
    word_of = np.array([words.setdefault(";".join(ids), len(words)) for ids in lists] + [-1], np.int32)
    return word_column(np.take(word_of, position), list(words))
