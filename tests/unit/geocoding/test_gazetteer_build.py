"""Building a gazetteer: files read, files refused, a stopped build that goes on."""

from __future__ import annotations

import contextlib
import gzip
import json
import lzma
import sqlite3
import zlib
from pathlib import Path

import orjson
import pytest

from app.errors import DataError
from app.geocoding import staging
from app.geocoding.build import build_gazetteer
from app.geocoding.bundle_communes import read_bundle
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Precision

HEADER = "id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat\n"
DOCUMENTS = [
    {"type": "municipality", "name": "Bois", "citycode": "03002", "postcode": ["03100", "03110"], "lon": 2.15, "lat": 46.05},
    {
        "type": "street", "name": "Rue des Lilas", "citycode": "03002", "city": "Bois", "postcode": "03100", "lon": 2.15,
        "lat": 46.05, "housenumbers": {"1": {"lon": 2.15, "lat": 46.05}, "3 ter": {"lon": 2.151, "lat": 46.05}},
    },
    {"type": "locality", "name": "Le Moulin", "citycode": "03002", "city": "Bois", "postcode": "03110", "lon": 2.16,
     "lat": 46.06},
]  # fmt: skip


def write(path: Path) -> Path:
    text = "".join(json.dumps(document) + "\n" for document in DOCUMENTS)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".xz":
        path.write_bytes(lzma.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["bois.ndjson", "bois.ndjson.gz", "bois.ndjson.xz", "bois.json"])
def test_addok_documents_are_read_plain_or_compressed(small_bundle: Path, tmp_path: Path, name: str) -> None:
    out = build_gazetteer(small_bundle, tmp_path / "out.sqlite", [write(tmp_path / name)])
    geocoder = EmbeddedGeocoder.open(out)
    assert geocoder.find(AddressQuery("3 ter rue des Lilas 03100 Bois")).housenumber == "3 ter"
    moulin = geocoder.find(AddressQuery("Le Moulin 03110 Bois"))
    assert (moulin.precision, moulin.facets.postcode) == (Precision.LOCALITY, "same")


def test_a_file_of_places_without_numbers_is_read(small_bundle: Path, tmp_path: Path) -> None:
    places = tmp_path / "lieux-dits.csv"
    places.write_text(
        "id;nom_lieu_dit;code_postal;code_insee;nom_commune;lon;lat\n1;La Grange;03100;03002;Bois;2.15;46.05\n"
    )
    geocoder = EmbeddedGeocoder.open(build_gazetteer(small_bundle, tmp_path / "out.sqlite", [places]))
    assert geocoder.find(AddressQuery("La Grange 03100 Bois")).precision is Precision.LOCALITY


def test_several_files_of_one_commune_are_merged(small_bundle: Path, tmp_path: Path) -> None:
    files = []
    for number in (1, 2):
        files.append(tmp_path / f"{number}.csv")
        files[-1].write_text(f"{HEADER}x;{number};;Rue Neuve;03100;03002;Bois;2.1500{number};46.05\n")
    geocoder = EmbeddedGeocoder.open(build_gazetteer(small_bundle, tmp_path / "out.sqlite", files))
    assert geocoder.find(AddressQuery("1 rue Neuve Bois")).housenumber == "1"
    assert geocoder.find(AddressQuery("2 rue Neuve Bois")).housenumber == "2"


def test_addresses_under_a_former_code_belong_to_the_commune_of_today(small_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(f"{HEADER}x;9;;Rue Neuve;03100;03106;Ford;2.51;46.05\ny;1;;Rue Haute;03100;03006;Fort;2.52;46.05\n")
    geocoder = EmbeddedGeocoder.open(build_gazetteer(small_bundle, tmp_path / "out.sqlite", [file]))
    found = geocoder.find(AddressQuery("9 rue Neuve 03100 Fort"))
    assert (found.housenumber, found.citycode, found.oldcitycode) == ("9", "03006", "03106")
    assert geocoder.find(AddressQuery("1 rue Haute 03100 Fort")).housenumber == "1"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"numero;nom_voie;lon;lat\n1;Rue;2;46\n", "code_insee"),
        ("a.csv.gz", gzip.compress(HEADER.encode() * 50)[:40], "cut short"),
        ("a.ndjson.xz", b"not compressed", "cut short"),
        ("a.ndjson", b"[1, 2]\n", "no BAN/addok document"),
        ("a.csv", b"\xff\xfe\x00\x01", "cut short|nom_voie|nom_lieu_dit"),
    ],
)
def test_a_broken_file_is_refused_by_name(
    small_bundle: Path, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        build_gazetteer(small_bundle, tmp_path / "out.sqlite", [tmp_path / name])
    assert not (tmp_path / "out.sqlite").exists()


def test_a_stopped_build_goes_on_where_it_was(
    small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "FLUSH_NUMBERS", 10)
    file = tmp_path / "long.csv"
    rows = [f"x;{n};;Rue Longue;03100;03002;Bois;{2.15 + n * 1e-5:.5f};46.05\n" for n in range(1, 101)]
    file.write_text(HEADER + "".join(rows))
    read: list[int] = []

    def stop_half_way(stage: str, done: int) -> None:
        read.append(done)
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_gazetteer(small_bundle, tmp_path / "out.sqlite", [file], stop_half_way)
    assert not (tmp_path / "out.sqlite").exists()
    again: list[int] = []
    build_gazetteer(
        small_bundle,
        tmp_path / "out.sqlite",
        [file],
        lambda stage, done: again.append(done) if stage == file.name else None,
    )
    assert min(again) > read[-1]
    geocoder = EmbeddedGeocoder.open(tmp_path / "out.sqlite")
    for number in (1, 41, 100):
        assert geocoder.find(AddressQuery(f"{number} rue Longue Bois")).housenumber == str(number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.csv", "out.sqlite"]


def test_a_build_of_other_files_does_not_take_up_what_a_stopped_one_left(
    small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "FLUSH_NUMBERS", 1)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HEADER + "x;1;;Rue Une;03100;03002;Bois;2.15;46.05\nx;2;;Rue Une;03100;03002;Bois;2.15;46.05\n")
    second.write_text(HEADER + "x;1;;Rue Autre;03100;03002;Bois;2.15;46.05\n")

    def stop(stage: str, done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_gazetteer(small_bundle, tmp_path / "out.sqlite", [first], stop)
    geocoder = EmbeddedGeocoder.open(build_gazetteer(small_bundle, tmp_path / "out.sqlite", [second]))
    assert geocoder.find(AddressQuery("1 rue Autre Bois")).precision is Precision.HOUSENUMBER
    assert geocoder.find(AddressQuery("1 rue Une Bois")).precision is Precision.MUNICIPALITY


def test_a_file_that_is_no_gazetteer_is_refused(tmp_path: Path) -> None:
    for name, content in (("missing", None), ("text", b"hello"), ("empty", b"")):
        path = tmp_path / f"{name}.sqlite"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DataError, match="data build"):
            EmbeddedGeocoder.open(path)


def test_a_gazetteer_of_another_format_is_refused(small_gazetteer: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    path.write_bytes(small_gazetteer.read_bytes())
    database = sqlite3.connect(path)
    database.execute("UPDATE meta SET value = '0' WHERE key = 'format'")
    database.commit()
    database.close()
    with pytest.raises(DataError, match="another format"):
        EmbeddedGeocoder.open(path)


def test_a_file_of_the_older_format_still_opens(small_bundle: Path, small_gazetteer: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.sqlite"
    older.write_bytes(small_gazetteer.read_bytes())
    columns = read_bundle(small_bundle).head.columns()
    with contextlib.closing(sqlite3.connect(older)) as database, database:
        database.execute("UPDATE meta SET value = '4' WHERE key = 'format'")
        head = zlib.compress(orjson.dumps(columns))
        database.execute("UPDATE meta SET value = ? WHERE key = 'head'", (head,))
        database.execute("UPDATE meta SET value = x'' WHERE key = 'deletes'")
    engine = EmbeddedGeocoder.open(older)
    assert engine.find(AddressQuery("1 rue de la Paix 03100 Aubr")).housenumber == "1"
