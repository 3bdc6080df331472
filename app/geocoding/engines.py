"""Opens the geocoder the settings ask for. The gazetteer is a derived file: missing or stale, it is built (seconds)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

from app.errors import DataError
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.gazetteer_file import FORMAT
from app.geocoding.geocoder import Geocoder


class RemoteSettings(Protocol):
    """The settings a remote engine needs; none reaches it when `url` is None."""

    @property
    def url(self) -> str | None: ...

    @property
    def rate_per_s(self) -> float: ...

    @property
    def deadline_s(self) -> float: ...


def gazetteer_path(bundle: Path, cache: Path, data_version: str) -> Path:
    """Where the gazetteer of a bundle is kept. A bundle with addresses carries its own; else it derives from the communes."""
    manifest = bundle / "manifest.json"
    datasets = json.loads(manifest.read_text(encoding="utf-8")).get("datasets", ()) if manifest.is_file() else ()
    own = next((bundle / str(entry["file"]) for entry in datasets if entry["kind"] == "addresses"), None)
    if own is not None and own.is_file():
        return own
    return cache / f"gazetteer-{data_version}-{FORMAT}.sqlite"


def open_embedded(bundle: Path, cache: Path, data_version: str) -> EmbeddedGeocoder:
    """The embedded engine, its file built first when the cache lacks it.

    Raises:
        DataError: the bundle lacks its communes.
    """
    path = gazetteer_path(bundle, cache, data_version)
    if path.is_file():
        try:
            return EmbeddedGeocoder.open(path)
        except DataError:
            if path.parent != cache:
                raise
    from app.geocoding.build import build_gazetteer  # brings shapely: only when there is something to build

    cache.mkdir(parents=True, exist_ok=True)
    build_gazetteer(bundle, path)
    return EmbeddedGeocoder.open(path)


def open_geocoder(bundle: Path, cache: Path, data_version: str, settings: RemoteSettings, workers: int = 1) -> Geocoder:
    """The geocoder of the service: embedded, and the remote engine behind it when the settings name one.

    Raises:
        DataError: the gazetteer cannot be opened or built.
        InvalidInput: the address of the remote engine is not allowed.
    """
    embedded = open_embedded(bundle, cache, data_version)
    if settings.url is None:
        return embedded
    from app.geocoding.chain import (
        ChainGeocoder,  # the HTTP client costs 0.1 s of start that an offline service never needs
    )
    from app.geocoding.remote import RemoteConfig, RemoteGeocoder

    rate = settings.rate_per_s / max(1, workers)
    return ChainGeocoder(embedded, RemoteGeocoder(RemoteConfig(settings.url, rate, settings.deadline_s)))
