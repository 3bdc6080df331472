"""Shared fixtures: a small hand-drawn France, the embedded bundle, and the real national data where it is present."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from app.geocoding.build import build_gazetteer
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.ingest.build import BuildOptions, BuildReport, build
from app.ingest.content import Content, Credit, Vintage, ZoneList
from app.ingest.sources import load_sources
from app.ingest.tables import (
    AreaRow,
    ClassRow,
    CommuneRow,
    FormerCommuneRow,
    OutlineRow,
    ZoneClassRow,
    ZoneCommuneRow,
)
from app.ingest.write import write_bundle
from app.zones.catalogue import Catalogue
from app.zones.models import Reason, Source, State

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Source(
    "Arrêté d'essai", "https://example.org/arrete", "Essai", "Licence Ouverte 2.0", ("Arrêté d'essai, art. 1",)
)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real national data; the test is skipped, visibly, where it is absent."""
    directory = Path(os.environ.get("ZONAGE_SHARED", ROOT.parent / "shared"))
    if not (directory / "data").is_dir():
        pytest.skip("real data absent: set ZONAGE_SHARED")
    return directory


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The embedded bundle; its index is taken from the repository's cache when `make setup` built it."""
    cache = ROOT / "data" / "cache"
    return Catalogue(ROOT / "data" / "geo", cache if cache.is_dir() else tmp_path_factory.mktemp("cache"))


def commune(code: str, name: str, outline: Polygon | MultiPolygon | None, **more: object) -> CommuneRow:
    centre = outline.representative_point() if outline is not None else None
    fields: dict[str, object] = {
        "insee_code": code, "kind": "COM", "name": name, "department": code[:2], "region": "84", "epci": "200000001",
        "population": 1000, "postcodes": (f"{code[:2]}100".replace("2A", "20"),), "parent": None,
        "townhall_address": f"1 place de la Mairie {name}", "townhall_lon": centre.x if centre else 2.75,
        "townhall_lat": centre.y if centre else 46.05, "geometry": outline,
    }  # fmt: skip
    return CommuneRow(**(fields | more))  # type: ignore[arg-type]


def square(column: int, row: int, size: float = 0.1) -> Polygon:
    """A square of `size` degrees; column 0, row 0 has its south-west corner at 2.0 E, 46.0 N."""
    west, south = 2.0 + column * 0.1, 46.0 + row * 0.1
    return box(west, south, west + size, south + size)


def in_state(
    state: State, code: str | None = None, reason: Reason | None = None, **more: object
) -> Callable[[str], ClassRow]:
    return lambda insee: ClassRow(insee, state, code, reason, **more)  # type: ignore[arg-type]


def small_content(class_of_aube: str = "ZIP") -> Content:
    """Six communes in a row (2.0 to 2.6 E), two more to the north, one without outline, Paris with two arrondissements.

    Doctors: Aube ZIP | Bois ZIP | Cher ZAC | Dore HZ | Eaux N/A | Fort (merged from Ford ZIP and Fore ZAC) parts differ.
    QPV 2024: QN00301N, a square of 0.02 degrees in Cher; QN00302N listed in Dore, without outline.
    """
    communes = [
        commune("03001", "Aube", square(0, 0)),
        commune("03002", "Bois", square(1, 0)),
        commune("03003", "Cher", square(2, 0)),
        commune("03004", "Dore", square(3, 0)),
        commune("03005", "Eaux", square(4, 0)),
        commune("03006", "Fort", square(5, 0)),
        commune("2A001", "Giro", square(0, 1), postcodes=("20100",), region="94"),
        commune("03008", "Hors", None),
        commune("75056", "Paris", box(2.2, 48.0, 2.4, 48.1), region="11", postcodes=("75001", "75002")),
        commune(
            "75101", "Paris 1er Arrondissement", box(2.2, 48.0, 2.3, 48.1), kind="ARM", parent="75056", region="11"
        ),
        commune("75102", "Paris 2e Arrondissement", box(2.3, 48.0, 2.4, 48.1), kind="ARM", parent="75056", region="11"),
        commune("97401", "Île", box(55.4, -21.2, 55.5, -21.1), department="974", region="04", postcodes=("97400",)),
    ]
    former = [
        FormerCommuneRow("03106", "COMD", "Ford", "03006"),
        FormerCommuneRow("03107", "COMD", "Fore", "03006"),
        FormerCommuneRow("03193", "OLD", "Vieux Cher", "03003"),
        FormerCommuneRow("03199", "OLD", "Vieux", "03001"),
    ]
    areas = [
        AreaRow("region", "84", "Auvergne-Rhône-Alpes", None),
        AreaRow("department", "03", "Allier", "84"),
        AreaRow("epci", "200000001", "CC d'essai", None),
    ]
    zip_, zac = in_state(State.INSIDE, "ZIP"), in_state(State.INSIDE, "ZAC")
    doctors = [
        in_state(State.INSIDE, class_of_aube)("03001"), zip_("03002"), zac("03003"), in_state(State.OUTSIDE, "HZ")("03004"),
        in_state(State.UNKNOWN, None, Reason.NO_VALUE_IN_LIST)("03005"),
        in_state(State.UNKNOWN, None, Reason.PARTS_DIFFER)("03006"), zip_("03106"), zac("03107"),
        zip_("2A001"), zip_("03008"), zip_("75101"), zac("75102"),
    ]  # fmt: skip
    zrr = [in_state(State.INSIDE, "ZRR")("03001"), *(in_state(State.OUTSIDE)(f"0300{n}") for n in (2, 3, 4, 5, 6, 8))]
    frr_then = [in_state(State.OUTSIDE)("03001"), in_state(State.OUTSIDE)("03002")]
    frr_now = [in_state(State.INSIDE, "FRR")("03001"), in_state(State.INSIDE, "FRR+")("03002")]

    def vintage(zoning: str, id: str, start: date, end: date | None, **more: object) -> Vintage:
        fields: dict[str, object] = {"published_on": start, "observed_on": None, "confidence": "high", "source": SOURCE}
        return Vintage(zoning, id, start, end, **(fields | more))  # type: ignore[arg-type]

    cher, dore = ("03003",), ("03004",)
    outline_2024 = box(2.24, 46.04, 2.26, 46.06)
    outline_2015 = box(2.24, 46.04, 2.25, 46.06)
    return Content(
        id="small",
        territory="essai",
        cog_date=date(2026, 1, 1),
        commune_precision_m=100.0,
        communes=communes,
        former_communes=former,
        areas=areas,
        base_credit=Credit("Essai", "Licence Ouverte 2.0", "https://example.org/cog", "Essai"),
        vintages=[
            vintage("doctors", "doctors-2022", date(2022, 5, 7), None, classes=doctors, observed_on=date(2025, 6, 30),
                    departments=("03", "2A", "75"),
                    zone_classes=[ZoneClassRow("qpv-2024", "QN00301N", "ZIP", State.INSIDE),
                                  ZoneClassRow("qpv-2024", "QN00302N", "HZ", State.OUTSIDE)]),
            vintage("zrr", "zrr-2017", date(2017, 7, 1), date(2024, 6, 30), classes=zrr),
            vintage("frr", "frr-2024-06", date(2024, 7, 1), None, classes=frr_then, published_on=date(2024, 6, 20)),
            vintage("frr", "frr-2025-04", date(2024, 7, 1), None, classes=frr_now, published_on=date(2025, 4, 16)),
            vintage("qpv-2015", "qpv-2015", date(2015, 1, 1), date(2023, 12, 31),
                    outlines=[OutlineRow("QP003001", "Vieux quartier", cher, 10.0, geometry=outline_2015)],
                    zone_communes=[ZoneCommuneRow("QP003001", "Vieux quartier", "03003")]),
            vintage("qpv-2024", "qpv-2024", date(2024, 1, 1), None,
                    outlines=[OutlineRow("QN00301N", "Quartier neuf", cher, 30.0, geometry=outline_2024),
                              OutlineRow("QN00302N", "Sans contour", dore, 25.0, bbox=(2.33, 46.03, 2.34, 46.04))],
                    zone_communes=[ZoneCommuneRow("QN00301N", "Quartier neuf", "03003"),
                                   ZoneCommuneRow("QN00302N", "Sans contour", "03004")]),
        ],
        zone_lists=[ZoneList("qpv-2015", ("03",)), ZoneList("qpv-2024", None)],
    )  # fmt: skip


@pytest.fixture
def small_parts() -> Content:
    """What the small bundle is made of, for a test that needs another one."""
    return small_content()


@pytest.fixture(scope="session")
def small_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle written by the real writer from the small hand-drawn France."""
    directory = tmp_path_factory.mktemp("small") / "bundle"
    write_bundle(small_content(), directory)
    return directory


@pytest.fixture(scope="session")
def small(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return Catalogue(small_bundle, tmp_path_factory.mktemp("small-cache"))


@pytest.fixture(scope="session")
def write_small() -> Callable[[Path, str], None]:
    """Writes the small bundle into a directory, with this doctors' class for Aube (03001)."""
    return lambda directory, class_of_aube: write_bundle(small_content(class_of_aube), directory)


@pytest.fixture(scope="session")
def national_report(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> BuildReport:
    """The national bundle, built once for every test that needs it."""
    target = tmp_path_factory.mktemp("national") / "bundle"
    options = BuildOptions(ROOT / "data" / "geo", ROOT / "data", load_sources(ROOT / "data" / "sources.yaml"))
    return build(shared / "data", target, options, lambda step: None)


@pytest.fixture(scope="session")
def national(national_report: BuildReport, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return Catalogue(national_report.directory, tmp_path_factory.mktemp("national-cache"))


@pytest.fixture(scope="session")
def small_gazetteer(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gazetteer of the small France with the hand-drawn addresses of tests/data/addresses-small.csv."""
    out = tmp_path_factory.mktemp("gazetteer") / "gazetteer.sqlite"
    return build_gazetteer(small_bundle, out, [ROOT / "tests" / "data" / "addresses-small.csv"])


@pytest.fixture(scope="session")
def geocoder(small_gazetteer: Path) -> EmbeddedGeocoder:
    return EmbeddedGeocoder.open(small_gazetteer)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop running in the main thread, where others run their own."""
    items.sort(key=lambda item: "browser" in item.path.parts)
