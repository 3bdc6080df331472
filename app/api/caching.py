"""What the caching headers of a request ask for (RFC 9110 §§ 12.5.3, 13.1.2), and catalogues that need not be sent twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class Revalidated(APIRoute):
    """A route whose GET answers carry an ETag of their own bytes; a client that holds them gets 304."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def revalidated(request: Request) -> Response:
            response = await answer(request)
            if response.status_code != 200 or request.method not in ("GET", "HEAD"):
                return response
            headers = {"ETag": f'"{hashlib.sha256(response.body).hexdigest()[:20]}"', "Cache-Control": "no-cache"}
            if matches(request.headers.get("if-none-match"), headers["ETag"]):
                return Response(status_code=304, headers=headers)
            response.headers.update(headers)
            return response

        return revalidated


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client already holds the representation that `etag` names."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(candidate.strip().removeprefix("W/") == etag for candidate in if_none_match.split(","))


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether gzip may be sent: named, or covered by `*`, with a weight above zero."""
    if accept_encoding in ("gzip", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd"):
        return True
    weights: dict[str, bool] = {}
    for item in accept_encoding.lower().split(","):
        coding, _, parameters = item.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        weights[coding.strip()] = not (weight and weight.strip("0.") == "")
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))
