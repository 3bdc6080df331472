"""Processes that geocode: each opens the gazetteer itself, so that they share its pages and no lock."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from app.batch.garbage import keep_loaded
from app.errors import DataError
from app.geocoding.gazetteer import EmbeddedGeocoder

TRIES = 3
KILLED = "The processes that look addresses up keep being killed: free memory, or ask for fewer (--jobs 1)."

P = ParamSpec("P")
T = TypeVar("T")
_engine: EmbeddedGeocoder | None = None


class GeocodingWorkers:
    """`jobs` processes over one gazetteer, started when there is something to do. Thread-safe.

    When one is killed (memory short, an impatient person), all are started anew and what they had not answered is asked
    again, at most TRIES times.
    """

    def __init__(self, gazetteer: Path, jobs: int) -> None:
        self.jobs = jobs
        self._gazetteer = gazetteer
        self._pool: ProcessPoolExecutor | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def submit(
        self, work: Callable[Concatenate[EmbeddedGeocoder, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Call a function of a module with the worker's own geocoder before the arguments.

        The future raises DataError when the processes keep being killed.
        """
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()
        self._try(answer, TRIES, work, args, kwargs)
        return answer

    def _try(
        self, answer: Future[T], tries: int, work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        try:
            pool, asked = self._asked(work, args, kwargs)
        except (DataError, RuntimeError) as error:  # RuntimeError: the interpreter is leaving
            answer.set_exception(error)
            return

        def done(asked: Future[T]) -> None:
            error = CancelledError() if asked.cancelled() else asked.exception()
            if error is None:
                answer.set_result(asked.result())
            elif not isinstance(error, BrokenExecutor):
                answer.set_exception(error)
            elif tries == 1:
                answer.set_exception(DataError(KILLED))
            else:
                with self._lock:
                    if self._pool is pool:
                        self._pool = None
                self._try(answer, tries - 1, work, args, kwargs)

        asked.add_done_callback(done)

    def _asked(
        self, work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]
    ) -> tuple[ProcessPoolExecutor, Future[T]]:
        with self._lock:
            if self._is_closed:  # Ctrl-C ends the processes too: nobody waits for an answer
                raise DataError(KILLED)
            for _ in range(TRIES):
                if self._pool is None:
                    context = get_context("spawn")  # no thread or connection of this process is copied
                    self._pool = ProcessPoolExecutor(self.jobs, context, _open_engine, (self._gazetteer,))
                try:
                    with _no_main_module():
                        return self._pool, self._pool.submit(_call, work, args, kwargs)
                except BrokenExecutor:
                    self._pool = None
        raise DataError(KILLED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take no more work and drop what waits; what a process is doing is let finish."""
        with self._lock:
            self._is_closed, pool = True, self._pool
        if pool is not None:
            pool.shutdown(cancel_futures=True)


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
    keep_loaded()


def _call(work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    assert _engine is not None
    return work(_engine, *args, **kwargs)
