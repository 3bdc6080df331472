"""What an engine may offer beyond finding: completions, and names of areas."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.geocoding.geocodejson import Names
from app.geocoding.geocoder import AddressQuery, Geocoder, GeocodeResult, Precision
from app.places import LonLat


@runtime_checkable
class Suggester(Protocol):
    """An engine that completes a text being typed, lists what is around a point and knows the names of areas."""

    def suggest(self, query: AddressQuery, limit: int) -> list[GeocodeResult]: ...

    def around(self, point: LonLat, limit: int, wanted: Precision | None) -> list[GeocodeResult]: ...

    def names(self) -> Names: ...


def names_of(geocoder: Geocoder) -> Names | None:
    return geocoder.names() if isinstance(geocoder, Suggester) else None
