"""The checks find each kind of damage, from a flipped byte to a class that the vocabulary does not have."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson
import pytest
from shapely.geometry import Point, Polygon, box

from app.errors import DataError
from app.ingest.base import read_content
from app.ingest.content import Content, Vintage
from app.ingest.tables import AreaRow, ClassRow, FormerCommuneRow, OutlineRow, ZoneClassRow, ZoneCommuneRow
from app.ingest.verify import verify
from app.ingest.write import write_bundle
from app.zones.models import Reason, State


@pytest.fixture
def sound(small_bundle: Path) -> Content:
    """The small France with the departments and regions it leaves out, so that nothing is wrong with it."""
    content = read_content(small_bundle)
    areas = [
        *content.areas, AreaRow("department", "2A", "Corse-du-Sud", "94"), AreaRow("department", "75", "Paris", "11"),
        AreaRow("department", "974", "La Réunion", "04"),
        *(AreaRow("region", code, code, None) for code in ("94", "11", "04")),
    ]  # fmt: skip
    return replace(content, areas=areas)


def problems_of(content: Content, tmp_path: Path) -> str:
    write_bundle(content, tmp_path / "bundle")
    return "\n".join(verify(tmp_path / "bundle").problems)


def changed(content: Content, zoning: str, change: Callable[[Vintage], Vintage]) -> Content:
    return replace(content, vintages=[change(v) if v.zoning == zoning else v for v in content.vintages])


def test_sound_bundle_has_no_problem_and_its_reserves_are_told(sound: Content, tmp_path: Path) -> None:
    assert problems_of(sound, tmp_path) == ""
    reserves = "\n".join(verify(tmp_path / "bundle").reserves)
    assert "communes listed as unknown: 2 (03005, 03006)" in reserves
    assert "1 zones without outline (QN00302N first)" in reserves
    assert "communes without outline: 1 (03008)" in reserves


def with_rows(*rows: ClassRow) -> Callable[[Vintage], Vintage]:
    return lambda vintage: replace(vintage, classes=[*vintage.classes, *rows])


@pytest.mark.parametrize(
    ("zoning", "row", "words"),
    [
        ("zrr", ClassRow("03001", State.INSIDE, "ZRR"), "codes listed twice: 1 (03001)"),
        ("zrr", ClassRow("99001", State.INSIDE, "ZRR"), "codes of no commune: 1 (99001)"),
        ("zrr", ClassRow("97401", State.INSIDE, "ZIP"), "contradict the vocabulary: 1 (97401)"),
        ("zrr", ClassRow("97401", State.INSIDE), "contradict the vocabulary: 1 (97401)"),
        ("zrr", ClassRow("97401", State.UNKNOWN), "contradict the vocabulary: 1 (97401)"),
        ("doctors", ClassRow("97401", State.INSIDE, "HZ"), "contradict the vocabulary: 1 (97401)"),
        ("doctors", ClassRow("97401", State.NEAR_BORDER, "ZIP"), "contradict the vocabulary: 1 (97401)"),
        ("zrr", ClassRow("97401", State.OUTSIDE, valid_from=date(2024, 7, 1)), "dated outside the vintage"),
        ("zrr", ClassRow("97401", State.OUTSIDE, valid_from=date(2016, 7, 1)), "dated outside the vintage"),
        ("qpv-2024", ClassRow("97401", State.UNKNOWN, reason=Reason.NOT_IN_LIST), "does not fit the kind"),
    ],
)
def test_row_that_cannot_be_served_is_found(
    sound: Content, tmp_path: Path, zoning: str, row: ClassRow, words: str
) -> None:
    assert words in problems_of(changed(sound, zoning, with_rows(row)), tmp_path)


BOW_TIE = Polygon([(2.2, 46.0), (2.3, 46.1), (2.3, 46.0), (2.2, 46.1)])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (OutlineRow("QN00303N", "Croisé", ("03003",), 5.0, geometry=BOW_TIE), "bad outline"),
        (OutlineRow("QN00303N", "Ailleurs", ("03003",), 5.0, geometry=box(20, 46, 20.1, 46.1)), "bad outline"),
        (OutlineRow("QN00303N", "Axes", ("03003",), 5.0, geometry=box(46.0, 2.2, 46.1, 2.3)), "bad outline"),
        (OutlineRow("QN00303N", "Point", ("03003",), 5.0, geometry=Point(2.25, 46.05)), "bad outline"),
        (OutlineRow("QN00303N", "Sans précision", ("03003",), float("nan"), geometry=box(2.2, 46, 2.3, 46.1)), "bad outline"),
        (OutlineRow("QN00301N", "Deux fois", ("03003",), 5.0), "listed twice"),
        (OutlineRow("QN00303N", "Commune inconnue", ("99003",), 5.0), "not in zone_communes"),
        (OutlineRow("QN00303N", "Arrondissement", ("03003",), 5.0, ("03004",)), "03004 is no arrondissement"),
    ],
)  # fmt: skip
def test_zone_that_cannot_be_served_is_found(sound: Content, tmp_path: Path, row: OutlineRow, words: str) -> None:
    broken = changed(sound, "qpv-2024", lambda vintage: replace(vintage, outlines=[*vintage.outlines, row]))
    assert words in problems_of(broken, tmp_path)


def test_index_and_classes_of_zones_must_agree_with_outlines(sound: Content, tmp_path: Path) -> None:
    stray = ZoneCommuneRow("QN00399N", "Nulle part", "03001")
    broken = changed(sound, "qpv-2024", lambda v: replace(v, zone_communes=[*v.zone_communes, stray]))
    assert "zone_communes names zones that outlines has not (QN00399N first)" in problems_of(broken, tmp_path)
    classes = [ZoneClassRow("qpv-2024", "QN00398N", "ZUP", State.INSIDE)]
    found = problems_of(changed(sound, "doctors", lambda v: replace(v, zone_classes=classes)), tmp_path)
    assert "QN00398N is no zone of qpv-2024" in found
    assert "the class of QN00398N is not in the vocabulary" in found


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"postcodes": ("3100",)}, "postal code"),
        ({"name": " "}, "without a name"),
        ({"department": "99"}, "no known department"),
        ({"epci": "1"}, "unknown EPCI"),
        ({"townhall_lon": 20.0}, "town halls"),
        ({"townhall_lat": None}, "town halls"),
        ({"geometry": BOW_TIE}, "outline is invalid"),
        ({"kind": "ARM"}, "arrondissements of no city"),
    ],
)
def test_commune_that_cannot_be_served_is_found(
    sound: Content, tmp_path: Path, fields: dict[str, object], words: str
) -> None:
    first, *others = sound.communes
    broken = replace(sound, communes=[replace(first, **fields), *others])  # type: ignore[arg-type]
    assert words in problems_of(broken, tmp_path)


def test_old_codes_must_lead_somewhere_and_not_hide_a_living_commune(sound: Content, tmp_path: Path) -> None:
    bad = [FormerCommuneRow("03998", "OLD", None, "03999"), FormerCommuneRow("03001", "OLD", None, "03002")]
    found = problems_of(replace(sound, former_communes=[*sound.former_communes, *bad]), tmp_path)
    assert "old codes that lead to no commune: 1 (03998)" in found
    assert "old codes still in use: 1 (03001)" in found


@pytest.fixture
def copy(small_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_bundle, tmp_path / "copy"))


def test_damaged_missing_and_shortened_files_are_found(copy: Path) -> None:
    path = copy / "classes.parquet"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert any("classes.parquet: the checksum" in problem for problem in verify(copy).problems)
    path.write_bytes(content[:-1])
    assert any("classes.parquet" in problem and "bytes" in problem for problem in verify(copy).problems)
    path.unlink()
    assert "classes.parquet: missing" in verify(copy).problems


def test_manifest_that_was_edited_is_found(copy: Path) -> None:
    document = orjson.loads((copy / "manifest.json").read_bytes())
    document["zonings"][0]["vintages"][0]["valid_to"] = "2030-01-01"
    (copy / "manifest.json").write_bytes(orjson.dumps(document))
    assert any("data_version" in problem for problem in verify(copy).problems)
    document["datasets"] = document["datasets"][1:]
    (copy / "manifest.json").write_bytes(orjson.dumps(document))
    assert any("datasets missing" in problem for problem in verify(copy).problems)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1}', b'{"format": 1, "datasets": 3}']
)
def test_manifest_that_cannot_be_read_is_a_data_error(copy: Path, text: bytes) -> None:
    (copy / "manifest.json").write_bytes(text)
    with pytest.raises(DataError, match=r"manifest\.json"):
        verify(copy)


def test_bundle_reads_back_as_it_was_written(sound: Content, tmp_path: Path) -> None:
    write_bundle(sound, tmp_path / "bundle")
    again = read_content(tmp_path / "bundle")
    assert again.communes == sound.communes
    assert again.vintages == sound.vintages
    assert again.zone_lists == sound.zone_lists
