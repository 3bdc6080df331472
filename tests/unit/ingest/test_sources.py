"""data/sources.yaml is complete, and each mistake in it is named; each spelling of the domain reads as agreed."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from app.errors import DataError, NotInCatalogue
from app.ingest.readers.class_lists import CLASS_LAYOUTS
from app.ingest.sources import ReaderId, Sources, load_sources
from app.ingest.spellings import Reading, read_class
from app.zones.models import Reason, State
from app.zones.vocabulary import ZONINGS, Installing


@pytest.fixture(scope="module")
def sources(data_dir: Path) -> Sources:
    return load_sources(data_dir / "sources.yaml")


def test_every_reader_has_its_dataset_and_every_zoning_a_source(sources: Sources) -> None:
    assert {dataset.reader for dataset in sources.datasets if dataset.reader} == set(get_args(ReaderId))
    told = {spec.zoning for dataset in sources.datasets for spec in dataset.vintages}
    named = told | {zoning for dataset in sources.datasets for zoning in dataset.zonings}
    assert {spec.key for spec in ZONINGS} - {"massif"} <= named


def test_what_answers_say_of_installing_is_what_the_sources_allow(sources: Sources) -> None:
    for spec in ZONINGS:
        read = [d for d in sources.datasets if d.reader and spec.key in {v.zoning for v in d.vintages}]
        told = {True: Installing.FETCH, False: Installing.BY_HAND}[any(d.url for d in read)] if read else None
        assert spec.installing is (told or Installing.NONE_FOUND), spec.key


def test_every_list_of_a_layout_has_a_vintage_of_the_same_zoning(sources: Sources) -> None:
    for layout in CLASS_LAYOUTS.values():
        zoning_of = {part.list_id: part.zoning for part in layout.classes}
        vintages = sources.by_reader(layout.id).vintages
        assert {spec.list or spec.zoning for spec in vintages} == set(zoning_of)
        assert all(zoning_of[spec.list or spec.zoning] == spec.zoning for spec in vintages)


def test_known_dataset_is_found_and_unknown_one_refused(sources: Sources) -> None:
    assert sources.by_id("cog-2026").reader == "cog"
    with pytest.raises(NotInCatalogue, match="zrr-2021"):
        sources.by_id("zrr-1995")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("producer: INSEE", "producteur: INSEE", "producteur"),
        ("reader: cog", "reader: gog", "reader"),
        ("id: zfu", "id: cog-2026", "id comes twice"),
        ("reader: code-table", "reader: cog", "reader comes twice"),
        ("valid_to: 2024-06-30", "valid_to: 2016-06-30", "valid_to comes before"),
        ("zoning: zrr", "zoning: zrx", "not in the vocabulary"),
        ("url: https://www.insee.fr", "url: http://www.insee.fr", "url"),
        ("schema_version: 1", "schema_version: 2", "schema_version"),
        ("datasets:", "datasets: [", "sources.yaml"),
    ],
)
def test_mistake_in_sources_is_named(data_dir: Path, tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (data_dir / "sources.yaml").read_text(encoding="utf-8")
    path = tmp_path / "sources.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert old in text
    with pytest.raises(DataError) as caught:
        load_sources(path)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("zoning", "spelled", "reading"),
    [
        ("doctors", "1_ZIP", Reading(State.INSIDE, "ZIP")),
        ("doctors", " zac ", Reading(State.INSIDE, "ZAC")),
        ("doctors", "ZIP+", Reading(State.INSIDE, "ZIP", sub="ZIP+")),
        ("doctors", "3_HZ", Reading(State.OUTSIDE, "HZ")),
        ("doctors", "N/A - résultat non disponible", Reading(State.UNKNOWN, reason=Reason.NO_VALUE_IN_LIST)),
        ("doctors", "3_QPV_ZIP", Reading(State.UNKNOWN, None, Reason.PARTIAL_COMMUNE, "qpv")),
        ("doctors", "4_QPV_ZAC", Reading(State.UNKNOWN, None, Reason.PARTIAL_COMMUNE, "qpv")),
        ("doctors", "7_GQ_ZIP", Reading(State.UNKNOWN, None, Reason.PARTIAL_COMMUNE, "gq")),
        ("speech", "1b_Sous_dense", Reading(State.INSIDE, "sous_dense")),
        ("dentists", "5b_Non_prioritaire", Reading(State.INSIDE, "non_prioritaire")),
        ("nurses", "", Reading(State.UNKNOWN, reason=Reason.NO_VALUE_IN_LIST)),
        ("frr", "FRR_EFFETS", Reading(State.INSIDE, "ZRR_KEPT")),
        ("frr", "Classée FRR partiellement", Reading(State.UNKNOWN, None, Reason.PARTIAL_COMMUNE, "partial")),
        ("zrr", "P - Commune partiellement classée en ZRR", Reading(State.UNKNOWN, None, Reason.PARTIAL_COMMUNE, "partial")),
        ("zrr", "NO", Reading(State.OUTSIDE)),
        ("massif", "PYRENEES", Reading(State.INSIDE, None, sub="PYRENEES")),
    ],
)  # fmt: skip
def test_spelling_reads_as_agreed(zoning: str, spelled: str, reading: Reading) -> None:
    assert read_class(zoning, spelled, "file") == reading


@pytest.mark.parametrize(
    ("zoning", "spelled"), [("nurses", "3_QPV_ZIP"), ("doctors", "3_QPX_ZIP"), ("zrr", "1_ZIP"), ("frr", "FRR ++")]
)
def test_spelling_outside_the_table_is_an_error_not_a_guess(zoning: str, spelled: str) -> None:
    with pytest.raises(DataError, match=r"a\.csv, column c, row 7"):
        read_class(zoning, spelled, "a.csv, column c, row 7")
