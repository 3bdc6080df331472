"""Addresses of tiles are checked before any maths; world coordinates agree with morecantile."""

from __future__ import annotations

import time

import morecantile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tiles.grid import MAX_ZOOM, MIN_ZOOM, InvalidTile, Tile, read_tile, tiles_touching, to_world

BAD = ["", "-1", "+1", "1.0", "1e3", "٣", "007", " 1", "1 ", "0x1", "a", "\x00", "9" * 5_000, "1_0", "²", "99999"]
TMS = morecantile.tms.get("WebMercatorQuad")


@pytest.mark.parametrize("text", BAD)
def test_anything_but_a_plain_number_in_range_is_refused(text: str) -> None:
    for address in ((text, "1", "1"), ("5", text, "1"), ("5", "1", text)):
        with pytest.raises(InvalidTile) as refused:
            read_tile(*address)
        assert refused.value.field in ("x", "y", "z")
        assert len(text) < 3 or text not in refused.value.message


def test_a_hostile_number_is_refused_at_once() -> None:
    start = time.perf_counter()
    with pytest.raises(InvalidTile):
        read_tile("5", "9" * 50_000, "1")
    assert time.perf_counter() - start < 0.01


@given(st.integers(-3, 40), st.integers(-3, 1 << 20), st.integers(-3, 1 << 20))
def test_only_tiles_of_the_grid_are_accepted(zoom: int, column: int, row: int) -> None:
    on_grid = MIN_ZOOM <= zoom <= MAX_ZOOM and 0 <= column < 1 << zoom and 0 <= row < 1 << zoom
    try:
        assert read_tile(str(zoom), str(column), str(row)) == Tile(zoom, column, row)
        assert on_grid
    except InvalidTile:
        assert not on_grid


@given(st.floats(-179, 179), st.floats(-85, 85), st.integers(MIN_ZOOM, MAX_ZOOM))
def test_a_point_is_in_the_tile_morecantile_says(lon: float, lat: float, zoom: int) -> None:
    expected = TMS.tile(lon, lat, zoom)
    bounds = TMS.bounds(expected)
    if min(lon - bounds.left, bounds.right - lon, lat - bounds.bottom, bounds.top - lat) < 1e-9:
        return  # on the side of a tile either neighbour is right
    world = to_world(np.array([[lon, lat]]))[0]
    west, north, east, south = Tile(zoom, expected.x, expected.y).box(buffer=0)
    assert west <= world[0] <= east
    assert north <= world[1] <= south


def test_tiles_touching_counts_the_buffer() -> None:
    at_corner = np.array([[0.5, 0.5, 0.5, 0.5]])
    assert tiles_touching(at_corner, 4) == {(7, 7), (8, 7), (7, 8), (8, 8)}
    inside = np.array([[0.53, 0.53, 0.53, 0.53]])
    assert tiles_touching(inside, 4) == {(8, 8)}
