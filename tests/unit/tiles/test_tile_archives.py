"""Archives hold exactly what is encoded on demand, other readers agree, and a store prefers them for the same set only."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import mapbox_vector_tile
import pyogrio
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles

from app.errors import DataError
from app.tiles.archive import Archive
from app.tiles.build import build_archives, write_archives
from app.tiles.grid import MAX_ZOOM, MIN_ZOOM, Tile
from app.tiles.ground import Ground
from app.tiles.store import TileStore, open_archives
from app.tiles.tilesets import make_tileset
from app.zones.catalogue import Catalogue

ON = date(2026, 3, 1)


@pytest.fixture(scope="module")
def directory(small: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives built by two processes."""
    out = tmp_path_factory.mktemp("archives")
    steps: list[tuple[int, int]] = []
    build_archives(small, out, lambda done, total: steps.append((done, total)), ON, processes=2)
    assert steps[-1][0] == steps[-1][1] == len(steps)
    return out


def archive_of(directory: Path, name: str) -> Path:
    (path,) = directory.glob(f"{name}.*.pmtiles")
    return path


def test_every_zoning_and_the_base_map_have_one(directory: Path) -> None:
    names = sorted(path.name.split(".")[0] for path in directory.iterdir())
    assert names == ["base", "doctors", "frr", "qpv-2015", "qpv-2024", "zrr"]


@pytest.mark.parametrize("name", ["base", "doctors", "zrr", "qpv-2015", "qpv-2024"])
def test_an_archive_holds_what_is_encoded_on_demand_and_nothing_else(
    small: Catalogue, directory: Path, name: str
) -> None:
    store, archived = TileStore(small), TileStore(small, (directory,))
    day = {"zrr": date(2024, 6, 30), "qpv-2015": date(2023, 12, 31)}.get(name, ON)
    tileset = store.tileset(name, day, ON)
    with archive_of(directory, name).open("rb") as file:
        stored = {Tile(*address): body for address, body in all_tiles(MmapSource(file))}
    for tile, body in stored.items():
        assert store.encode(tileset, tile) == body
        assert archived.stored(archived.tileset(name, day, ON), tile) == body
    around = {
        Tile(t.zoom, t.column + east, t.row + south) for t in stored for east in (-1, 0, 1) for south in (-1, 0, 1)
    }
    for tile in around - set(stored):
        assert store.encode(tileset, tile) == b""
        assert archived.stored(archived.tileset(name, day, ON), tile) == b""


def test_the_reference_reader_and_gdal_agree(directory: Path) -> None:
    path = archive_of(directory, "doctors")
    archive = Archive(path)
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        assert reader.metadata()["vector_layers"][0]["id"] == "doctors"
        header = reader.header()
        assert (header["min_zoom"], header["max_zoom"]) == (MIN_ZOOM, 12) == (archive.min_zoom, archive.max_zoom)
        for (zoom, column, row), body in all_tiles(MmapSource(file)):
            assert reader.get(zoom, column, row) == archive.get(Tile(zoom, column, row)) == body
    assert "doctors" in pyogrio.list_layers(path)[:, 0]
    read = pyogrio.read_dataframe(path, layer="doctors")
    assert {"03001", "75101", "97401"} <= set(read["insee_code"])
    assert set(read.loc[read["insee_code"] == "03001", "code"]) == {"ZIP"}


def test_a_store_uses_an_archive_only_for_the_very_set_it_was_built_from(small: Catalogue, directory: Path) -> None:
    archived = TileStore(small, (directory,))
    tile = Tile(9, 258, 182)
    assert archived.stored(archived.tileset("frr", ON, ON), tile) is not None
    assert archived.stored(archived.tileset("frr", date(2024, 8, 1), date(2024, 8, 1)), tile) is None
    assert archived.stored(archived.tileset("qpv-2024", ON, ON), Tile(MAX_ZOOM, 0, 0)) == b""
    assert archived.stored(archived.tileset("doctors", ON, ON), Tile(13, 0, 0)) is None, "beyond the archive: on demand"


def test_building_again_keeps_what_is_there(small: Catalogue, directory: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in directory.iterdir()}
    build_archives(small, directory, lambda *_: pytest.fail("nothing to draw"), ON)
    assert {path: path.stat().st_mtime_ns for path in directory.iterdir()} == before


def test_one_process_writes_the_same_tiles_as_two(small: Catalogue, directory: Path, tmp_path: Path) -> None:
    out = tmp_path / "doctors.pmtiles"
    write_archives(small, {make_tileset(Ground(small), "doctors", ON, ON): out}, lambda *_: None, processes=1)
    assert out.read_bytes() == archive_of(directory, "doctors").read_bytes()


def test_a_set_without_tiles_is_refused_and_leaves_no_file(small: Catalogue, tmp_path: Path) -> None:
    empty = make_tileset(Ground(small), "qpv-2015", ON, ON)
    with pytest.raises(DataError, match="draws no tile"):
        write_archives(small, {empty: tmp_path / "out.pmtiles"}, lambda *_: None, processes=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"PMTiles", b"not an archive at all" * 20, b"PMTiles\x02" + b"\x00" * 200])
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "doctors.0123456789ab.pmtiles").write_bytes(content)
    with pytest.raises(DataError, match=r"doctors\.0123456789ab\.pmtiles"):
        open_archives(tmp_path)


def test_a_cut_archive_is_named(directory: Path, tmp_path: Path) -> None:
    whole = archive_of(directory, "doctors").read_bytes()
    (tmp_path / "doctors.0123456789ab.pmtiles").write_bytes(whole[:200])
    with pytest.raises(DataError):
        open_archives(tmp_path)


def test_shared_borders_do_not_change_between_neighbouring_tiles(small: Catalogue) -> None:
    """Aube and Bois meet at 2.1 E: both are cut at the same column of units in every tile that holds the border."""
    store = TileStore(small)
    tileset = store.tileset("communes", ON, ON)
    for zoom in range(7, 13):
        for row in range(1 << zoom):
            tile = Tile(zoom, int((2.1 / 360 + 0.5) * (1 << zoom)), row)
            body = store.encode(tileset, tile) if abs(row / (1 << zoom) - 0.3557) < 0.002 else b""
            if not body:
                continue
            drawn = {
                f["properties"]["insee_code"]: f["geometry"]["coordinates"]
                for f in mapbox_vector_tile.decode(gzip.decompress(body))["communes"]["features"]
            }
            if {"03001", "03002"} <= set(drawn):
                east = max(point[0] for point in drawn["03001"][0])
                west = min(point[0] for point in drawn["03002"][0])
                assert east == west
