"""The communes of the COG in force and the codes that led to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from app.errors import InvalidInput, NotInCatalogue
from app.places import ARRONDISSEMENT_CITIES, COLLECTIVITIES, INSEE_CODE, Commune, FormerCommune, LonLat

if TYPE_CHECKING:
    import pyarrow as pa

COMMUNES_KEPT = 4_096
"""Communes kept as Python objects, of 35,000: a worker answers again about the same towns."""
_FIELDS = (
    "insee_code", "kind", "name", "department", "region", "epci", "population", "parent", "townhall_address", "has_outline",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a code was understood: `code` as asked, the living `commune`, and the former commune it named, if any."""

    code: str
    commune: Commune
    former: FormerCommune | None = None


class CommuneFacts(NamedTuple):
    """A few words and figures of a commune."""

    insee_code: str
    department: str
    region: str
    epci: str | None
    population: int | None


class CommuneTable:
    """Communes by row and by INSEE code; rows are those of `communes.parquet` and of the commune layer of the index.

    The table stays as Arrow columns (5 MB for France); communes become objects when they are asked for.
    """

    def __init__(self, communes: pa.Table, former: pa.Table, areas: pa.Table) -> None:
        self._table = communes
        self._columns = {name: communes[name].combine_chunks() for name in communes.column_names}
        self.codes: list[str] = communes["insee_code"].to_pylist()
        self.row_of: dict[str, int] = {code: row for row, code in enumerate(self.codes)}
        self._departments: list[str] = shared_texts(communes["department"])
        self._parents: list[str | None] = shared_texts(communes["parent"])
        self.former: dict[str, tuple[FormerCommune, ...]] = {}
        for code, kind, name, commune in zip(
            *(former[name].to_pylist() for name in ("insee_code", "kind", "name", "commune")), strict=True
        ):
            entry = FormerCommune(code, kind, name, commune)
            self.former[code] = (*self.former.get(code, ()), entry)
        self.areas: dict[tuple[str, str], str] = {
            (kind, code): name
            for kind, code, name in zip(*(areas[name].to_pylist() for name in ("kind", "code", "name")), strict=True)
        }
        self._without_outline = [
            row
            for row, has_outline in enumerate(communes["has_outline"].to_pylist())
            if not has_outline and self.codes[row] not in ARRONDISSEMENT_CITIES
        ]
        self.at = lru_cache(COMMUNES_KEPT)(self._at)

    def __len__(self) -> int:
        return len(self.codes)

    def _at(self, row: int) -> Commune:
        return _commune({name: column[row].as_py() for name, column in self._columns.items()})

    def many(self, rows: Sequence[int]) -> list[Commune]:
        """The communes of thousands of rows, in order; for a few, `at` is quicker."""
        records = self._table.to_pylist()  # `take` brings pandas
        return [_commune(records[row]) for row in rows]

    def facts_of(self, row: int) -> CommuneFacts:
        """What aids may ask of a commune, for those who ask it of every commune: ten times quicker than `at`."""
        return CommuneFacts(*(column[row] for column in self._fact_columns))

    @cached_property
    def _fact_columns(self) -> tuple[list[Any], ...]:
        return tuple(shared_texts(self._table[name]) for name in CommuneFacts._fields)

    def words(self, column: str) -> pa.DictionaryArray:
        """A column of the table, by row: for those who need a few words of every commune."""
        return self._columns[column].dictionary_encode()

    def department_of(self, row: int) -> str:
        return self._departments[row]

    def parent_of(self, row: int) -> str | None:
        return self._parents[row]

    def rows_without_outline(self) -> list[int]:
        """Communes that answer by code only."""
        return self._without_outline

    def living(self, insee_code: str) -> str:
        """The code of today's commune behind a code; lists of zones name only those. An unknown code stays as it is."""
        if insee_code not in self.row_of:
            for former in self.former.get(insee_code, ()):
                if former.commune in self.row_of:
                    return former.commune
        return insee_code

    def resolve(self, insee_code: str) -> Resolution:
        """Find the living commune behind a code, old codes included.

        Raises:
            InvalidInput: not the shape of an INSEE code.
            NotInCatalogue: no commune has, or had, this code.
        """
        if not INSEE_CODE.match(insee_code):
            raise InvalidInput(
                "citycode must be an INSEE code of five characters (2A004, 75120), not a postal code.", field="citycode"
            )
        row = self.row_of.get(self.living(insee_code))
        if row is not None:
            commune = self.at(row)
            former = next((old for old in self.former.get(insee_code, ()) if old.commune == commune.insee_code), None)
            return Resolution(insee_code, commune, None if commune.insee_code == insee_code else former)
        if insee_code[:3] in COLLECTIVITIES:
            raise NotInCatalogue(
                "This code is of an overseas collectivity: no installed list covers it. Send lon and lat for its districts.",
                field="citycode",
            )
        raise NotInCatalogue(
            "No commune has or had this INSEE code. Postal codes are not INSEE codes.", field="citycode"
        )


def _commune(record: dict[str, Any]) -> Commune:
    lon, lat = record["townhall_lon"], record["townhall_lat"]
    return Commune(
        postcodes=tuple(record["postcodes"] or ()),
        townhall=None if lon is None or lat is None else LonLat(lon, lat),
        **{name: record[name] for name in _FIELDS},
    )


def shared_texts(column: pa.ChunkedArray) -> list[Any]:
    """A column of repeated texts as a list in which equal texts are one object."""
    kept: dict[Any, Any] = {}
    return [kept.setdefault(text, text) for text in column.to_pylist()]
