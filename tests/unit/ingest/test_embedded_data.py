"""The committed data: what the embedded bundle holds, and the rules of the hand-written pilot facts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from app.errors import DataError
from app.ingest.base import read_content
from app.ingest.content import Content
from app.ingest.pilot import read_pilot_classes
from app.ingest.pilot_qpv import read_pilot_qpv
from app.ingest.tables import CommuneRow
from app.ingest.verify import verify
from app.zones.models import State


@pytest.fixture(scope="module")
def embedded_content(data_dir: Path) -> Content:
    return read_content(data_dir / "geo")


@pytest.fixture(scope="module")
def communes(embedded_content: Content) -> dict[str, CommuneRow]:
    return {row.insee_code: row for row in embedded_content.communes}


def test_embedded_bundle_passes_every_check_and_stays_small(data_dir: Path) -> None:
    assert verify(data_dir / "geo").problems == ()
    files = [path for path in (data_dir / "geo").iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 15_000_000


def test_every_commune_of_2026_is_there_and_eight_have_no_outline(communes: dict[str, CommuneRow]) -> None:
    kinds = [row.kind for row in communes.values()]
    assert (kinds.count("COM"), kinds.count("ARM")) == (34_875, 45)
    undrawn = sorted(code for code, row in communes.items() if row.geometry is None)
    assert undrawn == ["12218", "14581", "15031", "15035", "15047", "15171", "49126", "69114"]


def test_names_have_their_article(communes: dict[str, CommuneRow]) -> None:
    expected = {
        "01001": "L'Abergement-Clémenciat", "93045": "Les Lilas", "93062": "Le Raincy", "17300": "La Rochelle",
        "60703": "Aux Marais", "66104": "Los Masos", "75056": "Paris", "09122": "Foix",
        "97411": "Saint-Denis", "2A004": "Ajaccio", "76351": "Le Havre",
    }  # fmt: skip
    assert {code: communes[code].name for code in expected} == expected


def test_postal_codes_of_cities_are_those_of_their_arrondissements(communes: dict[str, CommuneRow]) -> None:
    assert communes["75116"].postcodes == ("75016", "75116")
    assert set(communes["75116"].postcodes) < set(communes["75056"].postcodes)
    assert communes["27676"].postcodes == ("27700",)


def test_town_halls_lie_in_their_commune(communes: dict[str, CommuneRow]) -> None:
    """One published point in eighteen does not (Le Pré-Saint-Gervais is 20 km off): it is left out."""
    assert communes["93061"].townhall_lon is None
    foix = communes["09122"]
    assert foix.townhall_lon == pytest.approx(1.606, abs=0.01)
    assert sum(row.townhall_lon is not None for row in communes.values()) > 32_000


def test_former_communes_lead_to_communes_of_today(embedded_content: Content, communes: dict[str, CommuneRow]) -> None:
    former = {row.insee_code: row for row in embedded_content.former_communes}
    assert (former["93059"].commune, former["93059"].name) == ("93066", "Pierrefitte-sur-Seine")
    assert all(row.commune in communes for row in embedded_content.former_communes)


@pytest.mark.parametrize(
    ("zoning", "day", "insee_code", "state", "code"),
    [
        ("doctors", "2022", "09122", State.INSIDE, "ZAC"),
        ("doctors", "2022", "75119", State.INSIDE, "ZIP"),
        ("doctors", "2022", "75101", State.OUTSIDE, "HZ"),
        ("doctors", "2022", "32210", State.INSIDE, "ZAR"),
        ("zrr", "2017", "65286", State.INSIDE, "ZRR"),
        ("frr", "2024", "09160", State.INSIDE, "FRR"),
        ("frr", "2024", "09002", State.INSIDE, "FRR"),
        ("frr", "2025", "09002", State.INSIDE, "FRR+"),
        ("frr", "2025", "65286", State.INSIDE, "ZRR_KEPT"),
        ("frr", "2028", "65286", State.OUTSIDE, None),
        ("massif", "2004", "65440", State.OUTSIDE, None),
        ("massif", "2004", "65286", State.INSIDE, None),
    ],
)
def test_pilot_classes_follow_communes_over_epci_over_default(
    embedded_content: Content, zoning: str, day: str, insee_code: str, state: State, code: str | None
) -> None:
    (vintage,) = [v for v in embedded_content.vintages if v.zoning == zoning and str(v.valid_from.year) == day]
    (row,) = [row for row in vintage.classes if row.insee_code == insee_code]
    assert (row.state, row.code) == (state, code)


def test_pilot_lists_hold_as_many_communes_as_they_say(embedded_content: Content, data_dir: Path) -> None:
    document = yaml.safe_load((data_dir / "pilot" / "zonings.yaml").read_text(encoding="utf-8"))
    expected = sum(
        sum(part["count"].values()) for part in document["zonings"]["medecins"]["vintages"][0]["departements"].values()
    )
    (doctors,) = [v for v in embedded_content.vintages if v.zoning == "doctors"]
    assert len(doctors.classes) == expected == 1_272


def test_pilot_qpv_are_all_listed_and_three_are_drawn(embedded_content: Content) -> None:
    rows = {row.code: row for v in embedded_content.vintages if v.zoning.startswith("qpv") for row in v.outlines}
    assert sum(code.startswith("QN") for code in rows) == 29
    assert {code for code, row in rows.items() if row.geometry is not None} == {"QN07517I", "QP032001", "QP075019"}
    assert rows["QN07517I"].precision_m == 50.0
    assert rows["QN00903I"].bbox == (1.6053, 43.107, 1.6151, 43.1218)
    assert rows["QN07508M"].arrondissements == ("75118",)


@pytest.fixture
def pilot(tmp_path: Path, data_dir: Path) -> Path:
    return Path(shutil.copytree(data_dir / "pilot", tmp_path / "pilot"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("count: {ZAC: 237, ZIP: 88}", "count: {ZAC: 236, ZIP: 89}", ["medecins", "09", "count"]),
        ('"09340": ZIP  # Vira', '"09999": ZIP', ["communes", "09999"]),
        ('"200044469": ZIP', '"200000000": ZIP', ["epci", "200000000"]),
        ('"75119": ZIP', '"75119": ZUP', ["75119", "ZUP"]),
        ("  medecins:\n", "  medecins:\n    colour: blue\n", ["colour"]),
    ],
)  # fmt: skip
def test_pilot_file_that_breaks_its_own_rules_is_refused(
    pilot: Path, communes: dict[str, CommuneRow], old: str, new: str, words: list[str]
) -> None:
    path = pilot / "zonings.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1)
    if "ZUP" in new:
        changed = changed.replace("count: {HZ: 8, ZAC: 11, ZIP: 1}", "count: {HZ: 8, ZAC: 11, ZUP: 1}")
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_pilot_classes(pilot, list(communes.values()))
    assert all(word in caught.value.message for word in words), caught.value.message


def test_pilot_index_that_contradicts_its_outlines_is_refused(pilot: Path) -> None:
    path = pilot / "qpv_2024_index.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("outline: installed", "outline: missing"), encoding="utf-8"
    )
    with pytest.raises(DataError, match="installed"):
        read_pilot_qpv(pilot)
