"""One zone as GeoJSON with its law, and the figures of a zoning by class and department."""

from __future__ import annotations

import re

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.dependencies import ServiceDep
from app.api.ogc_features import zoning_collection
from app.api.ogc_geometry import features_json
from app.api.ogc_pages import GEOJSON
from app.api.parameters import date_schema, problem_responses
from app.api.question import read_days
from app.api.schemas import Shape
from app.api.words import source_json
from app.errors import NotInCatalogue

CODE = re.compile(r"\A[A-Z0-9+_]{1,20}\Z")
_DAYS = {
    "parameters": [
        {"name": "date", "in": "query", "required": False, "schema": date_schema("Day of the question.")},
        {"name": "known_on", "in": "query", "required": False, "schema": date_schema("Lists as published that day.")},
    ]
}

router = APIRouter(prefix="/v1", tags=["zones"])


class ClassFigures(Shape):
    """Communes (or zones, for an outline zoning) of one class in one department. Areas are those of the simplified
    outlines installed, null without any, or where no legal projection is known to measure in."""

    department: str | None
    state: str
    code: str | None
    label: str
    count: int
    count_without_outline: int
    area_km2: float | None
    population: int | None
    count_without_population: int | None


class ZoningFigures(Shape):
    zoning: str
    date: str
    known_on: str
    figures: list[ClassFigures]
    data_version: str


@router.get(
    "/zones/{zoning}/{code}", summary="One zone as GeoJSON, with its law", response_class=Response,
    responses={200: {"description": "A GeoJSON feature", "content": {GEOJSON: {"schema": {"type": "object"}}}},
               **problem_responses(404, 422, 503)},
    openapi_extra=_DAYS,
)  # fmt: skip
def zone(zoning: str, code: str, request: Request, service: ServiceDep) -> Response:
    """`code` is the official code of a zone (`QN07517I`), or the INSEE code of a commune for a zoning of communes.

    The geometry is null where no outline is installed.
    """
    on, known_on = read_days(request.query_params.multi_items())
    collection = zoning_collection(service.tiles.ground, zoning)
    selection = collection.items((on, on), known_on)
    item = next((found for found in selection.items if CODE.match(code) and found.code == code), None)
    if item is None:
        raise NotInCatalogue(
            "No such zone on that day, or its list does not name it. Paris, Lyon and Marseille are given by arrondissement.",
            field="code",
        )
    properties = selection.properties(item)
    vintage = service.catalogue.vintages.get((zoning, str(properties["vintage"])))
    properties |= {
        "zoning": zoning,
        "source": source_json(vintage.source) if vintage else None,
        "caveats": list(vintage.caveats) if vintage else [],
        "data_version": service.data_version,
    }
    return Response(features_json(service.tiles.ground, [item], [properties])[0], media_type=GEOJSON)


@router.get(
    "/zonings/{zoning}/stats", summary="Figures of a zoning by class and department", response_model=ZoningFigures,
    responses=problem_responses(404, 422, 503), openapi_extra=_DAYS,
)  # fmt: skip
def stats(zoning: str, request: Request, service: ServiceDep) -> Response:
    """Counts, area and population on a day. Arrondissements stand for Paris, Lyon and Marseille; a population that no
    source gives is null, never zero."""
    from app.tiles.figures import figures_of  # brings shapely: not at start-up

    on, known_on = read_days(request.query_params.multi_items())
    collection = zoning_collection(service.tiles.ground, zoning)
    answer = {
        "zoning": collection.id,
        "date": on.isoformat(),
        "known_on": known_on.isoformat(),
        "figures": figures_of(service.tiles.ground, collection.id, on, known_on),
        "data_version": service.data_version,
    }
    return Response(orjson.dumps(answer), media_type="application/json")
