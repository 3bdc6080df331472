"""The communes of the COG in force and the codes that led to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import InvalidInput, NotInCatalogue
from app.places import ARRONDISSEMENT_CITIES, INSEE_CODE, Commune, FormerCommune, LonLat

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a code was understood: `code` as asked, the living `commune`, and the former commune it named, if any."""

    code: str
    commune: Commune
    former: FormerCommune | None = None


class CommuneTable:
    """Communes by row and by INSEE code; rows are those of `communes.parquet` and of the commune layer of the index."""

    def __init__(self, communes: pa.Table, former: pa.Table, areas: pa.Table) -> None:
        self._columns = {name: communes[name].to_pylist() for name in communes.column_names}
        self.codes: list[str] = self._columns["insee_code"]
        self.row_of: dict[str, int] = {code: row for row, code in enumerate(self.codes)}
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
            for row, has_outline in enumerate(self._columns["has_outline"])
            if not has_outline and self.codes[row] not in ARRONDISSEMENT_CITIES
        ]

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, row: int) -> Commune:
        column = self._columns
        lon, lat = column["townhall_lon"][row], column["townhall_lat"][row]
        return Commune(
            insee_code=self.codes[row],
            kind=column["kind"][row],
            name=column["name"][row],
            department=column["department"][row],
            region=column["region"][row],
            epci=column["epci"][row],
            population=column["population"][row],
            postcodes=tuple(column["postcodes"][row] or ()),
            parent=column["parent"][row],
            townhall_address=column["townhall_address"][row],
            townhall=None if lon is None or lat is None else LonLat(lon, lat),
            has_outline=column["has_outline"][row],
        )

    def department_of(self, row: int) -> str:
        department: str = self._columns["department"][row]
        return department

    def parent_of(self, row: int) -> str | None:
        parent: str | None = self._columns["parent"][row]
        return parent

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
        raise NotInCatalogue(
            "No commune has or had this INSEE code. Postal codes are not INSEE codes.", field="citycode"
        )
