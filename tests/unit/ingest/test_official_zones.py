"""Official layouts of outlines and codes: QPV archives, indexes, classes of zones, IRIS, the INSEE COG."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import orjson
import pyogrio
import pytest
import shapely
from shapely.geometry import box

from app.errors import DataError
from app.ingest.base import read_content
from app.ingest.build import BuildOptions, build
from app.ingest.content import Content, Vintage
from app.ingest.readers.features import polygons_of, read_features
from app.ingest.readers.text_tables import Column
from app.ingest.tables import OutlineRow
from app.ingest.verify import verify
from app.zones.models import State


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "official"
    directory.mkdir()
    return directory


def built(source: Path, options: BuildOptions, tmp_path: Path) -> Content:
    build(source, tmp_path / "bundle", options, lambda step: None)
    return read_content(tmp_path / "bundle")


def new_problems(bundle: Path, options: BuildOptions) -> set[str]:
    """What the checks find in the bundle that they do not find in the (incomplete) small base."""
    return set(verify(bundle).problems) - set(verify(options.base_dir).problems)


def vintages(content: Content, zoning: str) -> list[Vintage]:
    return [vintage for vintage in content.vintages if vintage.zoning == zoning]


def zones(content: Content, zoning: str) -> dict[str, OutlineRow]:
    return {row.code: row for vintage in vintages(content, zoning) for row in vintage.outlines}


def complete_for(content: Content, zoning: str) -> tuple[str, ...] | None:
    return next(zones.complete_for_departments for zones in content.zone_lists if zones.zoning == zoning)


def write_geojson_archive(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("SHP/QP2024_France_hexagonale_LB93.shp", b"not read: the GeoJSON is better")
        archive.writestr("GEOJSON/QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson", content)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("qpv-2024.zip", write_geojson_archive),
        ("942d4ee8-8142-4556-8ea1-335537ce1119.zip", write_geojson_archive),
        ("QP2024_France.geojson", Path.write_bytes),
        ("QP2024_France.geojson.gz", lambda path, content: path.write_bytes(gzip.compress(content))),
        ("unnamed.geojson", Path.write_bytes),
    ],
)
def test_qpv_2024_is_read_from_each_form_it_has_been_served_in(
    source: Path, options: BuildOptions, tmp_path: Path, qpv_geojson: bytes, name: str,
    write: Callable[[Path, bytes], object],
) -> None:  # fmt: skip
    write(source / name, qpv_geojson)
    content = built(source, options, tmp_path)
    found = zones(content, "qpv-2024")
    assert set(found) == {"QN00301N", "QN00302M"}
    assert (found["QN00301N"].insee_codes, found["QN00301N"].precision_m) == (("03003",), 5.0)
    assert complete_for(content, "qpv-2024") is None, "the official file is complete everywhere"
    assert [(v.id, v.valid_from) for v in vintages(content, "qpv-2024")] == [("qpv-2024-hexagone", date(2024, 1, 1))]
    gone = "doctors, doctors-2022: QN00302N is no zone of qpv-2024"  # classed in the base, absent from the new list
    assert new_problems(tmp_path / "bundle", options) == {gone}


def test_qpv_2024_shapefiles_are_brought_to_wgs84_and_overseas_starts_a_year_later(
    source: Path, options: BuildOptions, tmp_path: Path, write_shapefiles: Callable[..., Path]
) -> None:
    mainland, island = box(2.241234567, 46.04, 2.261234567, 46.06), box(55.441234567, -21.16, 55.451234567, -21.15)
    write_shapefiles(
        source / "qpv.zip",
        {
            "QP2024_France_hexagonale_LB93": (
                2154, [{"code_qp": "QN00301N", "lib_qp": "Cité", "insee_com": "03003"}], [mainland]
            ),
            "QP2024_La_Reunion_RGR92_UTM40S": (
                2975, [{"code_qp": "QN97401M", "lib_qp": "Île", "insee_com": "97401"}], [island]
            ),
        },
    )  # fmt: skip
    content = built(source, options, tmp_path)
    assert [(v.id, v.valid_from, [row.code for row in v.outlines]) for v in vintages(content, "qpv-2024")] == [
        ("qpv-2024-hexagone", date(2024, 1, 1), ["QN00301N"]),
        ("qpv-2024-outre-mer", date(2025, 1, 1), ["QN97401M"]),
    ]
    outline = zones(content, "qpv-2024")["QN97401M"].geometry
    assert outline is not None
    assert shapely.hausdorff_distance(outline, island) < 1e-6


def test_qpv_2015_archive_names_its_communes_in_latin_1_letters(
    source: Path, options: BuildOptions, tmp_path: Path, write_shapefiles: Callable[..., Path]
) -> None:
    record = {"CODE_QP": "QP003001", "NOM_QP": "Cœur de Cité".replace("œ", "oe"), "COMMUNE_QP": "Dore"}
    write_shapefiles(
        source / "qp-politiquedelaville-shp.zip",
        {"QP_METROPOLE_LB93": (2154, [record], [box(2.241234567, 46.04, 2.261234567, 46.06)])},
    )
    content = built(source, options, tmp_path)
    (zone,) = zones(content, "qpv-2015").values()
    assert zone.label == "Coeur de Cité"
    assert set(zone.insee_codes) == {"03003", "03004"}, "where it lies, and the commune that the file names"
    assert [(v.valid_from, v.valid_to) for v in vintages(content, "qpv-2015")] == [
        (date(2015, 1, 1), date(2023, 12, 31))
    ]


def test_partial_copy_of_2015_is_completed_by_the_base_and_complete_only_where_the_base_says(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    feature = {
        "type": "Feature",
        "properties": {"code_qp": "QP003002", "lib_qp": "Autre", "commune_qp": "Cher", "insee_com": "03003"},
        "geometry": {"type": "Polygon", "coordinates": [[[2.24, 46.04], [2.25, 46.04], [2.25, 46.05], [2.24, 46.04]]]},
    }
    collection = {"type": "FeatureCollection", "features": [feature]}
    (source / "qpv_2015_partiel.geojson").write_bytes(orjson.dumps(collection))
    content = built(source, options, tmp_path)
    assert {code: row.precision_m for code, row in zones(content, "qpv-2015").items()} == {
        "QP003001": 10.0,
        "QP003002": 30.0,
    }, "four decimals are 30 m"
    assert complete_for(content, "qpv-2015") == ("03",)


def test_index_adds_zones_without_outline_and_classes_of_zones_are_kept_apart(
    source: Path, options: BuildOptions, tmp_path: Path, qpv_geojson: bytes
) -> None:
    (source / "qpv-2024.geojson").write_bytes(qpv_geojson)
    (source / "qpv_2024_communes_anct.csv").write_text(
        "code_qp,lib_qp,insee_com\nQN00301N,Quartier,03199\nQN00309M,Ailleurs,03106\n", encoding="utf-8"
    )
    (source / "zonage_medecins_qpv_paca.csv").write_text(
        "code_qp,zonage_medecin_qpv\nQN00301N,ZIP\nQN00302M,HZ\n", encoding="utf-8"
    )
    content = built(source, options, tmp_path)
    found = zones(content, "qpv-2024")
    assert (found["QN00309M"].geometry, found["QN00309M"].insee_codes) == (None, ("03006",)), (
        "an old code, today's commune"
    )
    (hexagone,) = vintages(content, "qpv-2024")
    pairs = {(row.code, row.insee_code) for row in hexagone.zone_communes}
    assert {("QN00301N", "03003"), ("QN00301N", "03001"), ("QN00309M", "03006")} <= pairs, "both sources stand"
    classes = {(r.zone_code, r.code, r.state) for v in vintages(content, "doctors") for r in v.zone_classes}
    assert classes == {("QN00301N", "ZIP", State.INSIDE), ("QN00302M", "HZ", State.OUTSIDE)}
    assert new_problems(tmp_path / "bundle", options) == set()


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"code": "QN00301N", "lib_qp": "x"}, ["qpv-2024.geojson", "column code_qp"]),
        ({"code_qp": "QN00301N", "libelle": "x"}, ["qpv-2024.geojson", "column lib_qp"]),
        ({"code_qp": "QP003001", "lib_qp": "x"}, ["feature 1", "not a code of qpv-2024"]),
    ],
)
def test_changed_layout_of_outlines_names_file_and_column(
    source: Path, options: BuildOptions, tmp_path: Path, properties: dict[str, str], words: list[str]
) -> None:
    feature = {"type": "Feature", "properties": properties,
               "geometry": {"type": "Polygon", "coordinates": [[[2.2, 46], [2.3, 46], [2.3, 46.1], [2.2, 46]]]}}  # fmt: skip
    (source / "qpv-2024.geojson").write_bytes(orjson.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(DataError) as caught:
        built(source, options, tmp_path)
    assert all(word in caught.value.message for word in words), caught.value.message


def test_damaged_archive_is_a_data_error(
    source: Path, options: BuildOptions, tmp_path: Path, qpv_geojson: bytes
) -> None:
    write_geojson_archive(source / "qpv-2024.zip", qpv_geojson)
    (source / "qpv-2024.zip").write_bytes((source / "qpv-2024.zip").read_bytes()[:-30])
    with pytest.raises(DataError, match=r"qpv-2024\.zip"):
        built(source, options, tmp_path)


def test_geopackage_and_layer_without_reference_system(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"code_qp": ["QN00301N"]}, geometry=[box(2, 46, 2.1, 46.1)], crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "zones.gpkg")
    (feature,) = read_features(tmp_path / "zones.gpkg", [Column("code", ("CODE_QP",))])
    assert (feature.cells["code"], feature.geometry.bounds) == ("QN00301N", (2.0, 46.0, 2.1, 46.1))
    pyogrio.write_dataframe(frame, tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    with pytest.raises(DataError, match="coordinate reference system"):
        read_features(tmp_path / "bare.shp", [Column("code", ("code_qp",))])


def test_self_crossing_outline_is_made_valid_and_keeps_only_polygons() -> None:
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    mended = polygons_of(bow_tie)
    assert mended is not None
    assert mended.is_valid
    assert mended.geom_type == "MultiPolygon"
    assert mended.area == pytest.approx(2.0)
    assert polygons_of(shapely.LineString([(0, 0), (1, 1)])) is None


def test_iris_dissolve_into_precise_commune_outlines(source: Path, options: BuildOptions, tmp_path: Path) -> None:
    parts = {
        "03106": [box(2.5, 46.0, 2.55, 46.1)], "03107": [box(2.55, 46.0, 2.61, 46.1)],
        "03001": [box(2.0, 46.0, 2.05, 46.1), box(2.05, 46.0, 2.1, 46.1)],
    }  # fmt: skip
    pairs = [(code, shape) for code, shapes in parts.items() for shape in shapes]
    frame = gpd.GeoDataFrame(
        {"code_iris": [f"{code}{n:04d}" for n, (code, _) in enumerate(pairs)], "code_insee": [code for code, _ in pairs]},
        geometry=[shape for _, shape in pairs], crs=4326,
    )  # fmt: skip
    frame.to_parquet(source / "contours_iris.parquet")
    report = build(source, tmp_path / "bundle", options, lambda step: None)
    rows = {row.insee_code: row for row in read_content(tmp_path / "bundle").communes}
    fort, aube = rows["03006"].geometry, rows["03001"].geometry
    assert fort is not None
    assert fort.bounds == pytest.approx((2.5, 46.0, 2.61, 46.1)), "the IRIS of both old communes, joined"
    assert aube is not None
    assert aube.area == pytest.approx(0.01)
    assert any("no outline of" in note for note in report.notes), "what the file does not draw is said"
    assert read_content(tmp_path / "bundle").commune_precision_m == 100.0, "the precision is that of the worst outline"


LIVING = ["03001", "03002", "03003", "03004", "03005", "03006", "03008", "2A001", "75056", "97401"]
MOVEMENTS = (
    "32,2019-01-01,COM,03201,0,A,A,Ancien,COM,03202,0,B,B,Milieu\n"
    "32,2022-01-01,COM,03202,0,B,B,Milieu,COM,03002,0,C,C,Bois\n"
    "32,2022-01-01,COM,03202,0,B,B,Milieu,COMD,03202,0,B,B,Milieu\n"
    "50,2025-01-01,COM,03209,0,D,D,Dore,COM,03004,0,D,D,Dore\n"
    "21,2024-01-01,COM,03001,0,A,A,Aube,COM,03005,0,E,E,Eaux\n"
    "10,2020-01-01,COM,03003,0,F,F,Chez,COM,03003,0,F,F,Cher\n"
)


def test_insee_cog_archive_follows_chains_of_movements(
    source: Path, options: BuildOptions, tmp_path: Path, cog_archive: Callable[..., Path]
) -> None:
    cog_archive(source / "cog_ensemble_2026_csv.zip", LIVING, MOVEMENTS)
    (source / "zonage_medecins_communes.csv").write_text(
        "code_insee,zonage_medecin\n03201,1_ZIP\n03209,2_ZAC\n03001,3_HZ\n", encoding="utf-8"
    )
    content = built(source, options, tmp_path)
    former = {row.insee_code: row for row in content.former_communes if row.kind == "OLD"}
    assert {code: row.commune for code, row in former.items()} == {
        "03193": "03003", "03199": "03001", "03201": "03002", "03202": "03002", "03209": "03004",
    }  # fmt: skip
    assert former["03201"].name == "Ancien"
    rows = {row.insee_code: row for v in vintages(content, "doctors") for row in v.classes}
    assert (rows["03002"].code, rows["03004"].code) == ("ZIP", "ZAC")
    assert rows["03005"].code == "HZ", "restored from Aube in 2024: the older list classed it with Aube"


def test_cog_of_another_year_than_the_base_is_refused(
    source: Path, options: BuildOptions, tmp_path: Path, cog_archive: Callable[..., Path]
) -> None:
    cog_archive(source / "cog_ensemble_2027_csv.zip", [*LIVING, "03099"], MOVEMENTS)
    with pytest.raises(DataError, match="03099"):
        built(source, options, tmp_path)


def test_build_without_official_files_is_the_base_itself(options: BuildOptions, tmp_path: Path) -> None:
    report = build(None, tmp_path / "bundle", options, lambda step: None)
    base = read_content(options.base_dir)
    again = read_content(tmp_path / "bundle")
    assert again.vintages == base.vintages
    assert (again.communes, again.id, report.used) == (base.communes, "small", ())


def test_same_files_give_the_same_data_version(
    source: Path, options: BuildOptions, tmp_path: Path, qpv_geojson: bytes
) -> None:
    (source / "qpv-2024.geojson").write_bytes(qpv_geojson)
    versions = {build(source, tmp_path / name, options, lambda step: None).data_version for name in ("one", "two")}
    assert len(versions) == 1
    changed = replace(options, data_dir=tmp_path / "other")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "restored_communes.csv").write_text("insee_code,part_of\n", encoding="utf-8")
    (source / "qpv-2024.geojson").write_bytes(qpv_geojson.replace(b"46.06", b"46.07"))
    assert build(source, tmp_path / "one", changed, lambda step: None).data_version not in versions
