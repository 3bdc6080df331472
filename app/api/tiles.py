"""Vector tiles and their TileJSON. The tile route is plain Starlette: it is hot, and sends stored bytes as they are."""

from __future__ import annotations

import asyncio
import gzip
from datetime import date
from typing import TYPE_CHECKING, Annotated

import orjson
from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from starlette.responses import Response
from starlette.routing import Route

from app.api.caching import accepts_gzip, matches
from app.api.dependencies import Service
from app.api.links import base_url
from app.api.parameters import date_schema, problem_responses
from app.api.question import DATE_FIELDS, read_dates, read_once, today
from app.tiles.grid import MAX_ZOOM, MIN_ZOOM, Tile, read_tile
from app.tiles.store import TileStore
from app.tiles.tilejson import tilejson

if TYPE_CHECKING:
    from app.tiles.tilesets import TileSet

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
FRESH = "public, max-age=300"
IMMUTABLE = "public, max-age=31536000, immutable"

Schema = dict[str, object]


async def tile(request: Request) -> Response:
    """One tile, gzip unless the client refuses it. 204 where nothing is drawn, 400 off the grid, before any maths."""
    named = request.path_params
    address = read_tile(named["z"], named["x"], named["y"])
    return await send_tile(request, named["zoning"], address, *_dates(request))


async def send_tile(request: Request, name: str, address: Tile, on: date, known_on: date) -> Response:
    """Send one tile of a set, from an archive, memory, or encoded now in a thread of the store."""
    store = _store(request)
    tileset = await _tileset(store, name, on, known_on)
    plain = not accepts_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{tileset.digest}{"-plain" if plain else ""}"'
    headers = {
        "etag": etag,
        "cache-control": IMMUTABLE if request.query_params.get("v") == tileset.digest else FRESH,
        "vary": "Accept-Encoding",
    }
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    body = store.stored(tileset, address)
    if body is None:
        body = await asyncio.get_running_loop().run_in_executor(store.workers, store.encode, tileset, address)
    if not body:
        return Response(status_code=204, headers=headers)
    if plain:
        body = gzip.decompress(body)
    else:
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=MEDIA_TYPE)


async def tilejson_document(request: Request) -> Response:
    """What a set of tiles holds and where it is served, for the same day as asked."""
    store = _store(request)
    tileset = await _tileset(store, request.path_params["zoning"], *_dates(request))
    etag = f'"{tileset.digest}-json"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    dates = [f"{name}={request.query_params[name]}" for name in ("date", "known_on") if name in request.query_params]
    query = "&".join([*dates, f"v={tileset.digest}"])
    url = f"{base_url(request)}/tiles/{request.path_params['zoning']}/{{z}}/{{x}}/{{y}}.mvt?{query}"
    return Response(
        orjson.dumps(tilejson(tileset, store.catalogue, url)), headers=headers, media_type="application/json"
    )


def _store(request: Request) -> TileStore:
    service: Service = request.app.state.service
    return service.tiles


async def _tileset(store: TileStore, name: str, on: date, known_on: date) -> TileSet:
    ready = store.known_set(name, on, known_on)
    if ready is not None:
        return ready
    return await asyncio.get_running_loop().run_in_executor(store.workers, store.tileset, name, on, known_on)


def _dates(request: Request) -> tuple[date, date]:
    if not request.scope["query_string"]:
        day = today()
        return day, day
    days = [(name, value) for name, value in request.query_params.multi_items() if name in DATE_FIELDS]
    return read_dates(read_once(days, DATE_FIELDS))


# ----------------------------------------------------------------------------- the same routes, for the OpenAPI document

_ZONING: Schema = {
    "type": "string",
    "pattern": r"^[a-z0-9_-]{1,40}(@[A-Za-z0-9_.-]{1,80})?$",
    "examples": ["doctors", "base"],
}
_DAYS: list[Schema] = [
    {"name": "date", "in": "query", "required": False, "schema": date_schema("Day the classes are those of.")},
    {"name": "known_on", "in": "query", "required": False, "schema": date_schema("Lists as published that day.")},
]
_BINARY: Schema = {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}

router = APIRouter(tags=["tiles"])
router.routes.append(Route("/tiles/{zoning}/{z}/{x}/{y}.mvt", tile, methods=["GET"]))  # Starlette adds HEAD
router.routes.append(Route("/tiles/{zoning}.json", tilejson_document, methods=["GET"]))


@router.get(
    "/tiles/{zoning}/{z}/{x}/{y}.mvt",
    summary="One vector tile of a zoning or of the base map",
    response_class=Response,
    responses={
        200: {"description": "Mapbox Vector Tile 2.1, gzip", "content": _BINARY},
        204: {"description": "Nothing is drawn there"},
        304: {"description": "The tile you have is still the one"},
        **problem_responses(400, 404, 422, 503),
    },
    openapi_extra={"parameters": _DAYS},
)
async def documented_tile(
    request: Request,
    zoning: Annotated[str, PathParameter(json_schema_extra=_ZONING)],
    z: Annotated[str, PathParameter(json_schema_extra={"type": "integer", "minimum": MIN_ZOOM, "maximum": MAX_ZOOM})],
    x: Annotated[str, PathParameter(json_schema_extra={"type": "integer", "minimum": 0})],
    y: Annotated[str, PathParameter(json_schema_extra={"type": "integer", "minimum": 0})],
) -> Response:
    """`zoning`: `base`, `communes`, `departments`, `regions`, a key of `/v1/zonings`, or `key@vintage`."""
    return await tile(request)


@router.get(
    "/tiles/{zoning}.json",
    summary="TileJSON 3 of a zoning or of the base map",
    response_class=Response,
    responses={
        200: {"description": "TileJSON 3.0.0", "content": {"application/json": {"schema": {"type": "object"}}}},
        304: {"description": "The document you have is still the one"},
        **problem_responses(404, 422, 503),
    },
    openapi_extra={"parameters": _DAYS},
)
async def documented_tilejson(
    request: Request, zoning: Annotated[str, PathParameter(json_schema_extra=_ZONING)]
) -> Response:
    """Bounds, zooms, layers and fields, attribution, and the template of the tiles for the same day."""
    return await tilejson_document(request)
