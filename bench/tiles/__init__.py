"""Vector tiles: the encoder against mapbox-vector-tile, archives over HTTP against FastAPI's constant route, the pyramid.

Set ZONAGE_DATA_DIR to a national bundle for the figures the goals speak of; the embedded one has all communes, and the
zonings of four departments.
"""

from __future__ import annotations

import gzip
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import mapbox_vector_tile  # type: ignore[import-untyped]
import numpy as np
import pyogrio
import shapely
from pmtiles.reader import MmapSource, all_tiles

from app.api.question import today
from app.main import bundle_directory
from app.settings import Settings
from app.tiles.build import build_archives
from app.tiles.grid import BUFFER, EXTENT, Tile, tiles_touching
from app.tiles.layers import OutlineLayer
from app.tiles.store import TileStore
from app.zones.catalogue import Catalogue
from bench.country import CACHE
from bench.lines import Line, Profile
from bench.servers import constant, free_port, service, wrk

CLIENTS = 16
_GZIP = ("Accept-Encoding: gzip, deflate, br",)  # as browsers ask
ENCODER_RATIO, HTTP_RATIO, PYRAMID_S, COLD_P99_MS, TILE_BYTES = 5.0, 1.0, 300.0, 150.0, 200_000


def lines(profile: Profile) -> Iterator[Line]:
    """Everything; the pyramid only outside the quick profile (minutes)."""
    bundle, cache = bundle_directory(Settings().data), CACHE / "tiles"  # its archives are no part of the service's own
    cache.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue(bundle, cache)
    store = TileStore(catalogue)
    yield from _encoder(store, rounds=3 if profile.name == "quick" else profile.rounds)
    yield _cold(store, count=60 if profile.name == "quick" else 400)
    if profile.name == "quick" and not any((cache / "tiles").glob("*.pmtiles")):
        return
    if profile.name != "quick":
        yield from _pyramid(catalogue, cache / "tiles")
    yield from _http(cache, profile)


def _encoder(store: TileStore, rounds: int) -> Iterator[Line]:
    """The same unsimplified communes of one tile, clipped and written by both encoders in turn."""
    day = today()
    layers = store.tileset("communes", day, day).layers(14)  # the outlines as they are, at no zoom simplified
    layer = next(layer for layer in layers if isinstance(layer, OutlineLayer))
    for zoom in (7, 9, 11):
        is_heavy = zoom < 11  # of 47 features the fixed costs decide; the cold tiles below judge those
        tile = _tile_at(2.35, 48.95, zoom)
        ours, theirs = [], []
        for _ in range(rounds):
            start = time.perf_counter()
            encoded = layer.encode(tile)
            middle = time.perf_counter()
            peer = _by_mapbox_vector_tile(layer, tile)
            ours.append(middle - start)
            theirs.append(time.perf_counter() - middle)
        counts = [len(mapbox_vector_tile.decode(body)["communes"]["features"]) for body in (encoded, peer)]
        ratio = statistics.median(peer_s / own_s for own_s, peer_s in zip(ours, theirs, strict=True))
        yield Line(
            f"encoder, one tile of communes, z{zoom}, vs mapbox-vector-tile", round(statistics.median(ours) * 1e3, 2), "ms",
            round(statistics.median(theirs) * 1e3, 1), round(ratio, 1),
            f"ratio >= {ENCODER_RATIO:g}" if is_heavy else None, ratio >= ENCODER_RATIO if is_heavy else None,
            f"{counts[0]} features, theirs {counts[1]}; {len(encoded):,} bytes, theirs {len(peer):,}",
        )  # fmt: skip


def _by_mapbox_vector_tile(layer: OutlineLayer, tile: Tile) -> bytes:
    west, north, east, south = tile.box(BUFFER)
    bounds = layer.bounds
    rows = np.flatnonzero(
        (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= south) & (bounds[:, 3] >= north)
    )
    clipped = shapely.clip_by_rect(layer.shapes[rows], west, north, east, south)
    features = [
        {
            "geometry": shape,
            "properties": {
                name: value
                for block in layer.attributes
                for name, value in zip(block.names, block.records[block.record_of_row[row]], strict=True)
            },
        }
        for row, shape in zip(rows.tolist(), clipped.tolist(), strict=True)
        if not shape.is_empty
    ]
    box = tile.box(buffer=0)
    options = {"quantize_bounds": (box[0], box[1], box[2], box[3]), "y_coord_down": True, "extents": EXTENT}
    encoded: bytes = mapbox_vector_tile.encode([{"name": "communes", "features": features}], default_options=options)
    return encoded


def _cold(store: TileStore, count: int) -> Line:
    """Tiles of the base map never asked before, at z 8 and beyond, on land, encoded on demand."""
    day = today()
    tileset = store.tileset("base", day, day)
    _, bounds = store.ground.communes_at(9)
    rng = random.Random(5)
    for zoom in range(8, 13):
        store.encode(tileset, _tile_at(2.35, 48.85, zoom))  # outlines are loaded once per process
    seen: list[float] = []
    for zoom in range(8, 13):
        tiles = sorted(tiles_touching(bounds, zoom))
        for column, row in rng.sample(tiles, min(count, len(tiles))):
            start = time.perf_counter()
            store.encode(tileset, Tile(zoom, column, row))
            seen.append((time.perf_counter() - start) * 1e3)
    p99 = float(np.percentile(seen, 99))
    return Line(
        "cold tile of the base map, z8 to z12: p99", round(p99, 1), "ms", goal=f"ours <= {COLD_P99_MS:g}",
        ok=p99 <= COLD_P99_MS, note=f"{len(seen)} tiles, median {statistics.median(seen):.1f} ms",
    )  # fmt: skip


def _pyramid(catalogue: Catalogue, directory: Path) -> Iterator[Line]:
    """All archives from nothing, on every core; then every tile up to z8 and 2,000 deeper ones in both decoders."""
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        start = time.perf_counter()
        paths = build_archives(catalogue, Path(scratch), lambda *_: None, today())
        took = time.perf_counter() - start
        heaviest, decoded, failures = 0, 0, 0
        for path in paths:
            stored = _stored(path)
            heaviest = max(heaviest, *(len(body) for _, body in stored))
            deep = [entry for entry in stored if entry[0][0] > 8]
            chosen = [entry for entry in stored if entry[0][0] <= 8] + random.Random(7).sample(
                deep, min(2_000 // len(paths) + 1, len(deep))
            )
            for address, body in chosen:
                decoded += 1
                failures += not _decodes(address, body)
        directory.mkdir(parents=True, exist_ok=True)
        for path in paths:
            if not (directory / path.name).exists():
                (directory / path.name).write_bytes(path.read_bytes())
    yield Line(
        f"pyramid of {len(paths)} sets, {os.cpu_count()} cores", round(took, 1), "s", goal=f"ours <= {PYRAMID_S:g}",
        ok=took <= PYRAMID_S,
    )  # fmt: skip
    yield Line(
        "heaviest tile", heaviest, "bytes gzip", goal=f"ours <= {TILE_BYTES}", ok=heaviest <= TILE_BYTES,
    )  # fmt: skip
    yield Line(
        "tiles that fail in mapbox-vector-tile or GDAL", failures, "tiles", goal="ours == 0", ok=failures == 0,
        note=f"{decoded} decoded",
    )  # fmt: skip


def _stored(path: Path) -> list[tuple[tuple[int, int, int], bytes]]:
    with path.open("rb") as file:
        read: list[tuple[tuple[int, int, int], bytes]] = list(all_tiles(MmapSource(file)))  # type: ignore[no-untyped-call]
        return read


def _decodes(address: tuple[int, int, int], body: bytes) -> bool:
    zoom, column, row = address
    raw = gzip.decompress(body)
    layers = mapbox_vector_tile.decode(raw)
    for name, layer in layers.items():
        read = pyogrio.raw.read(raw, layer=name, X=column, Y=row, Z=zoom, CLIP="NO")
        if len(read[2]) != len(layer["features"]):
            return False
    return bool(layers)


def _http(cache: Path, profile: Profile) -> Iterator[Line]:
    """Random stored tiles z7 to z11 of doctors through the whole service, and the constant route, in turn."""
    path = next(iter((cache / "tiles").glob("doctors.*.pmtiles")))
    addresses = [address for address, _ in _stored(path) if 7 <= address[0] <= 11]
    chosen = random.Random(3).sample(addresses, min(4_000, len(addresses)))
    CACHE.mkdir(parents=True, exist_ok=True)
    asked = CACHE / "tiles.paths"
    asked.write_text("\n".join(f"/tiles/doctors/{z}/{x}/{y}.mvt" for z, x, y in chosen))
    rounds = 3 if profile.name == "quick" else profile.rounds
    ours_port, fixed_port = free_port(), free_port()
    ours, peers = [], []
    with service(ours_port, cache=cache), constant(fixed_port):
        root = f"http://127.0.0.1:{ours_port}"
        wrk(root, connections=CLIENTS, seconds=1, paths=asked, headers=_GZIP)
        for _ in range(rounds):
            peers.append(wrk(f"http://127.0.0.1:{fixed_port}/constant", connections=CLIENTS, seconds=profile.seconds))
            ours.append(wrk(root, connections=CLIENTS, seconds=profile.seconds, paths=asked, headers=_GZIP))
    ratio = statistics.median(a.requests_per_s / b.requests_per_s for a, b in zip(ours, peers, strict=True))
    errors = sum(load.errors for load in ours)
    yield Line(
        f"tile from an archive vs FastAPI constant route, 1 worker, {CLIENTS} clients",
        round(statistics.median(load.requests_per_s for load in ours)), "req/s",
        round(statistics.median(load.requests_per_s for load in peers)), round(ratio, 2), f"ratio >= {HTTP_RATIO:g}",
        ratio >= HTTP_RATIO and errors == 0, f"p99 {statistics.median(load.p99_ms for load in ours):.1f} ms, {errors} errors",
    )  # fmt: skip


def _tile_at(lon: float, lat: float, zoom: int) -> Tile:
    from app.tiles.grid import to_world

    column, row = (to_world(np.array([[lon, lat]]))[0] * (1 << zoom)).astype(int).tolist()
    return Tile(zoom, column, row)
