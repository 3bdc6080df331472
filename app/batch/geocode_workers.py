"""Processes that geocode: each opens the gazetteer itself, so that they share its pages and no lock."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from app.geocoding.gazetteer import EmbeddedGeocoder

P = ParamSpec("P")
T = TypeVar("T")
_engine: EmbeddedGeocoder | None = None


class GeocodingWorkers:
    """`jobs` processes over one gazetteer, started when there is something to do. Thread-safe."""

    def __init__(self, gazetteer: Path, jobs: int) -> None:
        self.jobs = jobs
        self._gazetteer = gazetteer
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def submit(
        self, work: Callable[Concatenate[EmbeddedGeocoder, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Call a function of a module with the worker's own geocoder before the arguments."""
        with self._lock:
            if self._pool is None:
                context = get_context("spawn")  # no thread or connection of this process is copied
                self._pool = ProcessPoolExecutor(self.jobs, context, _open_engine, (self._gazetteer,))
            with _no_main_module():
                return self._pool.submit(_call, work, args, kwargs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Workers started in here do not import the command line again (a second each): they only need this module."""
    main = sys.modules["__main__"]
    path = main.__dict__.pop("__file__", None)
    try:
        yield
    finally:
        if path is not None:
            main.__file__ = path


def _open_engine(gazetteer: Path) -> None:
    global _engine
    _engine = EmbeddedGeocoder.open(gazetteer)


def _call(work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    assert _engine is not None
    return work(_engine, *args, **kwargs)
