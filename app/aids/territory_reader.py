"""The `where` of a rule file: `all`, `any`, `not`, `since` nested over memberships, codes and place facts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.aids.expression_reader import expression
from app.aids.territory import CodeIs, Doubt, Either, Every, InTerritory, Outside, Since, Territory, That
from app.aids.tree import Node
from app.aids.yaml_text import Cursor
from app.aids.zone_predicate import ZonePredicate
from app.aids.zone_words import GENERATIONS, ZONING_CODES

_CODES = {
    "region": re.compile(r"\A\d{2}\Z"),
    "departement": re.compile(r"\A(?:\d{2,3}|2[AB])\Z"),
    "commune": re.compile(r"\A(?:\d{2}|2[AB])\d{3}\Z"),
    "epci": re.compile(r"\A\d{9}\Z"),
}
_KINDS = ("all", "any", "not", "since", "zoning", *_CODES, "that", "named", "doubt")


def read_territory(cursor: Cursor, scope: Mapping[str, Node]) -> Territory:
    """Read one node.

    Raises:
        RuleError: an unknown key, zoning, code, generation, or no condition at all.
    """
    kinds = [kind for kind in _KINDS if cursor.has(kind)]
    if len(kinds) != 1:
        for key in cursor.content:
            if key not in _KINDS and not kinds:
                raise cursor.fail(key, f"is an unknown key; a territory is one of {', '.join(_KINDS)}")
        raise cursor.fail("", f"must hold exactly one of: {', '.join(_KINDS)}")
    kind = kinds[0]
    territory = _read_zone(cursor) if kind == "zoning" else _read_other(cursor, kind, scope)
    cursor.done()
    return territory


def _read_other(cursor: Cursor, kind: str, scope: Mapping[str, Node]) -> Territory:
    if kind in ("all", "any"):
        parts = tuple(read_territory(item, scope) for item in cursor.items(kind))
        if not parts:
            raise cursor.fail(kind, "is empty; list at least one condition")
        return Every(parts) if kind == "all" else Either(parts)
    if kind == "not":
        return Outside(read_territory(cursor.inner("not"), scope))
    if kind == "since":
        return _read_since(cursor.inner("since"), scope)
    if kind in _CODES:
        codes = cursor.words(kind)
        if not all(_CODES[kind].match(code) for code in codes):
            raise cursor.fail(kind, "must hold official codes in quotes: INSEE codes, or the SIREN of an EPCI")
        return CodeIs(kind, frozenset(codes))
    if kind == "named":
        name = cursor.text("named")
        node = scope.get(name)
        if not isinstance(node, InTerritory):
            raise cursor.fail("named", "must be a name declared under `zones`")
        return node.territory
    if kind == "doubt":
        return Doubt(cursor.text("doubt"))
    return That(expression(cursor, "that", scope, "flag"), cursor.text("else"))


def _read_since(cursor: Cursor, scope: Mapping[str, Node]) -> Territory:
    versions = tuple(
        (cursor.read_date(start, start), read_territory(cursor.inner(start), scope)) for start in cursor.content
    )
    if not versions or list(versions) != sorted(versions, key=lambda version: version[0]):
        raise cursor.fail("", "must list its dates in order, earliest first")
    return Since(versions)


def _read_zone(cursor: Cursor) -> Territory:
    zoning = cursor.choice("zoning", sorted(ZONING_CODES))
    allowed = ZONING_CODES[zoning]
    codes = cursor.choices("code", allowed) if allowed else cursor.words("code")
    if codes and not allowed:
        raise cursor.fail("code", f"does not go with {zoning}, whose zones have no class; remove it")
    if zoning in ("doctors", "nurses", "midwives", "physios", "speech", "dentists", "frr") and not codes:
        raise cursor.fail("code", f"is missing; one or several of: {', '.join(allowed)}")
    generation = None
    if cursor.has("generation"):
        value = cursor.take("generation")
        generations = {str(item): item for item in GENERATIONS.get(zoning, ())}
        if str(value) not in generations:
            listed = ", ".join(generations) or "none for this zoning"
            raise cursor.fail("generation", f"must be one of: {listed}")
        generation = generations[str(value)]
    boosted = cursor.flag("boosted") if cursor.has("boosted") else None
    return ZonePredicate(
        zoning,
        codes,
        generation,
        cursor.choice("scope", ("qpv",)) if cursor.has("scope") else None,
        cursor.choice("coverage", ("full", "partial")) if cursor.has("coverage") else None,
        cursor.optional_text("sub"),
        boosted,
        cursor.choice("at", ("practice", "helped"), "practice") == "helped",
    )
