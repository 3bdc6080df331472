"""Bodies of requests. JSON is read strictly: NaN, infinities, lone surrogates and bad encodings are the caller's mistake."""

from __future__ import annotations

import asyncio

import orjson
from starlette.requests import Request
from starlette.types import Message, Receive, Send

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


def without_body(send: Send) -> Send:
    """HEAD is a GET whose body is left out (RFC 9110 § 9.3.2): same status, same headers."""

    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_only
