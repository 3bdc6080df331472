"""The small tree a rule's expressions become: evaluated in three-valued logic, and able to print itself.

`None` is *unknown*: it spreads through arithmetic and comparisons; `and`, `or`, `not` follow Kleene's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.aids import french

Value = bool | int | float | str | date | tuple[str, ...] | None


class Env(Protocol):
    """What an expression reads: the value of a name, `None` when unknown; `on` is the day zones are read."""

    def get(self, name: str) -> Value: ...


class Node(Protocol):
    """One node: its value, the facts it reads, and how it prints with values in place of names."""

    def value(self, env: Env) -> Value: ...

    def names(self) -> Iterator[str]: ...

    def show(self, env: Env) -> str: ...


def text_of(value: Value) -> str:
    """A value inside an arithmetic text; unknown is `?`."""
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, (int, float)):
        return french.number(value)
    if isinstance(value, date):
        return french.day(value)
    return ", ".join(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Const:
    content: Value

    def value(self, env: Env) -> Value:
        return self.content

    def names(self) -> Iterator[str]:
        return iter(())

    def show(self, env: Env) -> str:
        return text_of(self.content)


@dataclass(frozen=True, slots=True)
class Name:
    name: str

    def value(self, env: Env) -> Value:
        return env.get(self.name)

    def names(self) -> Iterator[str]:
        yield self.name

    def show(self, env: Env) -> str:
        return text_of(env.get(self.name))


def _both_numbers(left: Value, right: Value) -> tuple[float, float] | None:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left, right
    return None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /` on numbers; a division by zero is unknown."""

    sign: str
    left: Node
    right: Node

    def value(self, env: Env) -> Value:
        pair = _both_numbers(self.left.value(env), self.right.value(env))
        if pair is None:
            return None
        left, right = pair
        if self.sign == "+":
            return left + right
        if self.sign == "-":
            return left - right
        if self.sign == "*":
            return left * right
        return None if right == 0 else left / right

    def names(self) -> Iterator[str]:
        yield from self.left.names()
        yield from self.right.names()

    def show(self, env: Env) -> str:
        neutral = {"+": 0, "-": 0, "*": 1}.get(self.sign)
        if _is_choice(self.right, env) and self.right.value(env) == neutral:
            return self.left.show(env)
        left, right = self.left.show(env), self.right.show(env)
        if self.sign in "*/":
            left = _wrap(self.left, left, env)
        if self.sign != "+":
            right = _wrap(self.right, right, env, also_products=self.sign == "/")
        return f"{left} {_SIGNS[self.sign]} {right}"


_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}


def _shown(node: Node, env: Env) -> Node:
    """The node that prints, behind names and choices."""
    while isinstance(node, Choice | Let):
        node = node.shown(env)
    return node


def _is_choice(node: Node, env: Env) -> bool:
    """A term or factor that a test decides: dropped from the text when it changes nothing."""
    while isinstance(node, Let):
        node = node.shown(env)
    return isinstance(node, Choice)


def _wrap(node: Node, text: str, env: Env, *, also_products: bool = False) -> str:
    """Put a sum (behind a ÷, a product too) in parentheses where the sign outside binds tighter."""
    inner = _shown(node, env)
    while isinstance(inner, Arithmetic) and inner.sign in "+-*" and text == inner.left.show(env):
        inner = _shown(inner.left, env)
    if not isinstance(inner, Arithmetic):
        return text
    return f"({text})" if inner.sign in "+-" or also_products else text


@dataclass(frozen=True, slots=True)
class Negative:
    inner: Node

    def value(self, env: Env) -> Value:
        value = self.inner.value(env)
        return -value if isinstance(value, (int, float)) else None

    def names(self) -> Iterator[str]:
        return self.inner.names()

    def show(self, env: Env) -> str:
        return f"−{_wrap(self.inner, self.inner.show(env), env)}"


@dataclass(frozen=True, slots=True)
class Choice:
    """`a if test else b`; with an unknown test, known only when both branches agree."""

    test: Node
    then: Node
    otherwise: Node

    def value(self, env: Env) -> Value:
        test = self.test.value(env)
        if test is None:
            then, otherwise = self.then.value(env), self.otherwise.value(env)
            return then if then == otherwise else None
        return self.then.value(env) if test else self.otherwise.value(env)

    def names(self) -> Iterator[str]:
        yield from self.test.names()
        yield from self.then.names()
        yield from self.otherwise.names()

    def shown(self, env: Env) -> Node:
        """The branch that applies."""
        return self.then if self.test.value(env) else self.otherwise

    def show(self, env: Env) -> str:
        return self.shown(env).show(env)


@dataclass(frozen=True, slots=True)
class Let:
    """A sub-expression with a name of its own (`let:` in a rule)."""

    name: str
    inner: Node

    def value(self, env: Env) -> Value:
        return self.inner.value(env)

    def names(self) -> Iterator[str]:
        return self.inner.names()

    def shown(self, env: Env) -> Node:
        return self.inner

    def show(self, env: Env) -> str:
        return self.inner.show(env)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the rule language (functions.py). `shows_arguments` prints `min(4 ; 3)`, else the value alone."""

    name: str
    apply: Callable[[Env, tuple[Node, ...]], Value]
    arguments: tuple[Node, ...]
    printed: str | None = None

    def value(self, env: Env) -> Value:
        return self.apply(env, self.arguments)

    def names(self) -> Iterator[str]:
        for argument in self.arguments:
            yield from argument.names()

    def show(self, env: Env) -> str:
        if self.printed is None:
            value = self.value(env)
            return (
                french.percent(float(value) * 100)
                if self.name == "percent" and isinstance(value, (int, float))
                else text_of(value)
            )
        return f"{self.printed}({' ; '.join(argument.show(env) for argument in self.arguments)})"
