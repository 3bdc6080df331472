"""The remote engine against a real addok 1.3.2 on a real Redis, loaded with one département of the reference documents."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.geocoding.build import build_gazetteer
from app.geocoding.chain import ChainGeocoder
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Precision, Status
from app.geocoding.remote import RemoteConfig, RemoteGeocoder
from app.places import LonLat

DEPARTMENT = "65"
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def addok(shared: Path) -> Iterator[str]:
    """Address of the running server; the first run makes its environment."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    data = shared / "data" / "geocoding" / "reference.ndjson.xz"
    command = [
        sys.executable,
        str(ROOT / "scripts" / "addok_server.py"),
        "--data",
        str(data),
        "--departments",
        DEPARTMENT,
    ]
    with subprocess.Popen([*command, "--workers", "1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the addok server did not start: run scripts/addok_server.py to see why"
            yield json.loads(line)["url"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@pytest.fixture
async def remote(addok: str) -> AsyncIterator[RemoteGeocoder]:
    engine = RemoteGeocoder(RemoteConfig(addok, rate_per_s=500))
    yield engine
    await engine.close()


async def test_a_real_answer_is_read_with_our_confidence(remote: RemoteGeocoder) -> None:
    found = await remote.search(AddressQuery("6 rue de la mairie 65380 Barry"))
    assert (found.status, found.precision, found.citycode) == (Status.MATCHED, Precision.HOUSENUMBER, "65067")
    assert found.confidence == 1.0
    assert found.score is not None
    assert found.score < 1.0


async def test_a_street_that_addok_invents_is_caught(remote: RemoteGeocoder) -> None:
    found = await remote.search(AddressQuery("33 rue des Gyrovague Brumiflore 65380 Barry"))
    assert found.precision in (None, Precision.MUNICIPALITY)
    assert found.street is None


async def test_many_go_through_its_csv_in_order(remote: RemoteGeocoder) -> None:
    async def questions() -> AsyncIterator[AddressQuery]:
        for number in (6, 900):
            yield AddressQuery(f"{number} rue de la mairie 65380 Barry")
        yield AddressQuery("qsdlkj asdkjh")
        yield AddressQuery("8 Rue du Moulin Momères", citycode="65313")

    results = [result async for result in remote.search_many(questions())]
    assert [result.precision for result in results] == [
        Precision.HOUSENUMBER,
        Precision.STREET,
        None,
        Precision.HOUSENUMBER,
    ]
    assert [result.status for result in results] == [Status.MATCHED, Status.PARTIAL, Status.NOT_FOUND, Status.MATCHED]
    assert results[3].citycode == "65313"


async def test_reverse_gives_a_door_with_its_distance(remote: RemoteGeocoder) -> None:
    found = await remote.reverse(LonLat(0.0904, 43.1767))
    assert (found.precision, found.citycode) == (Precision.HOUSENUMBER, "65313")
    assert found.distance_m is not None


async def test_both_engines_agree_on_real_questions(remote: RemoteGeocoder, shared: Path, tmp_path: Path) -> None:
    """Where both are sure, they name the same commune; addok's answers pass through the same facets as ours."""
    with gzip.open(shared / "data" / "geocoding" / "queries.csv.gz", "rt", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["expected_citycode"].startswith(DEPARTMENT)]
    rows = [row for row in rows if not row["filter_postcode"] and not row["filter_citycode"]][:120]
    sure, right, false_doors = 0, 0, 0
    for row in rows:
        found = await remote.search(AddressQuery(row["q"]))
        if found.confidence >= 0.8:
            sure += 1
            right += found.citycode == row["expected_citycode"]
            false_doors += found.precision is Precision.HOUSENUMBER and row["expected_type"] != "housenumber"
    assert len(rows) >= 100
    assert sure >= 0.7 * len(rows)
    assert right >= 0.98 * sure
    assert false_doors == 0


async def test_the_chain_asks_addok_for_the_street_it_lacks(addok: str, shared: Path, tmp_path: Path) -> None:
    embedded = EmbeddedGeocoder.open(build_gazetteer(ROOT / "data" / "geo", tmp_path / "townhalls.sqlite"))
    query = next(query for query in _doors(shared) if embedded.find(query).precision is Precision.MUNICIPALITY)
    chain = ChainGeocoder(embedded, RemoteGeocoder(RemoteConfig(addok)))
    try:
        found = await chain.search(query)
    finally:
        await chain.close()
    assert (found.precision, found.engine, found.degraded) == (Precision.HOUSENUMBER, "remote", ())


def _doors(shared: Path) -> Iterator[AddressQuery]:
    """The first door of each street of the département, from the documents addok was loaded with."""
    with lzma.open(shared / "data" / "geocoding" / "reference.ndjson.xz", "rt", encoding="utf-8") as stream:
        for line in stream:
            document = json.loads(line)
            if document["citycode"].startswith(DEPARTMENT) and document.get("housenumbers"):
                number = next(iter(document["housenumbers"]))
                yield AddressQuery(f"{number} {document['name']} {document['postcode']} {document['city']}")
