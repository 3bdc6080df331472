"""Every setting of the service, read once from the environment (`ZONAGE_…`) by `main` and `cli`; empty is unset. See
docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import SettingError

Group = TypeVar("Group", bound=BaseSettings)
PACKAGE_ROOT = Path(__file__).resolve().parent


def repository_data() -> Path:
    """Where the committed data lives: `data/` beside the package in a checkout, `_data/` inside an installed wheel."""
    installed = PACKAGE_ROOT / "_data"
    return installed if installed.is_dir() else PACKAGE_ROOT.parent / "data"


class DataSettings(BaseSettings):
    """Which bundle and rules are in service, and where derived files go."""

    model_config = SettingsConfigDict(env_prefix="ZONAGE_", env_ignore_empty=True)

    data_dir: Path | None = Field(None, description="Bundle in service; default: the embedded one.")
    cache_dir: Path | None = Field(
        None, description="Derived files (index, gazetteer, tiles); default: beside the bundle."
    )
    rules_dir: Path | None = Field(None, description="Aid rules; default: data/aids.")
    reload_poll_s: float = Field(2.0, ge=0, le=3600, description="How often the manifest is looked at; 0 = never.")


class HttpSettings(BaseSettings):
    """How the HTTP service listens and what it accepts."""

    model_config = SettingsConfigDict(env_prefix="ZONAGE_", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one and prints it.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes; they share the mapped files.")
    public_url: str | None = Field(None, description="Base of self links; default: the request's own.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest JSON body.")
    max_batch_bytes: int = Field(268_435_456, ge=1024, description="Largest body of a batch route.")
    max_concurrency: int = Field(256, ge=1, description="Requests in flight per worker before 503 with Retry-After.")
    rate_limit: str | None = Field(None, description="Limit per client address, such as `300/minute`; none by default.")
    deadline_s: float = Field(30.0, gt=0, le=600, description="Longest time an interactive request may take.")
    tile_cache_bytes: int = Field(
        67_108_864, ge=0, description="Memory for tiles encoded on demand, per worker; 0 = none."
    )
    metrics: bool = Field(True, description="Serve /metrics.")
    reload_token: SecretStr | None = Field(
        None, description="Token of POST /admin/reload; without it the route is off."
    )


class GeocoderSettings(BaseSettings):
    """Which geocoder answers, and whether addresses may leave this machine."""

    model_config = SettingsConfigDict(env_prefix="ZONAGE_GEOCODER_", env_ignore_empty=True)

    url: str | None = Field(None, description="Remote engine (Géoplateforme or addok); none: addresses stay here.")
    rate_per_s: float = Field(
        40.0, gt=0, le=1000, description="Calls per second to the remote engine, over all workers."
    )
    deadline_s: float = Field(2.5, gt=0, le=30, description="Longest wait for the remote engine, all tries together.")

    @field_validator("url")
    @classmethod
    def _https_unless_loopback(cls, url: str | None) -> str | None:
        loopback = ("http://127.", "http://localhost", "http://[::1]")
        if url is not None and not url.startswith(("https://", *loopback)):
            raise ValueError("the geocoder address must be https, or http on the loopback interface")
        return url


class PageSettings(BaseSettings):
    """What the web page may show."""

    model_config = SettingsConfigDict(env_prefix="ZONAGE_", env_ignore_empty=True)

    base_map_url: str | None = Field(None, description="Style of an online base map; none by default: no third party.")


class Settings:
    """All groups, read together.

    Raises:
        SettingError: a variable is out of its bounds; names it, never its value.
    """

    def __init__(self) -> None:
        self.data = _read(DataSettings)
        self.http = _read(HttpSettings)
        self.geocoder = _read(GeocoderSettings)
        self.page = _read(PageSettings)


def _read(group: type[Group]) -> Group:
    try:
        return group()
    except ValidationError as error:
        prefix = group.model_config["env_prefix"]
        faults = [f"{prefix}{fault['loc'][0]}".upper() + f": {fault['msg']}." for fault in error.errors()]
        raise SettingError(f"{' '.join(faults)} See docs/settings.md.") from None
