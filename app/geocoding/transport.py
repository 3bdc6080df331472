"""Calls to a remote engine under one deadline: rate, tries, Retry-After for all callers, breaker, size cap, no redirects."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2
import stamina
from aiolimiter import AsyncLimiter

from app.errors import InvalidInput
from app.geocoding.breaker import Breaker


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    """A remote engine and how it may be used. Seconds, bytes, calls per second.

    `url` is the base of `/search`, `/reverse` and `/search/csv`: `https://data.geopf.fr/geocodage`, or an addok of one's own.
    `rate_per_s` is for this process: divide the allowance by the number of workers.
    """

    url: str
    rate_per_s: float = 40.0
    deadline_s: float = 2.5
    connect_s: float = 1.0
    read_s: float = 2.0
    csv_read_s: float = 5.0
    csv_deadline_s: float = 10.0
    csv_rows: int = 200
    tries: int = 3
    max_answer_bytes: int = 1_048_576
    max_connections: int = 20
    breaker_failures: int = 5
    breaker_window_s: float = 30.0
    breaker_open_s: float = 30.0
    cache_entries: int = 10_000
    cache_ttl_s: float = 30 * 86_400
    max_retry_after_s: float = 300.0
    engine: str = "remote"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise InvalidInput("The geocoder address must be a plain https URL.", field="url")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise InvalidInput("The geocoder address must be https, or http on the loopback interface.", field="url")


HELD_BACK = "retry_after"


class RemoteFault(Exception):
    """The engine did not answer properly; `cause` is one word for metrics, never what was asked."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class _WorthRetrying(RemoteFault):
    """A fault that may pass: no connection, 429, 500, 502 to 504."""


class QuestionRefused(Exception):
    """The engine says the question is malformed (400, 413, 422): final, and no fault of the engine."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Transport:
    """One per engine and event loop at a time. Raises RemoteFault, never an HTTP library's exception."""

    def __init__(self, config: RemoteConfig) -> None:
        self.config = config
        self.breaker = Breaker(config.breaker_failures, config.breaker_window_s, config.breaker_open_s)
        self._resume_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx2.AsyncClient | None = None
        self._limiter: AsyncLimiter | None = None
        for name in ("httpx2", "httpcore2"):  # they log the URL of every request, address included
            logging.getLogger(name).setLevel(logging.WARNING)

    async def get(self, path: str, params: Mapping[str, str]) -> bytes:
        """Body of a JSON answer.

        Raises:
            RemoteFault: no proper answer within `deadline_s`, all tries together.
            QuestionRefused: the engine refuses the question itself.
        """
        request = httpx2.Request("GET", self.config.url.rstrip("/") + path, params=dict(params))
        return await self._guarded(request, self.config.deadline_s, self.config.read_s, "json")

    async def post_csv(self, path: str, fields: Mapping[str, str | list[str]], data: bytes) -> bytes:
        """Body of a CSV answer to a CSV sent as the file `data`.

        Raises:
            RemoteFault, QuestionRefused: as `get`, within `csv_deadline_s`.
        """
        request = httpx2.Request(
            "POST",
            self.config.url.rstrip("/") + path,
            data=dict(fields),
            files={"data": ("addresses.csv", data, "text/csv")},
        )
        return await self._guarded(request, self.config.csv_deadline_s, self.config.csv_read_s, "csv")

    async def close(self) -> None:
        """Close connections of the running loop."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def _guarded(self, request: httpx2.Request, deadline_s: float, read_s: float, kind: str) -> bytes:
        if not self.breaker.allows():
            raise RemoteFault("breaker_open")
        try:
            async with asyncio.timeout(deadline_s):
                body = await self._tries(request, read_s, kind, time.monotonic() + deadline_s)
        except TimeoutError:
            self.breaker.failed()
            raise RemoteFault("deadline") from None
        except QuestionRefused:
            self.breaker.succeeded()
            raise
        except RemoteFault as fault:
            if fault.cause != HELD_BACK:  # nothing was asked: no proof that the engine still fails
                self.breaker.failed()
            raise
        self.breaker.succeeded()
        return body

    async def _tries(self, request: httpx2.Request, read_s: float, kind: str, give_up_at: float) -> bytes:
        attempts = stamina.retry_context(
            on=_WorthRetrying, attempts=self.config.tries, timeout=None, wait_initial=0.1, wait_max=0.5, wait_jitter=0.1
        )
        async for attempt in attempts:
            with attempt:
                await self._wait_for_turn(give_up_at)
                return await self._once(request, read_s, kind)
        raise RemoteFault("no_try")  # pragma: no cover - stamina raises the last fault itself

    async def _wait_for_turn(self, give_up_at: float) -> None:
        """Hold every caller back while the engine asks for it (Retry-After), then keep the rate."""
        pause = self._resume_at - time.monotonic()
        if self._resume_at > give_up_at:
            raise RemoteFault(HELD_BACK)
        if pause > 0:
            await asyncio.sleep(pause)
        await self._session()[1].acquire()

    def _session(self) -> tuple[httpx2.AsyncClient, AsyncLimiter]:
        loop = asyncio.get_running_loop()
        if self._client is None or self._limiter is None or self._loop is not loop:
            self._loop = loop
            local = is_loopback(urlsplit(self.config.url).hostname or "")
            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                trust_env=not local,
                limits=httpx2.Limits(max_connections=self.config.max_connections, max_keepalive_connections=5),
                headers={"user-agent": "zonage-sante", "accept-encoding": "identity"},
            )
            self._limiter = AsyncLimiter(max(1.0, self.config.rate_per_s), 1.0)
        return self._client, self._limiter

    async def _once(self, request: httpx2.Request, read_s: float, kind: str) -> bytes:
        client, _ = self._session()
        request.extensions["timeout"] = httpx2.Timeout(read_s, connect=self.config.connect_s).as_dict()
        try:
            response = await client.send(request, stream=True)
            try:
                return await self._body(response, kind)
            finally:
                await response.aclose()
        except (httpx2.TransportError, httpx2.StreamError) as error:
            raise _WorthRetrying(type(error).__name__) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise RemoteFault(type(error).__name__) from None

    async def _body(self, response: httpx2.Response, kind: str) -> bytes:
        status = response.status_code
        if status in (429, 503):
            self._hold_back(response.headers.get("retry-after"))
        if status in (429, 500, 502, 503, 504):
            raise _WorthRetrying(f"http_{status}")
        if status in (400, 413, 422):
            raise QuestionRefused
        if status != 200:
            raise RemoteFault(f"http_{status}")
        if kind not in response.headers.get("content-type", "").lower():
            raise RemoteFault("content_type")
        body = bytearray()
        async for chunk in response.aiter_raw(65_536):
            body += chunk
            if len(body) > self.config.max_answer_bytes:
                raise RemoteFault("too_large")
        return bytes(body)

    def _hold_back(self, retry_after: str | None) -> None:
        """Honour Retry-After, in seconds or as a date, for every caller of this process."""
        seconds = retry_after_s(retry_after)
        if seconds is not None:
            self._resume_at = max(self._resume_at, time.monotonic() + min(seconds, self.config.max_retry_after_s))


def retry_after_s(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, None when it is absent or unreadable."""
    if not value:
        return None
    value = value.strip()
    if value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
