"""One rule file to one `Rule`, refusing everything it does not fully understand. Format: docs/rules.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from keyword import iskeyword
from pathlib import PurePath

from app.aids.amount_reader import read_amount, read_references
from app.aids.expression_reader import expression, optional_expression
from app.aids.expressions import DERIVED_NAMES
from app.aids.facts import FACTS, PROFESSIONS, STATUSES
from app.aids.functions import FUNCTIONS
from app.aids.held_fields import held_scope
from app.aids.models import (
    Audience,
    BearsOn,
    Bound,
    Condition,
    Confidence,
    Kind,
    Note,
    Promise,
    Relation,
    Rule,
    Term,
    Uncertainty,
    Window,
)
from app.aids.reading import AID_ID
from app.aids.territory import InTerritory
from app.aids.territory_reader import read_territory
from app.aids.tree import Let, Node
from app.aids.yaml_text import Cursor, Plain

PAYERS = (
    *("health-insurance", "state", "ars", "region", "departement", "commune", "tax", "social-security"),
    *("city-of-paris", "cng", "order", "several", "none"),
)
"""Who pays; `tax` is a tax the State or an authority does not collect, `none` a right without money."""


def read_rule(content: Mapping[str, Plain], file: str) -> Rule:
    """Read one parsed file; its worked examples stay as written (`example_reader.read_examples`).

    Raises:
        RuleError: names the file, the key and the fix.
    """
    cursor = Cursor(content, file)
    rule_id = cursor.text("id")
    if AID_ID.match(rule_id) is None:
        raise cursor.fail("id", "must be made of a-z, 0-9, - and _, at most 40 characters")
    if PurePath(file).stem != rule_id:
        raise cursor.fail("id", f"must be the file's name, {PurePath(file).stem}")
    about_held = cursor.optional_text("about_held")
    scope: dict[str, Node] = dict(held_scope(about_held)) if about_held else {}
    _read_named_zones(cursor, scope)
    _read_lets(cursor, scope)
    kind = Kind(cursor.choice("kind", [kind.value for kind in Kind], "aid"))
    confidence = Confidence(cursor.choice("confidence", [word.value for word in Confidence]))
    audience = _read_audience(cursor.inner("who")) if cursor.has("who") else Audience()
    references = read_references(cursor)
    rule = Rule(
        id=rule_id,
        label=cursor.text("label"),
        summary=cursor.text("summary"),
        kind=kind,
        payer=cursor.choice("payer", PAYERS),
        contact=cursor.text("contact"),
        audience=audience,
        windows=_read_windows(cursor),
        where=read_territory(cursor.inner("where"), scope) if cursor.has("where") else None,
        conditions=tuple(_read_condition(item, scope) for item in cursor.items("conditions")),
        doubts=tuple(_read_doubt(item, scope) for item in cursor.items("to_check")),
        promises=tuple(_read_promise(item) for item in cursor.items("promises")),
        notes=tuple(_read_note(item, scope) for item in cursor.items("notes")),
        amount=read_amount(cursor.inner("amount"), scope, references) if cursor.has("amount") else None,
        excludes=_read_relations(cursor, "excludes", scope),
        yields_to=_read_relations(cursor, "yields_to", scope),
        family=cursor.optional_text("family"),
        once_in_career=cursor.flag("once_in_career"),
        term=_read_term(cursor),
        about_held=about_held,
        references=references,
        published_on=cursor.optional_day("published_on"),
        checked_on=cursor.day("checked_on"),
        confidence=confidence,
        source=content,
    )
    for read_elsewhere in ("where", "amount", "who", "example_base", "examples"):
        cursor.take(read_elsewhere)
    cursor.done()
    return rule


def _read_named_zones(cursor: Cursor, scope: dict[str, Node]) -> None:
    if not cursor.has("zones"):
        cursor.take("zones")
        return
    zones = cursor.inner("zones")
    for name in zones.content:
        _check_new_name(zones, name, scope)
        scope[name] = InTerritory(name, read_territory(zones.inner(name), scope))


def _read_lets(cursor: Cursor, scope: dict[str, Node]) -> None:
    if not cursor.has("let"):
        cursor.take("let")
        return
    lets = cursor.inner("let")
    for name in lets.content:
        _check_new_name(lets, name, scope)
        scope[name] = Let(name, expression(lets, name, scope))


def _check_new_name(cursor: Cursor, name: str, scope: Mapping[str, Node]) -> None:
    is_taken = any(name in names for names in (scope, FUNCTIONS, FACTS, DERIVED_NAMES, ("total", "year")))
    if is_taken or iskeyword(name) or not name.isidentifier():
        raise cursor.fail(name, "must be a new name: not a fact, a function nor one already used")


def _read_audience(cursor: Cursor) -> Audience:
    regions = cursor.words("regions")
    audience = Audience(
        frozenset(cursor.choices("professions", PROFESSIONS)),
        frozenset(cursor.choices("specialties", ("mg", "other"))),
        frozenset(cursor.choices("statuses", STATUSES)),
        frozenset(regions),
        cursor.flag("recent"),
    )
    cursor.done()
    if audience.recent and audience.statuses and not audience.statuses <= {"installing", "installed"}:
        raise cursor.fail("recent", "only goes with the statuses installing and installed")
    return audience


def _read_windows(cursor: Cursor) -> tuple[Window, ...]:
    if not cursor.has("window"):
        return tuple(_read_window(item) for item in cursor.items("windows"))
    cursor.take("windows")
    if cursor.has("windows"):
        raise cursor.fail("windows", "stands beside `window`; keep one of them")
    return (_read_window(cursor.inner("window")),)


def _read_window(cursor: Cursor) -> Window:
    audience = _read_audience(cursor.inner("for")) if cursor.has("for") else Audience()
    cursor.take("for")
    window = Window(
        audience,
        BearsOn(cursor.choice("bears_on", [word.value for word in BearsOn])),
        _read_bound(cursor, "opens"),
        _read_bound(cursor, "closes"),
        cursor.optional_day("published_on"),
    )
    cursor.done()
    for _, opens in window.opens.versions:
        for _, closes in window.closes.versions:
            if opens is not None and closes is not None and closes < opens:
                raise cursor.fail("closes", "is before `opens`; exchange or correct them")
    return window


def _read_bound(cursor: Cursor, key: str) -> Bound:
    value = cursor.take(key)
    if value is None:
        return Bound()
    if not isinstance(value, Mapping):
        return Bound(((None, cursor.read_date(key, value)),))
    versions: list[tuple[date | None, date | None]] = []
    for published, day in value.items():
        known = cursor.read_date(f"{key}.{published}", published)
        versions.append((known, None if day is None else cursor.read_date(f"{key}.{published}", day)))
    if [item[0] for item in versions] != sorted(item[0] for item in versions if item[0] is not None):
        raise cursor.fail(key, "must list its publication dates in order, earliest first")
    return Bound(tuple(versions))


def _read_condition(cursor: Cursor, scope: Mapping[str, Node]) -> Condition:
    that = expression(cursor, "that", scope, "flag")
    facts = list(that.names())
    given = cursor.optional_text("id")
    if given is None and not facts:
        raise cursor.fail("id", "is missing; the expression reads no fact to be named after")
    condition = Condition(
        given or facts[0],
        that,
        cursor.text("else"),
        cursor.optional_day("from"),
        cursor.optional_day("until"),
        cursor.flag("waivable"),
    )
    cursor.done()
    return condition


def _read_doubt(cursor: Cursor, scope: Mapping[str, Node]) -> Uncertainty:
    doubt = Uncertainty(
        cursor.text("because"),
        cursor.optional_day("from"),
        cursor.optional_day("until"),
        optional_expression(cursor, "when", scope, "flag"),
    )
    cursor.done()
    return doubt


def _read_promise(cursor: Cursor) -> Promise:
    promise = Promise(cursor.text("text"), cursor.integer("commitment_years", 1, 50))
    cursor.done()
    return promise


def _read_note(cursor: Cursor, scope: Mapping[str, Node]) -> Note:
    note = Note(cursor.text("text"), optional_expression(cursor, "when", scope, "flag"))
    cursor.done()
    return note


def _read_term(cursor: Cursor) -> Term | None:
    """`term_months`, and `renewal`: tacit for terms begun by a day, or on request a number of times."""
    months = cursor.integer("term_months", 1, 600)
    if not cursor.has("renewal"):
        cursor.take("renewal")
        return None if months is None else Term(months)
    renewal = cursor.inner("renewal")
    tacit_until, times = renewal.optional_day("tacit_until"), renewal.integer("times", 1, 10)
    renewal.done()
    if months is None or (tacit_until is None) == (times is None):
        raise cursor.fail("renewal", "needs `term_months`, and one of {tacit_until: day} or {times: number}")
    return Term(months, tacit_until, times or 0)


def _read_relations(cursor: Cursor, key: str, scope: Mapping[str, Node]) -> tuple[Relation, ...]:
    """A list of ids, or of mappings {aid, because, when, doubtful}."""
    listed = cursor.content.get(key)
    if isinstance(listed, (list, tuple)) and listed and all(isinstance(item, str) for item in listed):
        return tuple(Relation(aid) for aid in cursor.words(key))
    return tuple(_read_relation(item, scope) for item in cursor.items(key))


def _read_relation(cursor: Cursor, scope: Mapping[str, Node]) -> Relation:
    relation = Relation(
        cursor.text("aid"),
        cursor.optional_text("because"),
        optional_expression(cursor, "when", scope, "flag"),
        cursor.flag("doubtful"),
    )
    cursor.done()
    return relation
