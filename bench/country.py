"""The country to measure on: outlines of the repository (and of ZONAGE_SHARED when present), points, indexes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from app.zones.catalogue import Catalogue
from app.zones.index import Layer, ZoneIndex
from app.zones.index.build import build_index
from app.zones.layers import indexed_layers

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ZONAGE_SHARED", ROOT.parent / "shared"))
CACHE = ROOT / ".cache" / "bench"
NATIONAL = CACHE / "national" / "bundle"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Points:
    """Places where people live: drawn by population around town halls, in random order or commune by commune."""

    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.lon)

    def first(self, count: int) -> Points:
        return Points(self.lon[:count], self.lat[:count])


@cache
def communes() -> geopandas.GeoDataFrame:
    """Communes and arrondissements with an outline (cities cut into arrondissements included)."""
    table = geopandas.read_parquet(ROOT / "data" / "geo" / "communes.parquet")
    return table[table.geometry.notna()].reset_index(drop=True)


def commune_layer(split_edges: int = 1) -> Layer:
    """Communes without bands; each edge cut in `split_edges` equal parts, the same on both sides of a border."""
    outlines = communes().geometry.to_numpy()
    if split_edges > 1:
        cut = split(outlines, split_edges)
        outlines = np.where(shapely.is_valid(cut), cut, outlines)  # rounding twists a few cut outlines: left whole
    return Layer("communes", outlines, np.zeros(len(outlines)))


def build_national() -> None:
    """Build the national bundle without tiles from ZONAGE_SHARED, where that is present and it is not built yet."""
    if SHARED.exists() and national_bundle() is None:
        build = "from app.cli import main; main()", "data", "build", "--from", str(SHARED / "data"), "--no-tiles"
        subprocess.run([sys.executable, "-c", *build, "--to", str(NATIONAL)], cwd=ROOT, check=True, capture_output=True)


def national_bundle() -> Path | None:
    """The national bundle, None where it is not built: the quick profile does not wait a minute for it."""
    return NATIONAL if (NATIONAL / "manifest.json").exists() else None


@cache
def all_layers() -> tuple[list[Layer], str]:
    """The layers of the national bundle where it is built, bands included, else of the embedded one."""
    national = national_bundle()
    bundle, source = (ROOT / "data" / "geo", "embedded bundle") if national is None else (national, "national bundle")
    catalogue = Catalogue(bundle, CACHE)
    layers = indexed_layers(catalogue)
    return layers, f"{source}: {sum(len(layer.geometries) for layer in layers):,} outlines and their bands"


@cache
def built(name: str) -> tuple[ZoneIndex, float]:
    """The index `communes` (no bands) or `service` (all layers and bands), built once a run, and its build time."""
    build_index([Layer("warm-up", commune_layer().geometries[:200], np.full(200, 9.0))], _path("warm-up"))
    layers = [commune_layer()] if name == "communes" else all_layers()[0]
    start = time.perf_counter()
    build_index(layers, _path(name))
    return ZoneIndex.open(_path(name)), time.perf_counter() - start


def index_of(name: str, layers: list[Layer]) -> ZoneIndex:
    """Build an index in the benchmark's cache and map it."""
    build_index(layers, _path(name))
    return ZoneIndex.open(_path(name))


def _path(name: str) -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    return CACHE / f"{name}.index"


def people(count: int, *, in_order: bool, seed: int = 1, departments: tuple[str, ...] = ()) -> Points:
    """`count` points drawn by population, a quarter of a commune's size around its town hall."""
    random = np.random.default_rng(seed)
    table = communes()
    has_people = table.population.notna() & table.townhall_lon.notna() & (table.kind == "COM")
    if departments:
        has_people &= table.department.isin(departments)
    table = table[has_people]
    weight = table.population.to_numpy(dtype=np.float64)
    chosen = random.choice(len(table), count, p=weight / weight.sum())
    if in_order:
        chosen.sort()
    bounds = shapely.bounds(table.geometry.to_numpy())
    spread = (bounds[:, 2:] - bounds[:, :2]) / 4
    lon = table.townhall_lon.to_numpy(dtype=np.float64)[chosen] + random.normal(size=count) * spread[chosen, 0]
    lat = table.townhall_lat.to_numpy(dtype=np.float64)[chosen] + random.normal(size=count) * spread[chosen, 1]
    return Points(lon.clip(-180, 180), lat.clip(-90, 90))


def split(outlines: NDArray[np.object_], parts: int) -> NDArray[np.object_]:
    """The same outlines with each edge cut in `parts`; cuts are computed from the same end on both sides of a border."""
    polygons, outline_of = shapely.get_parts(outlines, return_index=True)
    rings, polygon_of = shapely.get_rings(polygons, return_index=True)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring_of[1:] == ring_of[:-1])
    start, end = coordinates[edge], coordinates[edge + 1]
    swapped = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(swapped[:, None], end, start), np.where(swapped[:, None], start, end)
    pieces = [start]
    for step in range(1, parts):
        at = np.where(swapped, parts - step, step)[:, None] / parts
        pieces.append(low + at * (high - low))
    cut = np.stack(pieces, axis=1).reshape(-1, 2)
    ring_of_cut = np.repeat(ring_of[edge], parts)
    closed = np.flatnonzero(np.diff(ring_of_cut, prepend=-1))
    order = np.argsort(np.concatenate((ring_of_cut, ring_of_cut[closed])), kind="stable")
    cut = np.concatenate((cut, cut[closed]))[order]
    new_rings: NDArray[np.object_] = np.asarray(
        shapely.linearrings(cut, indices=np.concatenate((ring_of_cut, ring_of_cut[closed]))[order])
    )
    new_polygons: NDArray[np.object_] = np.asarray(shapely.polygons(new_rings, indices=polygon_of))
    return np.asarray(shapely.multipolygons(new_polygons, indices=outline_of), dtype=object)
