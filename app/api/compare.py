"""Up to ten places, dates or profiles side by side: what differs, and the sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.aids.answers import evaluation_json
from app.aids.reading import refuse_unknown
from app.aids.schema import applicant_schema
from app.api.answer import zones_json
from app.api.assessment import Assessment, assess
from app.api.bodies import read_json
from app.api.compare_schemas import CompareAnswer
from app.api.dependencies import Service, ServiceDep
from app.api.parameters import TEXT_PATTERN, assess_body_schema, date_schema, place_schema, problem_responses
from app.api.question import Question, clean_text, read_body
from app.api.words import Json
from app.errors import InvalidInput, NotInCatalogue, PlaceNotFound, ZoningError

router = APIRouter(prefix="/v1", tags=["assess"])

MAX_QUESTIONS = 10
_SHARED = ("place", "date", "known_on", "applicant")


def _body_schema() -> dict[str, object]:
    question = assess_body_schema()
    properties = question["properties"]
    assert isinstance(properties, dict)
    label = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": TEXT_PATTERN}
    one = {
        "type": "object",
        "properties": {name: properties[name] for name in _SHARED} | {"label": label},
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "questions": {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_QUESTIONS},
            "place": place_schema(),
            "date": date_schema("Day of the questions that do not give theirs."),
            "known_on": date_schema("State of the law of the questions that do not give theirs."),
            "applicant": applicant_schema(),
        },
        "required": ["questions"],
        "anyOf": [{"required": ["place"]}, {"properties": {"questions": {"items": {"required": ["place"]}}}}],
        "additionalProperties": False,
    }


@router.post(
    "/compare",
    summary="Places, dates or profiles side by side",
    response_model=CompareAnswer,
    responses=problem_responses(400, 404, 413, 422, 503),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _body_schema()}}}},
)
async def compare(request: Request, service: ServiceDep) -> Response:
    """Each question is one of `/v1/assess`; what it leaves out is taken from the body. A place that is not found keeps
    its column, with the reason. `differences` lists the zonings and aids whose answer is not the same in all columns
    found."""
    comparison = await side_by_side(service, read_questions(await read_json(request)))
    if not any(column["found"] for column in comparison.columns):
        raise PlaceNotFound("None of the places was found. Check the communes or send coordinates.", field="questions")
    return Response(orjson.dumps(comparison.answer), media_type="application/json")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer of `/v1/compare`; `columns` are its questions, `troubles` why a column has no answer."""

    answer: Json
    columns: tuple[Json, ...]
    troubles: tuple[ZoningError | None, ...]
    best: tuple[int, ...]


async def side_by_side(service: Service, asked: Sequence[tuple[str | None, Question]]) -> Comparison:
    """Answer every question once and say what differs; the one comparison behind `/v1/compare` and `/comparer`."""
    answered = [await _column(service, label, question) for label, question in asked]
    assessments = [assessment for _, assessment, _ in answered]
    columns = tuple(column for column, _, _ in answered)
    sums = [None if each is None else each.evaluation.combination.amount_eur for each in assessments]
    largest = max((amount for amount in sums if amount is not None), default=None)
    best = tuple(i for i, amount in enumerate(sums) if amount is not None and amount == largest)
    answer: Json = {
        "questions": columns,
        "differences": {"zonings": _differing_zonings(assessments), "aids": _differing_aids(assessments)},
        "best": {"sums_eur": sums, "columns": best},
        "data_version": service.data_version,
        "rules_version": service.rules.version,
    }
    return Comparison(answer, columns, tuple(trouble for _, _, trouble in answered), best)


def read_questions(body: object) -> list[tuple[str | None, Question]]:
    """Read the body: labels and questions, what a question leaves out filled from the body.

    Raises:
        InvalidInput: an unknown field, too many questions, or a question that `/v1/assess` would refuse.
    """
    if not isinstance(body, Mapping):
        raise InvalidInput("The body must be a JSON object with questions.")
    refuse_unknown(body, ("questions", *_SHARED), "body")
    questions = body.get("questions")
    if not isinstance(questions, Sequence) or isinstance(questions, str) or not 1 <= len(questions) <= MAX_QUESTIONS:
        raise InvalidInput(f"questions must be a list of 1 to {MAX_QUESTIONS} questions.", field="questions")
    shared = {name: body[name] for name in _SHARED if body.get(name) is not None}
    read = []
    for question in questions:
        if not isinstance(question, Mapping):
            raise InvalidInput("Each question must be an object with place, date or applicant.", field="questions")
        refuse_unknown(question, ("label", *_SHARED), "questions")
        own = {name: value for name, value in question.items() if value is not None and name != "label"}
        label = question.get("label")
        read.append(
            (
                None if label is None else clean_text(label, "questions.label", 80),
                read_body(shared | own | {"near": False}),
            )
        )
    return read


async def _column(
    service: Service, label: str | None, question: Question
) -> tuple[Json, Assessment | None, ZoningError | None]:
    try:
        assessment = await assess(service, question)
    except (PlaceNotFound, NotInCatalogue) as error:
        if error.field == "held":  # the applicant's, not the place's: no column can be answered
            raise
        problem = {"code": error.code, "detail": error.message}
        return {"label": label, "found": False, "problem": problem}, None, error
    aids = evaluation_json(assessment.evaluation, service.data_version)
    zones = zones_json(service, question, assessment.located)
    place = zones["place"]
    assert isinstance(place, dict)
    column: Json = {"label": label or place["label"], "found": True}
    for name in ("place", "date", "known_on", "memberships", "degraded"):
        column[name] = zones[name]
    for name in ("offers", "combination", "missing"):
        column[name] = aids[name]
    return column, assessment, None


def _differing_zonings(columns: Sequence[Assessment | None]) -> list[Json]:
    rows: list[Json] = []
    known = [None if column is None else column.located.classification.memberships for column in columns]
    width = next((len(memberships) for memberships in known if memberships is not None), 0)
    for position in range(width):
        cells = [None if memberships is None else memberships[position] for memberships in known]
        values = [
            None if cell is None else {"state": cell.state.value, "code": cell.code, "label": cell.label}
            for cell in cells
        ]
        first = next(cell for cell in cells if cell is not None)
        if len({(cell.state, cell.codes) for cell in cells if cell is not None}) > 1:
            rows.append({"zoning": first.zoning, "generation": first.generation, "values": values})
    return rows


def _differing_aids(columns: Sequence[Assessment | None]) -> list[Json]:
    rows: list[Json] = []
    offers = [None if column is None else column.evaluation.offers for column in columns]
    for position, first in enumerate(next((found for found in offers if found is not None), ())):
        cells = [None if found is None else found[position] for found in offers]
        if len({(cell.status, cell.amount_eur) for cell in cells if cell is not None}) > 1:
            values = [
                None if cell is None else {"status": cell.status.value, "amount_eur": cell.amount_eur} for cell in cells
            ]
            rows.append({"aid": first.aid, "label": first.label, "values": values})
    return rows
