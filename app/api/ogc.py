"""OGC API, read-only: landing page and conformance. Features: ogc_items.py; tiles: ogc_tiles.py."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import ogc_items, ogc_tiles
from app.api.dependencies import ServiceDep
from app.api.links import base_url
from app.api.ogc_pages import FORMAT_PARAMETER, JSON, Page, check_known, documented, link, respond, self_links
from app.api.words import Json

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/datetime",
)
"""What is implemented and tested. Not `oas30`: the API definition is OpenAPI 3.1."""
router = APIRouter(prefix="/ogc", tags=["ogc"])


@router.get(
    "",
    summary="Landing page",
    response_class=Response,
    responses=documented(JSON),
    openapi_extra={"parameters": [FORMAT_PARAMETER]},
)
def landing(request: Request, service: ServiceDep) -> Response:
    """Where the service starts: QGIS and GDAL open this address."""
    check_known(request)
    base = base_url(request)
    links = [
        *self_links(request, "/ogc"),
        link(
            f"{base}/openapi.json",
            "service-desc",
            "application/vnd.oai.openapi+json;version=3.1",
            "Définition de l'API",
        ),
        link(f"{base}/ogc/conformance", "conformance", JSON, "Conformité"),
        link(f"{base}/ogc/conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance", JSON, "Conformité"),
        link(f"{base}/ogc/collections", "data", JSON, "Collections"),
        link(f"{base}/ogc/collections", "http://www.opengis.net/def/rel/ogc/1.0/data", JSON, "Collections"),
        link(
            f"{base}/ogc/tileMatrixSets",
            "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
            JSON,
            "Grilles de tuiles",
        ),
    ]
    description = f"Zonages et communes, données {service.data_version} : {service.catalogue.territory}."
    document: Json = {"title": "Zonage Santé", "description": description, "links": links}
    return respond(request, document, Page("Zonage Santé, OGC API", (description,)))


@router.get(
    "/conformance", summary="Conformance classes", response_class=Response, responses=documented(JSON),
    openapi_extra={"parameters": [FORMAT_PARAMETER]},
)  # fmt: skip
def conformance(request: Request) -> Response:
    """What is implemented and tested, nothing more."""
    check_known(request)
    document: Json = {"conformsTo": list(CONFORMANCE), "links": self_links(request, "/ogc/conformance")}
    return respond(request, document, Page("Conformité", (), ("Classe",), [(uri,) for uri in CONFORMANCE]))


router.include_router(ogc_items.router)
router.include_router(ogc_tiles.router)
