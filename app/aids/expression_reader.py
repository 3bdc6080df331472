"""Expressions under a key of a rule file: parsed, or refused with file, key and fix."""

from __future__ import annotations

from collections.abc import Mapping

from app.aids.expressions import ExpressionError, parse
from app.aids.sorts import SortError, require_sort
from app.aids.tree import Node
from app.aids.yaml_text import Cursor


def expression(cursor: Cursor, key: str, scope: Mapping[str, Node], sort: str | None = None) -> Node:
    """The expression under a key; a bare number or boolean is accepted. `sort` is what it must hold, when one is asked.

    Raises:
        RuleError: the key is missing, or its text is not an expression of the rule language, or of another sort.
    """
    value = cursor.required(key)
    if isinstance(value, (Mapping, list, tuple)):
        raise cursor.fail(key, "must be an expression in quotes")
    try:
        node = parse(str(value), scope)
        if sort is not None:
            require_sort(node, sort)
    except (ExpressionError, SortError) as error:
        raise cursor.fail(key, str(error)) from error
    return node


def optional_expression(cursor: Cursor, key: str, scope: Mapping[str, Node], sort: str | None = None) -> Node | None:
    """As `expression`; None when the key is absent."""
    if not cursor.has(key):
        cursor.take(key)
        return None
    return expression(cursor, key, scope, sort)
