"""`zonage geocode`, run as people run it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.batch.geocode_jobs import geocode_table
from app.batch.geocode_table import CLI_COLUMNS, ColumnChoice, open_table
from app.cli import app
from app.geocoding.gazetteer import EmbeddedGeocoder

ROWS = [
    ("a", "1 rue de la paix 03100 Aube", "", ""), ("b", "900 rue de la paix 03100 Aube", "", ""),
    ("c", "5 rue des Glycines 03100 Aube", "", ""), ("d", "xyzzy plugh", "", ""), ("e", "", "", ""),
    ("f", "1 rue de la paix", "", "03002"), ("g", "36 rue de Rivoli", "75001", ""),
    ("h", "5 rue de la Paix 03100 Aube", "", ""),
]  # fmt: skip


@pytest.fixture
def serving(small_bundle: Path, small_gazetteer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small bundle in service, with its addresses; a CSV beside it."""
    bundle = tmp_path / "bundle"
    shutil.copytree(small_bundle, bundle)
    shutil.copy(small_gazetteer, bundle / "addresses.sqlite")
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["datasets"].append(
        manifest["datasets"][0] | {"id": "addresses", "kind": "addresses", "file": "addresses.sqlite"}
    )
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("ZONAGE_DATA_DIR", str(bundle))
    monkeypatch.setenv("ZONAGE_CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "in.csv"
    with source.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("id", "adresse", "cp", "code"), *ROWS])
    return source


def test_a_file_gets_its_result_columns(serving: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    command = [
        "geocode",
        "--csv",
        str(serving),
        "--query",
        "adresse",
        "--postcode",
        "cp",
        "--citycode",
        "code",
        "--out",
        str(out),
    ]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 0, ran.output
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [row["id"] for row in rows] == [row[0] for row in ROWS]
    assert list(rows[0]) == ["id", "adresse", "cp", "code", *CLI_COLUMNS]
    status = [row["result_status"] for row in rows]
    assert status == ["matched", "partial", "partial", "not_found", "rejected", "matched", "matched", "partial"]
    kinds = ["housenumber", "street", "municipality", "", "", "housenumber", "housenumber", "housenumber"]
    assert [row["result_type"] for row in rows] == kinds
    assert [row["result_citycode"] for row in rows] == ["03001", "03001", "03001", "", "", "03002", "75101", "03001"]
    for row in rows[3:5]:
        assert all(not row[name] for name in CLI_COLUMNS if name != "result_status")
    assert (rows[0]["result_lon"], rows[0]["result_lat"], rows[0]["result_confidence"]) == ("2.05", "46.05", "1.0")


def test_one_address_is_printed_for_people_or_as_json(serving: Path) -> None:
    printed = CliRunner().invoke(app, ["geocode", "1 rue de la paix 03100 Aube"])
    assert printed.exit_code == 0
    assert "1 Rue de la Paix 03100 Aube" in printed.output
    document = json.loads(CliRunner().invoke(app, ["geocode", "1 rue de la paix 03100 Aube", "--json"]).stdout)
    assert document["features"][0]["properties"]["citycode"] == "03001"
    assert CliRunner().invoke(app, ["geocode", "xyzzy plugh"]).exit_code == 1


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--csv", "missing.csv", "--query", "a"],
        ["1 rue", "--csv", "x"],
        ["1 rue", "--postcode", "abc"],
        ["1 rue", "--citycode", "1"],
    ],
)
def test_wrong_usage_exits_with_two(serving: Path, options: list[str]) -> None:
    assert CliRunner().invoke(app, ["geocode", *options]).exit_code == 2


def test_a_column_that_is_not_there_is_wrong_usage(serving: Path) -> None:
    assert CliRunner().invoke(app, ["geocode", "--csv", str(serving), "--query", "nope"]).exit_code == 2
    assert CliRunner().invoke(app, ["geocode", "--csv", str(serving)]).exit_code == 2


def test_the_output_is_the_same_whatever_the_number_of_processes(geocoder: EmbeddedGeocoder, tmp_path: Path) -> None:
    source = tmp_path / "many.csv"
    with source.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("id", "adresse", "cp", "code"), *(ROWS * 1_200)])
    outs = []
    for jobs in (1, 2):
        with source.open("rb") as stream, (tmp_path / f"{jobs}.csv").open("w", encoding="utf-8", newline="") as out:
            table = open_table(stream, ColumnChoice(("adresse",), "cp", "code"))
            counts = geocode_table(table, out, geocoder, jobs, lambda done: None)
        assert sum(counts.values()) == 9_600
        outs.append((tmp_path / f"{jobs}.csv").read_bytes())
    assert outs[0] == outs[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_of_spreadsheets_is_recognised(geocoder: EmbeddedGeocoder, tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text("nom;adresse\nété;2 Place de l'Église 03100 Aube\n" * 1, encoding=encoding)
    with source.open("rb") as stream, (tmp_path / "out.csv").open("w", encoding="utf-8", newline="") as out:
        geocode_table(open_table(stream, ColumnChoice(("adresse",))), out, geocoder, 1, lambda done: None)
    row = next(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")), delimiter=";"))
    assert (row["nom"], row["result_housenumber"]) == ("été", "2")
