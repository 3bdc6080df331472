"""The communes of the COG in force, and which of them each older code has become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.errors import DataError
from app.ingest.tables import CommuneRow, FormerCommuneRow
from app.places import COLLECTIVITIES, city_of_arrondissement


@dataclass(frozen=True, slots=True)
class Movement:
    """`old` was a commune; what it covered is in `new` today. `name` is the old one's, if known."""

    old: str
    new: str
    name: str | None = None


class Reference:
    """Resolves the codes of lists frozen on an older COG.

    `restored_from`: a commune that was part of another one in older lists (restored since), and that other commune.
    """

    def __init__(
        self,
        communes: Sequence[CommuneRow],
        former_communes: Sequence[FormerCommuneRow],
        movements: Iterable[Movement] = (),
        restored_from: Mapping[str, str] | None = None,
    ) -> None:
        """Raises DataError when a movement leads to a code that is no commune of today."""
        self.communes = communes
        self.by_code = {row.insee_code: row for row in communes}
        self.restored_from = dict(restored_from or {})
        known = {row.insee_code for row in former_communes}
        added: dict[str, FormerCommuneRow] = {}
        for movement in movements:
            if movement.new not in self.by_code:
                raise DataError(f"The code {movement.old} moves to {movement.new}, which is no commune of today.")
            if movement.old not in known and movement.old not in self.by_code:
                added[movement.old] = FormerCommuneRow(movement.old, "OLD", movement.name, movement.new)
        self.former_communes = sorted([*former_communes, *added.values()], key=lambda row: row.insee_code)

    @cached_property
    def _target(self) -> dict[str, str]:
        return {row.insee_code: row.commune for row in self.former_communes}

    @cached_property
    def old_codes(self) -> dict[str, list[str]]:
        """Living commune -> codes, no longer in use, of what it absorbed."""
        found: dict[str, list[str]] = {}
        for code, commune in self._target.items():
            if code not in self.by_code:
                found.setdefault(commune, []).append(code)
        return found

    def today(self, insee_code: str) -> str | None:
        """The living commune or arrondissement behind a code: itself, or what its commune became; None if unknown."""
        return insee_code if insee_code in self.by_code else self._target.get(insee_code)

    def is_known(self, insee_code: str) -> bool:
        """Whether a code is, was, or belongs to a collectivity that the base does not hold."""
        return self.today(insee_code) is not None or insee_code.startswith(COLLECTIVITIES)

    def region(self, insee_code: str) -> str | None:
        commune = self.by_code.get(self.today(insee_code) or "")
        return commune.region if commune else None

    def living_communes(self) -> Iterable[str]:
        return (row.insee_code for row in self.communes if row.kind == "COM")

    def city(self, insee_code: str) -> str:
        """The commune of an arrondissement; any other code unchanged."""
        return city_of_arrondissement(insee_code) or insee_code
