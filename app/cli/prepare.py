"""`zonage data prepare`: build what is derived from the bundle in service, so that the first start only maps files."""

from __future__ import annotations

import typer

from app.main import open_service
from app.settings import Settings


def prepare() -> None:
    """Build the index and the gazetteer of the bundle in service, if the cache lacks them."""
    service = open_service(Settings())
    typer.echo(f"Prêt : {service.catalogue.bundle_id} ({service.data_version})")
