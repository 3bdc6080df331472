"""Parse the expressions of rule files into a safe tree: a whitelist over Python's own grammar, never `eval`."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping
from datetime import date

from app.aids.facts import FACTS, FactKind
from app.aids.functions import FUNCTIONS
from app.aids.logic import AllOf, AnyOf, Compare, NotOf
from app.aids.reading import ISO_DATE
from app.aids.sorts import SortError, check_sorts
from app.aids.tree import Arithmetic, Call, Choice, Const, Name, Negative, Node

DERIVED_NAMES: Mapping[str, str] = {
    "date": "the day asked about",
    "known_on": "the state of the law asked about",
    "entry": "the day of signature, installation or creation that the window bears on",
    "recent": "installing, or installed for less than a year",
    "unknown": "a value nobody knows: no amount",
}
"""Names computed from the question, besides the facts."""

LENGTH_MAXIMUM = 1000
NUMBER_MAXIMUM = 1e10
"""No aid pays ten billion euros: beyond it is a typing error."""
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


class ExpressionError(ValueError):
    """An expression the rule language does not accept; the message says why and what to write."""


def parse(text: str, scope: Mapping[str, Node]) -> Node:
    """Read one expression. `scope` holds the rule's own names (`let`, `zones`) beside facts and derived names.

    Raises:
        ExpressionError: syntax, an unknown name or function, a construct outside the language.
    """
    if len(text) > LENGTH_MAXIMUM:
        raise ExpressionError(f"is longer than {LENGTH_MAXIMUM} characters; name parts of it under `let`")
    try:
        node = _build(ast.parse(text.strip(), mode="eval").body, scope)
    except SortError as error:
        raise ExpressionError(str(error)) from error
    except ExpressionError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"is not an expression: {getattr(error, 'msg', 'unreadable')}") from error
    return node


def _build(node: ast.expr, scope: Mapping[str, Node]) -> Node:
    """One node and those under it, each checked for its sort."""
    built = _node(node, scope)
    check_sorts(built)
    return built


def _node(node: ast.expr, scope: Mapping[str, Node]) -> Node:
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.Name):
        return _name(node.id, scope)
    if isinstance(node, (ast.List, ast.Tuple)):
        return _list(node)
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return Arithmetic(_ARITHMETIC[type(node.op)], _build(node.left, scope), _build(node.right, scope))
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.USub):
            return Negative(_build(node.operand, scope))
        if isinstance(node.op, ast.Not):
            return NotOf(_build(node.operand, scope))
    if isinstance(node, ast.BoolOp):
        parts = tuple(_build(value, scope) for value in node.values)
        return AllOf(parts) if isinstance(node.op, ast.And) else AnyOf(parts)
    if isinstance(node, ast.Compare):
        return _compare(node, scope)
    if isinstance(node, ast.IfExp):
        return Choice(_build(node.test, scope), _build(node.body, scope), _build(node.orelse, scope))
    if isinstance(node, ast.Call):
        return _call(node, scope)
    raise ExpressionError(
        "uses a construct outside the rule language; allowed: numbers, quoted words, facts, + - * /, comparisons, "
        "in, and, or, not, `a if test else b`, and the functions of docs/rules.md"
    )


def _constant(node: ast.Constant) -> Node:
    if isinstance(node.value, (int, float)) and not abs(node.value) < NUMBER_MAXIMUM:
        raise ExpressionError(f"holds a number beyond {NUMBER_MAXIMUM:,.0f}; count its digits")
    if isinstance(node.value, (bool, int, float, str)):
        return Const(node.value)
    raise ExpressionError("holds a constant that is neither a number, a quoted word nor True/False")


def _name(name: str, scope: Mapping[str, Node]) -> Node:
    if name in scope:
        return scope[name]
    if name in FACTS or name in DERIVED_NAMES:
        return Name(name)
    close = difflib.get_close_matches(name, [*FACTS, *DERIVED_NAMES, *scope], n=1)
    hint = f"; did you mean {close[0]}?" if close else "; the facts are listed in docs/rules.md"
    raise ExpressionError(f"names an unknown fact {name}{hint}")


def _list(node: ast.List | ast.Tuple) -> Node:
    words = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if not words or len(words) != len(node.elts):
        raise ExpressionError("has a list that is not made of quoted words only, such as ['1', '2-optam']")
    return Const(tuple(words))


def _compare(node: ast.Compare, scope: Mapping[str, Node]) -> Node:
    sides = [_build(side, scope) for side in (node.left, *node.comparators)]
    parts: list[Node] = []
    for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if type(operator) not in _COMPARISONS:
            raise ExpressionError("compares with `is`; write == or !=")
        comparison = Compare(_COMPARISONS[type(operator)], left, right)
        _check_words(comparison)
        parts.append(comparison)
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _check_words(comparison: Compare) -> None:
    """A word compared with a choice must be one of its words: a typing error would be silently false."""
    for fact_side, word_side in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        if not isinstance(fact_side, Name) or not isinstance(word_side, Const):
            continue
        fact = FACTS.get(fact_side.name)
        if fact is None:
            continue
        content = word_side.content
        words = content if isinstance(content, tuple) else (content,)
        is_choice = fact.kind in (FactKind.CHOICE, FactKind.CHOICES)
        for word in words:
            if is_choice and word not in fact.allowed:
                words_allowed = ", ".join(f"'{allowed}'" for allowed in fact.allowed)
                raise ExpressionError(f"compares {fact.name} with a word it never holds; use {words_allowed}")
            if fact.kind in (FactKind.INTEGER, FactKind.NUMBER) and isinstance(word, (str, bool)):
                raise ExpressionError(f"compares the number {fact.name} with a word; write it without quotes")
            if fact.kind is FactKind.DATE:
                raise ExpressionError(f"compares the date {fact.name} with a word; write day('2024-07-01')")
            if fact.kind is FactKind.TEXT and not isinstance(word, str):
                raise ExpressionError(f"compares the code {fact.name} with a number; quote it: '75'")


def _call(node: ast.Call, scope: Mapping[str, Node]) -> Node:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
        raise ExpressionError(f"calls an unknown function; the functions are {', '.join(FUNCTIONS)}")
    name = node.func.id
    function = FUNCTIONS[name]
    if not function.least <= len(node.args) <= function.most:
        raise ExpressionError(f"calls {name} with {len(node.args)} arguments; {function.documentation}")
    if name in ("steps", "schedule") and len(node.args) % 2 == 0:
        raise ExpressionError(f"calls {name} with a bound that has no result; {function.documentation}")
    if name == "day":
        _check_day(node.args[0])
    arguments = tuple(_build(argument, scope) for argument in node.args)
    return Call(name, function.apply, arguments, function.printed)


def _check_day(argument: ast.expr) -> None:
    word = argument.value if isinstance(argument, ast.Constant) else None
    if not isinstance(word, str) or ISO_DATE.match(word) is None:
        raise ExpressionError("writes day() without an ISO date; write day('2024-07-01')")
    try:
        date.fromisoformat(word)
    except ValueError as error:
        raise ExpressionError("writes day() with a date that does not exist; write day('2024-07-01')") from error
