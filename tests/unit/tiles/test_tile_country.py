"""The whole embedded country: every tile up to zoom 8 and random deeper ones decode twice, are light, valid, without hole."""

from __future__ import annotations

import gzip
import random
from datetime import date

import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely

from app.tiles.grid import EXTENT, Tile, tiles_touching
from app.tiles.layers import label_points
from app.tiles.store import TileStore
from app.zones.catalogue import Catalogue

ON = date(2026, 3, 1)
SEED = 20_261_123
Decoded = dict[str, dict[str, list[dict[str, object]]]]


@pytest.fixture(scope="module")
def store(embedded: Catalogue) -> TileStore:
    return TileStore(embedded)


def places(store: TileStore, whole_to: int) -> list[Tile]:
    """Every place up to a zoom, and up to 40 random ones at each deeper zoom."""
    _, bounds = store.ground.communes_at(8)
    rng = random.Random(SEED)
    found = []
    for zoom in range(4, 15):
        touched = sorted(tiles_touching(bounds, zoom)) if zoom < 12 else _near(store, zoom, rng)
        found += [
            Tile(zoom, *place)
            for place in (touched if zoom <= whole_to else rng.sample(touched, min(40, len(touched))))
        ]
    return found


def _near(store: TileStore, zoom: int, rng: random.Random) -> list[tuple[int, int]]:
    points = label_points(store.ground.communes[rng.sample(range(len(store.ground.communes)), 400)])
    return sorted({(int(x), int(y)) for x, y in points * (1 << zoom)})


def decode(body: bytes) -> Decoded:
    decoded: Decoded = mapbox_vector_tile.decode(gzip.decompress(body), default_options={"y_coord_down": True})
    return decoded


def shapes_of(features: list[dict[str, object]]) -> np.ndarray:
    return np.array([shapely.geometry.shape(feature["geometry"]) for feature in features], np.object_)


@pytest.mark.parametrize(("name", "whole_to"), [("base", 8), ("doctors", 6)])
def test_every_tile_is_light_valid_and_read_alike_by_two_decoders(store: TileStore, name: str, whole_to: int) -> None:
    tileset = store.tileset(name, ON, ON)
    seen = 0
    for tile in places(store, whole_to):
        body = store.encode(tileset, tile)
        if not body:
            continue
        seen += 1
        assert len(body) <= 200_000, tile
        raw = gzip.decompress(body)
        for layer, content in decode(body).items():
            assert shapely.is_valid(shapes_of(content["features"])).all(), (tile, layer)
            _, _, geometry, _ = pyogrio.raw.read(raw, layer=layer, X=tile.column, Y=tile.row, Z=tile.zoom, CLIP="NO")
            assert len(geometry) == len(content["features"]), (tile, layer)
    assert seen > 200


@pytest.mark.parametrize(("name", "layer"), [("doctors", "doctors"), ("base", "departments"), ("base", "communes")])
def test_no_commune_is_missing_from_the_map_at_any_zoom(store: TileStore, name: str, layer: str) -> None:
    """A point inside each of 300 communes is on a drawn feature, to a pixel; from zoom 7, on its own commune."""
    rng = np.random.default_rng(SEED)
    rows = rng.choice(len(store.ground.rows), 300, replace=False)
    points = label_points(store.ground.communes[rows])
    codes = [store.catalogue.communes.codes[row] for row in store.ground.rows[rows].tolist()]
    tileset = store.tileset(name, ON, ON)
    for zoom in range(7 if layer == "communes" else 4, 10):
        by_tile: dict[tuple[int, int], list[int]] = {}
        for number, (column, row) in enumerate((points * (1 << zoom)).astype(int).tolist()):
            by_tile.setdefault((column, row), []).append(number)
        for (column, row), numbers in by_tile.items():
            features = decode(store.encode(tileset, Tile(zoom, column, row)))[layer]["features"]
            shapes = shapes_of(features)
            units = (points[numbers] * (1 << zoom) - (column, row)) * EXTENT
            tree = shapely.STRtree(shapes)
            distances = tree.query_nearest(shapely.points(units), return_distance=True, all_matches=False)[1]
            assert len(distances) == len(numbers)
            assert distances.max() <= 8, (zoom, column, row)
            if zoom >= 7 and layer != "departments":
                drawn = {
                    feature["properties"]["insee_code"]: shape for feature, shape in zip(features, shapes, strict=True)
                }  # type: ignore[index]
                apart = [drawn[codes[n]].distance(shapely.Point(u)) for n, u in zip(numbers, units, strict=True)]
                assert max(apart) <= 8, (zoom, column, row)


def test_neighbouring_communes_leave_no_gap_and_do_not_overlap_by_more_than_a_pixel(store: TileStore) -> None:
    """Departments of mainland zoom-8 tiles: what separates two communes there is the source's own border, not ours."""
    tileset = store.tileset("communes", ON, ON)
    source = shapely.STRtree(store.ground.communes)
    for tile in (Tile(8, 128, 90), Tile(8, 131, 92), Tile(7, 64, 45)):
        shapes = shapes_of(decode(store.encode(tileset, tile))["communes"]["features"])
        whole = shapely.union_all(shapes)
        overlap = shapely.area(shapes).sum() - whole.area
        assert overlap < 1e-3 * whole.area
        holes = [
            shapely.Polygon(ring)
            for part in shapely.get_parts(whole)
            for ring in shapely.get_parts(part).tolist()[0].interiors
        ]
        for hole in (hole for hole in holes if not hole.buffer(-8).is_empty):  # a commune without outline, an enclave
            inside = shapely.get_coordinates(hole.buffer(-8).representative_point())[0]
            world = (inside / EXTENT + (tile.column, tile.row)) / (1 << tile.zoom)
            assert not len(source.query(shapely.Point(world), predicate="within")), "a hole that the source has not"


def test_dissolved_areas_are_valid_and_lose_nothing(store: TileStore) -> None:
    """Real commune borders do not all match; a union that kept such a flaw would lose most of itself when cut by a tile."""
    ground = store.ground
    total = float(shapely.area(ground.communes).sum())
    for zoom in (5, 7, 8):
        for kind in ("department", "region"):
            shapes = ground.areas_at(kind, zoom).shapes
            assert shapely.is_valid(shapes).all(), (kind, zoom)
            assert shapely.area(shapes).sum() == pytest.approx(total, rel=1e-3), (kind, zoom)
