"""Distances to outlines: sign, unit, border convention, order; hand-drawn squares near Paris and in La Réunion."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from app.errors import DataError
from app.places import project, territory_at
from app.zones.index.layer import Layer
from app.zones.index.neighbours import Neighbours

SQUARE = shapely.box(2.30, 48.80, 2.32, 48.82)
RING = shapely.box(2.40, 48.80, 2.44, 48.84).difference(shapely.box(2.41, 48.81, 2.43, 48.83))
REUNION = shapely.box(55.45, -20.90, 55.47, -20.88)


def layer_of(*geometries: object) -> Layer:
    return Layer("test", np.array(geometries, dtype=object), np.zeros(len(geometries)))


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours(layer_of(SQUARE, None, RING, REUNION))


def metres(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    easting, northing = project(territory_at(lon_a, lat_a), np.array([lon_a, lon_b]), np.array([lat_a, lat_b]))
    return math.hypot(easting[1] - easting[0], northing[1] - northing[0])


def test_distance_is_negative_inside_and_positive_outside(neighbours: Neighbours) -> None:
    ((row, inside),) = neighbours.within(2.3001, 48.81, 50)
    ((_, outside),) = neighbours.within(2.2999, 48.81, 50)
    assert row == 0
    assert inside == pytest.approx(-metres(2.3001, 48.81, 2.30, 48.81), abs=0.01)
    assert outside == pytest.approx(metres(2.2999, 48.81, 2.30, 48.81), abs=0.01)


def test_point_on_the_border_belongs_to_the_zone_at_distance_zero(neighbours: Neighbours) -> None:
    ((_, corner),) = neighbours.within(2.30, 48.80, 0)
    assert corner == pytest.approx(0, abs=1e-6)
    assert corner <= 0


def test_rounding_never_turns_an_outside_point_into_an_inside_one() -> None:
    just_outside = math.nextafter(2.30, 0)
    ((_, signed),) = Neighbours(layer_of(SQUARE)).within(just_outside, 48.81, 1)
    assert 0 < signed < 1e-6


def test_point_in_a_hole_is_outside_at_the_distance_of_the_hole_edge(neighbours: Neighbours) -> None:
    ((row, signed),) = neighbours.within(2.411, 48.82, 200)
    assert row == 2
    assert signed == pytest.approx(metres(2.411, 48.82, 2.41, 48.82), abs=0.01)


def test_deep_inside_is_found_with_any_radius(neighbours: Neighbours) -> None:
    ((row, signed),) = neighbours.within(2.31, 48.81, 1)
    assert row == 0
    assert signed < -700


def test_disc_that_just_misses_the_zone_finds_nothing(neighbours: Neighbours) -> None:
    distance = metres(2.2999, 48.81, 2.30, 48.81)
    assert neighbours.within(2.2999, 48.81, distance - 0.05) == []
    assert [row for row, _ in neighbours.within(2.2999, 48.81, distance + 0.05)] == [0]


def test_long_edges_are_measured_along_their_parallel_not_their_chord() -> None:
    """A 150 km edge along a parallel: its chord in Lambert-93 is hundreds of metres off."""
    wide = shapely.box(1.0, 47.0, 3.0, 48.0)
    ((_, signed),) = Neighbours(layer_of(wide)).within(2.0, 48.001, 2000)
    assert signed == pytest.approx(metres(2.0, 48.001, 2.0, 48.0), abs=0.02)


def test_overseas_metres_are_those_of_the_territory(neighbours: Neighbours) -> None:
    ((row, signed),) = neighbours.within(55.46, -20.879, 500)
    assert row == 3
    assert signed == pytest.approx(metres(55.46, -20.879, 55.46, -20.88), abs=0.02)
    assert 109 < signed < 112


def test_many_points_at_once_agree_with_one_at_a_time(neighbours: Neighbours) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(2.28, 2.46, 400), rng.uniform(48.78, 48.86, 400)
    lon[:3], lat[:3] = (55.449, np.nan, 2.3), (-20.89, 48.8, np.inf)
    radius_m = rng.uniform(0, 3000, 400)
    pairs = neighbours.within_many(lon, lat, radius_m)
    for point in range(400):
        chosen = pairs.point == point
        assert neighbours.within(lon[point], lat[point], radius_m[point]) == list(
            zip(pairs.row[chosen].tolist(), pairs.signed_distance_m[chosen].tolist(), strict=True)
        )
    assert (pairs.point == 0).any()
    assert not np.isin(pairs.point, [1, 2]).any()


def test_sign_agrees_with_the_index_rule_on_random_points(neighbours: Neighbours) -> None:
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(2.39, 2.45, 2000), rng.uniform(48.79, 48.85, 2000)
    pairs = neighbours.within_many(lon, lat, np.full(2000, 1e4))
    ring = pairs.row == 2
    np.testing.assert_array_equal(
        pairs.signed_distance_m[ring] <= 0, shapely.intersects_xy(RING, lon[pairs.point[ring]], lat[pairs.point[ring]])
    )


def test_nearest_gives_the_border_point_and_the_bearing_towards_it(neighbours: Neighbours) -> None:
    found = neighbours.nearest(2.31, 48.83, None, 20_000)
    assert found is not None
    assert found.row == 0
    assert found.bearing_deg == pytest.approx(180, abs=0.6)
    assert found.lat == pytest.approx(48.82, abs=1e-6)
    assert found.signed_distance_m == pytest.approx(metres(2.31, 48.83, found.lon, found.lat), abs=0.02)


def test_nearest_looks_only_at_the_rows_asked_for_and_within_reach(neighbours: Neighbours) -> None:
    only_ring = np.array([False, False, True, False])
    found = neighbours.nearest(2.31, 48.81, only_ring, 20_000)
    assert found is not None
    assert found.row == 2
    assert found.bearing_deg == pytest.approx(90, abs=1)
    assert neighbours.nearest(2.31, 48.81, only_ring, 1_000) is None
    assert neighbours.nearest(2.31, 48.81, np.zeros(4, dtype=bool), 1e6) is None


def test_outline_in_no_territory_is_a_data_error_that_names_its_row() -> None:
    with pytest.raises(DataError, match="layer test, row 0"):
        Neighbours(layer_of(shapely.box(100, 10, 101, 11))).within(100.5, 10.5, 10)
