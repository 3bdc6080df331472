"""Encoded tiles say what was drawn, by the words of two independent decoders, and keep the specification's invariants."""

from __future__ import annotations

from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box, shape

from app.tiles.encode import Attributes, draw_points, draw_rings, encode_layer, varint
from app.tiles.grid import BUFFER, EXTENT, Tile
from app.tiles.layers import OutlineLayer, numeric_ids
from app.tiles.rings import rings_in_tiles

TILE = Tile(4, 8, 5)
"""Any tile: shapes below are given in its units and moved to world coordinates."""


def in_world(*shapes: shapely.Geometry) -> np.ndarray:
    origin = np.array([TILE.column, TILE.row]) / (1 << TILE.zoom)
    return shapely.transform(np.array(shapes, np.object_), lambda units: units / TILE.units_per_world + origin)


def drawn(*shapes: shapely.Geometry) -> dict[int, shapely.Geometry]:
    """What a decoder reads back, by row, in the tile's units with the second coordinate growing southwards."""
    world = in_world(*shapes)
    columns = (Attributes.of(row=list(range(len(shapes)))),)
    encoded = OutlineLayer.of("drawn", world, columns).encode(TILE)
    if not encoded:
        return {}
    layer = mapbox_vector_tile.decode(encoded, default_options={"y_coord_down": True})["drawn"]
    assert layer["extent"] == EXTENT
    assert layer["version"] == 2
    return {feature["properties"]["row"]: shape(feature["geometry"]) for feature in layer["features"]}


def test_a_polygon_with_a_hole_comes_back_whole() -> None:
    ring = Polygon([(10, 10), (90, 10), (90, 90), (10, 90)], [[(30, 30), (60, 30), (60, 60), (30, 60)]])
    assert drawn(ring)[0].equals(ring)


def test_parts_of_a_multipolygon_stay_one_feature() -> None:
    parts = MultiPolygon([box(0, 0, 10, 10), box(50, 50, 60, 60)])
    assert drawn(parts)[0].equals(parts)


def test_outer_rings_are_positive_and_holes_negative_whatever_the_input() -> None:
    for winding in (1, -1):
        outer, hole = [(10, 10), (90, 10), (90, 90), (10, 90)][::winding], [(30, 30), (60, 30), (60, 60)][::winding]
        world = in_world(Polygon(outer, [hole]))
        rings = rings_in_tiles(world, shapely.bounds(world), [TILE])
        areas = [
            float(np.sum(r[:, 0] * np.roll(r[:, 1], -1) - np.roll(r[:, 0], -1) * r[:, 1]))
            for r in np.split(rings.vertices.astype(float), np.cumsum(rings.sizes)[:-1])
        ]
        assert areas[0] > 0 > areas[1]


def test_outlines_are_cut_at_the_buffer() -> None:
    found = drawn(box(-10_000, -10_000, 20_000, 20_000))[0]
    assert found.bounds == (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    assert drawn(box(EXTENT + BUFFER + 1, 0, 9_000, 100)) == {}


def test_a_shape_smaller_than_a_unit_is_still_drawn() -> None:
    found = drawn(box(100.1, 100.1, 100.2, 100.2), box(500, 500, 600, 600))
    assert found[0].area == 1.0
    assert found[0].distance(shapely.Point(100.15, 100.15)) < 1


def test_rounding_that_crosses_itself_is_mended() -> None:
    spike = Polygon([(0, 0), (100, 0.4), (200, 0), (200, 50), (100.4, 0.45), (99.6, 0.45), (0, 50)])
    assert spike.is_valid
    found = drawn(spike)[0]
    assert found.is_valid
    assert found.hausdorff_distance(spike) < 1.5


def test_parts_that_rounding_glues_are_merged() -> None:
    glued = MultiPolygon([box(0, 0, 10, 10), box(10.3, 0, 20, 10)])
    found = drawn(glued)[0]
    assert found.is_valid
    assert found.equals(box(0, 0, 20, 10))


def test_a_shared_border_stays_shared() -> None:
    border = [(500.3, 0), (510.7, 33.3), (480.2, 71.9), (503.6, 100)]
    left, right = Polygon([(0, 0), *border, (0, 100)]), Polygon([*border, (900, 100), (900, 0)])
    found = drawn(left, right)
    assert found[0].intersection(found[1]).area == 0
    assert found[0].union(found[1]).area == pytest.approx(900 * 100)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.floats(0.2, 400))
def test_random_coverages_stay_valid_and_leave_no_gap(seed: int, size: float) -> None:
    """Voronoi cells of random points, down to a fraction of a unit: together they cover what they covered."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(1_300, 2_800, 2)
    points = shapely.MultiPoint(centre + rng.normal(0, size, (30, 2)))
    window = box(*(centre - 3 * size), *(centre + 3 * size))
    cut = [cell.intersection(window) for cell in shapely.voronoi_polygons(points, extend_to=window).geoms]
    cells = [cell for cell in cut if not cell.is_empty]
    found = drawn(*cells)
    assert len(found) == len(cells)
    assert all(cell.is_valid for cell in found.values())
    gaps = window.difference(shapely.union_all(list(found.values())))
    assert gaps.is_empty or gaps.buffer(-1.0).is_empty


def test_attributes_of_each_type_come_back_and_missing_ones_are_absent() -> None:
    world = in_world(box(0, 0, 9, 9), box(20, 0, 29, 9))
    columns = (
        Attributes.of(name=["L'Haÿ <script>", None], count=[-5, 2_000_000_000]),
        Attributes.of(share=[0.25, None], sure=[True, False]),
    )
    encoded = OutlineLayer.of("drawn", world, columns, numeric_ids(["2A004", "75120"])).encode(TILE)
    first, second = mapbox_vector_tile.decode(encoded)["drawn"]["features"]
    assert first["properties"] == {"name": "L'Haÿ <script>", "count": -5, "share": 0.25, "sure": True}
    assert second["properties"] == {"count": 2_000_000_000, "sure": False}
    assert (first["id"], second["id"]) == (int("2A004", 36), int("75120", 36))


def test_gdal_reads_the_same_geometry(tmp_path: Path) -> None:
    drawing = OutlineLayer.of("drawn", in_world(box(8, 8, 80, 88)), (Attributes.of(name=["Foix"]),))
    path = tmp_path / str(TILE.zoom) / str(TILE.column) / f"{TILE.row}.mvt"
    path.parent.mkdir(parents=True)
    path.write_bytes(drawing.encode(TILE))
    read = pyogrio.read_dataframe(path, layer="drawn")
    assert read["name"].tolist() == ["Foix"]
    circumference = 2 * np.pi * 6_378_137
    west = (TILE.column / 16 + 8 / TILE.units_per_world - 0.5) * circumference
    north = (0.5 - TILE.row / 16 - 8 / TILE.units_per_world) * circumference
    bounds = read.geometry.iloc[0].bounds
    assert bounds[0] == pytest.approx(west, abs=1)
    assert bounds[3] == pytest.approx(north, abs=1)


def test_points_come_back_where_they_were() -> None:
    (drawing,) = draw_points(np.array([1, 0]), np.array([[0, 4095], [77, 3]], np.int32), np.zeros(2, np.int64), 1)
    encoded = encode_layer("labels", drawing, (Attributes.of(name=["b", "a"]),))
    features = mapbox_vector_tile.decode(encoded, default_options={"y_coord_down": True})["labels"]["features"]
    assert [(f["properties"]["name"], f["geometry"]["coordinates"]) for f in features] == [
        ("a", [0, 4095]),
        ("b", [77, 3]),
    ]


@given(st.integers(0, 2**64 - 1))
def test_varints_are_base_128(number: int) -> None:
    encoded = varint(number)
    assert sum((byte & 0x7F) << (7 * position) for position, byte in enumerate(encoded)) == number
    assert all(byte & 0x80 for byte in encoded[:-1])
    assert not encoded[-1] & 0x80


def test_nothing_drawn_is_no_layer() -> None:
    world = in_world(box(90_000, 0, 90_100, 100))
    rings = rings_in_tiles(world, shapely.bounds(world), [TILE])
    assert encode_layer("drawn", draw_rings(rings, 1)[0], ()) == b""


def test_codes_with_other_signs_or_too_long_give_no_numeric_id() -> None:
    assert numeric_ids(["FRR+"]) is None
    assert numeric_ids(["A" * 11]) is None
    assert numeric_ids(["Z" * 10]) == [36**10 - 1]
    assert 36**10 < 2**53


def test_tiles_drawn_together_are_those_drawn_alone() -> None:
    """Bodies are equal to the byte, so that an archive holds what is encoded on demand."""
    rng = np.random.default_rng(7)
    points = shapely.MultiPoint(rng.uniform(0, 3 * EXTENT, (200, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box(0, 0, 3 * EXTENT, 3 * EXTENT)))
    layer = OutlineLayer.of("drawn", in_world(*cells), (Attributes.of(row=list(range(len(cells)))),))
    tiles = [Tile(TILE.zoom, TILE.column + east, TILE.row + south) for east in range(4) for south in range(4)]
    together = [layer.write(drawing) for drawing in layer.draw(tiles)]
    assert together == [layer.encode(tile) for tile in tiles]
    assert all(together[:9])
