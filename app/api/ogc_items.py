"""OGC API - Features: collections and their items, by box, by time, by page, by official code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.dependencies import ServiceDep
from app.api.links import base_url
from app.api.ogc_collections import Collection
from app.api.ogc_features import collection_of, collections_of
from app.api.ogc_geometry import features_json, within
from app.api.ogc_pages import (
    FORMAT_PARAMETER,
    GEOJSON,
    HTML,
    JSON,
    Page,
    check_known,
    documented,
    link,
    respond,
    self_links,
    wants_html,
)  # fmt: skip
from app.api.ogc_query import DEFAULT_LIMIT, MAX_LIMIT, ItemsQuery, read_interval, read_items_query
from app.api.parameters import Schema
from app.api.question import today
from app.api.words import Json
from app.errors import NotInCatalogue

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

_DATETIME: Schema = {
    "name": "datetime", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "A day, an RFC 3339 instant, or start/end with .. for an open end. Default: today.",
}  # fmt: skip
_ITEMS: list[Schema] = [
    FORMAT_PARAMETER, _DATETIME,
    {"name": "bbox", "in": "query", "required": False, "explode": False, "style": "form",
     "description": "west,south,east,north in WGS 84 degrees (lon, lat order).",
     "schema": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}},
    {"name": "limit", "in": "query", "required": False,
     "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}},
    {"name": "offset", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999}},
]  # fmt: skip

router = APIRouter()


@router.get(
    "/collections", summary="Collections", response_class=Response, responses=documented(JSON),
    openapi_extra={"parameters": [FORMAT_PARAMETER]},
)  # fmt: skip
def collections(request: Request, service: ServiceDep) -> Response:
    """Communes, and each zoning with data."""
    check_known(request)
    found = collections_of(service.tiles.ground)
    document: Json = {
        "links": self_links(request, "/ogc/collections"),
        "collections": [_described(request, collection) for collection in found],
    }
    rows = [({"href": f"/ogc/collections/{c.id}", "title": c.title}, c.description) for c in found]
    return respond(request, document, Page("Collections", (), ("Collection", "Description"), rows))


@router.get(
    "/collections/{collection_id}", summary="One collection", response_class=Response, responses=documented(JSON),
    openapi_extra={"parameters": [FORMAT_PARAMETER]},
)  # fmt: skip
def collection(request: Request, collection_id: str, service: ServiceDep) -> Response:
    """Extent in space and time, and links to items and tiles."""
    check_known(request)
    found = collection_of(service.tiles.ground, collection_id)
    document = _described(request, found)
    links = document["links"]
    assert isinstance(links, list)
    links[:0] = self_links(request, f"/ogc/collections/{found.id}")
    return respond(request, document, Page(found.title, (found.description,)))


@router.get(
    "/collections/{collection_id}/items", summary="Items of a collection", response_class=Response,
    responses=documented(GEOJSON), openapi_extra={"parameters": _ITEMS},
)  # fmt: skip
def items(request: Request, collection_id: str, service: ServiceDep) -> Response:
    """Features in the order of their official codes. `datetime` picks the vintages; over an interval each feature is
    given once, in its latest version in force within it."""
    query = read_items_query(request.query_params.multi_items())
    found = collection_of(service.tiles.ground, collection_id)
    day = today()
    selection = found.items(query.interval or (day, day), day)
    matched = within(found.ground, selection.items, query.boxes) if query.boxes else selection.items
    page = matched[query.offset : query.offset + query.limit]
    path = f"/ogc/collections/{found.id}/items"
    links = [
        *self_links(request, path, GEOJSON),
        *_page_links(request, path, query, len(matched)),
        link(f"{base_url(request)}/ogc/collections/{found.id}", "collection", JSON, found.title),
    ]
    properties = [selection.properties(item) for item in page]
    if wants_html(request):
        document: Json = {"links": links}
        return respond(request, document, _items_page(found, [item.code for item in page], properties, len(matched)))
    head = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": len(matched),
        "numberReturned": len(page),
        "links": links,
    }
    features = b",".join(features_json(found.ground, page, properties))
    body = orjson.dumps(head)[:-1] + b',"features":[' + features + b"]}"
    return Response(body, media_type=GEOJSON, headers={"vary": "Accept", "content-crs": f"<{CRS84}>"})


@router.get(
    "/collections/{collection_id}/items/{feature_id}", summary="One item by its official code", response_class=Response,
    responses=documented(GEOJSON), openapi_extra={"parameters": [FORMAT_PARAMETER, _DATETIME]},
)  # fmt: skip
def item(request: Request, collection_id: str, feature_id: str, service: ServiceDep) -> Response:
    """An INSEE code, or the code of a zone. Without `datetime`, its latest version whatever the day."""
    given = check_known(request, "datetime")
    found = collection_of(service.tiles.ground, collection_id)
    interval = read_interval(given["datetime"]) if "datetime" in given else (None, None)
    selection = found.items(interval, today())
    chosen = next((candidate for candidate in selection.items if candidate.code == feature_id), None)
    if chosen is None:
        raise NotInCatalogue("No item of this collection has this code at that time.", field="feature_id")
    path = f"/ogc/collections/{found.id}/items/{chosen.code}"
    links = [
        *self_links(request, path, GEOJSON),
        link(f"{base_url(request)}/ogc/collections/{found.id}", "collection", JSON, found.title),
    ]
    properties = selection.properties(chosen)
    if wants_html(request):
        page = Page(f"{found.title} : {chosen.code}", (), ("Propriété", "Valeur"), list(properties.items()))
        return respond(request, {"links": links}, page)
    body = features_json(found.ground, [chosen], [properties])[0][:-1] + b',"links":' + orjson.dumps(links) + b"}"
    return Response(body, media_type=GEOJSON, headers={"vary": "Accept", "content-crs": f"<{CRS84}>"})


def _described(request: Request, found: Collection) -> Json:
    base = f"{base_url(request)}/ogc/collections/{found.id}"
    extent = found.extent()
    start, end = (None if day is None else f"{day.isoformat()}T00:00:00Z" for day in (extent.start, extent.end))
    return {
        "id": found.id,
        "title": found.title,
        "description": found.description,
        "itemType": "feature",
        "crs": [CRS84],
        "extent": {"spatial": {"bbox": [list(extent.box)], "crs": CRS84}, "temporal": {"interval": [[start, end]]}},
        "links": [
            link(base, "self", JSON, found.title),
            link(f"{base}/items", "items", GEOJSON, "Objets (GeoJSON)"),
            link(f"{base}/items?f=html", "items", HTML, "Objets (page)"),
            link(
                f"{base}/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON, "Tuiles vectorielles"
            ),
        ],
    }


def _page_links(request: Request, path: str, query: ItemsQuery, matched: int) -> list[Json]:
    """The pages before and after, for the very day this one was made for."""
    kept = {name: value for name, value in request.query_params.items() if name not in ("offset", "f")}
    kept.setdefault("datetime", today().isoformat())
    kept["limit"] = str(query.limit)
    type_ = HTML if wants_html(request) else GEOJSON
    form = "html" if wants_html(request) else "json"

    def page(offset: int, rel: str, title: str) -> Json:
        text = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in kept.items())
        return link(f"{base_url(request)}{path}?{text}&offset={offset}&f={form}", rel, type_, title)

    links = []
    if query.offset + query.limit < matched:
        links.append(page(query.offset + query.limit, "next", "Page suivante"))
    if query.offset > 0:
        links.append(page(max(query.offset - query.limit, 0), "prev", "Page précédente"))
    return links


def _items_page(found: Collection, codes: Sequence[str], properties: Sequence[Json], matched: int) -> Page:
    columns = list(properties[0]) if properties else []
    rows = [
        ({"href": f"/ogc/collections/{found.id}/items/{code}", "title": code}, *(row[name] for name in columns))
        for code, row in zip(codes, properties, strict=True)
    ]
    return Page(found.title, (found.description, f"{len(codes)} objets sur {matched}."), ("Code", *columns), rows)
