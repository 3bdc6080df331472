"""A remote engine that misbehaves in fourteen ways: each question is answered in time, degraded, never by an error."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import pytest

from app.geocoding.chain import NOT_FINER, ChainGeocoder
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Precision, Status
from app.geocoding.remote import GEOCODER_DOWN, RemoteConfig, RemoteGeocoder
from app.places import LonLat

UNKNOWN_STREET = AddressQuery("5 rue des Glycines 03100 Aube")
FOUND = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[2.0412,46.0413]},'
    b'"properties":{"label":"5 Rue des Glycines 03100 Aube","score":0.97,"housenumber":"5","name":"5 Rue des Glycines",'
    b'"street":"Rue des Glycines","postcode":"03100","citycode":"03001","city":"Aube","type":"housenumber"}}]}'
)
JSON = "content-type: application/json"


class BadServer:
    """Plays one fault at a time over plain TCP and counts the requests it got."""

    def __init__(self) -> None:
        self.fault = "none"
        self.requests: list[str] = []
        self.retry_after = "1"
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head.split(b"\r\n")[0].decode())
            await self._play(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        async def answer(status: str, body: bytes, *headers: str) -> None:
            lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            await writer.drain()

        match self.fault:
            case "none":
                await answer("200 OK", FOUND, JSON)
            case "hang":
                await asyncio.Event().wait()
            case "one_byte_a_second":
                writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(FOUND)}\r\n{JSON}\r\n\r\n".encode())
                for byte in FOUND:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(1)
            case "500":
                await answer("500 Oops", b"{}", JSON)
            case "503_html":
                await answer(
                    "503 Busy", b"<html>busy</html>", "content-type: text/html", f"retry-after: {self.retry_after}"
                )
            case "429":
                await answer("429 Slow down", b"{}", JSON, f"retry-after: {self.retry_after}")
            case "redirect":
                await answer("302 Found", b"", f"location: http://127.0.0.1:{self.port}/elsewhere")
            case "wrong_type":
                await answer("200 OK", FOUND, "content-type: text/html")
            case "cut_json":
                await answer("200 OK", FOUND[: len(FOUND) // 2], JSON)
            case "nan":
                await answer("200 OK", FOUND.replace(b"2.0412", b"NaN"), JSON)
            case "ten_megabytes":
                await answer("200 OK", FOUND + b" " * 10_000_000, JSON)
            case "empty":
                await answer("200 OK", b'{"type":"FeatureCollection","features":[]}', JSON)
            case "abroad":
                await answer("200 OK", FOUND.replace(b"2.0412,46.0413", b"-3.7038,40.4168"), JSON)
            case other:
                raise AssertionError(other)


@pytest.fixture
async def server() -> AsyncIterator[BadServer]:
    bad = BadServer()
    await bad.start()
    yield bad
    await bad.stop()


@contextlib.asynccontextmanager
async def chained(embedded: EmbeddedGeocoder, url: str, **settings: float) -> AsyncIterator[ChainGeocoder]:
    chain = ChainGeocoder(embedded, RemoteGeocoder(RemoteConfig(url, **settings)))  # type: ignore[arg-type]
    try:
        yield chain
    finally:
        await chain.close()


FAULTS = (
    "hang", "one_byte_a_second", "500", "503_html", "429", "redirect", "wrong_type", "cut_json", "nan", "ten_megabytes",
    "empty", "abroad",
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_costs_only_precision_and_shows_in_degraded(
    geocoder: EmbeddedGeocoder, server: BadServer, fault: str
) -> None:
    server.fault = fault
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        started = time.monotonic()
        result = await chain.search(UNKNOWN_STREET)
        took_s = time.monotonic() - started
    assert took_s < 3
    assert (result.status, result.precision, result.citycode) == (Status.PARTIAL, Precision.MUNICIPALITY, "03001")
    assert result.degraded == ((NOT_FINER if fault == "empty" else GEOCODER_DOWN),)
    assert all("/elsewhere" not in request for request in server.requests)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://geocoder.invalid"])
async def test_a_refused_connection_or_an_unknown_host_costs_only_precision(
    geocoder: EmbeddedGeocoder, url: str
) -> None:
    async with chained(geocoder, url) as chain:
        started = time.monotonic()
        result = await chain.search(UNKNOWN_STREET)
    assert time.monotonic() - started < 3
    assert result.degraded == (GEOCODER_DOWN,)
    assert result.citycode == "03001"


async def test_a_healthy_engine_gives_the_finer_place(geocoder: EmbeddedGeocoder, server: BadServer) -> None:
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        result = await chain.search(UNKNOWN_STREET)
    assert (result.status, result.precision, result.housenumber) == (Status.MATCHED, Precision.HOUSENUMBER, "5")
    assert result.degraded == ()
    assert result.confidence >= 0.9


async def test_the_remote_is_not_asked_when_the_place_is_fine_enough(
    geocoder: EmbeddedGeocoder, server: BadServer
) -> None:
    enough = AddressQuery(UNKNOWN_STREET.text, needs=Precision.MUNICIPALITY)
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        assert (await chain.search(enough)).precision is Precision.MUNICIPALITY
        assert (await chain.search(AddressQuery("1 rue de la Paix 03100 Aube"))).engine == "embedded"
    assert server.requests == []


async def test_a_success_is_kept_and_a_fault_is_not(geocoder: EmbeddedGeocoder, server: BadServer) -> None:
    server.fault = "500"
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        assert (await chain.search(UNKNOWN_STREET)).degraded == (GEOCODER_DOWN,)
        server.fault = "none"
        assert (await chain.search(UNKNOWN_STREET)).housenumber == "5"
        seen = len(server.requests)
        assert (await chain.search(UNKNOWN_STREET)).housenumber == "5"
        assert len(server.requests) == seen


async def test_retry_after_holds_every_caller_back(geocoder: EmbeddedGeocoder, server: BadServer) -> None:
    server.fault, server.retry_after = "429", "60"
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        await chain.search(UNKNOWN_STREET)
        asked = len(server.requests)
        started = time.monotonic()
        others = [AddressQuery(f"{number} rue des Glycines 03100 Aube") for number in range(20, 28)]
        results = await asyncio.gather(*(chain.search(query) for query in others))
        assert not chain.remote.transport.breaker.is_open  # waiting is no failure: asked again as soon as it is allowed
    assert time.monotonic() - started < 0.5
    assert asked == len(server.requests) == 1
    assert all(result.degraded == (GEOCODER_DOWN,) for result in results)


async def test_retry_after_may_be_a_date(geocoder: EmbeddedGeocoder, server: BadServer) -> None:
    server.fault, server.retry_after = "503_html", formatdate(time.time() + 120, usegmt=True)
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        await chain.search(UNKNOWN_STREET)
        await chain.search(AddressQuery("7 rue des Glycines 03100 Aube"))
    assert len(server.requests) == 1


async def test_an_outage_opens_the_breaker_and_then_costs_nothing(
    geocoder: EmbeddedGeocoder, server: BadServer
) -> None:
    server.fault = "500"
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        for number in range(20, 25):
            await chain.search(AddressQuery(f"{number} rue des Glycines 03100 Aube"))
        assert chain.remote.transport.breaker.is_open
        asked = len(server.requests)
        started = time.monotonic()
        for number in range(40, 60):
            result = await chain.search(AddressQuery(f"{number} rue des Glycines 03100 Aube"))
            assert result.degraded == (GEOCODER_DOWN,)
        assert (time.monotonic() - started) / 20 < 0.05
        assert len(server.requests) == asked


async def test_many_questions_keep_their_order_through_a_dead_engine(
    geocoder: EmbeddedGeocoder, server: BadServer
) -> None:
    server.fault = "500"
    texts = ["1 rue de la Paix 03100 Aube", "5 rue des Glycines 03100 Aube", "6 rue du 8 mai 1945 Bois", "xyzzy plugh"]

    async def questions() -> AsyncIterator[AddressQuery]:
        for text in texts:
            yield AddressQuery(text)

    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        results = [result async for result in chain.search_many(questions())]
    assert [result.citycode for result in results] == ["03001", "03001", "03002", None]
    assert [result.status for result in results] == [Status.MATCHED, Status.PARTIAL, Status.MATCHED, Status.UNAVAILABLE]


async def test_reverse_falls_back_to_the_commune(geocoder: EmbeddedGeocoder, server: BadServer) -> None:
    server.fault = "cut_json"
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        result = await chain.reverse(LonLat(2.02, 46.02))
    assert (result.precision, result.citycode, result.degraded) == (Precision.MUNICIPALITY, "03001", (GEOCODER_DOWN,))


async def test_no_address_reaches_the_logs(
    geocoder: EmbeddedGeocoder, server: BadServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    async with chained(geocoder, f"http://127.0.0.1:{server.port}") as chain:
        await chain.search(UNKNOWN_STREET)
        server.fault = "500"
        await chain.search(AddressQuery("9 rue des Glycines 03100 Aube"))
    written = caplog.text + "".join(capfd.readouterr())
    assert "lycines" not in written


def test_a_plain_http_engine_is_refused_off_the_loopback() -> None:
    with pytest.raises(Exception, match="https"):
        RemoteConfig("http://geocoder.example.org")
