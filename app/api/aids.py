"""`/v1/aids`: the catalogue of rules, and their answers to memberships already known."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import orjson
from fastapi import APIRouter, Body, Path, Query
from pydantic import JsonValue
from starlette.responses import Response

from app.aids.answers import Json, evaluation_json, listed_json, rule_json
from app.aids.evaluate import evaluate
from app.aids.facts import PROFESSIONS
from app.aids.question import read_question
from app.aids.reading import QUESTION_DATES, read_date
from app.aids.rule_reader import PAYERS
from app.aids.schema import QUESTION_DAY_PATTERN, question_schema
from app.aids.zone_words import ZONING_CODES
from app.api.aid_schemas import AidListOut, AidOut, EvaluationOut
from app.api.caching import Revalidated
from app.api.dependencies import ServiceDep
from app.api.parameters import problem_responses
from app.api.question import today
from app.errors import NotInCatalogue

router = APIRouter(prefix="/v1/aids", tags=["aids"], route_class=Revalidated)

Profession = StrEnum("Profession", {word: word for word in PROFESSIONS})  # type: ignore[misc]
Payer = StrEnum("Payer", {word: word for word in PAYERS})  # type: ignore[misc]
ZoneKind = StrEnum("ZoneKind", {word: word for word in sorted(ZONING_CODES)})  # type: ignore[misc]


class WindowState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    NOT_YET_OPEN = "not_yet_open"


def _json(body: Json) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


@router.post(
    "/evaluate",
    summary="Offres d'aides pour des zonages déjà connus",
    responses={200: {"model": EvaluationOut}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": question_schema()}}}},
)
def evaluate_aids(body: Annotated[dict[str, JsonValue], Body()], service: ServiceDep) -> Response:
    """Every rule answers: status, amount, arithmetic, reasons, facts to ask for, and the best lawful combination."""
    question = read_question(body, today())
    return _json(evaluation_json(evaluate(service.rules, question), service.data_version))


@router.get("", summary="Catalogue des aides", responses={200: {"model": AidListOut}})
def list_aids(
    service: ServiceDep,
    profession: Annotated[Profession | None, Query(description="Profession concernée")] = None,
    payer: Annotated[Payer | None, Query(description="Payeur")] = None,
    zone_kind: Annotated[ZoneKind | None, Query(description="Zonage que la règle lit")] = None,
    date: Annotated[str | None, Query(description="Jour de l'état d'ouverture", pattern=QUESTION_DAY_PATTERN)] = None,
    status: Annotated[WindowState | None, Query(description="État d'ouverture ce jour")] = None,
) -> Response:
    """Rules, filtered; a rule open to every profession matches any."""
    day = today() if date is None else read_date(date, "date", QUESTION_DATES)
    listed = listed_json(service.rules, day, profession=profession, payer=payer, zone_kind=zone_kind, status=status)
    return _json({"aids": listed, "data_version": service.data_version})


@router.get(
    "/{id}",
    summary="Une aide : règle, historique, exemples, preuve",
    responses={200: {"model": AidOut}, **problem_responses(404)},
)
def show_aid(
    service: ServiceDep, id: Annotated[str, Path(description="Identifiant de l'aide", pattern="^[a-z0-9_-]{1,40}$")]
) -> Response:
    """One rule with its source file, its history and its worked examples."""
    rule = service.rules.aids.get(id)
    if rule is None:
        raise NotInCatalogue("No aid has this id; the aids are listed at /v1/aids.", field="id")
    return _json(rule_json(rule, service.rules, today()))
