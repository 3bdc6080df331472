"""OpenAPI of the routes that read their query or body by hand: the same declarations as the readers use."""

from __future__ import annotations

from app.aids.facts import APPLICANT_FACTS, Fact, FactKind
from app.aids.reading import QUESTION_DATES
from app.aids.schema import applicant_schema, fact_schema, question_day
from app.api.question import MAX_ADDRESS_CHARS, WIDEST_UNCERTAINTY_M

Schema = dict[str, object]

TEXT_PATTERN = r"^[\t\n\r ]*[^\x00-\x20\x7f-\xa0][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""What `question.clean_text` accepts: something visible, no control character but tabs and line ends."""

_LON: Schema = {
    "type": "number",
    "minimum": -180,
    "maximum": 180,
    "description": "WGS 84 longitude, degrees.",
    "example": 1.6053,
}
_LAT: Schema = {
    "type": "number",
    "minimum": -90,
    "maximum": 90,
    "description": "WGS 84 latitude, degrees.",
    "example": 42.9657,
}
_ADDRESS: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ADDRESS_CHARS,
    "pattern": TEXT_PATTERN,
    "description": "Address as people write it.",
    "example": "Place de la mairie, 09000 Foix",
}
_UNCERTAINTY: Schema = {
    "type": "number",
    "minimum": 0,
    "maximum": WIDEST_UNCERTAINTY_M,
    "description": "Radius in metres within which the true point lies; 0 when absent.",
}
_CITYCODE: Schema = {
    "type": "string",
    "pattern": r"^(?:[0-9]{2}|2[AB])[0-9]{3}$",
    "description": "INSEE code of a commune, former ones included; not a postal code.",
    "example": "09122",
}
_POSTCODE: Schema = {
    "type": "string",
    "pattern": "^[0-9]{5}$",
    "description": "Evidence beside the address, not a filter.",
}


def place_schema() -> Schema:
    """Exactly one way of naming the place."""

    def way(properties: dict[str, object], required: list[str]) -> Schema:
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    return {
        "oneOf": [
            way({"address": _ADDRESS, "postcode": _POSTCODE}, ["address"]),
            way({"lon": _LON, "lat": _LAT, "uncertainty_m": _UNCERTAINTY}, ["lon", "lat"]),
            way({"citycode": _CITYCODE}, ["citycode"]),
        ]
    }


def date_schema(description: str) -> Schema:
    """A day that may be asked about."""
    first, last = QUESTION_DATES
    return question_day() | {"description": f"{description} Between {first} and {last}; default: today."}


def _in_a_query(fact: Fact) -> Schema:
    """The fact as a query parameter: absence, and not `null`, is how a query says that it is unknown."""
    schema = {name: value for name, value in fact_schema(fact).items() if name != "default"}
    types, allowed = schema["type"], schema.get("enum")
    assert isinstance(types, list)
    schema["type"] = types[0]
    if isinstance(allowed, list):
        schema["enum"] = [word for word in allowed if word is not None]
    return schema


def query_parameters(*, with_applicant: bool) -> list[Schema]:
    """Parameters of the GET form. The place is one exploded object: its fields are the query's own names."""

    def parameter(name: str, schema: Schema, **more: object) -> Schema:
        return {"name": name, "in": "query", "required": False, "schema": schema, **more}

    parameters = [
        parameter("place", place_schema(), style="form", explode=True)
        | {
            "required": True,
            "description": "Exactly one of: address (with postcode), lon and lat (with uncertainty_m), citycode.",
        },
        parameter("date", date_schema("Day the practice opens or the contract is signed.")),
        parameter("known_on", date_schema("State of the law and lists as published that day.")),
        parameter("near", {"type": "string", "enum": ["0", "1"], "description": "Closest better zones."}),
    ]
    if with_applicant:
        parameters += [
            parameter(
                fact.name,
                _in_a_query(fact),
                **({"style": "form", "explode": False} if fact.kind is FactKind.CHOICES else {}),
            )
            for fact in APPLICANT_FACTS.values()
        ]
    return parameters


def assess_body_schema() -> Schema:
    return {
        "type": "object",
        "properties": {
            "place": place_schema(),
            "date": date_schema("Day the practice opens or the contract is signed."),
            "known_on": date_schema("State of the law and lists as published that day."),
            "applicant": applicant_schema(),
            "near": {"type": "boolean"},
        },
        "required": ["place"],
        "additionalProperties": False,
    }


def problem_responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Declare problem+json for these statuses of a route."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    words = {
        400: "Unreadable request", 404: "No answer: not found", 413: "Body too large", 422: "Malformed question",
        429: "Too many requests", 503: "Saturated or without data",
    }  # fmt: skip
    return {status: {"description": words[status], "content": content} for status in statuses}
