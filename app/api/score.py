"""`POST /v1/score`: candidate premises in, ranked out, every point of the score explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from app.aids.reading import read_applicant, refuse_unknown
from app.aids.schema import applicant_schema
from app.api.bodies import read_json
from app.api.dependencies import ServiceDep
from app.api.parameters import date_schema, place_schema, problem_responses
from app.api.question import DATE_FIELDS, clean_text, read_dates
from app.api.schemas import Shape
from app.api.words import Json
from app.batch.columns import zoning_columns
from app.batch.limits import MAX_CANDIDATES
from app.batch.points import DEFAULT_WEIGHTS, WEIGHTS_MAXIMUM, read_weights
from app.batch.profile import Profile
from app.errors import InvalidInput

if TYPE_CHECKING:
    from app.batch.ranking import Ranked

router = APIRouter(prefix="/v1", tags=["batch"])

CANDIDATE_FIELDS = ("address", "postcode", "lon", "lat", "citycode")


class PartShape(Shape):
    """`points` = `share` x `weight`; `because` says it in French."""

    criterion: str
    share: float
    weight: float
    points: float
    because: str


class ZoneShape(Shape):
    state: str
    code: str | None


class RankedShape(Shape):
    index: int
    id: str | None
    rank: int
    tied: bool
    score: float
    parts: list[PartShape]
    amount_eur: float
    aids_available: list[str]
    aids_to_check: list[str]
    zones: dict[str, ZoneShape]
    place: dict[str, str | float | None]
    remark: str | None


class UnrankedShape(Shape):
    index: int
    id: str | None
    code: str
    message: str


class ScoreAnswer(Shape):
    results: list[RankedShape]
    unranked: list[UnrankedShape]
    weights: dict[str, float] = Field(description="Weights in force.")
    date: str
    known_on: str
    data_version: str
    rules_version: str


def _body_schema() -> dict[str, object]:
    weight = {"type": "number", "minimum": 0, "maximum": WEIGHTS_MAXIMUM}
    ways = place_schema()["oneOf"]
    assert isinstance(ways, list)
    extra = {"id": {"type": "string", "minLength": 1, "maxLength": 80}, "date": date_schema("Day of this candidate.")}
    candidate = {"oneOf": [{**way, "properties": {**way["properties"], **extra}} for way in ways]}
    defaults = {
        "amount": DEFAULT_WEIGHTS.amount,
        "certainty": DEFAULT_WEIGHTS.certainty,
        "nearness": DEFAULT_WEIGHTS.nearness,
    }
    return {
        "type": "object",
        "properties": {
            "candidates": {"type": "array", "items": candidate, "minItems": 1, "maxItems": MAX_CANDIDATES},
            "applicant": applicant_schema(),
            "date": date_schema("Day of the candidates that give none."),
            "known_on": date_schema("State of the law and lists as published that day."),
            "weights": {
                "type": "object",
                "properties": {name: {**weight, "default": value} for name, value in defaults.items()},
                "additionalProperties": False,
            },
        },
        "required": ["candidates"],
        "additionalProperties": False,
    }


@router.post(
    "/score",
    summary="Candidate premises, ranked, every point explained",
    response_model=ScoreAnswer,
    responses=problem_responses(400, 413, 422, 503),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _body_schema()}}}},
)
async def score_candidates(request: Request, service: ServiceDep) -> Response:
    """At most 1,000 candidates. Equal scores share their rank; a candidate without an answer is listed apart, with why."""
    body = await read_json(request)
    if not isinstance(body, Mapping):
        raise InvalidInput("The body must be a JSON object with candidates and applicant.")
    refuse_unknown(body, ("candidates", "applicant", *DATE_FIELDS, "weights"), "body")
    candidates = _read_candidates(body.get("candidates"))
    applicant = body.get("applicant") or {}
    if not isinstance(applicant, Mapping):
        raise InvalidInput("applicant must be an object.", field="applicant")
    on, known_on = read_dates({name: body.get(name) for name in DATE_FIELDS})
    profile = replace(Profile(on, known_on, read_applicant(applicant)), weights=read_weights(body.get("weights")))
    from app.batch.ranking import rank_candidates  # heavy: see tests/contracts/test_lean_imports.py
    from app.batch.scorer import Sources

    ranked, unranked = await rank_candidates(
        candidates, profile, Sources(service.catalogue, service.rules, service.geocoder)
    )
    ids = [each.get("id") for each in candidates]
    answer: Json = {
        "results": [_ranked_json(each, ids[each.index]) for each in ranked],
        "unranked": [{"index": u.index, "id": ids[u.index], "code": u.code, "message": u.message} for u in unranked],
        "weights": {
            "amount": profile.weights.amount,
            "certainty": profile.weights.certainty,
            "nearness": profile.weights.nearness,
        },
        "date": on.isoformat(),
        "known_on": known_on.isoformat(),
        "data_version": service.data_version,
        "rules_version": service.rules.version,
    }
    return Response(orjson.dumps(answer), media_type="application/json")


def _read_candidates(given: object) -> list[Mapping[str, object]]:
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_CANDIDATES:
        raise InvalidInput(f"candidates must be a list of 1 to {MAX_CANDIDATES} places.", field="candidates")
    for candidate in given:
        if not isinstance(candidate, Mapping):
            raise InvalidInput(
                "A candidate must be an object: address, or lon and lat, or citycode.", field="candidates"
            )
        refuse_unknown(candidate, ("id", *CANDIDATE_FIELDS, "date"), "candidates")
        for name, value in candidate.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            fits = is_number if name in ("lon", "lat") else isinstance(value, str)
            if value is not None and not fits:
                what = "a number" if name in ("lon", "lat") else "a text"
                raise InvalidInput(f"candidates.{name} must be {what}.", field=f"candidates.{name}")
        if candidate.get("id") is not None:
            clean_text(candidate["id"], "candidates.id", 80)
    return given


def _ranked_json(ranked: Ranked, id: object) -> Json:
    row = ranked.row
    zones = {}
    for name, _, generation in zoning_columns():
        suffix = "" if generation is None else f"_{generation}"
        zones[f"{name}{suffix}"] = {"state": row[f"{name}_state{suffix}"], "code": row[f"{name}_code{suffix}"]}
    return {
        "index": ranked.index,
        "id": id,
        "rank": ranked.rank,
        "tied": ranked.is_tied,
        "score": ranked.score.total,
        "parts": [
            {"criterion": p.criterion, "share": p.share, "weight": p.weight, "points": p.points, "because": p.because}
            for p in ranked.score.parts
        ],
        "amount_eur": row["amount_eur"],
        "aids_available": _ids(row["aids_available"]),
        "aids_to_check": _ids(row["aids_to_check"]),
        "zones": zones,
        "place": {name: value for name, value in row.items() if name.startswith("place_") and value is not None},
        "remark": row["row_error"],
    }


def _ids(text: object) -> list[str]:
    return str(text).split(";") if text else []
