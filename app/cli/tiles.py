"""`zonage tiles`: archives of vector tiles, for this service or for a CDN.

Exit codes: 0 done, 1 refused, 2 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.api.question import today
from app.main import bundle_directory, cache_directory
from app.settings import Settings
from app.zones.catalogue import Catalogue

app = typer.Typer(
    help="Build and export archives of vector tiles (PMTiles).", no_args_is_help=True, add_completion=False
)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, so that standard output stays for results."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as shown:
        task = shown.add_task("tiles", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


@app.command("build")
def build_command(
    to_dir: Annotated[
        Path | None, typer.Option("--to", help="Where archives go; default: the cache of the bundle.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; default: one per core.")] = None,
) -> None:
    """Build the archives of the base map and of every zoning of the bundle in service; those already there are kept."""
    from app.tiles.build import build_archives  # brings shapely: only for this command

    settings = Settings().data
    bundle = bundle_directory(settings)
    cache = cache_directory(settings, bundle)
    with _progress() as progress:
        paths = build_archives(Catalogue(bundle, cache), to_dir or cache / "tiles", progress, today(), processes)
    for path in paths:
        typer.echo(f"{path} ({path.stat().st_size:,} bytes)")


@app.command("export")
def export_command(
    out: Annotated[Path, typer.Argument(help="The archive to write, such as doctors.pmtiles.")],
    zoning: Annotated[str, typer.Option(help="base, communes, departments, regions, doctors, frr@vintage…")],
    day: Annotated[str | None, typer.Option("--date", help="Day of the classes, YYYY-MM-DD; default: today.")] = None,
    known_on: Annotated[str | None, typer.Option("--known-on", help="Lists as published that day.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; default: one per core.")] = None,
) -> None:
    """Write one set of tiles as a PMTiles v3 archive, for a CDN, QGIS or any map."""
    from app.tiles.build import write_archives  # brings shapely: only for this command
    from app.tiles.ground import Ground
    from app.tiles.tilesets import make_tileset

    if not out.parent.is_dir():
        raise typer.BadParameter("its directory does not exist", param_hint="OUT")
    settings = Settings().data
    bundle = bundle_directory(settings)
    catalogue = Catalogue(bundle, cache_directory(settings, bundle))
    tileset = make_tileset(Ground(catalogue), zoning, _day(day, "--date"), _day(known_on, "--known-on"))
    with _progress() as progress:
        write_archives(catalogue, {tileset: out}, progress, processes)
    typer.echo(f"{out} ({out.stat().st_size:,} bytes)")


def _day(text: str | None, option: str) -> date:
    try:
        return today() if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day is written YYYY-MM-DD", param_hint=option) from None
