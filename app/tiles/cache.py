"""Encoded tiles kept in memory, the least recently used given up first."""

from __future__ import annotations

import threading
from collections import OrderedDict

_ENTRY_OVERHEAD_BYTES = 300
"""Measured cost of one entry beside its bytes: key, links, object headers."""


class TileCache:
    """At most `max_bytes` of tiles, overhead included. Safe for threads. Empty tiles count too."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.used_bytes = 0
        self._tiles: OrderedDict[tuple[str, int, int, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tiles)

    def get(self, key: tuple[str, int, int, int]) -> bytes | None:
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: tuple[str, int, int, int], tile: bytes) -> None:
        cost = len(tile) + _ENTRY_OVERHEAD_BYTES
        if cost > self.max_bytes:
            return
        with self._lock:
            former = self._tiles.pop(key, None)
            if former is not None:
                self.used_bytes -= len(former) + _ENTRY_OVERHEAD_BYTES
            self._tiles[key] = tile
            self.used_bytes += cost
            while self.used_bytes > self.max_bytes:
                _, given_up = self._tiles.popitem(last=False)
                self.used_bytes -= len(given_up) + _ENTRY_OVERHEAD_BYTES
