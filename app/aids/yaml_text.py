"""Strict YAML: no duplicate keys, anchors, implicit dates or yes/no words; and a reader that refuses leftovers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import yaml

from app.errors import RuleError

Plain = str | int | float | bool | None | Mapping[str, "Plain"] | Sequence["Plain"]
"""What a parsed file holds: texts, numbers, booleans, nulls, mappings and lists. Dates are still texts."""

_MAY_BE_ANCHOR = re.compile(r"(?:^|[\s,:\[{])[&*]\S", re.MULTILINE)
_ISO = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z")


class _StrictLoader(yaml.CSafeLoader):
    """Safe loader that reads dates as text, only `true`/`false` as booleans, and refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a plain word", problem_mark=key_node.start_mark)
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"key `{key_node.value}` is written twice; keep one", problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


_StrictLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("tag:yaml.org,2002:float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$", "-0123456789"),
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", "n~"),
):
    _StrictLoader.add_implicit_resolver(_tag, re.compile(_pattern), [*_first, ""] if "null" in _tag else list(_first))


def parse_yaml(text: str, file: str) -> Mapping[str, Plain]:
    """Parse one file to a mapping.

    Raises:
        RuleError: names the file, the line, and what to change.
    """
    try:
        for event in yaml.parse(text, yaml.CSafeLoader) if _MAY_BE_ANCHOR.search(text) else ():
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                problem = "anchors (&, *) are not allowed; repeat the text"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]
        content = yaml.load(text, _StrictLoader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        raise RuleError(f"{file}{line}: {error.problem or 'unreadable YAML'}.", field=file) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RuleError(f"{file}: unreadable YAML; check it is UTF-8 text.", field=file) from error
    if not isinstance(content, dict):
        raise RuleError(f"{file}: the file must be a mapping of keys to values.", field=file)
    return content


class Cursor:
    """Reads one mapping of a rule file key by key; `done` refuses what nobody read.

    Every method raises RuleError naming file, key and fix.
    """

    def __init__(self, content: Mapping[str, Plain], file: str, path: str = "") -> None:
        self.content = content
        self.file = file
        self.path = path
        self._read: set[str] = set()

    def fail(self, key: str, fix: str) -> RuleError:
        where = f"{self.path}.{key}" if self.path and key else (self.path or key)
        return RuleError(f"{self.file}: `{where}` {fix}{'' if fix.endswith('?') else '.'}", field=where)

    def has(self, key: str) -> bool:
        return self.content.get(key) is not None

    def take(self, key: str) -> Plain:
        self._read.add(key)
        return self.content.get(key)

    def required(self, key: str) -> Plain:
        value = self.take(key)
        if value is None:
            raise self.fail(key, "is missing; add it")
        return value

    def text(self, key: str) -> str:
        return self._text(key, self.required(key))

    def optional_text(self, key: str) -> str | None:
        value = self.take(key)
        return None if value is None else self._text(key, value)

    def _text(self, key: str, value: Plain) -> str:
        if not isinstance(value, str) or not value.strip() or not value.replace("\n", " ").isprintable():
            raise self.fail(key, "must be a plain text; quote it if it is a number")
        if "<" in value and re.search(r"<[a-zA-Z/!]", value):
            raise self.fail(key, "holds HTML; write plain text")
        return value.strip()

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if value not in allowed:
            raise self.fail(key, f"must be one of: {', '.join(allowed)}")
        return str(value)

    def choices(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """A word or a list of words among those allowed; absent is an empty tuple."""
        words = self.words(key)
        for word in words:
            if word not in allowed:
                raise self.fail(key, f"holds a word that is not one of: {', '.join(allowed)}")
        return words

    def words(self, key: str) -> tuple[str, ...]:
        value = self.take(key)
        if value is None:
            return ()
        items = list(value) if isinstance(value, (list, tuple)) else [value]
        for item in items:
            if not isinstance(item, str):
                raise self.fail(key, "must hold quoted texts, such as '75' or 'ZIP'")
        return tuple(str(item) for item in items)

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return bool(value)

    def integer(self, key: str, low: int, high: int) -> int | None:
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fail(key, f"must be a whole number between {low} and {high}")
        return value

    def day(self, key: str) -> date:
        return self.read_date(key, self.required(key))

    def optional_day(self, key: str) -> date | None:
        value = self.take(key)
        return None if value is None else self.read_date(key, value)

    def read_date(self, key: str, value: Plain) -> date:
        if isinstance(value, str) and _ISO.match(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self.fail(key, "must be an ISO date, such as 2024-06-30")

    def inner(self, key: str) -> Cursor:
        value = self.required(key)
        if not isinstance(value, Mapping):
            raise self.fail(key, "must be a mapping of keys to values")
        return Cursor(value, self.file, f"{self.path}.{key}" if self.path else key)

    def items(self, key: str) -> Iterator[Cursor]:
        """A list of mappings; absent is empty."""
        value = self.take(key)
        if value is None:
            return
        if not isinstance(value, (list, tuple)):
            raise self.fail(key, "must be a list")
        for number, item in enumerate(value, 1):
            path = f"{self.path}.{key}[{number}]" if self.path else f"{key}[{number}]"
            if not isinstance(item, Mapping):
                raise RuleError(f"{self.file}: `{path}` must be a mapping of keys to values.", field=path)
            yield Cursor(item, self.file, path)

    def done(self) -> None:
        """Refuse keys that nobody read."""
        for key in self.content:
            if key not in self._read:
                close = difflib.get_close_matches(str(key), sorted(self._read), n=1)
                hint = f"did you mean `{close[0]}`?" if close else f"the keys here are {', '.join(sorted(self._read))}"
                raise self.fail(str(key), f"is an unknown key; {hint}")
