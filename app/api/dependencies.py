"""What routes may ask for: the service in place, taken once per request."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from app.aids.models import RuleBook
from app.api.memory import AidMemory
from app.geocoding.geocoder import Geocoder
from app.tiles.store import TileStore
from app.zones.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Service:
    """One immutable state of everything that answers. A reload swaps the whole object; a request takes it once.

    `cache` is the directory of derived files.
    """

    catalogue: Catalogue
    rules: RuleBook
    geocoder: Geocoder
    tiles: TileStore
    cache: Path
    memory: AidMemory = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "memory", AidMemory(self.rules))

    @property
    def data_version(self) -> str:
        return self.catalogue.data_version


def service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


ServiceDep = Annotated[Service, Depends(service)]
