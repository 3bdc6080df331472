"""Paris, Lyon and Marseille in lists of communes: the city and its arrondissements answer for each other, or refuse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.ingest.tables import ClassRow
from app.places import ARRONDISSEMENT_CITIES, city_of_arrondissement
from app.zones.models import Reason, State


def with_arrondissements(rows: Iterable[ClassRow]) -> list[ClassRow]:
    """The rows, with what a list leaves out of Paris, Lyon and Marseille.

    A list that classes the city as a whole classes each arrondissement so. A list that classes the arrondissements
    says nothing of the city's own code: it reads unknown, `whole_city_code`, unless all agree with the city's row.
    """
    by_code = {row.insee_code: row for row in rows}
    for city, numbers in ARRONDISSEMENT_CITIES.items():
        whole = by_code.get(city)
        parts = [code for code in map(str, numbers) if code in by_code]
        if whole is not None and whole.reason is not Reason.WHOLE_CITY_CODE and not parts:
            by_code.update({code: replace(whole, insee_code=code) for code in map(str, numbers)})
        elif parts and whole is None:
            by_code[city] = ClassRow(city, State.UNKNOWN, reason=Reason.WHOLE_CITY_CODE)
    return list(by_code.values())


def arrondissements_of(insee_code: str) -> tuple[str, ...]:
    """The arrondissements of a city (75056 -> 75101…75120), none for any other commune."""
    return tuple(map(str, ARRONDISSEMENT_CITIES.get(insee_code, ())))


def living_commune(insee_code: str) -> str:
    """The commune of an arrondissement, any other code unchanged."""
    return city_of_arrondissement(insee_code) or insee_code
