"""The compiled lookup against shapely and geopandas, one thread and two; answers are compared before times are."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas
import numpy as np
import shapely

from app.zones.index import Layer, ZoneIndex
from app.zones.index.many import arrays_of, lookup_arrays
from app.zones.index.oracle import Oracle, hard_points, pairs_of_sets
from bench.country import Points, all_layers, built, commune_layer, communes, people
from bench.lines import Line, Profile, faster_than, interleaved

GOAL_IN_ORDER, GOAL_RANDOM, GOAL_TWO_THREADS = 30.0, 12.0, 1.6


def lines(profile: Profile) -> Iterator[Line]:
    layer = commune_layer()
    index, service = built("communes")[0], built("service")[0]
    layers, source = all_layers()
    yield _exactness(layers, service, source, profile)
    count = min(profile.points, 1_000_000)
    for order, in_order, goal in (("random order", False, GOAL_RANDOM), ("commune order", True, GOAL_IN_ORDER)):
        points = people(count, in_order=in_order)
        yield from _against_sjoin(order, goal, points, index, service)
    points = people(count, in_order=False)
    yield _against_tree(points, layer, index)
    yield _without_numba(points.first(min(count, 200_000)), index)
    yield from _two_threads(index, service, profile)


def _exactness(layers: list[Layer], service: ZoneIndex, source: str, profile: Profile) -> Line:
    oracle = Oracle(layers)
    points = people(profile.points if profile.points <= 1_000_000 else 1_000_000, in_order=True, seed=2)
    hard_lon, hard_lat = hard_points(oracle.geometries, profile.points // 100, seed=3)
    lon, lat = np.concatenate((points.lon, hard_lon)), np.concatenate((points.lat, hard_lat))
    expected, found = oracle.pairs(lon, lat), pairs_of_sets(service, service.lookup_many(lon, lat, threads=2))
    differences = len(set(map(tuple, expected.tolist())) ^ set(map(tuple, found.tolist())))
    return Line(
        "index vs shapely STRtree: different answers", differences, "pairs", goal="ours <= 0", ok=differences == 0,
        note=f"{len(points):,} places + {len(hard_lon):,} vertices, edge points, corners; {source}",
    )  # fmt: skip


def _against_sjoin(order: str, goal: float, points: Points, index: ZoneIndex, service: ZoneIndex) -> Iterator[Line]:
    def sjoin() -> geopandas.GeoDataFrame:
        own_copy = zones.copy(deep=True)
        places = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(points.lon, points.lat), crs=4326)
        return geopandas.sjoin(places, own_copy, predicate="intersects")

    zones = geopandas.GeoDataFrame(geometry=shapely.from_wkb(shapely.to_wkb(communes().geometry)), crs=4326)
    pairs = len(pairs_of_sets(index, index.lookup_many(points.lon, points.lat)))
    if len(sjoin()) != pairs:
        raise AssertionError("geopandas.sjoin and the index disagree: no time is worth reporting.")
    peer, ours, whole = interleaved(
        [
            sjoin,
            lambda: index.lookup_many(points.lon, points.lat),
            lambda: service.lookup_many(points.lon, points.lat),
        ],
        5,
    )
    note = f"{len(points):,} points, {shapely.get_num_coordinates(zones.geometry).sum():,} vertices"
    yield faster_than(f"communes, {order}, 1 thread vs geopandas.sjoin", ours, peer, len(points), goal, note)
    yield faster_than(
        f"all layers and bands, {order}, 1 thread vs geopandas.sjoin of communes alone", whole, peer, len(points), None
    )


def _against_tree(points: Points, layer: Layer, index: ZoneIndex) -> Line:
    outlines = shapely.from_wkb(shapely.to_wkb(layer.geometries))
    tree = shapely.STRtree(outlines)
    peer, ours = interleaved(
        [
            lambda: tree.query(shapely.points(points.lon, points.lat), predicate="intersects"),
            lambda: index.lookup_many(points.lon, points.lat),
        ],
        5,
    )
    return faster_than("communes, random order, 1 thread vs shapely STRtree", ours, peer, len(points), None)


def _without_numba(points: Points, index: ZoneIndex) -> Line:
    arrays = arrays_of(index._file)
    found = np.empty(len(points), dtype=np.int32)
    compiled, plain = interleaved(
        [
            lambda: index.lookup_many(points.lon, points.lat),
            lambda: lookup_arrays(arrays, points.lon, points.lat, found),
        ],
        5,
    )
    return faster_than("communes, random order: numpy path vs compiled path", plain, compiled, len(points), None)


def _two_threads(index: ZoneIndex, service: ZoneIndex, profile: Profile) -> Iterator[Line]:
    count = 10_000_000 if profile.name != "quick" else 2_000_000
    points = people(count, in_order=False)
    for name, chosen, goal in (("communes", index, GOAL_TWO_THREADS), ("all layers and bands", service, None)):
        one, two = interleaved(
            [
                lambda chosen=chosen: chosen.lookup_many(points.lon, points.lat),  # type: ignore[misc]
                lambda chosen=chosen: chosen.lookup_many(points.lon, points.lat, threads=2),  # type: ignore[misc]
            ],
            profile.rounds,
        )
        yield faster_than(f"{name}, random order, 2 threads vs 1", two, one, count, goal, f"{count:,} points")
