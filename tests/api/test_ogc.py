"""OGC API - Features and Tiles: own tests named after the abstract test suites, then real clients (GDAL, OWSLib).

Requirement names are those of OGC 17-069r4 (Features Part 1) and OGC 20-057 (Tiles Part 1).
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import mapbox_vector_tile
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features
from starlette.testclient import TestClient

from app.places import ARRONDISSEMENT_CITIES
from app.zones.catalogue import Catalogue
from app.zones.decide import class_of_commune
from app.zones.models import Reason
from app.zones.vocabulary import ZONINGS_BY_KEY

GEOJSON = "application/geo+json"
COLLECTIONS = ("communes", "doctors", "qpv-2015", "qpv-2024", "zrr", "frr", "massif")
TODAY = datetime.now(UTC).date()


def items(client: TestClient, collection: str, **params: str | int) -> dict[str, object]:
    response = client.get(f"/ogc/collections/{collection}/items", params=params)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == GEOJSON
    document = response.json()
    assert document["numberReturned"] == len(document["features"])
    return document


def links(document: dict[str, object]) -> dict[str, str]:
    found = document["links"]
    assert isinstance(found, list)
    for link in found:
        assert link["href"].startswith("http")
        assert link["type"]
    return {link["rel"]: link["href"] for link in found}


def ids(document: dict[str, object]) -> list[str]:
    features = document["features"]
    assert isinstance(features, list)
    return [feature["id"] for feature in features]


# --------------------------------------------------------------------------------------------- /conf/core, as ATS names


def test_core_root_success(client: TestClient) -> None:
    document = client.get("/ogc").json()
    rels = links(document)
    assert {"self", "alternate", "service-desc", "conformance", "data"} <= set(rels)
    for rel in ("service-desc", "conformance", "data", "self", "alternate"):
        parts = urlsplit(rels[rel])
        assert client.get(f"{parts.path}?{parts.query}").status_code == 200, rel


def test_core_conformance_success(client: TestClient) -> None:
    declared = client.get("/ogc/conformance").json()["conformsTo"]
    for name in ("core", "geojson", "html"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in declared
    assert not any("oas30" in uri for uri in declared), "the definition is OpenAPI 3.1"
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")


def test_core_collections_and_extents(client: TestClient) -> None:
    document = client.get("/ogc/collections").json()
    assert tuple(c["id"] for c in document["collections"]) == COLLECTIONS
    for collection in document["collections"]:
        west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        assert "items" in links(collection)
        single = client.get(f"/ogc/collections/{collection['id']}").json()
        assert single["extent"] == collection["extent"]
    zrr = next(c for c in document["collections"] if c["id"] == "zrr")
    assert zrr["extent"]["temporal"]["interval"][0][1] == "2024-06-30T00:00:00Z"


def test_core_fc_limit_and_pages_cover_everything_once(small_client: TestClient) -> None:
    whole = items(small_client, "communes", limit=1000)
    assert whole["numberMatched"] == 12
    seen: list[str] = []
    url: str | None = "/ogc/collections/communes/items?limit=5"
    while url is not None:
        page = small_client.get(url).json()
        assert page["numberReturned"] <= 5
        seen += ids(page)
        following = links(page).get("next")
        url = None if following is None else following.removeprefix("http://testserver")
    assert seen == ids(whole) == sorted(ids(whole))
    last = items(small_client, "communes", limit=5, offset=10)
    assert "next" not in links(last)
    assert "offset=5" in links(last)["prev"]
    assert items(small_client, "communes", offset=999)["numberReturned"] == 0


def test_core_fc_limit_beyond_the_cap_is_the_cap(client: TestClient) -> None:
    cap = client.get("/v1/limits").json()["max_ogc_items"]
    assert items(client, "communes", limit=999_999)["numberReturned"] == cap


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=a", "limit=1.5", "limit=", "offset=-1", "limit=1&limit=2", "unknown=1", "f=xml",
        "bbox=1,2,3", "bbox=a,b,c,d", "bbox=nan,1,2,3", "bbox=1,2,inf,4", "bbox=1e400,2,3,4", "bbox=1,50,2,40",
        "bbox=1,2,3,91", "bbox=-181,2,3,4", "bbox=" + "1," * 500, "bbox=1,2,3,4,5", "datetime=hier",
        "datetime=2024-13-01", "datetime=2024-01-02/2024-01-01", "datetime=2024-01-01/2024-01-02/2024-01-03",
        "datetime=2024-01-01T25:00", "datetime=%00",
    ],
)  # fmt: skip
def test_core_query_param_invalid_and_unknown_are_400(small_client: TestClient, query: str) -> None:
    response = small_client.get(f"/ogc/collections/communes/items?{query}")
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_core_fc_bbox_keeps_what_touches_it_and_only_that(small_client: TestClient) -> None:
    assert ids(items(small_client, "communes", bbox="2.01,46.01,2.02,46.02")) == ["03001"]
    assert ids(items(small_client, "communes", bbox="2.1,46.01,2.15,46.02")) == ["03001", "03002"], "borders count"
    assert ids(items(small_client, "communes", bbox="2.01,46.01,0,2.02,46.02,99")) == ["03001"], "heights are ignored"
    across = ids(items(small_client, "communes", bbox="55,-22,3,48.5"))
    assert "97401" in across
    assert "75101" in across, "a box whose west is east of its east crosses 180 degrees"
    assert items(small_client, "communes", bbox="-30,0,-20,10")["numberMatched"] == 0
    everything = ids(items(small_client, "communes", bbox="-180,-90,180,90", limit=100))
    assert "03008" not in everything, "no outline, no touch"


def test_core_fc_time_picks_the_vintage(small_client: TestClient) -> None:
    def codes(when: str) -> dict[str, object]:
        document = items(small_client, "frr", datetime=when)
        features = document["features"]
        assert isinstance(features, list)
        return {f["id"]: f["properties"]["code"] for f in features}

    assert items(small_client, "frr", datetime="2024-06-30")["numberMatched"] == 0
    assert codes("2024-07-01") == codes("2024-07-01T12:00:00Z") == {"03001": "FRR", "03002": "FRR+"}
    assert items(small_client, "zrr")["numberMatched"] == 0, "over since 2024-06-30"
    for within in ("2018-01-01", "2018-01-01/..", "../2018-01-01", "2018-01-01/2030-01-01", "/2018-01-01", "../.."):
        assert items(small_client, "zrr", datetime=within)["numberMatched"] == 7, within
    assert items(small_client, "zrr", datetime="2024-07-01/..")["numberMatched"] == 0


def test_core_f_op_by_official_code(small_client: TestClient) -> None:
    found = small_client.get("/ogc/collections/qpv-2024/items/QN00301N").json()
    assert found["properties"]["label"] == "Quartier neuf"
    assert shapely.from_geojson(str(found["geometry"]).replace("'", '"')).equals(shapely.box(2.24, 46.04, 2.26, 46.06))
    assert {"self", "collection"} <= set(links(found))
    ended = small_client.get("/ogc/collections/zrr/items/03001").json()
    assert ended["properties"]["valid_to"] == "2024-06-30", "without datetime, the latest version"
    for path in ("zrr/items/99999", "zrr/items/03001?datetime=2025-01-01", "nothing/items/1", "zfu", "montagne/items"):
        response = small_client.get(f"/ogc/collections/{path}")
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


def test_items_without_outline_are_listed_without_geometry(small_client: TestClient) -> None:
    for collection, code in (("communes", "03008"), ("doctors", "03008"), ("qpv-2024", "QN00302N")):
        assert small_client.get(f"/ogc/collections/{collection}/items/{code}").json()["geometry"] is None


def test_geojson_follows_the_right_hand_rule_with_seven_decimals(small_client: TestClient) -> None:
    document = items(small_client, "communes", limit=100)
    for feature in document["features"]:  # type: ignore[attr-defined]
        if feature["geometry"] is None:
            continue
        shape = shapely.from_geojson(str(feature["geometry"]).replace("'", '"'))
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw
        coordinates = shapely.get_coordinates(shape)
        assert (np.round(coordinates, 7) == coordinates).all()


def test_html_pages_say_the_same_and_escape_names(small_client: TestClient) -> None:
    for path in ("", "/conformance", "/collections", "/collections/doctors", "/collections/doctors/items",
                 "/collections/doctors/items/03001", "/tileMatrixSets", "/collections/doctors/tiles"):  # fmt: skip
        for asked in ({"params": {"f": "html"}}, {"headers": {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}}):
            response = small_client.get(f"/ogc{path}", **asked)
            assert response.headers["content-type"].startswith("text/html"), path
            assert "<script" not in response.text
    page = small_client.get("/ogc/collections/doctors/items", params={"f": "html"}).text
    assert "ZIP" in page
    assert "03001" in page


# ------------------------------------------------------------------------------------------------------ Tiles, Part 1


def test_tiles_tileset_leads_to_tiles(client: TestClient) -> None:
    tilesets = client.get("/ogc/collections/doctors/tiles").json()["tilesets"]
    assert [t["tileMatrixSetURI"].rsplit("/", 1)[1] for t in tilesets] == ["WebMercatorQuad"]
    document = client.get("/ogc/collections/doctors/tiles/WebMercatorQuad").json()
    assert document["dataType"] == "vector"
    template = links(document)["item"].removeprefix("http://testserver")
    response = client.get(template.format(tileMatrix=10, tileRow=376, tileCol=516))
    assert response.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert response.content == client.get("/tiles/doctors/10/516/376.mvt").content
    assert "09122" in {
        f["properties"]["insee_code"] for f in mapbox_vector_tile.decode(response.content)["doctors"]["features"]
    }
    past = client.get(template.format(tileMatrix=10, tileRow=376, tileCol=516), params={"datetime": "2015-01-01"})
    assert past.headers["etag"] != response.headers["etag"]


def test_tiles_out_of_the_grid_are_404_and_bad_parameters_400(client: TestClient) -> None:
    here = "/ogc/collections/doctors/tiles/WebMercatorQuad"
    for path in ("10/99999/516", "10/-1/0", "99/0/0", "a/b/c", "3/0/0"):
        assert client.get(f"{here}/{path}").status_code == 404, path
    assert client.get("/ogc/collections/doctors/tiles/Other/10/376/516").status_code == 404
    for query in ("datetime=../..", "datetime=x", "unknown=1", "f=png"):
        assert client.get(f"{here}/10/376/516?{query}").status_code == 400, query


def test_tiles_grid_is_the_registered_one(client: TestClient) -> None:
    listed = client.get("/ogc/tileMatrixSets").json()["tileMatrixSets"]
    grid = client.get(links(listed[0])["self"].removeprefix("http://testserver")).json()
    assert grid["id"] == "WebMercatorQuad"
    matrices = {m["id"]: m for m in grid["tileMatrices"]}
    assert matrices["4"]["matrixWidth"] == 16
    assert matrices["4"]["pointOfOrigin"] == pytest.approx([-20037508.342789244, 20037508.342789244])


# --------------------------------------------------------------------------------------------------------- real clients


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The real service on a free loopback port, embedded data, in a process of its own: GDAL keeps the interpreter's
    lock while it waits, so a server in a thread of this process could never answer it."""
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            root = server.stdout.readline().rsplit(" ", 1)[1].strip().rstrip("/")
            yield _ready(f"{root}/ogc", server)
        finally:
            server.terminate()


def _ready(url: str, server: subprocess.Popen[str]) -> str:
    """Wait until this very server answers."""
    deadline = time.monotonic() + 90
    while True:
        assert server.poll() is None
        assert time.monotonic() < deadline
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(url, timeout=30).status_code == 200:
                return url
        time.sleep(0.05)


def outlines_of_communes(embedded: Catalogue) -> dict[str, shapely.Geometry]:
    table = pq.read_table(embedded.directory / "communes.parquet", columns=["insee_code", "geometry"])
    return dict(
        zip(
            table["insee_code"].to_pylist(),
            shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False)),
            strict=True,
        )
    )


def test_gdal_lists_the_collections(served: str) -> None:
    assert tuple(pyogrio.list_layers(f"OAPIF:{served}")[:, 0]) == COLLECTIONS


def test_gdal_reads_every_page_of_every_collection_equal_to_the_source(served: str, embedded: Catalogue) -> None:
    communes = outlines_of_communes(embedded)
    for collection in COLLECTIONS:
        read = pyogrio.read_dataframe(f"OAPIF:{served}", layer=collection, PAGE_SIZE=4_000)
        if collection.startswith("qpv"):
            layers = [layer for layer in embedded.outlines[collection] if layer.validity().holds(TODAY)]
            zones = {zone.code: zone for layer in layers for zone in layer.zones}
            assert (read["code"].tolist() if zones else []) == sorted(zones), collection
            assert (
                read.geometry.notna().sum() == sum(zone.has_outline for zone in zones.values())
                if zones
                else len(read) == 0
            )
            continue
        expected = list(communes) if collection == "communes" else _listed(embedded, collection)
        if not expected:
            assert len(read) == 0, f"{collection} is over"
            continue
        assert read["insee_code"].tolist() == sorted(expected), collection
        found, source = read.geometry.to_numpy(), np.array([communes[code] for code in read["insee_code"]], np.object_)
        assert (shapely.is_missing(found) == shapely.is_missing(source)).all()
        known = ~shapely.is_missing(source)
        apart = shapely.hausdorff_distance(found[known], source[known])
        assert apart.size == 0 or apart.max() < 1.5e-7, collection
        assert (shapely.get_num_coordinates(found) == shapely.get_num_coordinates(source)).all()
        if collection == "doctors":
            spec = ZONINGS_BY_KEY["doctors"]
            for code, given in zip(read["insee_code"], read["code"], strict=True):
                assert class_of_commune(embedded, spec, code, TODAY, TODAY).code == given


def _listed(embedded: Catalogue, key: str) -> list[str]:
    spec = ZONINGS_BY_KEY[key]
    absent = (Reason.TERRITORY_NOT_COVERED, Reason.NOT_IN_LIST, Reason.NO_DATA_FOR_DATE, Reason.ZONING_ENDED)
    return [
        code
        for code in embedded.communes.codes
        if code not in ARRONDISSEMENT_CITIES
        and class_of_commune(embedded, spec, code, TODAY, TODAY).reason not in absent
    ]


def test_gdal_filters_by_box_on_the_server(served: str) -> None:
    read = pyogrio.read_dataframe(f"OAPIF:{served}", layer="doctors", bbox=(1.55, 42.9, 1.65, 43.0))
    assert "09122" in set(read["insee_code"])
    assert 1 < len(read) < 40


def test_owslib_browses_it(served: str) -> None:
    client = Features(served)
    assert set(COLLECTIONS) == {c["id"] for c in client.collections()["collections"]}
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in client.conformance()["conformsTo"]
    assert set(client.feature_collections()) == set(COLLECTIONS)
    page = client.collection_items("communes", bbox=[1.55, 42.9, 1.65, 43.0], limit=3)
    assert page["numberReturned"] == 3
    assert client.collection_item("communes", "09122")["properties"]["name"] == "Foix"


def test_gdal_opens_the_tiles(served: str) -> None:
    root = served.removesuffix("/ogc")
    read = pyogrio.read_dataframe(
        f"MVT:/vsicurl/{root}/tiles/doctors/10/516/376.mvt", layer="doctors", X=516, Y=376, Z=10
    )
    assert "09122" in set(read["insee_code"])
    foix = read[read["insee_code"] == "09122"].to_crs(4326).geometry.iloc[0]
    assert foix.contains(shapely.Point(1.6053, 42.9657))
