"""Downloads, one zone, figures: what is sent equals the bundle, with its proof."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from starlette.testclient import TestClient

from app.api.exports import csv_chunks, geojson_chunks
from app.ingest.content import Content
from app.ingest.write import write_bundle
from app.tiles.figures import figures_of
from app.tiles.ground import Ground
from app.zones.catalogue import Catalogue


def offered(client: TestClient) -> list[str]:
    return [href for dataset in client.get("/v1/datasets").json()["datasets"] for href in dataset["downloads"]]


def test_every_listed_download_is_there_with_its_checksum(small_client: TestClient) -> None:
    listed = offered(small_client)
    assert {"/downloads/communes.geojson", "/downloads/classes.csv", "/downloads/outlines.parquet"} <= set(listed)
    for href in listed:
        response = small_client.get(href)
        assert response.status_code == 200, href
        digest = hashlib.sha256(response.content)
        assert response.headers["x-checksum-sha256"] == digest.hexdigest(), href
        assert response.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        assert "attachment" in response.headers["content-disposition"]


def test_datasets_say_who_made_them_and_under_which_licence(client: TestClient) -> None:
    for dataset in client.get("/v1/datasets").json()["datasets"]:
        assert dataset["licence"]
        assert dataset["producer"]
        assert "vintages" not in dataset["producer"], "names, not a reference to the manifest"


def test_parquet_is_the_very_file_of_the_manifest(client: TestClient, embedded: Catalogue) -> None:
    dataset = next(d for d in embedded.datasets if d.id == "outlines")
    response = client.get("/downloads/outlines.parquet")
    assert response.content == (embedded.directory / dataset.file).read_bytes()
    assert response.headers["x-checksum-sha256"] == dataset.sha256


def test_geoparquet_is_read_by_geopandas_in_crs84(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "communes.parquet"
    path.write_bytes(client.get("/downloads/communes.parquet").content)
    read = geopandas.read_parquet(path)
    assert len(read) == pq.read_metadata(path).num_rows > 34_000
    assert read.crs.to_authority() == ("OGC", "CRS84")
    assert read.geometry.notna().sum() > 34_000


def test_geojson_holds_the_same_rows_and_shapes_and_gdal_reads_it(
    small_client: TestClient, small: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "communes.geojson"
    path.write_bytes(small_client.get("/downloads/communes.geojson").content)
    read = pyogrio.read_dataframe(path)
    table = small.read("communes")
    assert read["insee_code"].tolist() == table["insee_code"].to_pylist()
    source = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    assert (read.geometry.isna().to_numpy() == shapely.is_missing(source)).all()
    known = ~shapely.is_missing(source)
    assert shapely.hausdorff_distance(read.geometry.to_numpy()[known], source[known]).max() < 1e-7


def test_csv_holds_every_row_and_leading_zeros(small_client: TestClient, small: Catalogue) -> None:
    text = small_client.get("/downloads/communes.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    table = small.read("communes", without=("geometry",))
    assert list(rows[0]) == table.column_names
    assert [row["insee_code"] for row in rows] == table["insee_code"].to_pylist()
    assert [row["name"] for row in rows] == table["name"].to_pylist()
    assert next(row for row in rows if row["insee_code"] == "75056")["postcodes"] == "75001 75002"


def test_formulas_in_csv_are_made_inert_and_script_stays_text(tmp_path: Path) -> None:
    shape = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    frame = geopandas.GeoDataFrame(
        {"name": ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "+33 1", 'a "b", c\nd']},
        geometry=[shapely.from_wkb(shape)] * 4, crs="OGC:CRS84",
    )  # fmt: skip
    path = tmp_path / "odd.parquet"
    frame.to_parquet(path)
    rows = [row["name"] for row in csv.DictReader(io.StringIO(b"".join(csv_chunks(path)).decode(), newline=""))]
    assert rows[0].startswith("'=")
    assert rows[1:] == ["<script>alert(1)</script>", "+33 1", 'a "b", c\nd']


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)), ("bytes=5-", 206, slice(5, None)), ("bytes=-7", 206, slice(-7, None)),
        ("bytes=9-5", 200, slice(None)), ("bytes=x", 200, slice(None)), ("lines=1-2", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)), ("bytes=-", 200, slice(None)),
    ],
)  # fmt: skip
def test_ranges(small_client: TestClient, asked: str, status: int, part: slice) -> None:
    whole = small_client.get("/downloads/classes.csv").content
    response = small_client.get("/downloads/classes.csv", headers={"range": asked})
    assert (response.status_code, response.content) == (status, whole[part])


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=999999999999999-9999999999999999", "bytes=-0"])
def test_ranges_beyond_the_end_are_416_problems(small_client: TestClient, asked: str) -> None:
    response = small_client.get("/downloads/classes.csv", headers={"range": asked})
    assert response.status_code == 416
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["content-range"].startswith("bytes */")


def test_head_and_304(small_client: TestClient) -> None:
    got, asked = small_client.get("/downloads/outlines.geojson"), small_client.head("/downloads/outlines.geojson")
    assert asked.content == b""
    assert asked.headers["content-length"] == got.headers["content-length"]
    again = small_client.get("/downloads/outlines.geojson", headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "nothing.csv",
        "classes.geojson",
        "classes.exe",
        "classes",
        "..%2fmanifest.json",
        "manifest.json",
        "communes.parquet%00",
    ],
)
def test_other_names_are_404_problems(small_client: TestClient, name: str) -> None:
    response = small_client.get(f"/downloads/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_one_zone_has_its_outline_and_its_law(small_client: TestClient) -> None:
    zone = small_client.get("/v1/zones/qpv-2024/QN00301N").json()
    assert zone["id"] == "QN00301N"
    assert zone["properties"]["source"]["legal"] == ["Arrêté d'essai, art. 1"]
    assert zone["properties"]["valid_from"] == "2024-01-01"
    assert zone["geometry"]["type"] == "Polygon"
    assert small_client.get("/v1/zones/qpv-2024/QN00302N").json()["geometry"] is None
    commune = small_client.get("/v1/zones/doctors/03003").json()
    assert (commune["properties"]["code"], commune["properties"]["state"]) == ("ZAC", "inside")


@pytest.mark.parametrize(
    "path",
    [
        "qpv-2024/QN99999N",
        "qpv-2024/%2e%2e",
        "nothing/X",
        "zfu/X",
        "qpv-2024/QN00301N?date=2020-01-01",
        "doctors/75056",
    ],
)
def test_zones_that_are_not_there_are_404(small_client: TestClient, path: str) -> None:
    response = small_client.get(f"/v1/zones/{path}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_zone_and_figures_refuse_unknown_fields_and_bad_dates(small_client: TestClient) -> None:
    for path in ("/v1/zones/doctors/03003", "/v1/zonings/doctors/stats"):
        assert small_client.get(f"{path}?date=x").status_code == 422
        assert small_client.get(f"{path}?dat=2024-01-01").status_code == 422


def test_figures_count_each_commune_once_and_never_invent_people(small_client: TestClient) -> None:
    answer = small_client.get("/v1/zonings/doctors/stats").json()
    assert sum(line["count"] for line in answer["figures"]) == 11, "twelve rows, Paris counted by arrondissement"
    allier = {line["code"]: line for line in answer["figures"] if line["department"] == "03"}
    assert (allier["ZIP"]["count"], allier["ZIP"]["population"]) == (3, 3_000)
    assert allier["ZIP"]["count_without_outline"] == 1
    zones = small_client.get("/v1/zonings/qpv-2024/stats").json()["figures"]
    assert [(z["count"], z["count_without_outline"], z["population"]) for z in zones] == [(2, 1, None)]


def test_areas_are_metres_of_the_territory(client: TestClient) -> None:
    """Overseas too: La Réunion is 2,512 km², Ariège 4,890 km² (INSEE); outlines are simplified, so within 1 %."""
    figures = client.get("/v1/zonings/doctors/stats").json()["figures"]
    for department, official_km2 in (("974", 2_512), ("09", 4_890)):
        area = sum(line["area_km2"] for line in figures if line["department"] == department)
        assert abs(area / official_km2 - 1) < 0.01, department


def test_geojson_chunks_of_an_empty_table_are_valid(tmp_path: Path, small: Catalogue) -> None:
    empty = geopandas.GeoDataFrame({"name": np.array([], object)}, geometry=[], crs="OGC:CRS84")
    path = tmp_path / "none.parquet"
    empty.to_parquet(path)
    document = b"".join(geojson_chunks(path, small.datasets[0]))
    assert b'"features":[' in document
    assert pyogrio.read_info(_written(tmp_path / "none.geojson", document))["features"] == 0


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "path",
    ["/v1/zones/doctors/03003", "/v1/zonings/doctors/stats", "/v1/communes/03001", "/tiles/doctors/8/129/90.mvt"],
)
def test_a_day_given_twice_is_refused(small_client: TestClient, path: str) -> None:
    response = small_client.get(f"{path}?date=2026-03-01&date=2015-01-01")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "date"


def test_a_commune_not_classified_has_a_label_in_french(small_client: TestClient) -> None:
    commune = small_client.get("/v1/zones/zrr/03002", params={"date": "2020-01-01"}).json()["properties"]
    assert (commune["state"], commune["code"], commune["label"]) == ("outside", None, "Non classé")


def test_zones_of_a_collectivity_without_communes_are_counted_under_it(small_parts: Content, tmp_path: Path) -> None:
    (qpv,) = [vintage for vintage in small_parts.vintages if vintage.id == "qpv-2024"]
    outlines = [replace(qpv.outlines[0], code="QN98701M", insee_codes=("98712",))]
    names = [replace(qpv.zone_communes[0], code="QN98701M", insee_code="98712")]
    others = [replace(vintage, zone_classes=[]) for vintage in small_parts.vintages if vintage is not qpv]
    write_bundle(
        replace(small_parts, vintages=[*others, replace(qpv, outlines=outlines, zone_communes=names)]),
        tmp_path / "bundle",
    )
    ground = Ground(Catalogue(tmp_path / "bundle", tmp_path))
    (line,) = figures_of(ground, "qpv-2024", date(2026, 3, 1), date(2026, 3, 1))
    assert (line.department, line.count, line.area_km2) == ("987", 1, None)
