"""Truth in a rule's expressions: comparisons, and Kleene's `and`, `or`, `not`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.aids.tree import Env, Node, Value


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison, or membership of a list; unknown if either side is."""

    sign: str
    left: Node
    right: Node

    def value(self, env: Env) -> Value:
        left, right = self.left.value(env), self.right.value(env)
        if left is None or right is None:
            return None
        return _COMPARE[self.sign](left, right)

    def names(self) -> Iterator[str]:
        yield from self.left.names()
        yield from self.right.names()

    def show(self, env: Env) -> str:
        return f"{self.left.show(env)} {_COMPARE_SIGNS[self.sign]} {self.right.show(env)}"


_COMPARE: Mapping[str, Callable[..., bool]] = {
    "==": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
_COMPARE_SIGNS = {
    "==": "=",
    "!=": "≠",
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "in": "parmi",
    "not in": "hors de",
}


@dataclass(frozen=True, slots=True)
class AllOf:
    """Kleene `and`: one false decides, else one unknown spreads."""

    parts: tuple[Node, ...]

    def value(self, env: Env) -> Value:
        unknown = False
        for part in self.parts:
            value = part.value(env)
            if value is None:
                unknown = True
            elif not value:
                return False
        return None if unknown else True

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()

    def show(self, env: Env) -> str:
        return " et ".join(part.show(env) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Kleene `or`: one true decides, else one unknown spreads."""

    parts: tuple[Node, ...]

    def value(self, env: Env) -> Value:
        unknown = False
        for part in self.parts:
            value = part.value(env)
            if value is None:
                unknown = True
            elif value:
                return True
        return None if unknown else False

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()

    def show(self, env: Env) -> str:
        return " ou ".join(part.show(env) for part in self.parts)


@dataclass(frozen=True, slots=True)
class NotOf:
    inner: Node

    def value(self, env: Env) -> Value:
        value = self.inner.value(env)
        return None if value is None else not value

    def names(self) -> Iterator[str]:
        return self.inner.names()

    def show(self, env: Env) -> str:
        return f"non ({self.inner.show(env)})"
