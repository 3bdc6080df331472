"""Stops calling a remote engine that fails, and tries again once in a while."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable


class Breaker:
    """Closed, then open after `failures` within `window_s`, then one probe every `open_s` until one succeeds."""

    def __init__(
        self,
        failures: int = 5,
        window_s: float = 30.0,
        open_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._window_s = window_s
        self._open_s = open_s
        self._clock = clock
        self._recent: deque[float] = deque(maxlen=failures)
        self._next_probe: float | None = None

    @property
    def is_open(self) -> bool:
        return self._next_probe is not None

    def allows(self) -> bool:
        """Whether a call may be made now. When open, the caller that gets True is the probe."""
        if self._next_probe is None:
            return True
        now = self._clock()
        if now < self._next_probe:
            return False
        self._next_probe = now + self._open_s
        return True

    def succeeded(self) -> None:
        self._recent.clear()
        self._next_probe = None

    def failed(self) -> None:
        now = self._clock()
        self._recent.append(now)
        if self._next_probe is not None or (
            len(self._recent) == self._failures and now - self._recent[0] <= self._window_s
        ):
            self._next_probe = now + self._open_s
