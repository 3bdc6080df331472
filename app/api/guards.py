"""What stands before every route: body caps, concurrency, rates, request ids, security headers, one log line a request.

Pure ASGI, so that streams stay streams. No address, coordinate or name is ever logged.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import getrandbits
from typing import NamedTuple

import orjson
import structlog
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.bodies import drain, without_body
from app.api.metrics import Metrics
from app.api.problems import problem

CSP = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
UNLIMITED = ("/livez", "/readyz", "/metrics")
BATCH_ROUTES = ("/v1/batch", "/v1/geocode/search/csv")
REQUEST_ID = re.compile(rb"\A[A-Za-z0-9-]{8,64}\Z")
_OPEN_TO_ALL = (
    (b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"ETag, X-Request-ID, X-Rows-Count"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caps:
    """Sizes and rates in force; published at `/v1/limits`."""

    max_body_bytes: int
    max_batch_bytes: int
    max_concurrency: int
    rate_limit: str | None
    deadline_s: float

    def body_cap(self, path: str) -> int:
        return self.max_batch_bytes if path.startswith(BATCH_ROUTES) else self.max_body_bytes


class BodyTooLarge(Exception):
    """Raised inside the application's own reading of the body; caught by the guard that counts it."""


class HotAnswer(NamedTuple):
    """A whole answer made without the application's own routing; `headers` are those of its own, without the guard's."""

    route: str
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


Hot = Callable[[Scope, Mapping[bytes, bytes]], HotAnswer | None]
"""Answers a plain question (the scope, the request's headers in lower case), or says that it is not plain."""


class Guard:
    """Wraps the application. Refusals are problem+json: 413 body too large, 429 too many, 503 saturated.

    `hot` are starts of paths whose plain GETs skip the frameworks' layers, under the same limits, headers, log and
    metrics.
    """

    def __init__(
        self,
        app: ASGIApp,
        caps: Caps,
        metrics: Metrics | None = None,
        hot: Mapping[str, Hot] | None = None,
    ) -> None:
        self.app = app
        self.caps = caps
        self.metrics = metrics
        self.hot = tuple((hot or {}).items())
        self._log = structlog.BytesLogger(
            sys.stderr.buffer
        )  # one line a request: processors would cost more than the lookup
        self._in_flight = 0
        self._rate = parse(caps.rate_limit) if caps.rate_limit else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage()) if self._rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, _without_traceback(send))
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, without_body(send)
        started = time.perf_counter()
        headers = dict(scope["headers"])
        asked = headers.get(b"x-request-id")
        request_id = asked if asked and REQUEST_ID.match(asked) else b"%016x" % getrandbits(64)
        path: str = scope["path"]
        guarded = _Guarded(send, request_id)
        if path in UNLIMITED:
            await self.app(scope, receive, guarded)
            return
        refusal = await self._refusal(scope, headers, path)
        hot = None if refusal is not None or scope["method"] != "GET" else self._hot_answer(scope, headers)
        if hot is not None:
            await _send_hot(hot, request_id, send)
            self._note(hot.route, "GET", request_id, hot.status, time.perf_counter() - started)
            return
        if refusal is not None:
            if headers.get(b"expect", b"").lower() != b"100-continue":  # else the body waits for our word
                await drain(receive)
            await refusal(scope, receive, guarded)
        else:
            self._in_flight += 1
            try:
                await self._long_way(scope, receive, guarded)
            finally:
                self._in_flight -= 1
        route = getattr(scope.get("route"), "path", "unmatched")
        self._note(route, scope["method"], request_id, guarded.status, time.perf_counter() - started)

    def _hot_answer(self, scope: Scope, headers: Mapping[bytes, bytes]) -> HotAnswer | None:
        path: str = scope["path"]
        for start, answer in self.hot:
            if path.startswith(start):
                return answer(scope, headers)
        return None

    async def _long_way(self, scope: Scope, receive: Receive, send: _Guarded) -> None:
        """The application itself, with its body counted and its time bounded."""
        path: str = scope["path"]
        cap = self.caps.body_cap(path)
        received = 0

        async def receive_capped() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > cap:
                    raise BodyTooLarge(message.get("more_body", False))
            return message

        try:
            async with asyncio.timeout(None if path.startswith(BATCH_ROUTES) else self.caps.deadline_s):
                await self.app(scope, receive_capped, send)
        except BodyTooLarge as refused:
            if not send.status:
                if refused.args[0]:  # more is coming: once all is read, `receive` would wait for the client to leave
                    await drain(receive)
                await _too_large(cap)(scope, receive, send)
        except TimeoutError:
            if not send.status:
                refusal = problem(503, "This took too long and was stopped. Try again later.", code="deadline",
                                  headers={"Retry-After": "5"})  # fmt: skip
                await refusal(scope, receive, send)

    def _note(self, route: str, method: str, request_id: bytes, status: int, took_s: float) -> None:
        if self.metrics is not None:
            self.metrics.observe(route, method, status, took_s)
        self._log.msg(
            orjson.dumps(
                {
                    "event": "request",
                    "id": request_id.decode(),
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(took_s * 1e3, 1),
                    "level": "info",
                    "timestamp": datetime.now(UTC),
                },
                option=orjson.OPT_UTC_Z,
            )
        )

    async def _refusal(self, scope: Scope, headers: dict[bytes, bytes], path: str) -> ASGIApp | None:
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return problem(400, "Content-Length must be a number.", code="http-400")
        cap = self.caps.body_cap(path)
        if int(length[:20]) > cap:
            return _too_large(cap)
        if self._in_flight >= self.caps.max_concurrency:
            return problem(503, "Too busy. Try again in a second.", code="saturated", headers={"Retry-After": "1"})
        if self._limiter is not None and self._rate is not None:
            client = (scope.get("client") or ("unknown",))[0]
            if not await self._limiter.hit(self._rate, client):
                return problem(
                    429, "Too many requests. See /v1/limits.", code="rate-limited",
                    headers={"Retry-After": str(self._rate.get_expiry())},
                )  # fmt: skip
        return None


class _Guarded:
    """Sends with the headers that every answer carries, and remembers the status (0 until the answer has started)."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: bytes) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name for name, _ in message["headers"]}
            extra = [pair for pair in HEADERS if pair[0] not in present]
            message["headers"] = [*message["headers"], *extra, (b"x-request-id", self._request_id)]
        await self._send(message)


def _without_traceback(send: Send) -> Send:
    """A start refused for a reason we know (a bundle cut, a rule that is wrong) is that sentence, not our call stack."""

    async def short(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            last = str(message.get("message", "")).strip().rpartition("\n")[2]
            if last.startswith("app.errors."):
                message["message"] = f"zonage: {last.partition(': ')[2]}"
        await send(message)

    return short


async def _send_hot(hot: HotAnswer, request_id: bytes, send: Send) -> None:
    headers = [*hot.headers, *HEADERS, *_OPEN_TO_ALL, (b"x-request-id", request_id)]
    await send({"type": "http.response.start", "status": hot.status, "headers": headers})
    await send({"type": "http.response.body", "body": hot.body})


def _too_large(cap: int) -> ASGIApp:
    return problem(413, f"The body is too large: at most {cap} bytes here. See /v1/limits.", code="body-too-large",
                   headers={"Connection": "close"})  # fmt: skip
