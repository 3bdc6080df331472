"""Which class each commune is painted with on a day, and what each set of tiles draws at each zoom."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
from shapely.geometry import shape

from app.errors import NotInCatalogue
from app.ingest.content import Content
from app.ingest.write import write_bundle
from app.places import ARRONDISSEMENT_CITIES
from app.tiles.cache import TileCache
from app.tiles.grid import Tile, to_world
from app.tiles.paint import paint_of_vintage, paint_on
from app.tiles.store import TileStore
from app.zones.catalogue import Catalogue
from app.zones.decide import class_of_commune
from app.zones.vocabulary import ZONINGS_BY_KEY

ON = date(2026, 3, 1)
Features = list[dict[str, object]]


@pytest.fixture(scope="module")
def store(small: Catalogue) -> TileStore:
    return TileStore(small)


def at(lon: float, lat: float, zoom: int) -> Tile:
    column, row = (to_world(np.array([[lon, lat]]))[0] * (1 << zoom)).astype(int).tolist()
    return Tile(zoom, column, row)


def features(store: TileStore, name: str, tile: Tile, on: date = ON, known_on: date = ON) -> dict[str, Features]:
    body = store.encode(store.tileset(name, on, known_on), tile)
    if not body:
        return {}
    decoded = mapbox_vector_tile.decode(gzip.decompress(body))
    assert all(shape(f["geometry"]).is_valid for layer in decoded.values() for f in layer["features"])
    return {layer: [f["properties"] for f in content["features"]] for layer, content in decoded.items()}


def codes(drawn: Features) -> dict[object, object]:
    return {properties["insee_code"]: properties.get("code") for properties in drawn}


def test_paint_is_what_a_question_by_code_answers(small: Catalogue) -> None:
    for key in ("doctors", "zrr", "frr"):
        spec = ZONINGS_BY_KEY[key]
        for on, known_on in ((ON, ON), (date(2018, 1, 1), ON), (date(2024, 8, 1), date(2024, 8, 1))):
            paint = paint_on(small, spec, on, known_on)
            assert paint.mark_of_commune is not None
            for row, code in enumerate(small.communes.codes):
                verdict = class_of_commune(small, spec, code, on, known_on)
                mark = paint.marks[paint.mark_of_commune[row]]
                assert (mark.state, mark.code, mark.reason) == (verdict.state, verdict.code, verdict.reason), (
                    key,
                    code,
                )


def test_known_on_brings_back_the_list_of_that_day(store: TileStore) -> None:
    tile, august = at(2.05, 46.05, 9), date(2024, 8, 1)
    assert codes(features(store, "frr", tile, august, august)["frr"])["03001"] is None
    assert codes(features(store, "frr", tile, august, ON)["frr"])["03001"] == "FRR"


def test_days_that_say_the_same_share_their_tiles(store: TileStore) -> None:
    assert store.tileset("doctors", ON, ON) is store.tileset("doctors", date(2025, 1, 1), ON)
    assert store.tileset("frr", ON, ON).digest != store.tileset("frr", ON, date(2024, 8, 1)).digest


def test_a_vintage_is_drawn_whatever_the_day(store: TileStore) -> None:
    old = store.tileset("frr@frr-2024-06", ON, ON)
    assert old.digest == store.tileset("frr", date(2024, 8, 1), date(2024, 8, 1)).digest
    assert store.tileset("qpv-2015@qpv-2015", ON, ON).digest == store.tileset("qpv-2015", date(2020, 1, 1), ON).digest


def test_a_vintage_that_classes_zones_only_is_drawn_with_every_commune_unknown(
    small_parts: Content, tmp_path: Path
) -> None:
    content = small_parts
    (doctors,) = [vintage for vintage in content.vintages if vintage.id == "doctors-2022"]
    own = replace(doctors, id="doctors-zones", classes=[], zone_classes=doctors.zone_classes)
    vintages = [own, *(v if v is not doctors else replace(v, zone_classes=[]) for v in content.vintages)]
    write_bundle(replace(content, vintages=vintages), tmp_path / "bundle")
    store = TileStore(Catalogue(tmp_path / "bundle", tmp_path))
    drawn = features(store, "doctors@doctors-zones", at(2.25, 46.05, 11))
    assert {(p["state"], p["reason"]) for p in drawn["doctors"]} == {("unknown", "not_in_list")}
    assert [(p["zone_code"], p["code"]) for p in drawn["doctors_zones"]] == [("QN00301N", "ZIP")]


def test_unknown_names_say_what_exists(store: TileStore) -> None:
    for name in ("nothing", "doctors@nothing", "montagne", "base@doctors-2022", "@", "communes@"):
        with pytest.raises(NotInCatalogue):
            store.tileset(name, ON, ON)


def test_communes_are_drawn_with_class_state_and_reason(store: TileStore) -> None:
    drawn = features(store, "doctors", at(2.35, 46.05, 8))["doctors"]
    by_code = {properties["insee_code"]: properties for properties in drawn}
    assert by_code["03001"]["code"] == "ZIP"
    assert (by_code["03004"]["code"], by_code["03004"]["state"]) == ("HZ", "outside")
    assert (by_code["03005"]["state"], by_code["03005"]["reason"]) == ("unknown", "no_value_in_list")
    assert "code" not in by_code["03005"]
    assert by_code["03002"]["name"] == "Bois"


def test_a_commune_without_outline_is_not_drawn(store: TileStore) -> None:
    everywhere = [features(store, "communes", at(lon, lat, 8)) for lon in (2.05, 2.5) for lat in (46.05, 46.4)]
    assert "03008" not in {p["insee_code"] for drawn in everywhere for p in drawn.get("communes", [])}


def test_arrondissements_stand_for_their_city(store: TileStore) -> None:
    drawn = codes(features(store, "doctors", at(2.3, 48.05, 9))["doctors"])
    assert drawn["75101"] == "ZIP"
    assert drawn["75102"] == "ZAC"
    assert not set(drawn) & set(ARRONDISSEMENT_CITIES)


def test_low_zooms_dissolve_classes_by_department(store: TileStore) -> None:
    drawn = features(store, "doctors", at(2.35, 46.05, 5))["doctors"]
    allier = sorted(str(p.get("code", p["state"])) for p in drawn if p["department"] == "03")
    assert allier == ["HZ", "ZAC", "ZIP", "unknown", "unknown"]


def test_overseas_communes_are_drawn_where_they_are(store: TileStore) -> None:
    drawn = features(store, "communes", at(55.45, -21.15, 10))["communes"]
    assert [properties["name"] for properties in drawn] == ["Île"]


def test_zone_without_outline_is_not_drawn_and_others_carry_their_code(store: TileStore) -> None:
    drawn = features(store, "qpv-2024", at(2.25, 46.05, 11))
    assert [p["zone_code"] for p in drawn["qpv-2024"]] == ["QN00301N"]
    assert drawn["qpv-2024"] == drawn["qpv-2024_labels"]
    assert drawn["qpv-2024"][0]["label"] == "Quartier neuf"
    assert features(store, "qpv-2024", at(2.335, 46.035, 14)) == {}


def test_a_zone_with_a_class_of_its_own_is_drawn_over_its_commune(store: TileStore) -> None:
    drawn = features(store, "doctors", at(2.25, 46.05, 11))
    assert codes(drawn["doctors"])["03003"] == "ZAC"
    assert [(p["zone_code"], p["code"]) for p in drawn["doctors_zones"]] == [("QN00301N", "ZIP")]


def test_outline_zoning_before_and_after_its_days(store: TileStore) -> None:
    tile = at(2.245, 46.05, 11)
    assert features(store, "qpv-2015", tile, date(2023, 12, 31)) != {}
    assert features(store, "qpv-2015", tile, date(2024, 1, 1)) == {}
    assert features(store, "qpv-2024", tile, date(2023, 12, 31)) == {}


def test_base_map_has_areas_communes_and_each_name_once(store: TileStore) -> None:
    drawn = features(store, "base", at(2.35, 46.05, 11))
    assert set(drawn) >= {"communes", "departments", "regions"}
    labels = [
        p["name"]
        for column in range(at(1.9, 46, 11).column, at(2.7, 46, 11).column + 1)
        for row in range(at(2, 46.3, 11).row, at(2, 45.9, 11).row + 1)
        for p in features(store, "base", Tile(11, column, row)).get("communes_labels", [])
    ]
    assert sorted(labels) == ["Aube", "Bois", "Cher", "Dore", "Eaux", "Fort", "Giro"]
    low = features(store, "base", at(2.35, 46.05, 4))
    assert "communes" not in low
    assert "Auvergne-Rhône-Alpes" in {p["name"] for p in low["regions"]}


def test_city_is_named_at_low_zooms_and_arrondissements_at_high_ones(embedded: Catalogue) -> None:
    layers = TileStore(embedded).tileset("communes", ON, ON).layers(12)
    layer = next(layer for layer in layers if layer.name == "communes_labels")
    names = {zoom: {p["name"] for p in _labels(layer, zoom)} for zoom in (8, 12)}
    assert "Paris" in names[8]
    assert not any("Arrondissement" in str(name) for name in names[8])
    assert any("Arrondissement" in str(name) for name in names[12])
    assert "Paris" not in names[12]


def _labels(layer: object, zoom: int) -> Features:
    tiles = {at(lon, lat, zoom) for lon in np.arange(2.25, 2.42, 0.02) for lat in np.arange(48.81, 48.91, 0.02)}
    encoded = [layer.encode(tile) for tile in tiles]  # type: ignore[attr-defined]
    return [
        f["properties"]
        for body in encoded
        if body
        for f in mapbox_vector_tile.decode(body)["communes_labels"]["features"]
    ]


def test_memory_of_tiles_is_bounded_and_counts_empty_ones() -> None:
    cache = TileCache(10_000)
    for number in range(1_000):
        cache.put(("set", 5, number, 0), b"x" * (number % 50))
        assert cache.used_bytes <= 10_000
    assert 0 < len(cache) < 40
    assert cache.get(("set", 5, 999, 0)) is not None
    assert cache.get(("set", 5, 0, 0)) is None
    cache.put(("set", 5, 1, 1), b"x" * 20_000)
    assert cache.get(("set", 5, 1, 1)) is None


def test_no_memory_means_no_cache(small: Catalogue) -> None:
    store = TileStore(small, cache_bytes=0)
    tileset = store.tileset("communes", ON, ON)
    tile = at(2.05, 46.05, 9)
    assert store.encode(tileset, tile)
    assert store.stored(tileset, tile) is None


def test_vintage_not_published_is_refused(small: Catalogue) -> None:
    with pytest.raises(NotInCatalogue):
        paint_of_vintage(small, ZONINGS_BY_KEY["doctors"], "")
