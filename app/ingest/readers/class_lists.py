"""Lists that give classes to whole communes: ZRR, FRR, doctors, other professions. One layout for each producer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from app.errors import DataError
from app.ingest.lists import Listed, is_blank
from app.ingest.readers.text_tables import Column, TextRow, TextTable
from app.ingest.sources import ReaderId
from app.ingest.spellings import read_class
from app.zones.models import Generation

CODE = "code"
_AVENANT_7_FROM = date(2024, 7, 1)
"""Regional orders of avenant 7 (physiotherapists) run from July to November 2024 (domain/zones.md § 3)."""


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """The column that classes communes for one zoning, and the one that dates the order, if any.

    `list_id` tells two lists of one zoning in the same file apart (nurses: December 2025, March 2026).
    """

    list_id: str
    zoning: str
    column: Column
    order_date: Column | None = None


@dataclass(frozen=True, slots=True)
class ClassLayout:
    """How one producer lays out its list. `keep` is a column and the value of the rows that are communes."""

    id: ReaderId
    file_name: re.Pattern[str]
    code: Column
    classes: tuple[ClassColumn, ...]
    sheet: str | None = None
    keep: tuple[Column, str] | None = None
    detail: Column | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        dates = tuple(part.order_date for part in self.classes if part.order_date)
        extra = tuple(column for column in (self.detail, self.keep and self.keep[0]) if column)
        return (self.code, *(part.column for part in self.classes), *dates, *extra)


def _classes(**columns: tuple[str, str]) -> tuple[ClassColumn, ...]:
    return tuple(ClassColumn(id, zoning, Column(id, (name,))) for id, (zoning, name) in columns.items())


def _dated(prefix: str, zoning: str) -> ClassColumn:
    return ClassColumn(
        zoning,
        zoning,
        Column(zoning, (f"{prefix}_niveau",)),
        Column(f"{zoning}-date", (f"{prefix}_date_arrete",), required=False),
    )


_CODE = Column(CODE, ("code_insee", "CODGEO", "com_code", "Code INSEE", "Code"))

ZRR = ClassLayout(
    "zrr",
    re.compile(r"zrr.*\.(xls|xlsx|csv(\.gz|\.xz)?|parquet)\Z", re.IGNORECASE),
    _CODE,
    (ClassColumn("zrr", "zrr", Column("zrr", ("ZRR_SIMP",))),),
    sheet="Classement ZRR",
    detail=Column("detail", ("ZONAGE_ZRR",), required=False),
)
FRR = ClassLayout(
    "frr",
    re.compile(r"(frr|communes-FRR).*\.(csv(\.gz|\.xz)?|parquet)\Z", re.IGNORECASE),
    _CODE,
    (ClassColumn("frr", "frr", Column("frr", ("Classement FRR*", "classement_frr"))),),
)
FRR_OBSERVATOIRE = ClassLayout(
    "frr-observatoire",
    re.compile(r"(frr|GC_API|observatoire).*\.xlsx\Z", re.IGNORECASE),
    _CODE,
    (ClassColumn("frr", "frr", Column("frr", ("codefrr", "Classement FRR*", "frr"))),),
    sheet="Data",
)
DOCTORS = ClassLayout(
    "doctors",
    re.compile(r"zonage_medecins_communes.*\.(csv(\.gz|\.xz)?|parquet)\Z", re.IGNORECASE),
    _CODE,
    _classes(doctors=("doctors", "zonage_medecin")),
)
PROFESSIONS = ClassLayout(
    "professions",
    re.compile(r"zonage_professions.*\.(csv(\.gz|\.xz)?|parquet)\Z", re.IGNORECASE),
    _CODE,
    _classes(
        dentists=("dentists", "zonage_dentiste"),
        physios=("physios", "zonage_kine"),
        midwives=("midwives", "zonage_sage_femme"),
        speech=("speech", "zonage_orthophoniste"),
        nurses=("nurses", "zonage_infirmier"),
        nurses_2026=("nurses", "zonage_infirmier_2026"),
    ),
)
ATLASANTE = ClassLayout(
    "atlasante",
    re.compile(r".*(atlasante|zonages?[-_]?ps).*\.csv(\.gz|\.xz)?\Z", re.IGNORECASE),
    Column(CODE, ("com_code",)),
    (
        _dated("zmed", "doctors"),
        _dated("zdent", "dentists"),
        _dated("zide", "nurses"),
        _dated("zmk", "physios"),
        _dated("zsf", "midwives"),
        _dated("zortho", "speech"),
    ),
    keep=(Column("level", ("niveau",)), "COM"),
)
CLASS_LAYOUTS: dict[ReaderId, ClassLayout] = {
    layout.id: layout for layout in (ZRR, FRR, FRR_OBSERVATOIRE, DOCTORS, PROFESSIONS, ATLASANTE)
}

_KEPT_SINCE_2018 = ("A - ", "PA - ")
"""ZRR: communes that left in 2017 and have the effects again since 2018, as the list itself says."""


_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_STATED = re.compile(rf"\bau (\d{{1,2}})(?:er)? ({'|'.join(_MONTHS)}) (\d{{4}})\b", re.IGNORECASE)


def stated_on(title: str) -> date | None:
    """The day of which a column says that it is the state: `Classement FRR et FRR+ au 10 juillet 2025`."""
    found = _STATED.search(title)
    if found is None:
        return None
    return date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))


def _french_date(text: str, where: str) -> date | None:
    """`JJ/MM/AAAA` or ISO; None when blank."""
    if not text:
        return None
    for pattern in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text[:10], pattern).date()  # noqa: DTZ007 - a day without an hour
        except ValueError:
            continue
    raise DataError(f"{where}: {text[:20]!r} is not a date (JJ/MM/AAAA).")


def _generation(zoning: str, order: date | None, stated: Generation | None) -> Generation | None:
    if zoning == "physios" and order is not None:
        return "avenant7" if order >= _AVENANT_7_FROM else "avenant5"
    return stated


def _insee_code(row: TextRow, table: TextTable) -> str:
    code = row.cells[CODE].upper().zfill(5)
    if not re.fullmatch(r"(\d\d|2[AB])\d{3}", code):
        raise DataError(f"{table.where(row, CODE)}: {code[:20]!r} is not an INSEE code.")
    return code


def read_class_list(
    table: TextTable, layout: ClassLayout, part: ClassColumn, generation: Generation | None = None
) -> Iterator[Listed]:
    """What the list says of each code, for one of its zonings.

    Raises:
        DataError: a code, date or class is not spelled as known; names file, column and row.
    """
    for row in table.rows:
        if layout.keep and row.cells[layout.keep[0].id].upper() != layout.keep[1]:
            continue
        spelled = row.cells[part.column.id]
        where = table.where(row, part.column.id)
        reading = read_class(part.zoning, spelled, where)
        order = None
        if part.order_date and part.order_date.id in row.cells:
            order = _french_date(row.cells[part.order_date.id], table.where(row, part.order_date.id))
        if layout.detail and row.cells.get(layout.detail.id, "").startswith(_KEPT_SINCE_2018):
            order = date(2018, 1, 1)
        yield Listed(
            _insee_code(row, table),
            reading,
            where,
            is_blank(reading, spelled),
            order,
            _generation(part.zoning, order, generation),
        )
