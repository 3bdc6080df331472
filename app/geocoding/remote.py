"""A remote GeocodeJSON engine, Géoplateforme or a self-hosted addok, behind the same protocol as the embedded one."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence

from app.geocoding.answer_cache import AnswerCache
from app.geocoding.geocoder import AddressQuery, Capabilities, GeocodeResult, Precision, Status
from app.geocoding.parse import MAX_REMOTE_CHARS, sendable
from app.geocoding.remote_reading import UnreadableAnswer, read_features, reverse_result, search_result
from app.geocoding.transport import QuestionRefused, RemoteConfig, RemoteFault, Transport
from app.places import LonLat

__all__ = ["GEOCODER_DOWN", "RemoteConfig", "RemoteGeocoder"]

GEOCODER_DOWN = "geocoder_down"
LIMIT = 5
"""Answers asked for: `limit=1` changes the winner of addok, and the runner-up tells how sure it is."""
_IN_FLIGHT = 8


class RemoteGeocoder:
    """Speaks HTTP. A fault is an UNAVAILABLE answer with its reason in `degraded`, never an exception."""

    def __init__(self, config: RemoteConfig) -> None:
        self.config = config
        self.transport = Transport(config)
        self._cache = AnswerCache(config.url, None, config.cache_entries, config.cache_ttl_s)
        self._has_csv = True

    def capabilities(self) -> Capabilities:
        return Capabilities(Precision.HOUSENUMBER, None, self.config.csv_rows, offline=False)

    async def close(self) -> None:
        """Close the connections."""
        await self.transport.close()

    async def search(self, query: AddressQuery) -> GeocodeResult:
        """The place, our confidence in it; UNAVAILABLE within the deadline when the engine does not answer."""
        kept = self._cache.get(query)
        if kept is not None:
            return kept
        text = sendable(query.text)
        if len(text) < 3:
            return GeocodeResult(Status.REJECTED, engine=self.config.engine)
        params = {"q": text, "limit": str(LIMIT), "autocomplete": "0"}
        if query.citycode:
            params["citycode"] = query.citycode
        elif query.postcode and query.postcode not in text:
            params["q"] = f"{text} {query.postcode}"[:MAX_REMOTE_CHARS]  # evidence, not a filter
        if query.city and not query.citycode and query.city.lower() not in text.lower():
            params["q"] = f"{params['q']} {query.city}"[:MAX_REMOTE_CHARS]
        if query.near is not None:
            params |= {"lon": str(query.near.lon), "lat": str(query.near.lat)}
        if query.type is not None:
            params["type"] = query.type.value
        try:
            features = read_features(await self.transport.get("/search", params))
            result = search_result(query, features, self.config.engine)
        except UnreadableAnswer:
            self.transport.breaker.failed()
            return self._down()
        except RemoteFault:
            return self._down()
        except QuestionRefused:
            return GeocodeResult(Status.REJECTED, engine=self.config.engine)
        self._cache.put(query, result)
        return result

    async def reverse(self, point: LonLat) -> GeocodeResult:
        """The nearest address; UNAVAILABLE when the engine does not answer."""
        try:
            body = await self.transport.get(
                "/reverse", {"lon": str(point.lon), "lat": str(point.lat), "limit": str(LIMIT)}
            )
            return reverse_result(read_features(body), self.config.engine)
        except UnreadableAnswer:
            self.transport.breaker.failed()
            return self._down()
        except RemoteFault:
            return self._down()
        except QuestionRefused:
            return GeocodeResult(Status.REJECTED, engine=self.config.engine)

    async def search_many(self, queries: AsyncIterable[AddressQuery]) -> AsyncIterator[GeocodeResult]:
        """In blocks through `/search/csv`; one by one where the engine has no such route."""
        block: list[AddressQuery] = []
        async for query in queries:
            block.append(query)
            if len(block) >= self.config.csv_rows:
                for result in await self._block(block):
                    yield result
                block = []
        for result in await self._block(block):
            yield result

    def _down(self) -> GeocodeResult:
        return GeocodeResult(Status.UNAVAILABLE, engine=self.config.engine, degraded=(GEOCODER_DOWN,))

    async def _block(self, block: Sequence[AddressQuery]) -> list[GeocodeResult]:
        known = {at: kept for at, query in enumerate(block) if (kept := self._cache.get(query)) is not None}
        waiting = [query for at, query in enumerate(block) if at not in known]
        if len(waiting) > 1 and self._has_csv and not any(query.near or query.type for query in waiting):
            found = await self._by_csv(waiting)
        else:
            found = await self._one_by_one(waiting)
        rest = iter(found)
        return [known[at] if at in known else next(rest) for at in range(len(block))]

    async def _one_by_one(self, queries: Sequence[AddressQuery]) -> list[GeocodeResult]:
        turns = asyncio.Semaphore(_IN_FLIGHT)

        async def ask(query: AddressQuery) -> GeocodeResult:
            async with turns:
                return await self.search(query)

        return list(await asyncio.gather(*(ask(query) for query in queries)))

    async def _by_csv(self, queries: Sequence[AddressQuery]) -> list[GeocodeResult]:
        fields: dict[str, str | list[str]] = {"columns": ["q"]}
        if any(query.citycode for query in queries):
            fields["citycode"] = "code"
        try:
            body = await self.transport.post_csv("/search/csv", fields, _csv_of(queries))
            rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
            if len(rows) != len(queries) or any(row.get("row") != str(at) for at, row in enumerate(rows)):
                raise UnreadableAnswer("rows are missing")
            if rows and "result_citycode" not in rows[0]:  # addok-csv unless it is configured to give codes
                self._has_csv = False
                return await self._one_by_one(queries)
        except RemoteFault as fault:
            if fault.cause in ("http_404", "http_405", "http_501"):
                self._has_csv = False
                self.transport.breaker.succeeded()
                return await self._one_by_one(queries)
            return [self._down() for _ in queries]
        except (UnreadableAnswer, UnicodeDecodeError, csv.Error):
            return [self._down() for _ in queries]
        except QuestionRefused:
            return [GeocodeResult(Status.REJECTED, engine=self.config.engine) for _ in queries]
        results = []
        for query, row in zip(queries, rows, strict=True):
            try:
                results.append(search_result(query, _feature_of(row), self.config.engine))
            except UnreadableAnswer:
                results.append(self._down())
                continue
            self._cache.put(query, results[-1])
        return results


def _csv_of(queries: Sequence[AddressQuery]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["row", "q", "code"])
    for at, query in enumerate(queries):
        parts = [sendable(query.text)]
        parts += [part for part in (query.postcode, query.city) if part and part not in parts[0]]
        writer.writerow([at, " ".join(parts)[:MAX_REMOTE_CHARS], query.citycode or ""])
    return buffer.getvalue().encode()


def _feature_of(row: Mapping[str, str | None]) -> list[Mapping[str, object]]:
    """A row of the answer as the feature `/search` would have given; none when the row found nothing."""
    try:
        lon, lat = float(row.get("longitude") or ""), float(row.get("latitude") or "")
    except ValueError:
        return []
    properties = {
        name.removeprefix("result_"): value for name, value in row.items() if name.startswith("result_") and value
    }
    score = properties.get("score")
    if isinstance(score, str) and score.replace(".", "", 1).isdigit():
        return [{"geometry": {"coordinates": [lon, lat]}, "properties": {**properties, "score": float(score)}}]
    return [{"geometry": {"coordinates": [lon, lat]}, "properties": properties}]
