"""The national bundle from the real data: every commune of every list, compared with the source files read apart.

The comparison reads the files with the csv module and its own table of classes, not with the readers under test.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from app.ingest.base import read_content
from app.ingest.build import BuildReport
from app.ingest.content import Content, Vintage
from app.ingest.tables import ClassRow, OutlineRow
from app.ingest.verify import verify
from app.zones.models import Reason, State

_GRADES = {
    "1_Tres_sous_dotee": "tres_sous_dotee", "1b_Sous_dense": "sous_dense", "2_Sous_dotee": "sous_dotee",
    "3_intermediaire": "intermediaire", "4_Tres_dotee": "tres_dotee", "5_Sur_dotee": "sur_dotee",
    "5b_Non_prioritaire": "non_prioritaire", "N/A - résultat non disponible": None, "": None,
}  # fmt: skip
LISTS = [
    ("zonage_medecins/zonage_medecins_communes.csv.gz", "zonage_medecin", "medecins-etat-2025-06",
     {"1_ZIP": "ZIP", "2_ZAC": "ZAC", "3_HZ": "HZ", "4_ZAR": "ZAR", "N/A - résultat non disponible": None}),
    ("zrr/zrr_communes_cog2021.csv.gz", "zrr_simp", "zrr-2017-etat-2021",
     {"C - Classée en ZRR": "ZRR", "NC - Commune non classée": "outside", "P - Commune partiellement classée en ZRR": None}),
    ("frr/frr_communes_2025-07-10.csv.gz", "classement_frr", "frr-2025-07-effet-2025",
     {"FRR socle": "FRR", "FRR+": "FRR+", "FRR bénéficiaire": "ZRR_KEPT", "Non classée": "outside",
      "Classée FRR partiellement": None, "FRR bénéficiaire partiellement": None}),
    *(("zonage_professions/zonage_professions_communes.csv.gz", column, vintage, _GRADES) for column, vintage in (
        ("zonage_dentiste", "dentistes-etat-2025-12"), ("zonage_kine", "kines-etat-2025-12"),
        ("zonage_sage_femme", "sages-femmes-etat-2025-12"), ("zonage_orthophoniste", "orthophonistes-etat-2025-12"),
        ("zonage_infirmier", "infirmiers-etat-2025-12"), ("zonage_infirmier_2026", "infirmiers-etat-2026-03"))),
]  # fmt: skip


@pytest.fixture(scope="module")
def content(national_report: BuildReport) -> Content:
    return read_content(national_report.directory)


def rows_of(content: Content, vintage_id: str) -> dict[str, ClassRow]:
    (vintage,) = [vintage for vintage in content.vintages if vintage.id == vintage_id]
    return {row.insee_code: row for row in vintage.classes}


def source_classes(path: Path, column: str) -> dict[str, str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return {row["code_insee"]: row[column] for row in csv.DictReader(file)}


def outlines(content: Content) -> Iterator[tuple[Vintage, OutlineRow]]:
    return ((vintage, row) for vintage in content.vintages for row in vintage.outlines)


def test_bundle_passes_every_check(national_report: BuildReport) -> None:
    assert verify(national_report.directory).problems == ()


def test_every_dataset_is_taken_and_the_rest_is_listed(national_report: BuildReport) -> None:
    assert {reader for _, reader in national_report.used} == {
        "addresses", "code-table", "doctors", "doctors-qpv", "frr", "professions", "qpv-2015-partial", "qpv-2024",
        "qpv-2024-communes", "zrr",
    }  # fmt: skip
    ignored = {path.name for path, _ in national_report.ignored}
    assert {"cases.bin", "queries.csv.gz", "apl_communes.csv.gz", "zonage_medecins_cp_nom.csv.gz"} <= ignored


@pytest.mark.parametrize(("file", "column", "vintage", "meaning"), LISTS, ids=[entry[2] for entry in LISTS])
def test_each_code_of_a_list_reads_as_the_list_says(
    shared: Path, content: Content, file: str, column: str, vintage: str, meaning: dict[str, str | None]
) -> None:
    told = source_classes(shared / "data" / file, column)
    found = rows_of(content, vintage)
    living = {row.insee_code for row in content.communes}
    absorbing = {row.commune for row in content.former_communes if row.insee_code in told.keys() - living}
    compared, wrong = Counter[str | None](), []
    for code, spelled in told.items():
        if code in absorbing or (code not in found and not spelled):
            continue
        expected, row = meaning[spelled], found[code]
        if spelled == "" and row.state is not State.UNKNOWN:
            continue  # restored commune: its older list classed it with another
        actual = {State.INSIDE: row.code, State.OUTSIDE: row.code or "outside", State.UNKNOWN: None}[row.state]
        compared[expected] += 1
        if actual != expected:
            wrong.append((code, spelled, row))
    assert not wrong, wrong[:5]
    source_counts = Counter(meaning[spelled] for spelled in told.values())
    for code, count in source_counts.items():  # what is left out: communes that absorbed others, blanks of another COG
        assert compared[code] > count - 130, (code, compared[code], count)


@pytest.mark.parametrize(("file", "column", "vintage", "meaning"), LISTS, ids=[entry[2] for entry in LISTS])
def test_merged_communes_have_the_class_their_parts_share_or_none(
    shared: Path, content: Content, file: str, column: str, vintage: str, meaning: dict[str, str | None]
) -> None:
    told = source_classes(shared / "data" / file, column)
    found = rows_of(content, vintage)
    living = {row.insee_code for row in content.communes}
    parts: dict[str, set[str]] = {}
    for former in content.former_communes:
        if former.insee_code in told and former.insee_code not in living:
            parts.setdefault(former.commune, {former.commune}).add(former.insee_code)
    for commune, codes in parts.items():
        classes = {told[code] for code in codes if told.get(code)}
        if not classes:
            continue
        row = found[commune]
        if len(classes) > 1:
            assert (row.state, row.reason) == (State.UNKNOWN, Reason.PARTS_DIFFER), (commune, classes, row)
        else:
            assert row.code == {"outside": None}.get(str(meaning[classes.pop()]), row.code), (commune, row)
            assert row.reason is not Reason.PARTS_DIFFER


def test_counts_of_zrr_and_frr_are_those_of_the_lists(content: Content) -> None:
    frr = Counter((row.state, row.code) for row in rows_of(content, "frr-2025-07-effet-2025").values())
    assert frr == {
        (State.INSIDE, "FRR"): 13_313, (State.INSIDE, "FRR+"): 4_456, (State.INSIDE, "ZRR_KEPT"): 2_134,
        (State.OUTSIDE, None): 14_941, (State.UNKNOWN, None): 31,
    }  # fmt: skip
    zrr = rows_of(content, "zrr-2017-etat-2021")
    assert zrr["01187"].reason is Reason.PARTS_DIFFER, "Haut Valromey was classed, 01330 which joined it was not"
    assert (zrr["01330"].state, zrr["12218"].code, zrr["15031"].code) == (State.OUTSIDE, "ZRR", "ZRR")
    since_2018 = sum(row.valid_from == date(2018, 1, 1) for row in zrr.values())
    assert since_2018 > 3_000


def test_doctors_dates_follow_the_region_and_the_list_is_of_june_2025(content: Content) -> None:
    (vintage,) = [vintage for vintage in content.vintages if vintage.id == "medecins-etat-2025-06"]
    rows = {row.insee_code: row.valid_from or vintage.valid_from for row in vintage.classes}
    assert (rows["09122"], rows["75119"], rows["69381"]) == (date(2022, 5, 7), date(2022, 3, 30), date(2022, 1, 1))
    assert (vintage.confidence, vintage.observed_on) == ("low", date(2025, 6, 30))


def test_qpv_are_all_there_with_the_precision_of_a_rounded_copy(content: Content) -> None:
    found = [(vintage, row) for vintage, row in outlines(content) if vintage.zoning == "qpv-2024"]
    assert Counter(vintage.id for vintage, _ in found) == {"qpv-2024-hexagone": 1_362, "qpv-2024-outre-mer": 222}
    assert {row.precision_m for _, row in found} == {30.0}
    assert all(row.geometry is not None and row.geometry.is_valid for _, row in found)
    old = {row.code: row for vintage, row in outlines(content) if vintage.zoning == "qpv-2015"}
    assert len(old) == 114
    assert old["QP032001"].precision_m == 2.0, "the hand-written outline of Auch is finer than the copy"
    lists = {zones.zoning: zones.complete_for_departments for zones in content.zone_lists}
    assert (lists["qpv-2024"], lists["qpv-2015"]) == (None, ("09", "32", "65"))


def test_zones_name_the_communes_of_today_and_their_arrondissements(content: Content) -> None:
    pairs = {(row.code, row.insee_code) for vintage in content.vintages for row in vintage.zone_communes}
    assert ("QN09336I", "93066") in pairs, "Pierrefitte (93059) is in Saint-Denis now"
    assert not any(code == "93059" for _, code in pairs)
    assert {("QN97654C", "97602"), ("QN97654C", "97604")} <= pairs, "the two sources differ: both stand"
    rows = {row.code: row for _, row in outlines(content)}
    assert "75120" in rows["QN07517I"].arrondissements
    assert all(row.arrondissements for row in rows.values() if set(row.insee_codes) & {"75056", "69123", "13055"})


def test_classes_of_qpv_stand_beside_those_of_communes(shared: Path, content: Content) -> None:
    with (shared / "data/zonage_medecins/zonage_medecins_qpv_paca_extrait.csv").open(encoding="utf-8") as file:
        told = {row["code_qp"]: row["zonage_medecin_qpv"] for row in csv.DictReader(file)}
    found = {row.zone_code: row.code for vintage in content.vintages for row in vintage.zone_classes}
    assert found == told
    assert len(found) == 27


def test_zonings_without_national_list_keep_the_pilot(content: Content, national_report: BuildReport) -> None:
    (massif,) = [vintage for vintage in content.vintages if vintage.zoning == "massif"]
    assert massif.departments == ("09", "32", "65", "75")
    assert any("massif" in note for note in national_report.notes)
