"""Zones of a place, without aids; the zonings themselves; communes."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.aids.reading import Applicant
from app.api.answer import locate, zones_json
from app.api.caching import Revalidated
from app.api.catalogue_schemas import CommuneAnswer, ZoningsAnswer, ZoningShape
from app.api.dependencies import Service, ServiceDep
from app.api.parameters import problem_responses, query_parameters
from app.api.question import PlaceQuestion, Question, read_days, read_flat
from app.api.schemas import ZonesAnswer
from app.api.words import Json, commune_json, source_json
from app.errors import NotInCatalogue
from app.zones.vintages import Vintage
from app.zones.vocabulary import ZONINGS, Installing, ZoningSpec

router = APIRouter(prefix="/v1", tags=["zones"])
catalogues = APIRouter(route_class=Revalidated)

InseePath = Annotated[str, Path(description="INSEE code, former ones included.", pattern="^([0-9]{2}|2[AB])[0-9]{3}$")]
INSTALL = Installing.FETCH.value


@router.get(
    "/zones",
    summary="Which zones is this place in",
    response_model=ZonesAnswer,
    responses=problem_responses(404, 422, 503),
    openapi_extra={"parameters": query_parameters(with_applicant=False)},
)
async def zones(request: Request) -> Response:
    """Every zoning the service knows, each in one of four states; never by omission."""
    service: Service = request.app.state.service
    question = read_flat(request.query_params.multi_items(), with_applicant=False)
    located = await locate(service, question)
    return Response(orjson.dumps(zones_json(service, question, located)), media_type="application/json")


@catalogues.get("/zonings", summary="Every zoning, with its vintages and sources", response_model=ZoningsAnswer)
def zonings(service: ServiceDep) -> Response:
    answer = {"zonings": [_zoning_json(service, spec) for spec in ZONINGS], "data_version": service.data_version}
    return Response(orjson.dumps(answer), media_type="application/json")


@catalogues.get(
    "/zonings/{key}",
    summary="One zoning",
    response_model=ZoningShape,
    responses=problem_responses(404, 422),
)
def zoning(key: str, service: ServiceDep) -> Response:
    """`key` is the id, with its generation where there are several: `doctors`, `qpv-2024`."""
    for spec in ZONINGS:
        if spec.key == key:
            return Response(orjson.dumps(_zoning_json(service, spec)), media_type="application/json")
    raise NotInCatalogue("No such zoning. /v1/zonings lists them.", field="key")


@catalogues.get(
    "/communes/{insee}",
    summary="A commune, today's or former, and its zones by code",
    response_model=CommuneAnswer,
    responses=problem_responses(404, 422, 503),
    openapi_extra={
        "parameters": [p for p in query_parameters(with_applicant=False) if p["name"] in ("date", "known_on")]
    },
)
async def commune(insee: InseePath, request: Request, service: ServiceDep) -> Response:
    """What the INSEE code alone says. Zones with an outline are definite only where the commune has none."""
    on, known_on = read_days(request.query_params.multi_items())
    resolution = service.catalogue.communes.resolve(insee)
    question = Question(PlaceQuestion(citycode=insee), on, known_on, Applicant({}), near=False)
    located = await locate(service, question)
    answer = zones_json(service, question, located)
    place = answer["place"]
    assert isinstance(place, dict)
    body = {
        "commune": commune_json(resolution.commune, service.catalogue),
        "notes": place["notes"],
        **{name: answer[name] for name in ("date", "known_on", "memberships", "data_version")},
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _zoning_json(service: Service, spec: ZoningSpec) -> Json:
    vintages = [vintage for (key, _), vintage in service.catalogue.vintages.items() if key == spec.key]
    return {
        "id": spec.id,
        "key": spec.key,
        "generation": spec.generation,
        "label": spec.label,
        "kind": spec.kind.value,
        "family": spec.family,
        "codes": spec.codes,
        "vintages": [vintage_json(vintage) for vintage in vintages],
        "install": None if vintages else spec.installing.value,
    }


def vintage_json(vintage: Vintage) -> Json:
    def day(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    return {
        "id": vintage.id,
        "valid_from": day(vintage.valid_from),
        "valid_to": day(vintage.valid_to),
        "published_on": day(vintage.published_on),
        "observed_on": day(vintage.observed_on),
        "confidence": vintage.confidence,
        "caveats": list(vintage.caveats),
        "departments": None if vintage.departments is None else sorted(vintage.departments),
        "source": source_json(vintage.source),
    }


router.include_router(catalogues)
