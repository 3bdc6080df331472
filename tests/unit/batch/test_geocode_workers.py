"""Addresses shared out to worker processes are answered as by one, whatever the hash seed of a process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.batch.addresses import SLICE, AddressBook, Found
from app.batch.geocode_workers import GeocodingWorkers
from app.cli.batch import open_sources
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


def _told(found: Found) -> str:
    """All of it as text: an error and a NaN are not equal to their copies."""
    return f"{replace(found, error=None)!r} {found.error!s}"


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
