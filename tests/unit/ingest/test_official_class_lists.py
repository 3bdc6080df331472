"""Every official layout of a list of commune classes, from the producer's file to the rows of the bundle."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.errors import DataError
from app.ingest.base import read_content
from app.ingest.build import BuildOptions, build
from app.ingest.content import Content
from app.ingest.tables import ClassRow
from app.zones.models import Reason, State

ZRR_GRID = [
    ["Classement des communes en zone de revitalisation rurale"],
    ["Géographie au 1er janvier 2021"],
    [""],
    ["Source : ANCT, DGCL"],
    [""],
    ["CODGEO", "LIBGEO", "ZRR_SIMP", "ZONAGE_ZRR"],
    ["03001", "Aube", "C - Classée en ZRR", "C - Commune classée en ZRR"],
    ["03002", "Bois", "NC - Commune non classée", "NC - Commune non classée"],
    ["03003", "Cher", "P - Commune partiellement classée en ZRR", "P - Commune partiellement classée en ZRR"],
    [
        "03004", "Dore", "C - Classée en ZRR",
        "A - Commune sortante en 2017 continuant de bénéficier des effets du classement depuis 2018",
    ],
]  # fmt: skip


def built(source: Path, options: BuildOptions, tmp_path: Path) -> Content:
    build(source, tmp_path / "bundle", options, lambda step: None)
    return read_content(tmp_path / "bundle")


def rows_of(content: Content, zoning: str, vintage: str | None = None) -> dict[str, ClassRow]:
    found = [v for v in content.vintages if v.zoning == zoning and v.id in (vintage, v.id if vintage is None else None)]
    assert len(found) == 1, [v.id for v in content.vintages]
    return {row.insee_code: row for row in found[0].classes}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "official"
    directory.mkdir()
    return directory


def test_zrr_workbook_with_five_lines_above_the_header(
    source: Path, options: BuildOptions, tmp_path: Path, write_xls: Callable[..., Path]
) -> None:
    write_xls(source / "diffusion-zonages-zrr-cog2021.xls", "Classement ZRR (COG 2021)", ZRR_GRID)
    rows = rows_of(built(source, options, tmp_path), "zrr")
    assert rows["03001"] == ClassRow("03001", State.INSIDE, "ZRR")
    assert rows["03002"] == ClassRow("03002", State.OUTSIDE)
    assert rows["03003"] == ClassRow("03003", State.UNKNOWN, None, Reason.PARTIAL_COMMUNE, coverage="partial")
    assert rows["03004"].valid_from == date(2018, 1, 1), "the list itself says: depuis 2018"


def test_commune_restored_since_the_list_has_the_class_of_the_one_it_was_part_of(
    source: Path, options: BuildOptions, tmp_path: Path, write_xls: Callable[..., Path]
) -> None:
    write_xls(source / "diffusion-zonages-zrr-cog2021.xls", "Classement ZRR (COG 2021)", ZRR_GRID)
    rows = rows_of(built(source, options, tmp_path), "zrr")
    assert rows["03008"] == ClassRow("03008", State.INSIDE, "ZRR")
    assert "03005" not in rows, "a commune that the list does not name gets no row"


FRR_LINES = (
    "Code_insee;Departement;Commune;Classement FRR et FRR+ au 10 juillet 2025;\r\n"
    "03001;03;Aube;FRR+;\r\n03002;03;Bois;FRR socle;\r\n03003;03;Cher;Non classée;\r\n"
    "03004;03;Dore;FRR bénéficiaire(s);\r\n03005;03;Eaux;Classée FRR partiellement;\r\n"
    "03006;03;Fort;FRR bénéficiaire partiellement;\r\n"
)


@pytest.mark.parametrize("wrap", [bytes, gzip.compress, lzma.compress], ids=["plain", "gzip", "xz"])
def test_frr_list_of_the_dgcl_reads_as_three_periods(
    source: Path, options: BuildOptions, tmp_path: Path, wrap: Callable[[bytes], bytes]
) -> None:
    suffix = {bytes: "", gzip.compress: ".gz", lzma.compress: ".xz"}[wrap]
    name = f"liste-communes-FRR-juillet2025.csv{suffix}"
    (source / name).write_bytes(wrap(FRR_LINES.encode("utf-8")))
    content = built(source, options, tmp_path)
    periods = [vintage for vintage in content.vintages if vintage.zoning == "frr"]
    assert [(v.valid_from, v.valid_to, v.published_on) for v in periods] == [
        (date(2024, 7, 1), date(2024, 12, 31), date(2025, 7, 10)),
        (date(2025, 1, 1), date(2027, 12, 31), date(2025, 7, 10)),
        (date(2028, 1, 1), None, date(2025, 7, 10)),
    ]
    codes = [{row.insee_code: (row.state, row.code) for row in vintage.classes} for vintage in periods]
    assert [period["03001"] for period in codes] == [
        (State.INSIDE, "FRR"), (State.INSIDE, "FRR+"), (State.INSIDE, "FRR+"),
    ]  # fmt: skip
    assert [period["03002"] for period in codes] == [(State.INSIDE, "FRR")] * 3
    assert [period["03003"] for period in codes] == [(State.OUTSIDE, None)] * 3
    assert [period["03004"] for period in codes] == [
        (State.INSIDE, "ZRR_KEPT"), (State.INSIDE, "ZRR_KEPT"), (State.OUTSIDE, None),
    ]  # fmt: skip
    assert {(row.state, row.reason) for v in periods for row in v.classes if row.insee_code in ("03005", "03006")} == {
        (State.UNKNOWN, Reason.PARTIAL_COMMUNE)
    }


def test_an_older_frr_list_bears_the_date_of_its_own_header(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    """Read as the list of July 2025, it would say in 2026 what the State withdrew in 2025, and say it as news."""
    older = FRR_LINES.replace("au 10 juillet 2025", "au 1er juillet 2024").replace(
        "FRR+;\r\n03002", "FRR socle;\r\n03002"
    )
    (source / "liste-communes-FRR-juillet2024.csv").write_text(older, encoding="utf-8")
    periods = [vintage for vintage in built(source, options, tmp_path).vintages if vintage.zoning == "frr"]
    assert {(v.published_on, v.observed_on) for v in periods} == {(date(2024, 7, 1), date(2024, 7, 1))}
    assert periods[0].id.startswith("frr-2024-07")


def test_frr_workbook_of_the_observatoire_has_inline_strings(
    source: Path, options: BuildOptions, tmp_path: Path, write_inline_xlsx: Callable[..., Path]
) -> None:
    grid = [
        ["Zonage FRR"],
        ["codgeo", "libgeo", "codefrr"],
        ["03001", "Aube", "FRR+"],
        ["03002", "Bois", "Non classée"],
    ]
    write_inline_xlsx(source / "frr-observatoire-com2025.xlsx", "Data", grid)
    content = built(source, options, tmp_path)
    (plus,) = [v for v in content.vintages if v.zoning == "frr" and v.valid_from == date(2025, 1, 1)]
    assert {row.insee_code: row.code for row in plus.classes} == {"03001": "FRR+", "03002": None, "03008": "FRR+"}


ATLASANTE_HEADER = '"niveau","com_code","com_lib",' + ",".join(
    f'"{p}_niveau","{p}_date_arrete"' for p in ("zmed", "zdent", "zide", "zmk", "zsf", "zortho")
)


def test_atlasante_gives_six_professions_with_the_date_of_each_order(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    cells = ["1_ZIP", "15/03/2024", "2_Sous_dotee", "01/01/2025", "5_Sur_dotee", "", "1_Tres_sous_dotee", "20/09/2024",
             "3_intermediaire", "02/02/2021", "1b_Sous_dense", "11/12/2023"]  # fmt: skip
    earlier = [*cells[:6], "1_Tres_sous_dotee", "12/02/2019", *cells[8:]]
    lines = [
        ATLASANTE_HEADER,
        ",".join(f'"{cell}"' for cell in ["COM", "03001", "Aube", *cells]),
        ",".join(f'"{cell}"' for cell in ["COM", "03002", "Bois", *earlier]),
        ",".join(f'"{cell}"' for cell in ["COM", "03003", "Cher", *["NC - Non classé", ""] * 6]),
        ",".join(f'"{cell}"' for cell in ["TVS", "84001", "Territoire", *cells]),
    ]
    (source / "export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    content = built(source, options, tmp_path)
    doctors = rows_of(content, "doctors")
    assert (doctors["03001"].code, doctors["03001"].valid_from) == ("ZIP", date(2024, 3, 15))
    assert (doctors["03003"].state, doctors["03003"].reason) == (State.UNKNOWN, Reason.NO_VALUE_IN_LIST)
    assert rows_of(content, "nurses")["03001"].valid_from is None
    physios = rows_of(content, "physios")
    assert (physios["03001"].generation, physios["03002"].generation) == ("avenant7", "avenant5")
    vintage = next(v for v in content.vintages if v.zoning == "physios")
    assert vintage.valid_from == date(2019, 2, 12), "the vintage starts with its first order"
    assert rows_of(content, "speech")["03001"].code == "sous_dense"


def test_merged_commune_is_unknown_where_its_parts_differ_and_each_old_code_keeps_its_class(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    (source / "zonage_medecins_communes.csv").write_text(
        "code_insee,zonage_medecin\n03106,1_ZIP\n03107,2_ZAC\n03001,1_ZIP\n03199,1_ZIP\n75101,3_HZ\n", encoding="utf-8"
    )
    rows = rows_of(built(source, options, tmp_path), "doctors")
    assert rows["03006"] == ClassRow("03006", State.UNKNOWN, None, Reason.PARTS_DIFFER, coverage="partial")
    assert (rows["03106"].code, rows["03107"].code) == ("ZIP", "ZAC")
    assert rows["03001"].code == "ZIP", "the old code 03199 agrees"
    assert rows["75101"] == ClassRow("75101", State.OUTSIDE, "HZ", valid_from=date(2022, 3, 30))
    assert "75056" not in rows


def test_blank_beside_a_value_is_another_cog_not_a_difference(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    lists = ("dentiste", "kine", "sage_femme", "orthophoniste", "infirmier", "infirmier_2026")
    header = ",".join(["code_insee", *(f"zonage_{name}" for name in lists)])
    (source / "zonage_professions.csv").write_text(
        f"{header}\n03006,,,,,,4_Tres_dotee\n"
        "03106,1_Tres_sous_dotee,3_intermediaire,3_intermediaire,1b_Sous_dense,2_Sous_dotee,\n"
        "03107,1_Tres_sous_dotee,5b_Non_prioritaire,3_intermediaire,N/A - résultat non disponible,2_Sous_dotee,\n",
        encoding="utf-8",
    )
    content = built(source, options, tmp_path)
    assert rows_of(content, "dentists")["03006"].code == "tres_sous_dotee"
    assert rows_of(content, "physios")["03006"].reason is Reason.PARTS_DIFFER
    assert rows_of(content, "speech")["03006"].reason is Reason.PARTS_DIFFER
    nurses = [v for v in content.vintages if v.zoning == "nurses"]
    assert [(v.valid_from, v.valid_to) for v in nurses] == [
        (date(2025, 1, 1), date(2026, 2, 28)), (date(2026, 3, 1), None),
    ]  # fmt: skip
    assert [{r.insee_code: r.code for r in v.classes}["03006"] for v in nurses] == ["sous_dotee", "tres_dotee"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("zonage_medecins_communes.csv", "code_insee,zonage\n03001,1_ZIP\n",
         ["zonage_medecins_communes.csv", "column zonage_medecin"]),
        ("zrr.csv", "CODGEO,ZRR\n03001,C\n", ["zrr.csv", "column ZRR_SIMP"]),
        ("zonage_medecins_communes.csv", "code_insee,zonage_medecin\n03001,1_ZIP\n03002,9_XXX\n",
         ["zonage_medecins_communes.csv", "column zonage_medecin", "row 3", "9_XXX", "spellings"]),
        ("zonage_medecins_communes.csv", "code_insee,zonage_medecin\n99999,1_ZIP\n", ["row 2", "99999"]),
        ("zonage_medecins_communes.csv", "code_insee,zonage_medecin\nAube,1_ZIP\n", ["row 2", "INSEE code"]),
        ("zonage_medecins_communes.csv", "code_insee,zonage_medecin\n03001,1_ZIP\n03001,2_ZAC\n", ["03001", "twice"]),
        ("zonage_medecins_communes.csv", "code_insee,zonage_medecin\n03001\n", ["row 2", "cut"]),
        ("frr.csv", "Code_insee;Commune\n03001;Aube\n", ["frr.csv", "column Classement FRR"]),
    ],
)  # fmt: skip
def test_changed_layout_is_an_error_that_names_file_and_column(
    source: Path, options: BuildOptions, tmp_path: Path, name: str, text: str, words: list[str]
) -> None:
    (source / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        built(source, options, tmp_path)
    for word in words:
        assert word in caught.value.message
    assert not (tmp_path / "bundle").exists(), "a failed build leaves nothing behind"
    assert not list(tmp_path.glob(".bundle*"))


def test_damaged_archive_and_workbook_are_data_errors(source: Path, options: BuildOptions, tmp_path: Path) -> None:
    (source / "frr.csv.gz").write_bytes(gzip.compress(FRR_LINES.encode())[:-9])
    with pytest.raises(DataError, match=r"frr\.csv\.gz"):
        built(source, options, tmp_path)
    (source / "frr.csv.gz").unlink()
    (source / "zrr.xls").write_bytes(b"not a workbook")
    with pytest.raises(DataError, match=r"zrr\.xls"):
        built(source, options, tmp_path)


def test_directory_without_any_known_file_is_refused(source: Path, options: BuildOptions, tmp_path: Path) -> None:
    (source / "README.md").write_text("nothing here", encoding="utf-8")
    with pytest.raises(DataError, match=r"sources\.yaml"):
        built(source, options, tmp_path)


def test_what_is_not_recognised_is_listed_and_better_copies_win(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    (source / "notes.txt").write_text("code;autre\n1;2\n", encoding="utf-8")
    (source / "renamed.csv").write_text("code_insee,zonage_medecin\n03001,2_ZAC\n", encoding="utf-8")
    (source / "zonage_medecins_communes.csv").write_text("code_insee,zonage_medecin\n03001,1_ZIP\n", encoding="utf-8")
    report = build(source, tmp_path / "bundle", options, lambda step: None)
    assert {path.name: why for path, why in report.ignored} == {
        "notes.txt": "not a dataset this service reads",
        "renamed.csv": "same dataset as zonage_medecins_communes.csv, which is read; leave only one to choose",
    }
    assert rows_of(read_content(tmp_path / "bundle"), "doctors")["03001"].code == "ZIP"


def test_file_under_another_name_is_recognised_by_its_columns(
    source: Path, options: BuildOptions, tmp_path: Path
) -> None:
    (source / "renamed.csv").write_text("code_insee;zonage_medecin\n03001;2_ZAC\n", encoding="utf-8")
    assert rows_of(built(source, options, tmp_path), "doctors")["03001"].code == "ZAC"


def test_old_latin_1_file_keeps_its_accents(source: Path, options: BuildOptions, tmp_path: Path) -> None:
    (source / "liste-FRR.csv").write_bytes(FRR_LINES.encode("cp1252"))
    content = built(source, options, tmp_path)
    assert {r.code for v in content.vintages if v.zoning == "frr" for r in v.classes} == {
        "FRR",
        "FRR+",
        "ZRR_KEPT",
        None,
    }
