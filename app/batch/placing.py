"""Where the rows of a batch are: their points, INSEE codes and addresses as numbers of evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.batch.addresses import AddressBook, Found
from app.batch.rows import Rows
from app.batch.words import PRECISIONS
from app.errors import PlaceNotFound, PlaceOutsideFrance, ZoningError
from app.geocoding.geocoder import AddressQuery
from app.places import TERRITORIES, city_of_arrondissement, territory_at
from app.zones.catalogue import Catalogue
from app.zones.evidence import Evidence
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Precision

_POINT, _MUNICIPALITY = PRECISIONS.index(Precision.POINT), PRECISIONS.index(Precision.MUNICIPALITY)
NOT_LOOKED_UP = "The address was not looked up: geocoding is off for this batch."
FROM_CODE = "address-not-used: the address was not found in this commune; the answer rests on the INSEE code alone."
UNUSED = -2
AT_SEA = PlaceOutsideFrance("The point is in no French commune: it lies at sea or across the border.", field="lon")
DISAGREE = "places-disagree: the point is not in the commune of citycode; each decided what it decides (docs/batch.md)."


@dataclass(slots=True)
class Work:
    """One batch on its way: numbers of evidence per row (-1: none), and the address each row waits for (-1: none).

    `km_to_better` is known once finished: kilometres to a better class, NaN when unknown.
    """

    batch: pa.RecordBatch
    rows: Rows
    evidence: NDArray[np.int32] = field(init=False)
    former: NDArray[np.int32] = field(init=False)
    precision: NDArray[np.int8] = field(init=False)
    query: NDArray[np.int32] = field(init=False)
    queries: list[AddressQuery] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    km_to_better: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        size = len(self.rows)
        self.evidence = np.full(size, NOT_IN_FRANCE, np.int32)
        self.former, self.query = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
        self.precision = np.full(size, -1, np.int8)


class Placer:
    """Places rows. Thread-safe: what it learns never changes an answer."""

    def __init__(self, catalogue: Catalogue, evidences: EvidenceTable, addresses: AddressBook) -> None:
        self._catalogue = catalogue
        self._evidences = evidences
        self._addresses = addresses
        self._agreement: dict[int, bool] = {}

    def place(self, work: Work) -> None:
        """Place points and codes, list the addresses to look up. No network."""
        rows = work.rows
        has_point = np.isfinite(rows.lon) & np.isfinite(rows.lat)
        has_code, has_address = rows.citycode.number >= 0, rows.address.number >= 0
        if rows.errors:
            unusable = np.zeros(len(rows), np.bool_)
            unusable[list(rows.errors)] = True
            has_point &= ~unusable
        self._place_points(work, has_point & ~has_code)
        self._place_points_in_communes(work, np.flatnonzero(has_point & has_code))
        coded = np.flatnonzero(has_code & ~has_point)
        if len(coded):
            of_code = self._evidences.of_codes([str(code) for code in rows.citycode.values])
            work.evidence[coded] = of_code[rows.citycode.number[coded]]
            work.precision[coded] = _MUNICIPALITY
        waiting = has_address & ~has_point
        if self._addresses.is_open:
            waiting |= has_address & has_point & ~has_code & self._is_undecided(work.evidence)
            self._ask(work, np.flatnonzero(waiting))
        else:
            for row in np.flatnonzero(waiting & ~has_code).tolist():
                rows.errors[row] = PlaceNotFound(NOT_LOOKED_UP, field="address")
        self._refuse_abroad(work, has_point)

    async def locate(self, work: Work) -> None:
        """Look the addresses up, each distinct one once."""
        work.found = await self._addresses.look_up(work.queries)

    def check_code(self, code: str) -> str:
        self._catalogue.communes.resolve(code)
        return code

    def _place_points(self, work: Work, chosen: NDArray[np.bool_]) -> None:
        if chosen.all():
            work.evidence = self._evidences.of_points(work.rows.lon, work.rows.lat)
            work.precision[:] = _POINT
        elif chosen.any():
            work.evidence[chosen] = self._evidences.of_points(work.rows.lon[chosen], work.rows.lat[chosen])
            work.precision[chosen] = _POINT

    def _place_points_in_communes(self, work: Work, chosen: NDArray[np.int64]) -> None:
        if not len(chosen):
            return
        rows = work.rows
        numbers = self._evidences.of_points_in(
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
            known = self._agreement[number] = self._is_in(self._evidences.at(number))
        return known

    def _is_in(self, evidence: Evidence) -> bool:
        """Whether the communes of the point include the one the code names today."""
        code = evidence.codes[0]
        living = self._catalogue.communes.living(code)
        around = {*evidence.zone_codes, *(city_of_arrondissement(each) for each in evidence.zone_codes)}
        return not evidence.zone_codes or code in around or living in around

    def _is_undecided(self, evidence: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Rows whose point leaves several communes possible."""
        present = [n for n in np.unique(evidence).tolist() if n >= 0 and len(self._evidences.at(n).codes) != 1]
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

    def place_addresses(self, work: Work) -> None:
        """Give each row with an address the place found for it; a given point or code keeps what it decides."""
        placed = self._addresses.placed(work.found, self._evidences, self._catalogue)
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
        if number < 0 or found.rivals or found.citycode not in self._evidences.at(number).codes:
            return
        lon, lat = work.rows.lon[row : row + 1], work.rows.lat[row : row + 1]
        work.evidence[row] = self._evidences.of_points_in(lon, lat, [str(found.citycode)], np.zeros(1, np.int32))[0]

    def _complete_code(self, code: str, found: Found) -> int:
        """The code decides commune zonings; the address gives the point, if it is in that commune, else UNUSED."""
        living = self._catalogue.communes.living(code)
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
        return int(self._evidences.of_places(lon, lat, [code], [found.precision], uncertainty_m)[0])

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
