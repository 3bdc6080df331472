"""Archives of whole sets of tiles: PMTiles v3, one file per set, drawn by several processes."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain, groupby
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import shapely
from pmtiles.tile import Compression, TileType, tileid_to_zxy, zxy_to_tileid
from pmtiles.writer import Writer

from app.errors import DataError
from app.tiles.encode import Drawing
from app.tiles.grid import Tile, tiles_touching
from app.tiles.ground import Ground
from app.tiles.layers import LabelLayer, Layer
from app.tiles.store import compressed
from app.tiles.tilejson import FRANCE_BOUNDS, credits_of, vector_layers
from app.tiles.tilesets import TileSet, make_tileset
from app.zones.catalogue import Catalogue

Progress = Callable[[int, int], None]
"""Called with the tiles drawn so far and in all; one "tile" is one place of the grid, for all sets together."""

_PLACES_PER_TASK = 64


@dataclass(frozen=True, eq=False)
class Plan:
    """What every process draws: for each zoom, the layers of each set. Sets share outlines, so they share drawings."""

    layers: dict[int, tuple[tuple[Layer, ...], ...]]


def current_sets(ground: Ground, on: date) -> list[TileSet]:
    """The base map and every zoning with data, as of a day; a zoning that is over, as of its last day."""
    catalogue = ground.catalogue
    sets = [make_tileset(ground, "base", on, on)]
    for key in dict.fromkeys([*catalogue.classes, *catalogue.outlines]):
        ends = [vintage.valid_to for (zoning, _), vintage in catalogue.vintages.items() if zoning == key]
        last = None if None in ends else max((day for day in ends if day is not None), default=None)
        sets.append(make_tileset(ground, key, on if last is None or on <= last else last, on))
    return [tileset for tileset in sets if tileset.layers(tileset.max_zoom)]


def build_archives(
    catalogue: Catalogue, out_dir: Path, progress: Progress, on: date, processes: int | None = None
) -> list[Path]:
    """Write one archive per current set into `out_dir`, named `doctors.<digest>.pmtiles`; sets already there are kept.

    Each file appears whole, by a rename; archives of other digests are left alone. `processes` defaults to the cores.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = {
        tileset: out_dir / f"{tileset.name}.{tileset.digest}.pmtiles" for tileset in current_sets(Ground(catalogue), on)
    }
    missing = {tileset: path for tileset, path in paths.items() if not path.is_file()}
    if missing:
        write_archives(catalogue, missing, progress, processes)
    return list(paths.values())


def write_archives(
    catalogue: Catalogue, paths: dict[TileSet, Path], progress: Progress, processes: int | None = None
) -> None:
    """Draw sets of one catalogue together and write each to its path.

    Raises:
        DataError: a set has no tile at all.
    """
    sets = list(paths)
    places = _places(sets)
    plan = Plan({
        zoom: tuple(tileset.layers(zoom) if zoom <= tileset.max_zoom else () for tileset in sets)
        for zoom in sorted({tile.zoom for tile in places})
    })  # fmt: skip
    drafts = [path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in paths.values()]
    try:
        with _Drafts(drafts) as writers:
            for done, (tile, bodies) in enumerate(_drawn(plan, places, processes or os.cpu_count() or 1), 1):
                number = zxy_to_tileid(tile.zoom, tile.column, tile.row)
                for writer, body in zip(writers, bodies, strict=True):
                    if body:
                        writer.write_tile(number, body)  # type: ignore[no-untyped-call]
                progress(done, len(places))
            for writer, tileset in zip(writers, sets, strict=True):
                if not writer.tile_entries:
                    raise DataError(f"{tileset.name} draws no tile on that day. Choose another day or vintage.")
                writer.finalize(_header(), _metadata(tileset, catalogue))  # type: ignore[no-untyped-call]
        for draft, path in zip(drafts, paths.values(), strict=True):
            draft.replace(path)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


class _Drafts:
    """Archives being written, flushed to disk and closed together."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [path.open("wb") for path in paths]
        self._writers = [Writer(file) for file in self._files]  # type: ignore[no-untyped-call]

    def __enter__(self) -> list[Writer]:
        return self._writers

    def __exit__(self, *_: object) -> None:
        for file, writer in zip(self._files, self._writers, strict=True):
            writer.tile_f.close()
            file.flush()
            os.fsync(file.fileno())
            file.close()


def draw_places(plan: Plan, tiles: Sequence[Tile]) -> list[tuple[bytes, ...]]:
    """For each of some tiles of one zoom, its body in every set, gzip; empty bytes where a set draws nothing.

    Outlines common to several sets are drawn once.
    """
    drawings: dict[int, list[Drawing]] = {}
    for layer in chain.from_iterable(plan.layers[tiles[0].zoom]):
        if _outlines(layer) not in drawings:
            drawings[_outlines(layer)] = layer.draw(tiles)
    bodies = [
        [
            compressed(b"".join(layer.write(drawings[_outlines(layer)][position]) for layer in layers))
            for position in range(len(tiles))
        ]
        for layers in plan.layers[tiles[0].zoom]
    ]
    return list(zip(*bodies, strict=True))


def _outlines(layer: Layer) -> int:
    """The same for layers that draw the same."""
    return id(layer if isinstance(layer, LabelLayer) else layer.shapes)


def _places(sets: Sequence[TileSet]) -> list[Tile]:
    """Places of the grid that some set may draw in, in the order of PMTiles numbers."""
    numbers: set[int] = set()
    for zoom in range(min(s.min_zoom for s in sets), max(s.max_zoom for s in sets) + 1):
        seen: set[int] = set()
        for tileset in sets:
            for layer in tileset.layers(zoom) if zoom <= tileset.max_zoom else ():
                if isinstance(layer, LabelLayer) or id(layer.shapes) in seen:
                    continue
                seen.add(id(layer.shapes))
                parts = shapely.bounds(shapely.get_parts(layer.shapes))
                numbers.update(zxy_to_tileid(zoom, column, row) for column, row in tiles_touching(parts, zoom))
    return [Tile(*tileid_to_zxy(number)) for number in sorted(numbers)]


def _drawn(plan: Plan, places: Sequence[Tile], processes: int) -> Iterator[tuple[Tile, tuple[bytes, ...]]]:
    """Every place with its tiles, in order."""
    tasks = [
        tiles[start : start + _PLACES_PER_TASK]
        for tiles in (list(of_zoom) for _, of_zoom in groupby(places, key=lambda tile: tile.zoom))
        for start in range(0, len(tiles), _PLACES_PER_TASK)
    ]
    if processes == 1 or len(tasks) == 1:
        for tiles in tasks:
            yield from zip(tiles, draw_places(plan, tiles), strict=True)
        return
    with tempfile.NamedTemporaryFile(suffix=".plan") as file:
        pickle.dump(plan, file, pickle.HIGHEST_PROTOCOL)
        file.flush()
        task = partial(_draw_task, file.name)
        # Not forked: this process may have threads (Arrow, numba) whose locks a fork would freeze.
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            for tiles, found in zip(tasks, pool.map(task, tasks), strict=True):
                yield from zip(tiles, found, strict=True)


_PLANS: dict[str, Plan] = {}
"""The plan of a drawing process, read at its first task; such a process lives for one build only."""


def _draw_task(path: str, tiles: Sequence[Tile]) -> list[tuple[bytes, ...]]:
    if path not in _PLANS:
        with Path(path).open("rb") as file:
            _PLANS[path] = pickle.load(file)  # noqa: S301 - written just before by the process that started this one
    return draw_places(_PLANS[path], tiles)


def _header() -> dict[str, object]:
    west, south, east, north = (int(np.rint(degrees * 1e7)) for degrees in FRANCE_BOUNDS)
    return {
        "tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_lon_e7": west, "min_lat_e7": south,
        "max_lon_e7": east, "max_lat_e7": north, "center_zoom": 5, "center_lon_e7": 25_000_000, "center_lat_e7": 466_000_000,
    }  # fmt: skip


def _metadata(tileset: TileSet, catalogue: Catalogue) -> dict[str, object]:
    return {
        "name": tileset.name,
        "description": tileset.title,
        "attribution": " | ".join(credits_of(tileset, catalogue)),
        "type": "overlay",
        "version": f"1.0.0+{catalogue.data_version}",
        "digest": tileset.digest,
        "vector_layers": vector_layers(tileset),
    }
