"""The index against shapely: drawn outlines of every awkward kind, random ones, and the whole country."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.zones.index import Layer, ZoneIndex
from app.zones.index.build import build_index
from app.zones.index.many import arrays_of, lookup_arrays
from app.zones.index.oracle import Oracle, hard_points, pairs_of_sets

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("ZONAGE_SHARED", ROOT.parent / "shared"))
STEP = 1 / 256


def layer(*geometries: object, id: str = "drawn") -> Layer:
    outlines = np.empty(len(geometries), dtype=object)
    outlines[:] = geometries
    return Layer(id, outlines, np.zeros(len(geometries)))


def square(lon: float, lat: float, size: float) -> shapely.Polygon:
    return shapely.box(lon, lat, lon + size, lat + size)


def assert_like_shapely(
    index: ZoneIndex, oracle: Oracle, lon: np.ndarray, lat: np.ndarray, singles: int = 3000
) -> None:
    """One at a time, compiled, and whole-array lookups all say what GEOS says."""
    sets = index.lookup_many(lon, lat)
    np.testing.assert_array_equal(pairs_of_sets(index, sets), oracle.pairs(lon, lat))
    np.testing.assert_array_equal(index.lookup_many(lon, lat, threads=2), sets)
    plain = np.empty_like(sets)
    lookup_arrays(arrays_of(index._file), lon, lat, plain)
    np.testing.assert_array_equal(plain[plain >= 0], sets[plain >= 0])
    one_by_one = [index.lookup(*point) for point in zip(lon[:singles].tolist(), lat[:singles].tolist(), strict=True)]
    assert one_by_one == sets[:singles].tolist()


def around(geometries: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Random points in and near the outlines, and all their hard points."""
    random = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(geometries)
    lon = np.clip(random.uniform(west - 0.01, east + 0.01, count), -180, 180)
    lat = np.clip(random.uniform(south - 0.01, north + 0.01, count), -90, 90)
    hard_lon, hard_lat = hard_points(geometries, 2000, seed)
    near_lon, near_lat = np.nextafter(hard_lon, 181), np.nextafter(hard_lat, -91)
    return (
        np.concatenate((hard_lon, near_lon.clip(-180, 180), hard_lon, lat * 0 + lon)),
        np.concatenate((hard_lat, hard_lat, near_lat.clip(-90, 90), lat)),
    )


DRAWN: dict[str, Sequence[Layer]] = {
    "shared border on a grid line": [layer(square(2, 48, STEP), square(2 + STEP, 48, STEP))],
    "four squares that meet in a corner": [
        layer(*(square(2 + i * 0.01, 48 + j * 0.01, 0.01) for i in range(2) for j in range(2)))
    ],
    "hole, island in the hole": [
        layer(square(2, 48, 0.03).difference(square(2.01, 48.01, 0.01)), square(2.012, 48.012, 0.004))
    ],
    "several parts": [layer(shapely.union_all([square(2, 48, 0.001), square(2.5, 48.5, 0.001)]))],
    "two layers that overlap, equal outlines": [
        layer(square(2, 48, 0.01), square(2.005, 48.005, 0.01)),
        layer(square(2, 48, 0.01), id="again"),
    ],
    "holes that touch the border": [
        layer(shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(0, 2), (1, 1), (1, 3)]]))
    ],
    "no outline, empty outline": [layer(None, square(2, 48, 0.01), shapely.Polygon())],
    "nothing at all": [layer(), layer(None, id="none")],
    "antimeridian and poles": [
        layer(
            shapely.box(179, -17, 180, -16), shapely.box(-180, -17, -179, -16), shapely.box(-180, 89.99, 180, 90),
            shapely.box(-180, -90, 180, -89.99),
        )
    ],
    "smaller than a square": [layer(*(square(2 + i * 1e-5, 48, 4e-6) for i in range(40)))],
    "a star of nine wedges": [
        layer(
            *(
                shapely.Polygon(
                    [(2.2, 48.2)]
                    + [(2.2 + 0.1 * np.cos(a), 48.2 + 0.1 * np.sin(a)) for a in (2 * np.pi * (i + k) / 9 for k in (0, 1))]
                )
                for i in range(9)
            )
        )
    ],
    "larger than the root squares": [layer(shapely.Polygon([(-10, -10), (20, -12.3), (17.1, 21.7), (-8.4, 15)]))],
    "nearly parallel, nearly equal": [
        layer(
            shapely.Polygon([(2, 48), (2.1, 48.03), (2.1, 48.1)]),
            shapely.Polygon([(2, 48), (2.1, 48.03 + 1e-14), (2.2, 47.9)]),
            shapely.Polygon([(2, 48 - 1e-13), (2.1, 48.03 - 1e-13), (2.2, 47.8)]),
        )
    ],
    "zero and its neighbourhood": [layer(shapely.box(-1e-7, -1e-7, 0.0, 1e-7), shapely.box(-0.0, 0, 1e-300, 1e-9))],
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_outlines_are_decided_like_shapely(name: str, tmp_path: Path) -> None:
    layers = DRAWN[name]
    build_index(layers, tmp_path / "index")
    oracle = Oracle(layers)
    lon, lat = around(oracle.geometries, 2000, seed=3) if len(oracle.geometries) else (np.zeros(9), np.arange(9.0))
    assert_like_shapely(ZoneIndex.open(tmp_path / "index"), oracle, lon, lat)


def test_points_one_rounding_step_from_an_edge_are_decided_like_shapely(tmp_path: Path) -> None:
    """Points on a fine grid around a diagonal edge, where determinants round to nothing (after Kettner et al., 2008)."""
    layers = [
        layer(
            shapely.Polygon([(-12, -12), (24, 24), (24, -12)]),
            shapely.Polygon([(17.3, 17.3), (24, 24.1), (-12.3, -12.3)]),
        )
    ]
    build_index(layers, tmp_path / "index")
    steps = np.arange(128) * 2.0**-53
    lon, lat = (0.5 + axis.ravel() for axis in np.meshgrid(steps, steps))
    assert_like_shapely(ZoneIndex.open(tmp_path / "index"), Oracle(layers), lon, lat, singles=len(lon))


@st.composite
def outlines(draw: st.DrawFn) -> list[Layer]:
    """Triangles with corners on coarse or fine grids: many shared corners, collinear edges, slivers."""
    unit = draw(st.sampled_from([1.0, STEP, STEP / 7, 1e-9]))
    corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
    triangles = draw(st.lists(st.lists(corner, min_size=3, max_size=5, unique=True), min_size=1, max_size=7))
    polygons = [shapely.Polygon([(3.0 + x * unit, 47.0 + y * unit) for x, y in ring]) for ring in triangles]
    kept = [polygon for polygon in polygons if polygon.is_valid and polygon.area > 0]
    return [layer(*kept[::2]), layer(*kept[1::2], id="other")]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layers=outlines(), seed=st.integers(0, 1000))
def test_random_outlines_are_decided_like_shapely(layers: list[Layer], seed: int, tmp_path: Path) -> None:
    build_index(layers, tmp_path / "index")
    oracle = Oracle(layers)
    if len(oracle.geometries):
        bounds = shapely.total_bounds(oracle.geometries)
        unit = (bounds[2:] - bounds[:2]).max() / 12
        grid = np.arange(-1, 14) * unit
        lon, lat = (axis.ravel() for axis in np.meshgrid(bounds[0] + grid, bounds[1] + grid))
        hard_lon, hard_lat = hard_points(oracle.geometries, 100, seed)
        assert_like_shapely(
            ZoneIndex.open(tmp_path / "index"), oracle,
            np.concatenate((lon, hard_lon)), np.concatenate((lat, hard_lat)), singles=100,
        )  # fmt: skip


@pytest.fixture(scope="module")
def national() -> list[Layer]:
    """All communes (30 m bands where the department changes), QPV of both generations with 30 m bands."""
    import geopandas

    communes = geopandas.read_parquet(ROOT / "data/geo/communes.parquet")
    files = [SHARED / "data/qpv_2024/qpv_2024.parquet", SHARED / "data/qpv_2015_partiel/qpv_2015_partiel.parquet"]
    if not all(file.exists() for file in files):
        pytest.skip("set ZONAGE_SHARED to the folder that holds data/qpv_2024 and data/qpv_2015_partiel")
    departments = np.unique(communes.department.astype(str), return_inverse=True)[1]
    layers = [Layer("communes", communes.geometry.to_numpy(), np.full(len(communes), 30.0), departments)]
    for file in files:
        districts = geopandas.read_parquet(file).geometry.to_numpy()
        layers.append(Layer(file.stem, districts, np.full(len(districts), 30.0)))
    return layers


@pytest.fixture(scope="module")
def national_index(national: list[Layer], tmp_path_factory: pytest.TempPathFactory) -> ZoneIndex:
    path = tmp_path_factory.mktemp("national") / "index"
    build_index(national, path)
    return ZoneIndex.open(path)


@pytest.fixture(scope="module")
def national_oracle(national: list[Layer]) -> Oracle:
    return Oracle(national)


def points_near_outlines(oracle: Oracle, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    bounds = shapely.bounds(oracle.geometries)[random.integers(0, len(oracle.geometries), count)]
    return random.uniform(bounds[:, 0], bounds[:, 2]), random.uniform(bounds[:, 1], bounds[:, 3])


def test_a_million_random_points_of_the_country_are_decided_like_shapely(
    national_index: ZoneIndex, national_oracle: Oracle
) -> None:
    seed = int.from_bytes(os.urandom(4)) if os.environ.get("ZONAGE_FUZZ") else 20260101
    print(f"seed {seed}")
    lon, lat = points_near_outlines(national_oracle, 1_000_000, seed)
    sets = national_index.lookup_many(lon, lat, threads=2)
    np.testing.assert_array_equal(pairs_of_sets(national_index, sets), national_oracle.pairs(lon, lat))


def test_vertices_middles_and_corners_of_the_country_are_decided_like_shapely(
    national_index: ZoneIndex, national_oracle: Oracle
) -> None:
    lon, lat = hard_points(national_oracle.geometries, 15_000, seed=5)
    assert_like_shapely(national_index, national_oracle, lon, lat)


def test_twenty_runs_in_two_threads_are_identical(national_index: ZoneIndex, national_oracle: Oracle) -> None:
    """Sets met for the first time by two threads at once gave a wrong answer in the trial: the table is now fixed."""
    lon, lat = points_near_outlines(national_oracle, 300_000, seed=11)
    hard_lon, hard_lat = hard_points(national_oracle.geometries, 500, seed=12)
    lon, lat = np.concatenate((lon, hard_lon)), np.concatenate((lat, hard_lat))
    expected = ZoneIndex.open(national_index.path).lookup_many(lon, lat)
    for _ in range(20):
        np.testing.assert_array_equal(ZoneIndex.open(national_index.path).lookup_many(lon, lat, threads=2), expected)
