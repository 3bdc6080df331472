"""Files in the exact layouts of the official producers, small and hand-made, of the communes of the small France."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import orjson
import pyogrio
import pytest
import xlwt
from shapely.geometry import box, mapping

from app.ingest.build import BuildOptions
from app.ingest.sources import load_sources

ROOT = Path(__file__).resolve().parents[3]

Grid = Sequence[Sequence[str]]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    return ROOT / "data"


@pytest.fixture
def options(small_bundle: Path, tmp_path: Path, data_dir: Path) -> BuildOptions:
    """A build that starts from the small France instead of the embedded base."""
    facts = tmp_path / "facts"
    facts.mkdir()
    (facts / "restored_communes.csv").write_text("insee_code,part_of\n03008,03001\n", encoding="utf-8")
    return BuildOptions(small_bundle, facts, load_sources(data_dir / "sources.yaml"))


@pytest.fixture(scope="session")
def write_xls() -> Callable[[Path, str, Grid], Path]:
    """An old binary workbook with one sheet."""

    def write(path: Path, sheet: str, grid: Grid) -> Path:
        book = xlwt.Workbook()
        page = book.add_sheet(sheet)
        for number, row in enumerate(grid):
            for column, cell in enumerate(row):
                page.write(number, column, cell)
        book.save(str(path))
        return path

    return write


@pytest.fixture(scope="session")
def write_inline_xlsx() -> Callable[[Path, str, Grid], Path]:
    """A workbook whose cells are inline strings, as the Observatoire des territoires writes them."""

    def write(path: Path, sheet: str, grid: Grid) -> Path:
        rows = "".join(
            f'<row r="{number}">'
            + "".join(
                f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
                for column, cell in enumerate(row)
            )
            + "</row>"
            for number, row in enumerate(grid, 1)
        )
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
                'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
                '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
            )
            archive.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Target="xl/workbook.xml" '
                f'Type="{office}/officeDocument"/></Relationships>',
            )
            archive.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="{sheet}" sheetId="1" r:id="r1"/>'
                "</sheets></workbook>",
            )
            archive.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
                f'Target="worksheets/sheet1.xml" Type="{office}/worksheet"/></Relationships>',
            )
            archive.writestr(
                "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
            )
        return path

    return write


def qpv_features(codes: Sequence[str] = ("QN00301N", "QN00302M")) -> list[dict[str, object]]:
    shapes = [box(2.241234567, 46.04, 2.261234567, 46.06), box(2.341234567, 46.03, 2.361234567, 46.05)]
    return [
        {
            "type": "Feature",
            "properties": {
                "code_qp": code, "lib_qp": f"Quartier {code}", "insee_reg": "84", "insee_dep": "03",
                "insee_com": insee, "lib_com": name, "siren_epci": "200000001",
            },
            "geometry": mapping(shape),
        }
        for code, insee, name, shape in zip(codes, ("03003", "03004"), ("Cher", "Dore"), shapes, strict=True)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def qpv_geojson() -> bytes:
    return orjson.dumps({"type": "FeatureCollection", "features": qpv_features()})


@pytest.fixture(scope="session")
def write_shapefiles(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A ZIP of shapefiles, each in its own projection, Latin-1 attributes."""

    def write(path: Path, layers: dict[str, tuple[int, list[dict[str, object]], list[object]]]) -> Path:
        folder = tmp_path_factory.mktemp("shp")
        for name, (epsg, records, shapes) in layers.items():
            frame = gpd.GeoDataFrame(records, geometry=shapes, crs=4326).to_crs(epsg)  # type: ignore[call-overload]
            pyogrio.write_dataframe(frame, folder / f"{name}.shp", encoding="ISO-8859-1")
            (folder / f"{name}.cpg").unlink(missing_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, f"SHP/{file.name}")
        return path

    return write


@pytest.fixture(scope="session")
def cog_archive() -> Callable[[Path, Sequence[str], str], Path]:
    """The INSEE COG archive: the communes given, and the lines of the table of movements."""

    def write(path: Path, communes: Sequence[str], movements: str) -> Path:
        table = io.StringIO()
        table.write("TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n")
        for code in communes:
            table.write(f"COM,{code},84,{code[:2]},{code[:2]}D,031,0,NOM,Nom,Nom,0301,\n")
        header = (
            "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
            "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
        )
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("v_commune_2026.csv", table.getvalue())
            archive.writestr("v_mvt_commune_2026.csv", header + movements)
            archive.writestr("v_departement_2026.csv", "DEP,REG\n03,84\n")
        return path

    return write
