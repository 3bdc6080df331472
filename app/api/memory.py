"""Aids already worked out, as JSON texts, for the next place that is the same to the rules."""

from __future__ import annotations

from collections.abc import Hashable, Mapping


class AidMemory:
    """At most `maximum` answers, 60 to 120 kB each; the oldest leaves first. Dies with the bundle and rules it rests on."""

    def __init__(self, maximum: int = 200) -> None:
        self._maximum = maximum
        self._known: dict[Hashable, Mapping[str, bytes]] = {}

    def get(self, key: Hashable) -> Mapping[str, bytes] | None:
        return self._known.get(key)

    def put(self, key: Hashable, aids: Mapping[str, bytes]) -> None:
        if len(self._known) >= self._maximum:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = aids
