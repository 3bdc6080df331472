"""Points, INSEE codes, territories: what every other module means by a place."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from app.errors import InvalidInput, PlaceOutsideFrance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pyproj import Transformer

INSEE_CODE = re.compile(r"\A(?:\d{2}|2[AB])\d{3}\Z")
POSTCODE = re.compile(r"\A\d{5}\Z")


@dataclass(frozen=True, slots=True)
class LonLat:
    """A WGS 84 point in degrees. Refuses NaN, infinities and out-of-range values.

    Raises:
        InvalidInput: names the faulty coordinate, and hints at swapped axes when the pair looks swapped.
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        for name, value, limit in (("lon", self.lon, 180.0), ("lat", self.lat, 90.0)):
            if not math.isfinite(value):
                raise InvalidInput(f"{name} must be a finite number.", field=name)
            if abs(value) > limit:
                raise InvalidInput(f"{name} must be between -{limit:.0f} and {limit:.0f}.", field=name)


@dataclass(frozen=True, slots=True)
class Territory:
    """One part of France with its own legal projection.

    `west, south, east, north` is a plausibility box in WGS 84 degrees, wide enough to hold the whole territory;
    `epsg` is the projected CRS in metres set by decree 2000-1276 as amended (and the IGN's for the collectivities).
    """

    id: str
    name: str
    epsg: int
    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


TERRITORIES: tuple[Territory, ...] = (
    Territory("metropole", "France hexagonale et Corse", 2154, -5.8, 41.2, 9.9, 51.3),
    Territory("971", "Guadeloupe", 5490, -62.0, 15.7, -60.9, 16.7),
    Territory("972", "Martinique", 5490, -61.4, 14.2, -60.6, 15.1),
    Territory("973", "Guyane", 2972, -54.8, 2.0, -51.4, 6.0),
    Territory("974", "La Réunion", 2975, 55.0, -21.6, 56.0, -20.7),
    Territory("975", "Saint-Pierre-et-Miquelon", 4467, -56.7, 46.6, -56.0, 47.3),
    Territory("976", "Mayotte", 4471, 44.8, -13.2, 45.5, -12.4),
    Territory("977", "Saint-Barthélemy", 5490, -63.0, 17.7, -62.6, 18.0),
    Territory("978", "Saint-Martin", 5490, -63.4, 17.9, -62.9, 18.2),
    Territory("986", "Wallis-et-Futuna", 3296, -178.3, -14.5, -175.9, -13.0),
    Territory("987", "Polynésie française", 3297, -155.0, -28.0, -134.0, -7.5),
    Territory("988", "Nouvelle-Calédonie", 3163, 156.0, -26.5, 174.5, -14.5),
)
"""Territories do not overlap; the order is that of the INSEE codes."""

_BY_ID = {territory.id: territory for territory in TERRITORIES}


def territory_at(lon: float, lat: float) -> Territory:
    """Say which territory's box holds a WGS 84 point.

    Raises:
        PlaceOutsideFrance: no box holds it. If the swapped pair would lie in France, the message says so.
    """
    for territory in TERRITORIES:
        if territory.holds(lon, lat):
            return territory
    if any(territory.holds(lat, lon) for territory in TERRITORIES):
        raise PlaceOutsideFrance(
            "The point is outside France. The values look swapped: send lon=2.35&lat=48.85 for Paris.", field="lon"
        )
    raise PlaceOutsideFrance("The point is outside France: lon and lat are WGS 84 degrees.", field="lon")


def territory_of_insee(insee_code: str) -> Territory:
    """The territory of a commune, from the first characters of its INSEE code."""
    return _BY_ID.get(insee_code[:3], TERRITORIES[0])


def department_of_insee(insee_code: str) -> str:
    """The department (or collectivity) code that starts an INSEE code: `2A`, `75`, `974`."""
    return insee_code[:3] if insee_code[:2] in ("97", "98") else insee_code[:2]


@cache
def _to_metric(epsg: int) -> Transformer:
    from pyproj import Transformer  # 0.1 s of import that a plain lookup never needs

    return Transformer.from_crs(4326, epsg, always_xy=True)


def project(
    territory: Territory, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project WGS 84 degrees to metres (easting, northing) in the territory's own projection, arrays of one shape."""
    easting, northing = _to_metric(territory.epsg).transform(lon, lat)
    return easting, northing


def unproject(
    territory: Territory, easting: NDArray[np.float64], northing: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn metres of the territory's own projection back to WGS 84 degrees (lon, lat), arrays of one shape."""
    lon, lat = _to_metric(territory.epsg).transform(easting, northing, direction="INVERSE")
    return lon, lat


def distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres (haversine, mean earth radius 6,371,008.8 m; error below 0.6 %)."""
    phi_a, phi_b = math.radians(a.lat), math.radians(b.lat)
    half_chord = (
        math.sin((phi_b - phi_a) / 2) ** 2
        + math.cos(phi_a) * math.cos(phi_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half_chord))


COLLECTIVITIES = ("975", "977", "978", "984", "986", "987", "988", "989")
"""Overseas collectivities: their codes stand in some lists, the table of communes of the base has none of them."""

ARRONDISSEMENT_CITIES: dict[str, range] = {
    "75056": range(75101, 75121),
    "69123": range(69381, 69390),
    "13055": range(13201, 13217),
}
"""Paris, Lyon, Marseille and the INSEE codes of their municipal arrondissements (INSEE, Code officiel géographique)."""


def city_of_arrondissement(insee_code: str) -> str | None:
    """The commune of a municipal arrondissement (75120 -> 75056), None for any other code."""
    if insee_code.isdigit():
        number = int(insee_code)
        for city, codes in ARRONDISSEMENT_CITIES.items():
            if number in codes:
                return city
    return None


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune or municipal arrondissement of the COG in force. `name` has its article; the point is the town hall's."""

    insee_code: str
    kind: str
    name: str
    department: str
    region: str
    epci: str | None
    population: int | None
    postcodes: tuple[str, ...]
    parent: str | None
    townhall_address: str | None
    townhall: LonLat | None
    has_outline: bool


@dataclass(frozen=True, slots=True)
class FormerCommune:
    """A code that is no longer a commune: delegated (COMD), associated (COMA), merged or renumbered (OLD)."""

    insee_code: str
    kind: str
    name: str | None
    commune: str
