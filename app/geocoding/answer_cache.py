"""Answers of a remote engine kept for a while: successes and genuine absences only, never faults, never raw addresses."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from app.geocoding.geocoder import AddressQuery, GeocodeResult, Status
from app.geocoding.normalise import fold


class AnswerCache:
    """At most `entries` answers for `ttl_s` seconds, by a hash of (engine, vintage, folded question)."""

    def __init__(
        self, engine: str, vintage: str | None, entries: int, ttl_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._prefix = f"{engine}|{vintage}"
        self._entries = entries
        self._ttl_s = ttl_s
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[float, GeocodeResult]] = OrderedDict()

    def _key(self, query: AddressQuery) -> bytes:
        near = f"{query.near.lon:.4f},{query.near.lat:.4f}" if query.near else ""
        parts = (
            self._prefix,
            fold(query.text),
            query.postcode,
            query.citycode,
            fold(query.city or ""),
            near,
            query.type,
        )
        return hashlib.blake2b("\x1f".join(str(part) for part in parts).encode(), digest_size=16).digest()

    def get(self, query: AddressQuery) -> GeocodeResult | None:
        """The answer kept for this question, None when there is none or it is too old."""
        key = self._key(query)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if self._clock() - kept[0] > self._ttl_s:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def put(self, query: AddressQuery, result: GeocodeResult) -> None:
        """Keep an answer, unless it is a fault."""
        if result.status in (Status.UNAVAILABLE, Status.REJECTED):
            return
        self._kept[self._key(query)] = (self._clock(), result)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)
