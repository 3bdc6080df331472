"""Addresses shared out to worker processes are answered as by one, whatever the hash seed of a process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import pytest

from app.batch.address_order import by_commune
from app.batch.addresses import SLICE, AddressBook, Found
from app.batch.geocode_workers import GeocodingWorkers
from app.cli.batch import open_sources
from app.errors import DataError
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery

PROGRAM = """
import sys
from app.cli.batch import open_sources
from app.geocoding.geocoder import AddressQuery
geocoder = open_sources("auto").geocoder
for text in sys.stdin.read().splitlines():
    print(repr(geocoder.find(AddressQuery(text))))
"""
MISSPELT = (
    "Rote du Village 38160 Bessins",
    "12 Plce de la Mairie 09000 Foix",
    "3 rue de l'Egilse 01001",
    "Parie 75",
    "Saint-Matin",
)


@pytest.fixture(scope="module")
def geocoder() -> EmbeddedGeocoder:
    found = open_sources("auto").geocoder
    assert isinstance(found, EmbeddedGeocoder)
    return found


def test_workers_answer_as_one_process(geocoder: EmbeddedGeocoder) -> None:
    communes = geocoder.file.communes
    named = [communes.commune(index) for index in range(0, 30_000, 10)]
    queries = [AddressQuery(f"{number} rue de l'Église {each.name}") for number, each in enumerate(named)]
    queries = [*queries[: 2 * SLICE + 1], queries[0], AddressQuery("?"), AddressQuery("qsdfgh")]
    alone = asyncio.run(AddressBook(geocoder).look_up(queries))
    with GeocodingWorkers(geocoder.file.path, 2) as workers:
        shared = asyncio.run(AddressBook(geocoder, workers).look_up(queries))
    assert [_told(each) for each in shared] == [_told(each) for each in alone]
    assert len({each.citycode for each in alone}) > SLICE


def test_a_killed_worker_is_replaced_and_nothing_is_lost(geocoder: EmbeddedGeocoder) -> None:
    communes = geocoder.file.communes
    queries = [AddressQuery(f"1 rue de l'Église {communes.commune(index).name}") for index in range(6 * SLICE)]
    alone = asyncio.run(AddressBook(geocoder).look_up(queries))
    with GeocodingWorkers(geocoder.file.path, 2) as workers, ThreadPoolExecutor(1) as beside:
        shared = beside.submit(asyncio.run, AddressBook(geocoder, workers).look_up(queries))
        os.kill(_a_worker(workers), signal.SIGKILL)
        assert [_told(each) for each in shared.result(timeout=120)] == [_told(each) for each in alone]


def test_an_address_under_way_is_not_asked_again(geocoder: EmbeddedGeocoder, monkeypatch: pytest.MonkeyPatch) -> None:
    communes = geocoder.file.communes
    queries = [AddressQuery(f"1 rue de l'Église {communes.commune(index).name}") for index in range(4 * SLICE)]
    asked: list[AddressQuery] = []
    with GeocodingWorkers(geocoder.file.path, 2) as workers, ThreadPoolExecutor(2) as threads:
        submit = workers.submit
        monkeypatch.setattr(workers, "submit", lambda work, part: (asked.extend(part), submit(work, part))[1])
        book = AddressBook(geocoder, workers)
        halves = queries[: 3 * SLICE], queries[SLICE:]
        first, second = threads.map(lambda part: asyncio.run(book.look_up(part)), halves)
    assert len(asked) == len(set(asked)) == len(set(queries))
    assert [_told(each) for each in first[SLICE:]] == [_told(each) for each in second[: 2 * SLICE]]
    assert not book._asked


def test_neighbours_are_looked_up_one_after_the_other() -> None:
    foix, paris = "09000", "75011"
    queries = [
        AddressQuery("3 rue X, 09000 Foix"), AddressQuery("8 rue Y, 75011 Paris"), AddressQuery("5 rue Z", postcode=foix),
        AddressQuery("rue W 75011"), AddressQuery("place V", citycode="33063"), AddressQuery("1 rue U, Auch"),
        AddressQuery("!"),
    ]  # fmt: skip
    assert [by_commune(query)[0] for query in sorted(queries, key=by_commune)] == [
        "", foix, foix, "33063", paris, paris, "auch",
    ]  # fmt: skip


def test_workers_killed_again_and_again_are_a_clear_error(geocoder: EmbeddedGeocoder) -> None:
    with GeocodingWorkers(geocoder.file.path, 1) as workers:
        answer = workers.submit(_leave)
        with pytest.raises(DataError, match="keep being killed"):
            answer.result(timeout=120)
        assert workers.submit(EmbeddedGeocoder.capabilities).result(timeout=60) == geocoder.capabilities()


def test_closed_workers_drop_what_waits_and_take_no_more(geocoder: EmbeddedGeocoder) -> None:
    with GeocodingWorkers(geocoder.file.path, 1) as workers:
        answers = [workers.submit(_nap) for _ in range(30)]
        workers.close()
        errors = [answer.exception(timeout=60) for answer in answers]
        assert sum(isinstance(error, CancelledError | DataError) for error in errors) >= 20
        assert isinstance(workers.submit(_nap).exception(timeout=60), DataError)


def _nap(engine: EmbeddedGeocoder) -> None:
    time.sleep(0.1)


def _leave(engine: EmbeddedGeocoder) -> None:
    os._exit(9)


def _a_worker(workers: GeocodingWorkers) -> int:
    """The number of a process that has started; waited for."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        pool = workers._pool
        started = [process.pid for process in (pool._processes if pool else None or {}).values() if process.is_alive()]
        if started and started[0] is not None:
            return started[0]
        time.sleep(0.01)
    raise TimeoutError


def _told(found: Found) -> str:
    """All of it as text: an error and a NaN are not equal to their copies."""
    return f"{found._replace(error=None)!r} {found.error!s}"


def test_the_same_question_has_the_same_answer_in_every_process() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], input="\n".join(MISSPELT), capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed}, cwd=Path(__file__).parents[3],
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(answers) == 1
    assert answers.pop().count("GeocodeResult(") >= len(MISSPELT)
