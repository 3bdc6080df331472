"""Expressions under a key of a rule file: parsed, or refused with file, key and fix."""

from __future__ import annotations

from collections.abc import Mapping

from app.aids.expressions import ExpressionError, parse
from app.aids.tree import Node
from app.aids.yaml_text import Cursor


def expression(cursor: Cursor, key: str, scope: Mapping[str, Node]) -> Node:
    """The expression under a key; a bare number or boolean is accepted.

    Raises:
        RuleError: the key is missing, or its text is not an expression of the rule language.
    """
    value = cursor.required(key)
    if isinstance(value, (Mapping, list, tuple)):
        raise cursor.fail(key, "must be an expression in quotes")
    try:
        return parse(str(value), scope)
    except ExpressionError as error:
        raise cursor.fail(key, str(error)) from error


def optional_expression(cursor: Cursor, key: str, scope: Mapping[str, Node]) -> Node | None:
    """As `expression`; None when the key is absent."""
    if not cursor.has(key):
        cursor.take(key)
        return None
    return expression(cursor, key, scope)
