"""The embedded engine first; the remote one only for places that are needed finer than they were found."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import replace

from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocodejson import Names
from app.geocoding.geocoder import AddressQuery, Capabilities, GeocodeResult, Precision, Status
from app.geocoding.remote import GEOCODER_DOWN, RemoteGeocoder
from app.places import LonLat

NOT_FINER = "geocoder_not_finer"
"""The remote engine answered, and knows no better: the place stays as coarse as it was."""
BLOCK = 200
_ORDER = {precision: rank for rank, precision in enumerate(Precision)}
SURE = 0.5


def needs_finer(query: AddressQuery, found: GeocodeResult) -> bool:
    """Whether the embedded answer is coarser than the question needs. Without a stated need: as fine as was written."""
    if found.status is Status.REJECTED:
        return False
    if found.precision is None:
        return True
    if query.needs is not None:
        return _ORDER[found.precision] > _ORDER[query.needs] or found.confidence < SURE
    return found.status is not Status.MATCHED


class ChainGeocoder:
    """Degrades: a dead remote costs only the finer place, and the answer says so in `degraded`.

    `wanted` may narrow the escalation further, knowing what the embedded answer leaves undecided.
    """

    def __init__(
        self,
        embedded: EmbeddedGeocoder,
        remote: RemoteGeocoder,
        wanted: Callable[[AddressQuery, GeocodeResult], bool] = needs_finer,
    ) -> None:
        self.embedded = embedded
        self.remote = remote
        self._wanted = wanted

    def capabilities(self) -> Capabilities:
        own = self.embedded.capabilities()
        return Capabilities(Precision.HOUSENUMBER, own.data_vintage, self.remote.config.csv_rows, offline=False)

    async def close(self) -> None:
        """Close the remote's connections."""
        await self.remote.close()

    def suggest(self, query: AddressQuery, limit: int) -> list[GeocodeResult]:
        """Completions come from the embedded engine alone: they must not wait."""
        return self.embedded.suggest(query, limit)

    def around(self, point: LonLat, limit: int, wanted: Precision | None) -> list[GeocodeResult]:
        return self.embedded.around(point, limit, wanted)

    def names(self) -> Names:
        return self.embedded.names()

    async def search(self, query: AddressQuery) -> GeocodeResult:
        found = self.embedded.find(query)
        if not self._wanted(query, found):
            return found
        return best_of(found, await self.remote.search(query))

    async def search_many(self, queries: AsyncIterable[AddressQuery]) -> AsyncIterator[GeocodeResult]:
        block: list[AddressQuery] = []
        async for query in queries:
            block.append(query)
            if len(block) >= BLOCK:
                for result in await self._block(block):
                    yield result
                block = []
        for result in await self._block(block):
            yield result

    async def _block(self, block: list[AddressQuery]) -> list[GeocodeResult]:
        results = [self.embedded.find(query) for query in block]
        asked = [at for at, query in enumerate(block) if self._wanted(query, results[at])]

        async def questions() -> AsyncIterator[AddressQuery]:
            for at in asked:
                yield block[at]

        position = 0
        async for answer in self.remote.search_many(questions()):
            at = asked[position]
            results[at] = best_of(results[at], answer)
            position += 1
        return results

    async def reverse(self, point: LonLat) -> GeocodeResult:
        found = self.embedded.find_nearest(point)
        if found.precision is Precision.HOUSENUMBER:
            return found
        return best_of(found, await self.remote.reverse(point))


def best_of(own: GeocodeResult, other: GeocodeResult) -> GeocodeResult:
    """The finer of two answers that agree on the commune; where they do not, the surer, marked AMBIGUOUS.

    The answer kept says in `degraded` why it could not be made finer.
    """
    if other.status is Status.UNAVAILABLE:
        reasons = other.degraded or (GEOCODER_DOWN,)
        if own.precision is None and own.status is Status.NOT_FOUND:
            return replace(other, data_vintage=own.data_vintage, degraded=reasons)
        return replace(own, degraded=(*own.degraded, *reasons))
    if other.precision is None or other.confidence < SURE:
        return replace(own, degraded=(*own.degraded, NOT_FINER)) if own.precision is not None else own
    if own.precision is None:
        return other
    same_commune = own.citycode == other.citycode
    finer = _ORDER[other.precision] < _ORDER[own.precision]
    if same_commune and not finer:
        return replace(own, degraded=(*own.degraded, NOT_FINER))
    if same_commune or own.status is Status.AMBIGUOUS:
        return other
    surer, less = (other, own) if other.confidence > own.confidence else (own, other)
    plain = (replace(surer, candidates=()), replace(less, candidates=()))
    return replace(surer, status=Status.AMBIGUOUS, confidence=round(surer.confidence * 0.6, 3), candidates=plain)
