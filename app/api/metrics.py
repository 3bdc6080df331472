"""Counts and durations by route template, never by address or place."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """The collectors of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "zonage_requests_total", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram("zonage_request_seconds", "Time to answer.", ("route",), registry=self._registry)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        key = route, method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other", status
        children = self._children.get(key)
        if children is None:  # finding the children by their labels costs more than counting
            counter = self._requests.labels(key[0], key[1], str(status))
            children = self._children[key] = counter, self._seconds.labels(route)
        children[0].inc()
        children[1].observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)
