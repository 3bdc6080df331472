"""The index as its callers see it: sets, members, bands, refusals, the file, and what a start-up imports."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import shapely

from app.errors import DataError
from app.zones.index import Hit, Layer, Relation, ZoneIndex, enumeration
from app.zones.index import kernel as kernel_module
from app.zones.index.build import build_index
from app.zones.index.many import arrays_of
from app.zones.index.neighbours import Neighbours
from app.zones.index.oracle import hard_points

WEST, EAST = shapely.box(2.0, 48.0, 2.1, 48.1), shapely.box(2.1, 48.0, 2.2, 48.1)
NORTH = shapely.box(2.0, 48.1, 2.2, 48.2)


def layer(*geometries: object, band_m: float = 0, signature: list[int] | None = None, id: str = "drawn") -> Layer:
    outlines = np.empty(len(geometries), dtype=object)
    outlines[:] = geometries
    return Layer(id, outlines, np.full(len(geometries), band_m), None if signature is None else np.array(signature))


def index_of(folder: Path, *layers: Layer) -> ZoneIndex:
    build_index(layers, folder / "zones.index")
    return ZoneIndex.open(folder / "zones.index")


def hits(index: ZoneIndex, lon: float, lat: float) -> list[tuple[int, int, str]]:
    return [(hit.layer, hit.row, hit.relation.name) for hit in index.members(index.lookup(lon, lat))]


def test_point_on_shared_border_is_in_both_zones(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST, EAST))
    assert hits(index, 2.1, 48.05) == [(0, 0, "INSIDE"), (0, 1, "INSIDE")]
    assert hits(index, np.nextafter(2.1, 0), 48.05) == [(0, 0, "INSIDE")]
    assert hits(index, np.nextafter(2.1, 9), 48.05) == [(0, 1, "INSIDE")]


def test_rows_count_missing_outlines_and_layers_keep_their_order(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(None, WEST, id="communes"), layer(shapely.Polygon(), None, WEST, id="qpv"))
    assert index.layers == ("communes", "qpv")
    assert hits(index, 2.05, 48.05) == [(0, 1, "INSIDE"), (1, 2, "INSIDE")]


def test_members_are_sorted_hits_and_set_zero_is_nothing(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST), layer(WEST))
    found = index.members(index.lookup(2.05, 48.05))
    assert found == (Hit(0, 0, Relation.INSIDE), Hit(1, 0, Relation.INSIDE))
    assert index.lookup(5, 5) == 0
    assert index.members(0) == ()
    with pytest.raises(IndexError):
        index.members(index.set_count)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(np.nan, 48), (2, np.nan), (np.inf, 48), (2, -np.inf), (180.1, 0), (-180.1, 0), (0, 90.1), (0, -90.1), (1e300, 0)],
)
def test_unusable_coordinates_are_in_nothing(lon: float, lat: float, tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(shapely.box(-180, -90, 180, 90)))
    assert index.lookup(lon, lat) == 0
    assert index.lookup_many(np.array([lon, 2.0]), np.array([lat, 48.0])).tolist() == [0, index.lookup(2, 48)]
    assert index.lookup(2, 48) != 0


def test_arrays_of_different_shapes_are_refused(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST))
    with pytest.raises(ValueError, match="one length"):
        index.lookup_many(np.zeros(3), np.zeros(2))
    assert index.lookup_many(np.zeros(0), np.zeros(0)).tolist() == []


def test_every_point_ambiguous_in_several_borders_at_once(tmp_path: Path) -> None:
    """The trial had room for one ambiguous border per point and wrote past its end; here a flag takes the answer's place."""
    wedges = [
        shapely.Polygon([(2.0, 48.0), *((2.0 + np.cos(a), 48.0 + np.sin(a)) for a in np.radians([i * 40, i * 40 + 40]))])
        for i in range(9)
    ]  # fmt: skip
    index = index_of(tmp_path, layer(*wedges))
    many = np.tile([2.0, 2.0 + np.cos(np.radians(40))], 50_000), np.tile([48.0, 48.0 + np.sin(np.radians(40))], 50_000)
    sets = index.lookup_many(*many, threads=2)
    assert len(index.members(int(sets[0]))) == 9
    assert len(index.members(int(sets[1]))) == 2
    np.testing.assert_array_equal(sets, np.tile(sets[:2], 50_000))


def test_compiled_kernel_stays_within_its_arrays(tmp_path: Path) -> None:
    """The same source, run as plain Python where every access is checked, on vertices and corners."""
    layers = [layer(*(shapely.box(2 + i / 300, 48 + j / 300, 2 + (i + 1) / 300, 48 + (j + 1) / 300)
                      for i in range(4) for j in range(4)), band_m=40)]  # fmt: skip
    index = index_of(tmp_path, *layers)
    lon, lat = hard_points(layers[0].geometries, 60, seed=1)
    plain = getattr(kernel_module.lookup_range, "py_func", kernel_module.lookup_range)
    compiled_inner = kernel_module.set_in_record
    try:
        kernel_module.set_in_record = getattr(compiled_inner, "py_func", compiled_inner)
        found = np.empty(len(lon), dtype=np.int32)
        plain(arrays_of(index._file), lon, lat, found)
    finally:
        kernel_module.set_in_record = compiled_inner
    expected = index.lookup_many(lon, lat)
    assert (found < 0).any()
    np.testing.assert_array_equal(found[found >= 0], expected[found >= 0])


HEXAGON = shapely.Polygon([(2.01 + 0.01 * np.cos(a), 48.01 + 0.0067 * np.sin(a)) for a in np.arange(6) * np.pi / 3])
"""Its corners turn by 60°, which GEOS draws as one straight piece when asked for arcs of 45°."""
SPIKES = shapely.Polygon([(2.0, 48.0), (2.02, 48.001), (2.03, 48.02), (2.015, 48.01), (2.001, 48.02)])


@pytest.mark.parametrize("zone", [HEXAGON, SPIKES], ids=["hexagon", "spikes"])
def test_band_holds_what_is_within_its_width_and_little_more(zone: shapely.Polygon, tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(zone, band_m=50))
    random = np.random.default_rng(2)
    lon, lat = random.uniform(1.99, 2.04, 20_000), random.uniform(47.99, 48.03, 20_000)
    pairs = Neighbours(layer(zone)).within_many(lon, lat, np.full(len(lon), 1e5))
    distance_m = np.abs(pairs.signed_distance_m[np.argsort(pairs.point)])
    in_band = np.array([
        any(hit.relation is Relation.BAND for hit in index.members(number)) for number in index.lookup_many(lon, lat).tolist()
    ])  # fmt: skip
    assert in_band[distance_m <= 49.99].all()
    assert not in_band[distance_m > 50 * 1.5].any()
    assert (in_band & (distance_m > 50 * 1.02)).sum() < 0.01 * in_band.sum()  # only at corners
    assert 500 < in_band.sum() < 10_000


def test_band_is_drawn_in_the_metres_of_the_territory(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(shapely.box(55.4, -20.95, 55.5, -20.85), band_m=100))
    degree_m = 111_320 * np.cos(np.radians(20.9))
    assert hits(index, 55.4 - 99 / degree_m, -20.9) == [(0, 0, "BAND")]
    assert hits(index, 55.4 + 99 / degree_m, -20.9) == [(0, 0, "INSIDE"), (0, 0, "BAND")]
    assert hits(index, 55.4 - 110 / degree_m, -20.9) == []


def test_bands_follow_only_borders_between_different_signatures(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST, EAST, NORTH, band_m=120, signature=[7, 7, 8]))
    assert hits(index, 2.1005, 48.05) == [(0, 1, "INSIDE")]
    assert hits(index, 2.15, 48.0995) == [(0, 1, "INSIDE"), (0, 1, "BAND"), (0, 2, "BAND")]


def test_border_with_nothing_behind_has_a_band_even_with_signatures(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST, EAST, band_m=120, signature=[7, 7]))
    assert hits(index, 1.9995, 48.05) == [(0, 0, "BAND")]


def test_outline_that_is_no_valid_polygon_is_refused_by_name(tmp_path: Path) -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for wrong, words in ((bow_tie, "is not valid"), (shapely.Point(0, 0), "not a polygon"),
                         (shapely.box(179, 0, 181, 1), "leaves the range")):  # fmt: skip
        with pytest.raises(DataError, match=f"layer drawn, row 1: the outline.*{words}"):
            build_index([layer(WEST, wrong)], tmp_path / "zones.index")
    assert list(tmp_path.iterdir()) == []


def test_thirteen_borders_in_one_point_are_refused_clearly(tmp_path: Path) -> None:
    angles = np.linspace(0, 2 * np.pi, 15)
    rim = [(2.0 + np.cos(a), 48.0 + np.sin(a)) for a in angles[:-1]]
    wedges = [shapely.Polygon([(2.0, 48.0), rim[i], rim[(i + 1) % 14]]) for i in range(14)]
    with pytest.raises(DataError, match="different borders meet"):
        build_index([layer(*wedges)], tmp_path / "zones.index")


def test_same_layers_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        build_index([layer(WEST, EAST, NORTH, band_m=30)], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_squares_enumerated_by_halves_give_the_same_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = layer(WEST, EAST, NORTH, band_m=30), layer(EAST, id="qpv")
    whole = index_of(tmp_path, *layers)
    monkeypatch.setattr(enumeration, "MANY_SQUARES", 1)  # every level, down to blocks of a few squares
    (tmp_path / "halves").mkdir()
    halves = index_of(tmp_path / "halves", *layers)
    assert halves.set_count == whole.set_count
    points = hard_points(np.concatenate([each.geometries for each in layers]), 400, 3)
    for lon, lat in zip(*(column.tolist() for column in points), strict=True):
        assert halves.members(halves.lookup(lon, lat)) == whole.members(whole.lookup(lon, lat))


def test_broken_files_are_data_errors(tmp_path: Path) -> None:
    build_index([layer(WEST, EAST)], tmp_path / "good")
    whole = (tmp_path / "good").read_bytes()
    (tmp_path / "short").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other").write_bytes(whole.replace(b"zonage-index-", b"zonage-undex-", 1))
    (tmp_path / "empty").write_bytes(b"")
    for name in ("short", "other", "empty", "absent"):
        with pytest.raises(DataError, match=f"{name} is .*rebuild"):
            ZoneIndex.open(tmp_path / name)


def test_readers_keep_the_old_index_while_a_new_one_takes_its_place(tmp_path: Path) -> None:
    old = index_of(tmp_path, layer(WEST))
    new = index_of(tmp_path, layer(EAST))
    assert hits(old, 2.05, 48.05) == [(0, 0, "INSIDE")]
    assert hits(new, 2.05, 48.05) == []
    assert [path.name for path in tmp_path.iterdir()] == ["zones.index"]


def test_one_index_serves_several_threads(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST, EAST, NORTH))
    random = np.random.default_rng(4)
    points = list(zip(random.uniform(1.9, 2.3, 3000).tolist(), random.uniform(47.9, 48.3, 3000).tolist(), strict=True))
    expected = [index.members(index.lookup(*point)) for point in points]
    wrong: list[int] = []

    def ask() -> None:
        fresh = ZoneIndex.open(index.path)
        wrong.append(sum(fresh.members(fresh.lookup(*p)) != e for p, e in zip(points, expected, strict=True)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [0, 0, 0, 0]


def test_asking_for_one_point_imports_no_heavy_library(tmp_path: Path) -> None:
    index = index_of(tmp_path, layer(WEST, EAST))
    program = (
        "import sys; from pathlib import Path; from app.zones.index import ZoneIndex;"
        f"index = ZoneIndex.open(Path({str(index.path)!r}));"
        "print(index.members(index.lookup(2.1, 48.05)));"
        "print(sorted({'numpy', 'numba', 'shapely', 'pandas', 'pyproj', 'pyarrow'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.splitlines() == [repr(index.members(index.lookup(2.1, 48.05))), "[]"]
