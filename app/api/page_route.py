"""How pages leave: errors told in French as HTML, text compressed, and the built files with their own lifetime."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Callable, Coroutine
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.api.caching import accepts_gzip
from app.api.page_frame import STATIC, page
from app.api.page_messages import explain
from app.api.question import today
from app.errors import ZoningError

SMALLEST_TO_COMPRESS = 1024
_FOREVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=3600"


class PageRoute(APIRoute):
    """A route of a page: a domain error becomes a page that says what to do, and text is sent compressed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            try:
                response = await handle(request)
            except ZoningError as error:
                message = explain(error)
                service = request.app.state.service
                context = {
                    "message": message,
                    "here": "",
                    "today": today().isoformat(),
                    "data_version": service.data_version,
                    "territory": service.catalogue.territory,
                }
                response = page("problem.html", context, message.status)
            return compressed(request, response)

        return handle_page


def compressed(request: Request, response: Response) -> Response:
    """The same answer, gzip when the browser accepts it and the text is long enough to gain."""
    response.headers["vary"] = "Accept-Encoding"
    body = bytes(response.body)
    if len(body) < SMALLEST_TO_COMPRESS or not accepts_gzip(request.headers.get("accept-encoding", "")):
        return response
    response.body = gzip.compress(body, 5, mtime=0)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))
    return response


@lru_cache(maxsize=4)
def _files(directory: Path, stamp_ns: int) -> frozenset[str]:
    del stamp_ns  # part of the key: a rebuilt page is seen without a restart
    return frozenset(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


async def built_file(request: Request) -> Response:
    """One file that Vite wrote. Only files of the listing are ever opened: no path can climb out of it.

    Raises:
        HTTPException: 404, no such file, or the page was not built.
    """
    name: str = request.path_params["path"]
    try:
        listed = _files(STATIC, (STATIC / "manifest.json").stat().st_mtime_ns)
    except OSError:
        raise HTTPException(404) from None
    if name not in listed or name == "manifest.json" or name.endswith(".gz"):
        raise HTTPException(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": _FOREVER if name.startswith("assets/") else _SHORT, "Vary": "Accept-Encoding"}
    if f"{name}.gz" in listed and accepts_gzip(request.headers.get("accept-encoding", "")):
        return FileResponse(STATIC / f"{name}.gz", headers=headers | {"Content-Encoding": "gzip"}, media_type=kind)
    return FileResponse(STATIC / name, headers=headers, media_type=kind)
