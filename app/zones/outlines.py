"""Zones drawn on the map: what each one is, which communes it touches, and where lists of zones are complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.zones.vintages import Validity, Vintage

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone of one vintage. `bbox` (west, south, east, north, WGS 84) bounds a zone whose outline is not installed."""

    code: str
    label: str
    insee_codes: tuple[str, ...]
    arrondissements: tuple[str, ...]
    precision_m: float
    bbox: tuple[float, float, float, float] | None
    has_outline: bool


@dataclass(frozen=True, slots=True)
class ZoneClass:
    """A class given to a zone rather than to its commune; it wins over the commune's (design.md § 2.3)."""

    vintage: str
    code: str
    outside: bool


@dataclass(frozen=True, slots=True)
class OutlineVintage:
    """One vintage of an outline zoning. `zones` are in the order of its layer in the index (`layer`)."""

    vintage: Vintage
    layer: int
    zones: tuple[Zone, ...]
    zones_of_commune: dict[str, tuple[Zone, ...]]
    complete_departments: frozenset[str] | None
    """Departments where every zone is listed, so that an unlisted commune has none; None is all of them."""

    def validity(self) -> Validity:
        return Validity(self.vintage.valid_from, self.vintage.valid_to, self.vintage.published_on)

    def is_complete_in(self, department: str) -> bool:
        return self.complete_departments is None or department in self.complete_departments

    def listed_in(self, code: str, city: str | None) -> tuple[Zone, ...]:
        """Zones that touch a commune. Lists name Paris, Lyon and Marseille as cities: an arrondissement keeps the zones
        of its city that may reach it."""
        zones = self.zones_of_commune.get(code, ())
        if city is not None:
            zones += tuple(
                zone
                for zone in self.zones_of_commune.get(city, ())
                if zone not in zones and (not zone.arrondissements or code in zone.arrondissements)
            )
        return zones


def read_outline_vintages(
    outlines: pa.Table,
    zone_communes: pa.Table,
    vintages: dict[tuple[str, str], Vintage],
    complete: dict[str, frozenset[str] | None],
    first_layer: int,
) -> dict[str, list[OutlineVintage]]:
    """Group `outlines.parquet` by zoning and vintage; layers are numbered in order of first appearance.

    `complete` has an entry for each zoning whose list of zones is complete somewhere.
    """
    rows: dict[tuple[str, str], list[Zone]] = {}
    columns = (
        "zoning", "vintage", "code", "label", "insee_codes", "arrondissements", "precision_m", "bbox", "has_outline",
    )  # fmt: skip
    for zoning, vintage, code, label, insee_codes, arrondissements, precision_m, bbox, has_outline in zip(
        *(outlines[name].to_pylist() for name in columns), strict=True
    ):
        rows.setdefault((zoning, vintage), []).append(
            Zone(
                code,
                label,
                tuple(insee_codes or ()),
                tuple(arrondissements or ()),
                float(precision_m or 0.0),
                tuple(bbox) if bbox else None,
                has_outline,
            )
        )
    listed: dict[tuple[str, str], dict[str, set[str]]] = {}
    for zoning, vintage, code, insee_code in zip(
        *(zone_communes[name].to_pylist() for name in ("zoning", "vintage", "code", "insee_code")), strict=True
    ):
        listed.setdefault((zoning, vintage), {}).setdefault(insee_code, set()).add(code)

    result: dict[str, list[OutlineVintage]] = {}
    for layer, (key, zones) in enumerate(rows.items(), first_layer):
        by_code = {zone.code: zone for zone in zones}
        of_commune: dict[str, tuple[Zone, ...]] = {}
        for insee_code, codes in listed.get(key, {}).items():
            of_commune[insee_code] = tuple(by_code[code] for code in sorted(codes) if code in by_code)
        for zone in zones:
            for insee_code in zone.insee_codes:
                if zone not in of_commune.get(insee_code, ()):
                    of_commune[insee_code] = (*of_commune.get(insee_code, ()), zone)
        result.setdefault(key[0], []).append(
            OutlineVintage(vintages[key], layer, tuple(zones), of_commune, complete.get(key[0], frozenset()))
        )
    return result
