"""The `zonage` command. Exit codes: 0 done, 1 nothing usable or refused, 2 wrong usage."""

from __future__ import annotations

import sys

import typer

from app.cli.aids import app as aids_app
from app.cli.assess import assess
from app.cli.batch import batch
from app.cli.data import app as data_app
from app.cli.geocode import geocode
from app.cli.prepare import prepare
from app.cli.serve import serve
from app.cli.tiles import app as tiles_app
from app.errors import ZoningError

app = typer.Typer(
    name="zonage", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Which zones a place in France is in, and which installation aids it opens.",
)  # fmt: skip
app.command()(serve)
app.command()(assess)
app.command()(batch)
app.command()(geocode)
data_app.command()(prepare)
app.add_typer(data_app, name="data", help="Download, build, verify and choose data bundles.")
app.add_typer(tiles_app, name="tiles", help="Build and export archives of vector tiles (PMTiles).")
app.add_typer(aids_app, name="aids", help="Read, evaluate and check the rules of aids.")


def main() -> None:
    """Run a command; a domain error is one line on standard error and exit code 1."""
    try:
        app()
    except ZoningError as error:
        sys.stderr.write(f"zonage: {error.message}\n")
        raise SystemExit(1) from None
