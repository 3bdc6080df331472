"""`GET /tiles/{set}/{z}/{x}/{y}.mvt`, the hot way: a tile that needs no work, sent before the frameworks' layers.

Only a plain request is answered here (a good address, perhaps a date, gzip accepted, a set and a tile that are ready); anything
else, mistakes included, goes the long way (`tiles.tile`). Both ways send the same status, headers and bytes: tests compare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from starlette.types import Scope

from app.api.caching import accepts_gzip, matches
from app.api.dependencies import Service
from app.api.guards import HotAnswer
from app.api.question import today
from app.api.tiles import FRESH, IMMUTABLE, MEDIA_TYPE
from app.errors import InvalidInput
from app.tiles.grid import read_tile

PATH = re.compile(r"\A/tiles/([a-z0-9_-]{1,40})/([0-9]{1,2})/([0-9]{1,5})/([0-9]{1,5})\.mvt\Z")
ROUTE = "/tiles/{zoning}/{z}/{x}/{y}.mvt"
_QUERY = re.compile(r"\A(?:date=([0-9]{4}-[0-9]{2}-[0-9]{2}))?(?:(?:\A|&)v=([0-9a-f]{12}))?\Z")
_VARY = (b"vary", b"Accept-Encoding")
_TYPE = (b"content-type", MEDIA_TYPE.encode())
_GZIP = (b"content-encoding", b"gzip")


class HotTiles:
    """Answers plain requests for tiles that are ready."""

    def __init__(self, service_now: Callable[[], Service]) -> None:
        self._service_now = service_now

    def __call__(self, scope: Scope, headers: Mapping[bytes, bytes]) -> HotAnswer | None:
        """The answer to a plain request, else None. `headers` are those of the request, lower case."""
        named = PATH.match(scope["path"])
        asked = _QUERY.match(scope["query_string"].decode("latin-1"))
        if named is None or asked is None:
            return None
        if not accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1")):
            return None
        try:
            address = read_tile(*named.group(2, 3, 4))
            day = date.fromisoformat(asked[1]) if asked[1] else today()
        except (InvalidInput, ValueError):
            return None
        store = self._service_now().tiles
        tileset = store.known_set(named[1], day, today())
        body = None if tileset is None else store.stored(tileset, address)
        if tileset is None or body is None:
            return None
        etag = f'"{tileset.digest}"'
        is_named = asked[2] == tileset.digest
        sent = ((b"etag", etag.encode()), (b"cache-control", (IMMUTABLE if is_named else FRESH).encode()), _VARY)
        known = headers.get(b"if-none-match")
        if known is not None and matches(known.decode("latin-1"), etag):
            return HotAnswer(ROUTE, 304, sent, b"")
        if not body:
            return HotAnswer(ROUTE, 204, sent, b"")
        length = (b"content-length", str(len(body)).encode())
        return HotAnswer(ROUTE, 200, (*sent, _GZIP, length, _TYPE), body)
