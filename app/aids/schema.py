"""JSON Schema of a question, and the questions to ask, derived from the one table of facts."""

from __future__ import annotations

from app.aids.facts import APPLICANT_FACTS, PLACE_FACTS, Fact, FactKind
from app.aids.zone_words import GENERATIONS, ZONING_CODES

Schema = dict[str, object]

_MONTH_AND_DAY = "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
QUESTION_DAY_PATTERN = "^(20[0-9]{2}|2100)" + _MONTH_AND_DAY
FACT_DAY_PATTERN = "^(19[4-9][0-9]|20[0-9]{2}|2100)" + _MONTH_AND_DAY
"""The bounds of reading.QUESTION_DATES and FACT_DATES, as JSON Schema can say them."""

_TYPES = {
    FactKind.CHOICE: "string",
    FactKind.CHOICES: "array",
    FactKind.FLAG: "boolean",
    FactKind.INTEGER: "integer",
    FactKind.NUMBER: "number",
    FactKind.DATE: "string",
    FactKind.TEXT: "string",
}


def question_day() -> Schema:
    """A day that may be asked about (reading.QUESTION_DATES)."""
    return {"type": "string", "format": "date", "pattern": QUESTION_DAY_PATTERN}


def _fact_day(*types: str) -> Schema:
    """A day in the life of the applicant or of a zoning (reading.FACT_DATES)."""
    return {"type": list(types), "format": "date", "pattern": FACT_DAY_PATTERN}


def _generation() -> Schema:
    return {"enum": [*(generation for words in GENERATIONS.values() for generation in words), None]}


def fact_schema(fact: Fact) -> Schema:
    """One fact: type, allowed values or range; `null` means unknown."""
    schema: Schema = {"type": [_TYPES[fact.kind], "null"], "description": fact.question}
    if fact.kind is FactKind.CHOICE:
        schema["enum"] = [*fact.allowed, None]
    if fact.kind is FactKind.CHOICES:
        schema["items"] = {"type": "string", "enum": list(fact.allowed)}
    if fact.kind is FactKind.DATE:
        schema |= _fact_day("string", "null")
    if fact.minimum is not None:
        schema["minimum"] = fact.minimum
    if fact.maximum is not None:
        schema["maximum"] = fact.maximum
    if fact.pattern is not None:
        schema["pattern"] = fact.pattern.replace(r"\A", "^").replace(r"\Z", "$")
    if fact.default is not None:
        schema["default"] = fact.default
    return schema


def question_of(fact: Fact) -> Schema:
    """The fact as a question to the user: what a `missing` entry shows beside the aids it settles."""
    shown: Schema = {"fact": fact.name, "side": fact.side.value, "question": fact.question, "type": fact.kind.value}
    shown["unit"] = fact.unit
    shown["allowed"] = list(fact.allowed) or None
    shown["minimum"] = fact.minimum
    shown["maximum"] = fact.maximum
    return shown


def applicant_schema() -> Schema:
    held: Schema = {
        "type": "object",
        "properties": {
            "aid": {"type": "string", "pattern": "^[a-z0-9_-]{1,40}$"},
            "granted_on": _fact_day("string"),
            "ends": _fact_day("string", "null"),
            "received": {"type": ["number", "null"], "minimum": 0, "maximum": 1e8},
            "ended_on": _fact_day("string", "null"),
        },
        "required": ["aid", "granted_on"],
        "additionalProperties": False,
    }
    properties: Schema = {name: fact_schema(fact) for name, fact in APPLICANT_FACTS.items()}
    properties["held"] = {"type": ["array", "null"], "items": held, "maxItems": 50}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def zone_schema() -> Schema:
    """A membership as a caller writes it (zones.md § 7)."""
    codes = sorted({code for words in ZONING_CODES.values() for code in words})
    text: Schema = {"type": ["string", "null"], "minLength": 1, "maxLength": 80}
    return {
        "type": "object",
        "properties": {
            "zoning": {"type": "string", "enum": sorted(ZONING_CODES)},
            "code": {"type": ["string", "null"], "description": f"Classes : {', '.join(codes)} ; QPV : code officiel."},
            "generation": _generation(),
            "scope": text,
            "coverage": {"enum": ["full", "partial", None]},
            "sub": text,
            "boosted": {"type": ["boolean", "null"]},
            "valid_from": _fact_day("string", "null"),
            "valid_to": _fact_day("string", "null"),
            "published_on": _fact_day("string", "null"),
            "source": {},
        },
        "required": ["zoning"],
        "additionalProperties": False,
    }


def place_schema() -> Schema:
    zones: Schema = {"type": ["array", "null"], "items": zone_schema(), "maxItems": 200}
    near: Schema = {
        "type": "object",
        "properties": {
            "zoning": {"type": "string", "enum": sorted(ZONING_CODES)},
            "generation": _generation(),
            "code": {},
            "signed_distance_m": {"type": "number", "minimum": -1e6, "maximum": 1e6},
        },
        "required": ["zoning", "signed_distance_m"],
        "additionalProperties": False,
    }
    properties: Schema = {name: fact_schema(fact) for name, fact in PLACE_FACTS.items()}
    properties["zones"] = zones
    properties["candidates"] = {
        "type": ["array", "null"],
        "maxItems": 64,
        "items": {
            "anyOf": [{"type": "array", "items": zone_schema()}, {"type": "object", "properties": {"zones": zones}}]
        },
    }
    properties["near"] = {"type": ["array", "null"], "items": near, "maxItems": 200}
    properties["helped_place"] = {
        "type": ["object", "null"],
        "properties": {"zones": zones},
        "additionalProperties": False,
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def question_schema() -> Schema:
    """Body of `POST /v1/aids/evaluate`."""
    day = question_day() | {"description": "Jour demandé, de 2000 à 2100."}
    return {
        "type": "object",
        "properties": {
            "date": day,
            "known_on": {
                **day,
                "type": ["string", "null"],
                "description": "État du droit publié ce jour (aujourd'hui).",
            },
            "place": place_schema(),
            "applicant": applicant_schema(),
        },
        "required": ["date"],
        "additionalProperties": False,
    }
