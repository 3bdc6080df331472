"""OGC API - Tiles Part 1: tilesets of each collection on the WebMercatorQuad grid. The tiles are those of /tiles."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.api.dependencies import ServiceDep
from app.api.links import base_url
from app.api.ogc_collections import Collection
from app.api.ogc_features import collection_of
from app.api.ogc_pages import FORMAT_PARAMETER, JSON, Page, check_known, documented, link, respond, self_links
from app.api.ogc_query import InvalidQuery, read_interval
from app.api.parameters import Schema, problem_responses
from app.api.question import today
from app.api.tiles import MEDIA_TYPE, send_tile
from app.api.words import Json
from app.errors import NotInCatalogue
from app.tiles.grid import MAX_ZOOM, MIN_ZOOM, InvalidTile, read_tile
from app.zones.layers import COMMUNE_LAYER

GRID = "WebMercatorQuad"
_GRID_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{GRID}"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
_INSTANT: Schema = {
    "name": "datetime", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "The day whose classes are drawn: a day or an RFC 3339 instant. Default: today.",
}  # fmt: skip
_WITH_FORMAT = {"parameters": [FORMAT_PARAMETER]}

router = APIRouter()


@router.get(
    "/tileMatrixSets",
    summary="Grids of tiles",
    response_class=Response,
    responses=documented(JSON),
    openapi_extra=_WITH_FORMAT,
)
def grids(request: Request) -> Response:
    """One grid: the usual one of web maps."""
    check_known(request)
    href = f"{base_url(request)}/ogc/tileMatrixSets/{GRID}"
    document: Json = {
        "tileMatrixSets": [{"id": GRID, "uri": _GRID_URI, "links": [link(href, "self", JSON, GRID)]}],
        "links": self_links(request, "/ogc/tileMatrixSets"),
    }
    return respond(request, document, Page("Grilles de tuiles", (GRID,)))


@router.get(
    "/tileMatrixSets/{grid_id}",
    summary="One grid",
    response_class=Response,
    responses=documented(JSON),
    openapi_extra=_WITH_FORMAT,
)
def grid(request: Request, grid_id: str) -> Response:
    """The definition of the grid, as the OGC registers it."""
    check_known(request)
    _check_grid(grid_id)
    import morecantile  # brings pyproj: only for this document

    definition = orjson.loads(morecantile.tms.get(GRID).model_dump_json(exclude_none=True, by_alias=True))
    return respond(request, definition, Page(GRID, (_GRID_URI,)))


@router.get(
    "/collections/{collection_id}/tiles", summary="Tilesets of a collection", response_class=Response,
    responses=documented(JSON), openapi_extra=_WITH_FORMAT,
)  # fmt: skip
def tilesets(request: Request, collection_id: str, service: ServiceDep) -> Response:
    """The one vector tileset of a collection."""
    check_known(request)
    found = collection_of(service.tiles.ground, collection_id)
    document: Json = {
        "tilesets": [_described(request, found)],
        "links": self_links(request, f"/ogc/collections/{found.id}/tiles"),
    }
    return respond(request, document, Page(f"Tuiles : {found.title}"))


@router.get(
    "/collections/{collection_id}/tiles/{grid_id}", summary="One tileset", response_class=Response,
    responses=documented(JSON), openapi_extra=_WITH_FORMAT,
)  # fmt: skip
def tileset(request: Request, collection_id: str, grid_id: str, service: ServiceDep) -> Response:
    """Its grid, zooms, layers and the template of its tiles."""
    check_known(request)
    _check_grid(grid_id)
    found = collection_of(service.tiles.ground, collection_id)
    return respond(request, _described(request, found), Page(f"Tuiles : {found.title}"))


@router.get(
    "/collections/{collection_id}/tiles/{grid_id}/{zoom}/{row}/{column}", summary="One vector tile",
    response_class=Response,
    responses={
        200: {"description": "Mapbox Vector Tile, gzip", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}},
        204: {"description": "Nothing is drawn there"}, 304: {"description": "Unchanged"}, **problem_responses(400, 404, 503),
    },
    openapi_extra={"parameters": [_INSTANT, {"name": "f", "in": "query", "schema": {"type": "string", "enum": ["mvt"]}}]},
)  # fmt: skip
async def tile(
    request: Request, collection_id: str, grid_id: str, zoom: str, row: str, column: str, service: ServiceDep
) -> Response:
    """The tile of /tiles, by row then column, as the standard orders them."""
    given = dict(request.query_params)
    if set(given) - {"datetime", "f"} or given.get("f", "mvt") != "mvt":
        raise InvalidQuery("Accepted query parameters: datetime, and f=mvt.")
    _check_grid(grid_id)
    start, end = read_interval(given["datetime"]) if "datetime" in given else (today(), today())
    if start is None or start != end:
        raise InvalidQuery("datetime of a tile must be one day or instant.", field="datetime")
    try:
        address = read_tile(zoom, column, row)
    except InvalidTile as error:
        raise NotInCatalogue(f"No such tile: {error.message}", field=error.field) from None
    found = await run_in_threadpool(collection_of, service.tiles.ground, collection_id)
    return await send_tile(request, found.id, address, start, today())


def _check_grid(grid_id: str) -> None:
    if grid_id != GRID:
        raise NotInCatalogue("The only grid of tiles is WebMercatorQuad.", field="grid_id")


def _described(request: Request, found: Collection) -> Json:
    base = f"{base_url(request)}/ogc"
    here = f"{base}/collections/{found.id}/tiles/{GRID}"
    west, south, east, north = found.extent().box
    deepest = 12 if COMMUNE_LAYER in found.layers() else MAX_ZOOM
    return {
        "title": found.title,
        "dataType": "vector",
        "crs": _MERCATOR,
        "tileMatrixSetURI": _GRID_URI,
        "tileMatrixSetLimits": [
            {"tileMatrix": str(zoom), "minTileRow": 0, "maxTileRow": 2**zoom - 1, "minTileCol": 0, "maxTileCol": 2**zoom - 1}
            for zoom in range(MIN_ZOOM, deepest + 1)
        ],
        "layers": [{"id": found.id, "dataType": "vector"}],
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        "links": [
            link(here, "self", JSON, found.title),
            link(f"{base}/tileMatrixSets/{GRID}", "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", JSON, GRID),
            link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MEDIA_TYPE, "Tuiles", templated=True),
        ],
    }  # fmt: skip
