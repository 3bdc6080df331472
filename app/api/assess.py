"""The whole answer: place, zones, aids, best lawful combination, what changes next."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.assessment import assess_bytes
from app.api.bodies import read_json
from app.api.dependencies import ServiceDep
from app.api.parameters import assess_body_schema, problem_responses, query_parameters
from app.api.question import read_body, read_flat
from app.api.schemas import AssessAnswer

router = APIRouter(prefix="/v1", tags=["assess"])

_ERRORS: dict[str, Any] = {"responses": problem_responses(400, 404, 413, 422, 503), "response_model": AssessAnswer}


@router.get(
    "/assess",
    summary="Zones and aids of a place",
    openapi_extra={"parameters": query_parameters(with_applicant=True)},
    **_ERRORS,
)
async def assess_by_query(request: Request, service: ServiceDep) -> Response:
    """The place in one way, `date`, `known_on`, and any applicant field beside them."""
    question = read_flat(request.query_params.multi_items(), with_applicant=True)
    return Response(await assess_bytes(service, question), media_type="application/json")


@router.post(
    "/assess",
    summary="Zones and aids of a place, with the whole applicant",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": assess_body_schema()}}}
    },
    **_ERRORS,
)
async def assess_by_body(request: Request, service: ServiceDep) -> Response:
    """The same question as a JSON body, so that `held` aids can be listed."""
    question = read_body(await read_json(request))
    return Response(await assess_bytes(service, question), media_type="application/json")
