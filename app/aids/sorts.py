"""What an expression holds when it is known (number, flag, word, list, date), and the mixtures that make no sense.

A mixture would not stop the service: it would be unknown for ever, or silently false. The loader refuses it instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.aids.facts import FACTS, FactKind
from app.aids.logic import AllOf, AnyOf, Compare, NotOf
from app.aids.territory import InTerritory
from app.aids.tree import Arithmetic, Call, Choice, Const, Let, Name, Negative, Node


class SortError(ValueError):
    """A number where a flag is needed, a word in a sum…; the message says what is expected."""


_OF_FACTS = {
    FactKind.CHOICE: "word",
    FactKind.CHOICES: "list",
    FactKind.FLAG: "flag",
    FactKind.INTEGER: "number",
    FactKind.NUMBER: "number",
    FactKind.DATE: "date",
    FactKind.TEXT: "word",
}
_OF_DERIVED = {"date": "date", "known_on": "date", "entry": "date", "recent": "flag"}
_OF_CONSTANTS: dict[type, str] = {bool: "flag", int: "number", float: "number", str: "word", tuple: "list"}
_OF_CALLS = {
    **dict.fromkeys(("min", "max", "half_day_floor", "floor", "percent", "months_since", "years_since"), "number"),
    **dict.fromkeys(("is_known", "any_in", "less_than_a_year_ago"), "flag"),
    "day": "date",
}
_ARGUMENTS = {
    **dict.fromkeys(("min", "max", "half_day_floor", "floor", "percent"), "number"),
    **dict.fromkeys(("months_since", "years_since", "less_than_a_year_ago"), "date"),
}


def sort_of(node: Node) -> str | None:
    """The sort of a node, None when its form does not tell."""
    while isinstance(node, Let):
        node = node.inner
    if isinstance(node, Name):
        fact = FACTS.get(node.name)
        return _OF_FACTS[fact.kind] if fact else _OF_DERIVED.get(node.name)
    if isinstance(node, Const):
        return _OF_CONSTANTS.get(type(node.content))
    if isinstance(node, (Arithmetic, Negative)):
        return "number"
    if isinstance(node, (AllOf, AnyOf, NotOf, Compare, InTerritory)):
        return "flag"
    if isinstance(node, Choice):
        return sort_of(node.then) or sort_of(node.otherwise)
    if isinstance(node, Call):
        if node.name in ("steps", "schedule"):
            return sort_of(node.arguments[2])
        if node.name == "given_or":
            return sort_of(node.arguments[0]) or sort_of(node.arguments[1])
        return _OF_CALLS[node.name]
    return None


def require_sort(node: Node, sort: str) -> None:
    """Refuse an expression that is known not to hold `sort`."""
    found = sort_of(node)
    if found not in (sort, None):
        raise SortError(f"holds a {found} where a {sort} is needed{_HINTS.get(sort, '')}")


_HINTS = {"flag": "; compare it: profit > 0, group == 'pluri'", "number": "; write figures and number facts"}


def check_sorts(node: Node) -> None:
    """Refuse a node whose parts are not of the sorts that it works on; the nodes under it were checked before."""
    if isinstance(node, Compare):
        _check_comparison(node)
    elif isinstance(node, Arithmetic):
        _require_all((node.left, node.right), "number")
    elif isinstance(node, Negative):
        require_sort(node.inner, "number")
    elif isinstance(node, (AllOf, AnyOf)):
        _require_all(node.parts, "flag")
    elif isinstance(node, NotOf):
        require_sort(node.inner, "flag")
    elif isinstance(node, Choice):
        require_sort(node.test, "flag")
        _require_one_sort((node.then, node.otherwise))
    elif isinstance(node, Call):
        _check_call(node)


def _require_all(nodes: Sequence[Node], sort: str) -> None:
    for node in nodes:
        require_sort(node, sort)


def _require_one_sort(nodes: Sequence[Node]) -> None:
    sorts = sorted({sort for sort in map(sort_of, nodes) if sort is not None})
    if len(sorts) > 1:
        raise SortError(f"gives a {sorts[0]} in one case and a {sorts[1]} in another; both must be of one kind")


def _check_call(call: Call) -> None:
    if call.name in _ARGUMENTS:
        _require_all(call.arguments, _ARGUMENTS[call.name])
    elif call.name in ("steps", "schedule"):
        _require_all((call.arguments[0], *call.arguments[1::2]), "number")
        _require_one_sort(call.arguments[2::2])
        bounds = [bound.content for bound in call.arguments[1::2] if isinstance(bound, Const)]
        numbers = [bound for bound in bounds if isinstance(bound, (int, float))]
        if any(first >= second for first, second in pairwise(numbers)):
            raise SortError(f"calls {call.name} with bounds out of order; write them from the smallest to the largest")
    elif call.name == "any_in":
        require_sort(call.arguments[0], "list")
        _require_all(call.arguments[1:], "word")
    elif call.name == "given_or":
        _require_one_sort(call.arguments)


def _check_comparison(comparison: Compare) -> None:
    """Numbers compare with numbers, dates with dates; `in` looks into a list."""
    left, right = sort_of(comparison.left), sort_of(comparison.right)
    if comparison.sign in ("in", "not in"):
        if right not in ("list", None) or left == "list":
            raise SortError("uses `in` without a list on its right; write in ['1', '2-optam']")
        return
    if left is not None and right is not None and left != right:
        raise SortError(f"compares a {left} with a {right}; both sides must be of one kind")
    if comparison.sign not in ("==", "!=") and {left, right} & {"word", "flag", "list"}:
        raise SortError("orders words; < <= > >= are for numbers and dates")
