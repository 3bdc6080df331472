"""Tiles and TileJSON through HTTP: caching, methods, refusals, dates."""

from __future__ import annotations

import gzip
import html
import random
from datetime import UTC, datetime

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

FOIX = "/tiles/doctors/10/516/376.mvt"
TODAY = datetime.now(UTC).date().isoformat()
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


def test_a_tile_is_sent_gzip_with_a_strong_etag_and_a_lifetime(client: TestClient) -> None:
    response = client.get(FOIX)
    assert response.status_code == 200
    assert response.headers["content-type"] == MEDIA_TYPE
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["etag"].startswith('"')
    assert "max-age" in response.headers["cache-control"]
    assert "Accept-Encoding" in response.headers["vary"]
    assert response.headers["access-control-allow-origin"] == "*" if "origin" in response.request.headers else True
    features = mapbox_vector_tile.decode(response.content)["doctors"]["features"]
    assert "09122" in {feature["properties"]["insee_code"] for feature in features}


@pytest.mark.parametrize("accepted", ["identity", "gzip;q=0", "gzip;q=0.000, br", "br", ""])
def test_a_client_that_refuses_gzip_gets_plain_bytes_under_another_etag(client: TestClient, accepted: str) -> None:
    plain = client.get(FOIX, headers={"accept-encoding": accepted})
    packed = client.get(FOIX, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content) > int(packed.headers["content-length"])
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip", "GZIP;q=0.5", "*", "deflate, *;q=0.1", "x-gzip"])
def test_gzip_is_used_when_accepted(client: TestClient, accepted: str) -> None:
    assert client.get(FOIX, headers={"accept-encoding": accepted}).headers["content-encoding"] == "gzip"


def test_a_known_tile_is_304_and_only_then(client: TestClient) -> None:
    etag = client.get(FOIX).headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = client.get(FOIX, headers={"if-none-match": sent})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
    assert client.get(FOIX, headers={"if-none-match": '"other"'}).status_code == 200


def test_head_has_the_headers_without_the_body(client: TestClient) -> None:
    got, asked = client.get(FOIX), client.head(FOIX)
    assert asked.status_code == 200
    assert asked.content == b""
    for name in ("etag", "content-length", "content-encoding", "cache-control"):
        assert asked.headers[name] == got.headers[name]


def test_other_methods_are_405_problems(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = client.request(method, FOIX)
        assert response.status_code == 405
        assert response.headers["content-type"] == "application/problem+json"


def test_nothing_drawn_is_204(client: TestClient) -> None:
    response = client.get("/tiles/doctors/8/0/0.mvt")
    assert (response.status_code, response.content) == (204, b"")
    assert client.get("/tiles/communes/5/16/11.mvt").status_code == 204


def test_a_thousand_addresses_off_the_grid_are_400(client: TestClient) -> None:
    rng = random.Random(20_261_123)
    odd = ["-1", "a", "1.5", "9" * 30, "0x1", "1e9", "%2e%2e", "NaN", "٣", "007", "1 ", str(2**31), str(2**63), "-0"]
    for _ in range(1_000):
        zoom = rng.choice([*odd, "3", "15", "4", "9", "14"])
        column, row = rng.choice(odd), rng.choice([*odd, "1"])
        response = client.get(f"/tiles/doctors/{zoom}/{column}/{row}.mvt")
        assert response.status_code == 400, (zoom, column, row)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["errors"][0]["field"] in ("x", "y", "z")
    side = client.get("/tiles/doctors/4/16/0.mvt")
    assert side.status_code == 400


@pytest.mark.parametrize(
    "name", ["nothing", "doctors@nothing", "zfu", "montagne", "..%2f..", "%00", "a" * 3_000, "doctors@@", "DOCTORS"]
)
def test_unknown_sets_are_404_problems_that_echo_nothing(client: TestClient, name: str) -> None:
    for path in (f"/tiles/{name}/5/16/11.mvt", f"/tiles/{name}.json"):
        response = client.get(path)
        assert response.status_code == 404, path
        assert response.headers["content-type"] == "application/problem+json"
        assert name not in response.text


@pytest.mark.parametrize("query", ["date=2026-13-01", "date=", "known_on=hier", "date=1066-10-14"])
def test_dates_are_read_strictly(client: TestClient, query: str) -> None:
    assert client.get(f"{FOIX}?{query}").status_code == 422


def test_zrr_gives_way_to_frr_on_the_map_too(client: TestClient) -> None:
    def code(zoning: str, day: str) -> object:
        body = client.get(f"/tiles/{zoning}/10/516/376.mvt", params={"date": day}).content
        features = mapbox_vector_tile.decode(body)[zoning]["features"]
        foix = next(f["properties"] for f in features if f["properties"]["insee_code"] == "09122")
        return foix.get("code", foix["state"])

    assert (code("zrr", "2024-06-30"), code("zrr", "2024-07-01")) == ("ZRR", "outside")
    assert (code("frr", "2024-06-30"), code("frr", "2026-03-01")) == ("unknown", "FRR")


def test_tilejson_leads_to_tiles_of_the_same_day_that_never_change(client: TestClient) -> None:
    document = client.get("/tiles/zrr.json", params={"date": "2024-06-30"}).json()
    assert document["tilejson"] == "3.0.0"
    assert (document["minzoom"], document["maxzoom"]) == (4, 12)
    west, south, east, north = document["bounds"]
    assert -180 <= west < east <= 180
    assert -85 <= south < north <= 85
    assert document["attribution"]
    assert client.get("/v1/datasets").json()["data_version"] in document["version"]
    url = document["tiles"][0].format(z=10, x=516, y=376).removeprefix("http://testserver")
    response = client.get(url)
    assert "immutable" in response.headers["cache-control"]
    layer = mapbox_vector_tile.decode(response.content)["zrr"]
    described = document["vector_layers"][0]
    assert described["id"] == "zrr"
    assert {name for feature in layer["features"] for name in feature["properties"]} <= set(described["fields"])
    stale = client.get(url.replace(url.rsplit("v=")[1], "000000000000"))
    assert "immutable" not in stale.headers["cache-control"]


@pytest.mark.parametrize("name", ["base", "communes", "departments", "regions", "qpv-2024", "frr"])
def test_every_set_describes_what_it_draws(client: TestClient, name: str) -> None:
    document = client.get(f"/tiles/{name}.json").json()
    described = {layer["id"]: set(layer["fields"]) for layer in document["vector_layers"]}
    for zoom, column, row in ((5, 16, 11), (6, 32, 23), (7, 64, 47), (9, 258, 188), (11, 1033, 753)):
        response = client.get(f"/tiles/{name}/{zoom}/{column}/{row}.mvt")
        if response.status_code == 204:
            continue
        for layer, content in mapbox_vector_tile.decode(response.content).items():
            assert layer in described
            assert {key for feature in content["features"] for key in feature["properties"]} <= described[layer]


def test_tilejson_is_revalidated(client: TestClient) -> None:
    first = client.get("/tiles/base.json")
    again = client.get("/tiles/base.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/tiles/base.json").status_code == 200


def test_attribution_is_escaped_because_front_ends_read_it_as_html(client: TestClient) -> None:
    attribution = client.get("/tiles/doctors.json").json()["attribution"]
    assert attribution == html.escape(html.unescape(attribution))


def test_every_current_tile_of_the_embedded_map_is_light_and_decodes(client: TestClient) -> None:
    """Base map and doctors at zooms 4 to 7, where tiles are fullest: 200 KB gzip at most, decoded one by one."""
    from app.tiles.grid import tiles_touching

    store = client.app.state.service.tiles  # type: ignore[attr-defined]
    _, bounds = store.ground.communes_at(7)
    heaviest = 0
    for name in ("base", "doctors"):
        for zoom in range(4, 8):
            for column, row in sorted(tiles_touching(bounds, zoom)):
                response = client.get(f"/tiles/{name}/{zoom}/{column}/{row}.mvt")
                assert response.status_code in (200, 204)
                if response.status_code == 200:
                    heaviest = max(heaviest, int(response.headers["content-length"]))
                    assert mapbox_vector_tile.decode(response.content)
                    assert gzip.compress(response.content)
    assert heaviest <= 200_000


def test_the_hot_way_and_the_long_way_send_the_same(client: TestClient) -> None:
    """Plain requests skip the frameworks' layers once a tile is ready; a query parameter nobody reads does not."""
    version = client.get(FOIX).headers["etag"].strip('"')
    for path, headers in (
        (FOIX, {}),
        (FOIX, {"if-none-match": f'"{version}"'}),
        (f"{FOIX}?v={version}", {}),
        (f"{FOIX}?date={TODAY}&v={version}", {}),
        (f"{FOIX}?date={TODAY}", {}),
        ("/tiles/doctors/8/0/0.mvt", {}),
        ("/tiles/base/7/64/46.mvt", {"origin": "https://example.org"}),
    ):
        client.get(path)
        separator = "&" if "?" in path else "?"
        hot, long = client.get(path, headers=headers), client.get(f"{path}{separator}known_on={TODAY}", headers=headers)
        assert (hot.status_code, hot.content) == (long.status_code, long.content), path
        for name in (
            "etag",
            "cache-control",
            "content-encoding",
            "content-length",
            "content-type",
            "x-content-type-options",
        ):
            assert hot.headers.get(name) == long.headers.get(name), (path, name)
        assert hot.headers["x-request-id"]
        assert hot.headers["access-control-allow-origin"] == "*"
        assert "Accept-Encoding" in hot.headers["vary"]


def test_the_hot_way_reads_addresses_as_strictly(client: TestClient) -> None:
    for address in ("10/99999/376", "3/1/1", "15/1/1", "010/516/376", "10/516/00376"):
        response = client.get(f"/tiles/doctors/{address}.mvt")
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/problem+json"
