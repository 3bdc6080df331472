"""`zonage data`: download official files, build a bundle from them, verify it, list bundles, choose one.

Exit codes: 0 done, 1 refused or something failed, 2 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn
from rich.table import Table

from app.api.question import today
from app.cli.prepare import prepare
from app.errors import DownloadError, NotInCatalogue
from app.ingest.base import checked_manifest
from app.ingest.build import BuildOptions, BuildReport, build
from app.ingest.bundles import Bundle, choose_bundle, list_bundles
from app.ingest.fetch import FetchOptions, fetch
from app.ingest.sources import DatasetSpec, Sources, load_sources
from app.ingest.verify import Verification, verify
from app.main import bundle_directory, cache_directory
from app.settings import Settings, repository_data
from app.tiles.build import build_archives
from app.zones.catalogue import Catalogue

app = typer.Typer(help="Download, build, verify and choose data bundles.", no_args_is_help=True, add_completion=False)
app.command()(prepare)
_LARGE_BYTES = 1 << 30
"""Files that may be larger than this are fetched only by name, or with --all."""

_Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def _sources() -> Sources:
    return load_sources(repository_data() / "sources.yaml")


def _print_json(document: object) -> None:
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode())


@contextmanager
def _spinner() -> Iterator[tuple[Progress, Console]]:
    """A progress display on standard error, so that standard output stays for results."""
    console = Console(file=sys.stderr)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True) as progress:
        yield progress, console


@app.command("build")
def build_command(
    from_dir: Annotated[Path | None, typer.Option("--from", help="Directory of official files; default: none.")] = None,
    to_dir: Annotated[Path | None, typer.Option("--to", help="Bundle directory; default: data/geo/national.")] = None,
    addresses: Annotated[list[Path] | None, typer.Option("--addresses", help="BAN files; repeat.")] = None,
    tiles: Annotated[bool, typer.Option(help="Build the tile archives (minutes).")] = True,
    as_json: _Json = False,
) -> None:
    """Build a bundle from the embedded base and the official files of a directory."""
    data_dir = repository_data()
    target = to_dir or data_dir / "geo" / "national"
    options = BuildOptions(data_dir / "geo", data_dir, _sources(), tuple(addresses or ()))
    for path in options.addresses:
        if not path.is_file():
            raise typer.BadParameter("no such file", param_hint="--addresses")
    with _spinner() as (progress, _):
        task = progress.add_task("base")
        report = build(from_dir, target, options, lambda step: progress.update(task, description=step))
        progress.update(task, description="index")
        cache = cache_directory(Settings().data, target)
        catalogue = Catalogue(target, cache)
        if tiles:

            def drawn(done: int, places: int) -> None:
                progress.update(task, description=f"tiles {done:,} / {places:,}")

            build_archives(catalogue, cache / "tiles", drawn, today())
    _print_report(report, as_json)


def _print_report(report: BuildReport, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "directory": report.directory,
                "id": report.bundle_id,
                "data_version": report.data_version,
                "used": [{"file": path, "reader": reader} for path, reader in report.used],
                "ignored": [{"file": path, "why": why} for path, why in report.ignored],
                "notes": report.notes,
            }
        )
        return
    for path, reader in report.used:
        typer.echo(f"lu       {reader:<18} {path}")
    for path, why in report.ignored:
        typer.echo(f"ignoré   {path} ({why})")
    for note in report.notes:
        typer.echo(f"réserve  {note}")
    typer.echo(f"{report.bundle_id} ({report.data_version}) : {report.directory}")
    typer.echo(f"Le servir : ZONAGE_DATA_DIR={report.directory}, ou zonage data use {report.directory}")


@app.command("fetch")
def fetch_command(
    datasets: Annotated[list[str] | None, typer.Argument(help="Dataset ids; default: all but the largest.")] = None,
    to_dir: Annotated[Path | None, typer.Option("--to", help="Where files go; default: data/downloads.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The largest files too (addresses, IRIS).")] = False,
    force: Annotated[bool, typer.Option(help="Download again what is there.")] = False,
    as_json: _Json = False,
) -> None:
    """Download official files. Exit code 1 when one of them failed; the others are kept."""
    sources = _sources()
    try:
        chosen = [sources.by_id(name) for name in datasets] if datasets else _fetchable(sources, everything)
    except NotInCatalogue as error:
        raise typer.BadParameter(error.message) from None
    directory = to_dir or repository_data() / "downloads"
    results: list[dict[str, object]] = []
    failed = False
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as progress:
        for dataset in chosen:
            task = progress.add_task(dataset.id, total=None)

            def received(done: int, whole: int | None, task: object = task) -> None:
                progress.update(task, completed=done, total=whole)  # type: ignore[arg-type]

            try:
                done = fetch(dataset, directory, received, FetchOptions(force=force))
            except DownloadError as error:
                failed = True
                results.append({"id": dataset.id, "error": error.message})
                progress.console.print(error.message, markup=False)
            else:
                progress.update(task, completed=done.bytes, total=done.bytes)
                results.append({"id": dataset.id, "file": done.path, "sha256": done.sha256, "new": not done.was_there})
    if as_json:
        _print_json(results)
    else:
        for dataset in sources.datasets:
            if not datasets and dataset.url is None and dataset.reader:
                typer.echo(f"à la main  {dataset.id} : {dataset.by_hand}")
        typer.echo(f"Ensuite : zonage data build --from {directory}")
    raise typer.Exit(1 if failed else 0)


def _fetchable(sources: Sources, everything: bool) -> list[DatasetSpec]:
    return [
        dataset
        for dataset in sources.datasets
        if dataset.url and dataset.reader and (everything or dataset.max_bytes <= _LARGE_BYTES)
    ]


@app.command("verify")
def verify_command(
    directory: Annotated[Path | None, typer.Argument(help="Bundle; default: the one in service.")] = None,
    as_json: _Json = False,
) -> None:
    """Check a bundle from its checksums to the meaning of every row. Exit code 1 when something is wrong."""
    target = directory or bundle_directory(Settings().data)
    with _spinner() as (progress, _):
        progress.add_task(f"verify {target}")
        found = verify(target)
    _print_verification(target, found, as_json)
    raise typer.Exit(1 if found.problems else 0)


def _print_verification(target: Path, found: Verification, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "directory": target,
                "data_version": found.data_version,
                "problems": found.problems,
                "reserves": found.reserves,
            }
        )
        return
    for problem in found.problems:
        typer.echo(f"problème  {problem}")
    for reserve in found.reserves:
        typer.echo(f"réserve   {reserve}")
    typer.echo(f"{target} ({found.data_version}) : {'à refaire' if found.problems else 'bon'}")


@app.command("list")
def list_command(as_json: _Json = False) -> None:
    """The bundles that are here, and the one in service."""
    in_service = bundle_directory(Settings().data)
    bundles = list_bundles(repository_data() / "geo", in_service)
    if as_json:
        _print_json([_bundle_json(bundle) for bundle in bundles])
        return
    table = Table(header_style="bold")
    for column in ("", "id", "version", "territoire", "dossier"):
        table.add_column(column)
    for bundle in bundles:
        mark = "*" if bundle.in_service else ""
        table.add_row(mark, bundle.id, bundle.data_version, bundle.territory, str(bundle.directory))
    Console().print(table)


def _bundle_json(bundle: Bundle) -> dict[str, object]:
    manifest = checked_manifest(bundle.directory)
    return {
        "id": bundle.id,
        "data_version": bundle.data_version,
        "territory": bundle.territory,
        "directory": bundle.directory,
        "in_service": bundle.in_service,
        "vintages": {zoning.zoning: [entry.id for entry in zoning.vintages] for zoning in manifest.zonings},
    }


@app.command("use")
def use_command(
    directory: Annotated[Path, typer.Argument(help="Bundle directory, or `embedded`.")],
) -> None:
    """Choose the bundle in service when ZONAGE_DATA_DIR is not set."""
    geo = repository_data() / "geo"
    chosen = choose_bundle(geo, None if str(directory) == "embedded" else directory)
    typer.echo(f"En service : {chosen}")
    if Settings().data.data_dir is not None:
        typer.echo("ZONAGE_DATA_DIR est défini et l'emporte.", err=True)
