"""Bodies of requests. JSON is read strictly: NaN, infinities, lone surrogates and bad encodings are the caller's mistake."""

from __future__ import annotations

import asyncio

import orjson
from starlette.requests import Request
from starlette.types import Receive

from app.errors import InvalidInput

DRAIN_MAX_BYTES, DRAIN_S = 64 << 20, 5.0


async def read_json(request: Request) -> object:
    """The body as plain values.

    Raises:
        InvalidInput: not valid JSON (NaN, 1e400 and lone surrogates are not).
    """
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise InvalidInput("The body is not valid JSON (UTF-8, no NaN, no infinity).") from None


async def drain(receive: Receive) -> None:
    """Read what a refused request still sends, within bounds: a connection closed on unread bytes is reset, and the
    client loses the very answer that says why."""
    read = 0
    try:
        async with asyncio.timeout(DRAIN_S):
            while read <= DRAIN_MAX_BYTES:
                message = await receive()
                read += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
