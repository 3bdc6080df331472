"""The embedded engine: commune, then street inside it, then number, from one read-only file. No server, no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import replace
from pathlib import Path

from app.geocoding.answer import place_of
from app.geocoding.gazetteer_file import GazetteerFile
from app.geocoding.geocodejson import Names
from app.geocoding.geocoder import AddressQuery, Capabilities, GeocodeResult, Precision, Status
from app.geocoding.ranking import rank
from app.geocoding.reverse import places_around, reverse_place
from app.geocoding.suggest import suggest
from app.places import LonLat

ENGINE = "embedded"
MAX_CANDIDATES = 5
BREATH = 32
"""Searches between two turns given to the event loop: about 5 ms."""


class EmbeddedGeocoder:
    """Answers from the gazetteer file. Synchronous inside (`find`), so that batches call it without an event loop."""

    def __init__(self, file: GazetteerFile) -> None:
        self.file = file

    @classmethod
    def open(cls, path: Path) -> EmbeddedGeocoder:
        """Open a gazetteer written by `build_gazetteer`.

        Raises:
            DataError: missing, damaged or of another format.
        """
        return cls(GazetteerFile(path))

    def capabilities(self) -> Capabilities:
        return Capabilities(Precision(self.file.finest), self.file.vintage, None, offline=True)

    async def search(self, query: AddressQuery) -> GeocodeResult:
        return self.find(query)

    async def search_many(self, queries: AsyncIterable[AddressQuery]) -> AsyncIterator[GeocodeResult]:
        done = 0
        async for query in queries:
            yield self.find(query)
            done += 1
            if done % BREATH == 0:  # other requests of this worker get their turn
                await asyncio.sleep(0)

    def suggest(self, query: AddressQuery, limit: int) -> list[GeocodeResult]:
        """Completions of a text being typed, best first."""
        return suggest(self.file, query, limit)

    def names(self) -> Names:
        """Names for GeocodeJSON: départements, former communes, arrondissements."""
        table = self.file.communes
        return Names(table.contexts, table.old_names(), table.districts())

    async def reverse(self, point: LonLat) -> GeocodeResult:
        return self.find_nearest(point)

    def find(self, query: AddressQuery) -> GeocodeResult:
        """The place an address names, the other places it may name, or why there is none."""
        if not any(letter.isalnum() for letter in query.text):
            return GeocodeResult(Status.REJECTED, engine=ENGINE, data_vintage=self.file.vintage)
        places = [place_of(self.file, found, gap) for found, gap in rank(self.file, query)[:MAX_CANDIDATES]]
        if not places:
            return GeocodeResult(Status.NOT_FOUND, engine=ENGINE, data_vintage=self.file.vintage)
        return with_candidates(places)

    def around(self, point: LonLat, limit: int, wanted: Precision | None) -> list[GeocodeResult]:
        """The nearest places of one type, best first: numbers within 200 m, else streets, else the commune."""
        return places_around(self.file, point, limit, wanted)

    def find_nearest(self, point: LonLat) -> GeocodeResult:
        """The nearest number of the commune that holds the point, else its street, else the commune."""
        return reverse_place(self.file, point)


def with_candidates(places: list[GeocodeResult]) -> GeocodeResult:
    """The first place, carrying all of them (itself included) when there are several."""
    return replace(places[0], candidates=tuple(places)) if len(places) > 1 else places[0]
