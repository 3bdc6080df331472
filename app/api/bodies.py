"""JSON bodies, read strictly: NaN, infinities, lone surrogates and bad encodings are the caller's mistake, never a 500."""

from __future__ import annotations

import orjson
from starlette.requests import Request

from app.errors import InvalidInput


async def read_json(request: Request) -> object:
    """The body as plain values.

    Raises:
        InvalidInput: not valid JSON (NaN, 1e400 and lone surrogates are not).
    """
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise InvalidInput("The body is not valid JSON (UTF-8, no NaN, no infinity).") from None
