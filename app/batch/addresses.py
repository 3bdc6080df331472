"""Addresses of a batch: each distinct one is looked up once, in the order of communes, and becomes evidence."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from app.batch.address_order import by_commune
from app.batch.geocode_workers import GeocodingWorkers
from app.errors import PlaceNotFound, ZoningError
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Geocoder, GeocodeResult, Status
from app.places import territory_at
from app.zones.catalogue import Catalogue
from app.zones.gather import EvidenceTable
from app.zones.models import Precision

SLICE = 1_000
"""Addresses handed to a worker at once: a second of work, neighbours together."""
KEPT = 200_000
"""Distinct addresses remembered from one batch to the next: about 100 MB at most."""


class Found(NamedTuple):
    """What batch keeps of a geocoding; `error` says why there is no place."""

    status: str
    error: ZoningError | None = None
    lon: float = np.nan
    lat: float = np.nan
    uncertainty_m: float = 0.0
    precision: Precision = Precision.MUNICIPALITY
    citycode: str | None = None
    oldcitycode: str | None = None
    postcode: str | None = None
    label: str | None = None
    confidence: float | None = None
    rivals: tuple[str, ...] = ()
    """INSEE codes of the places that an ambiguous address may name."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The evidence of an address, and that of its former commune (-1: none)."""

    evidence: int
    former: int
    precision: Precision


class AddressBook:
    """Looks addresses up through one geocoder, remembering the latest. `None` looks nothing up. `workers`, over the same
    gazetteer, share what is more than a few.
    """

    def __init__(self, geocoder: Geocoder | None, workers: GeocodingWorkers | None = None) -> None:
        self._geocoder = geocoder
        self._workers = workers
        self._known: OrderedDict[AddressQuery, Found] = OrderedDict()
        self._asked: dict[AddressQuery, tuple[Future[list[Found]], int]] = {}
        """What workers are looking up: the answers of a slice, and the position in them."""
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether addresses are looked up at all."""
        return self._geocoder is not None

    async def look_up(self, queries: Sequence[AddressQuery]) -> list[Found]:
        """One result per query, in order."""
        known = {query: self._known[query] for query in queries if query in self._known}
        waiting = [query for query in queries if query not in known]
        if self._workers is not None and len(waiting) > SLICE:
            known |= await self._from_workers(self._workers, waiting)
        elif waiting:
            assert self._geocoder is not None
            waiting.sort(key=by_commune)
            results = self._geocoder.search_many(_each(waiting))
            position = 0
            async for result in results:
                known[waiting[position]] = found_of(result)
                position += 1
        for query in waiting:
            if known[query].status != Status.UNAVAILABLE.value:
                self._known[query] = known[query]
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return [known[query] for query in queries]

    async def _from_workers(
        self, workers: GeocodingWorkers, queries: Sequence[AddressQuery]
    ) -> dict[AddressQuery, Found]:
        """What another batch is having looked up is waited for, not asked again."""
        with self._lock:
            asked = {query: self._asked[query] for query in queries if query in self._asked}
            new = sorted({query for query in queries if query not in asked}, key=by_commune)
            for start in range(0, len(new), SLICE):
                part = new[start : start + SLICE]
                answers = workers.submit(_find_all, part)
                self._asked.update((query, (answers, position)) for position, query in enumerate(part))
            asked.update((query, self._asked[query]) for query in new)
        try:
            await asyncio.gather(*(asyncio.wrap_future(each) for each in {answers for answers, _ in asked.values()}))
            return {query: answers.result()[position] for query, (answers, position) in asked.items()}
        finally:
            with self._lock:
                for query in new:
                    del self._asked[query]

    def placed(
        self, found: Sequence[Found], evidences: EvidenceTable, catalogue: Catalogue
    ) -> list[Placed | ZoningError]:
        """Evidence for each place found by address alone."""
        codes = [each.citycode for each in found]
        numbers = _evidence(found, codes, evidences, catalogue)
        former_codes = [
            each.oldcitycode if each.oldcitycode != each.citycode and not each.rivals else None for each in found
        ]
        formers = [-1] * len(found)
        chosen = [i for i, code in enumerate(former_codes) if code is not None and numbers[i] >= 0]
        if chosen:
            settled = _evidence([found[i] for i in chosen], [former_codes[i] for i in chosen], evidences, catalogue)
            for i, number in zip(chosen, settled, strict=True):
                formers[i] = number
        placed: list[Placed | ZoningError] = []
        for each, number, former in zip(found, numbers, formers, strict=True):
            if each.error is not None:
                placed.append(each.error)
            elif number < 0:
                placed.append(_abroad(each, catalogue))
            else:
                placed.append(Placed(number, former, Precision.MUNICIPALITY if each.rivals else each.precision))
        return placed


def _find_all(engine: EmbeddedGeocoder, queries: Sequence[AddressQuery]) -> list[Found]:
    return [found_of(engine.find(query)) for query in queries]


def found_of(result: GeocodeResult) -> Found:
    """A result in the words of batch; the errors are those of the API."""
    unfound = result.status in (Status.REJECTED, Status.NOT_FOUND, Status.UNAVAILABLE)
    if unfound or result.precision is None or result.citycode is None:
        return Found(
            result.status.value,
            PlaceNotFound(
                "No place found for this address. Check the commune or its postal code, or send lon and lat.",
                field="address",
            ),
        )
    lon, lat = (np.nan if degrees is None else float(degrees) for degrees in (result.lon, result.lat))
    return Found(
        result.status.value,
        None,
        lon,
        lat,
        result.uncertainty_m or 0.0,
        Precision(result.precision.value),
        result.citycode,
        result.oldcitycode,
        result.postcode,
        result.label or None,
        round(result.confidence, 3),
        result.rival_citycodes,
    )


async def _each(queries: Sequence[AddressQuery]) -> AsyncIterator[AddressQuery]:
    for query in queries:
        yield query


def _evidence(
    found: Sequence[Found], codes: Sequence[str | None], evidences: EvidenceTable, catalogue: Catalogue
) -> list[int]:
    """Evidence numbers; -1 where there is no place or its commune is unknown to the bundle."""
    numbers = [
        evidences.of_candidates(each.rivals) if each.rivals and _is_known(each.rivals[0], catalogue) else -1
        for each in found
    ]
    usable = [
        i for i, each in enumerate(found) if each.error is None and not each.rivals and _is_known(codes[i], catalogue)
    ]
    if usable:
        gathered = evidences.of_places(
            np.array([found[i].lon for i in usable]),
            np.array([found[i].lat for i in usable]),
            [codes[i] for i in usable],
            [found[i].precision for i in usable],
            np.array([found[i].uncertainty_m for i in usable]),
        )
        for i, number in zip(usable, gathered.tolist(), strict=True):
            numbers[i] = number
    return numbers


def _is_known(code: str | None, catalogue: Catalogue) -> bool:
    return code is None or catalogue.communes.living(code) in catalogue.communes.row_of


def _abroad(found: Found, catalogue: Catalogue) -> ZoningError:
    try:
        if found.citycode is not None:
            catalogue.communes.resolve(found.citycode)
        territory_at(found.lon, found.lat)
    except ZoningError as error:
        return error
    return PlaceNotFound("The point is in no French commune: it lies at sea or across the border.", field="lon")
