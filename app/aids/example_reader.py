"""The worked examples of a rule file, written in the words of `/v1/aids/evaluate`."""

from __future__ import annotations

from collections.abc import Mapping

from app.aids.models import Audience, Example, Rule, Status
from app.aids.question import read_question
from app.aids.reading import QUESTION_DATES
from app.aids.yaml_text import Cursor, Plain
from app.errors import InvalidInput

EXAMPLES_MINIMUM = 3
_PLACE_KEYS = ("zones", "candidates", "near", "helped_place")
_KEYS = {"applicant": "given", "date": "on"}
"""Fields of a question under the keys that a rule file gives them."""


def read_examples(rule: Rule) -> tuple[Example, ...]:
    """The examples of a rule, each completed by `example_base` and by the rule's own profession and status.

    They are half of a rule file and decide nothing: read when shown or checked, never to answer a question.

    Raises:
        RuleError: fewer than three, an unknown fact, a value out of range.
    """
    cursor = Cursor(rule.source, f"{rule.id}.yaml")
    base: Mapping[str, Plain] = {}
    if cursor.has("example_base"):
        base_cursor = cursor.inner("example_base")
        base = {key: base_cursor.take(key) for key in ("given", "place", *_PLACE_KEYS)}
        base_cursor.done()
    examples = tuple(_read_example(item, base, rule.audience) for item in cursor.items("examples"))
    if len(examples) < EXAMPLES_MINIMUM:
        raise cursor.fail("examples", f"must hold at least {EXAMPLES_MINIMUM} examples: a yes, a no, an edge date")
    if len({example.name for example in examples}) < len(examples):
        raise cursor.fail("examples", "has two examples of the same name; rename one")
    return examples


def _read_example(cursor: Cursor, base: Mapping[str, Plain], audience: Audience) -> Example:
    name = cursor.text("name")
    applicant = {**_defaults(audience), **_mapping(base.get("given")), **_mapping(cursor.take("given"))}
    place = {**_mapping(base.get("place")), **_mapping(cursor.take("place"))}
    for key in _PLACE_KEYS:
        value = cursor.take(key)
        if value is None:
            value = base.get(key)
        if value is not None:
            place[key] = value
    question: dict[str, Plain] = {"date": cursor.text("on"), "applicant": applicant, "place": place}
    question["known_on"] = cursor.optional_text("known_on") or "2100-12-31"
    try:
        read_question(question, QUESTION_DATES[1])
    except InvalidInput as error:
        field, dot, rest = str(error.field).partition(".")
        raise cursor.fail(
            f"{_KEYS.get(field, field)}{dot}{rest}", f"is refused: {error.message.rstrip('.')}"
        ) from error
    has_amount = "amount_eur" in cursor.content
    amount = cursor.take("amount_eur")
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, (int, float))):
        raise cursor.fail("amount_eur", "must be a number, or null for no amount")
    example = Example(
        name,
        question,
        Status(cursor.choice("expect", [status.value for status in Status])),
        None if amount is None else float(amount),
        has_amount,
        _listed(cursor, "failing"),
        _listed(cursor, "missing"),
    )
    cursor.done()
    return example


def _listed(cursor: Cursor, key: str) -> tuple[str, ...] | None:
    return cursor.words(key) if key in cursor.content else None


def _mapping(value: Plain) -> dict[str, Plain]:
    return dict(value) if isinstance(value, Mapping) else {}


def _defaults(audience: Audience) -> dict[str, Plain]:
    """The first profession, specialty and status the rule accepts: examples need not repeat them."""
    order = {
        "profession": sorted(audience.professions, key=lambda word: (word != "medecin", word)),
        "specialty": sorted(audience.specialties),
        "status": sorted(audience.statuses, key=lambda word: (word != "installing", word)),
    }
    return {name: words[0] for name, words in order.items() if words}
