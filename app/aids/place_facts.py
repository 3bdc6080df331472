"""Facts of a classified place in the words of rules: where it is, how well it is known, how far the next ZIP or ZAC is."""

from __future__ import annotations

from typing import Protocol

from app.aids.facts import FactValue
from app.zones.models import Precision

PRECISION_FACT = {
    Precision.POINT: "point",
    Precision.HOUSENUMBER: "point",
    Precision.INTERPOLATED: "point",
    Precision.STREET: "street",
    Precision.LOCALITY: "street",
    Precision.MUNICIPALITY: "commune",
}


class Where(Protocol):
    """What rules may ask of a commune: all of a `Commune` that counts here."""

    @property
    def insee_code(self) -> str: ...
    @property
    def department(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def epci(self) -> str | None: ...
    @property
    def population(self) -> int | None: ...


def place_facts(
    commune: Where | None, precision: Precision, uncertainty_m: float | None, km_to_zip_zac: float | None
) -> dict[str, FactValue]:
    """Facts of a place that rules may ask (facts.PLACE_FACTS); what is unknown is left out."""
    facts: dict[str, FactValue] = {"precision": PRECISION_FACT[precision]}
    if uncertainty_m:
        facts["address_error_m"] = min(uncertainty_m, 10_000.0)
    if commune is not None:
        facts |= {"commune": commune.insee_code, "departement": commune.department, "region": commune.region}
        if commune.epci is not None:
            facts["epci"] = commune.epci
        if commune.population is not None:
            facts["population"] = commune.population
    if km_to_zip_zac is not None:
        facts["km_to_nearest_zip_zac"] = km_to_zip_zac
    return facts
