"""`zonage geocode`: one address on the terminal, or a CSV of them.

Exit codes: 0 every row was written, 1 nothing usable, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.batch.geocode_jobs import Closing, geocode_table
from app.batch.geocode_table import ColumnChoice, open_table
from app.errors import InvalidInput
from app.geocoding.engines import open_geocoder
from app.geocoding.geocodejson import feature
from app.geocoding.geocoder import AddressQuery, Geocoder, GeocodeResult, Status
from app.main import bundle_directory, cache_directory
from app.places import INSEE_CODE, POSTCODE
from app.settings import Settings

_STATUS = {
    Status.MATCHED: "trouvée", Status.AMBIGUOUS: "ambiguë", Status.PARTIAL: "trouvée en partie",
    Status.NOT_FOUND: "introuvable", Status.REJECTED: "illisible", Status.UNAVAILABLE: "géocodeur indisponible",
}  # fmt: skip
_PRECISION = {
    "housenumber": "numéro", "interpolated": "numéro estimé entre ses voisins", "street": "voie", "locality": "lieu-dit",
    "municipality": "commune",
}  # fmt: skip


app = typer.Typer(add_completion=False)


@app.command()
def geocode(
    address: Annotated[str | None, typer.Argument(help="Address, as people write it.")] = None,
    csv_in: Annotated[Path | None, typer.Option("--csv", help="CSV file of addresses; - reads standard input.")] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", help="Column of the address; repeat to join several.")
    ] = None,
    postcode: Annotated[str | None, typer.Option(help="Postal code, or with --csv its column.")] = None,
    citycode: Annotated[str | None, typer.Option(help="INSEE code, or with --csv its column.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV written, with result_* columns; default: standard output.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, max=64, help="Processes for --csv; default: one per processor.")
    ] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="GeocodeJSON.")] = False,
) -> None:
    """Find where an address is, how precisely and how surely."""
    if (address is None) == (csv_in is None):
        raise typer.BadParameter("give an address, or --csv FILE.")
    if csv_in is not None:
        if not query:
            raise typer.BadParameter("name the column of the address.", param_hint="--query")
        _table(csv_in, ColumnChoice(tuple(query), postcode, citycode), out, jobs)
        return
    if postcode and not POSTCODE.match(postcode):
        raise typer.BadParameter("five digits, such as 09000.", param_hint="--postcode")
    if citycode and not INSEE_CODE.match(citycode):
        raise typer.BadParameter("an INSEE code, such as 09122.", param_hint="--citycode")
    result = asyncio.run(_one(AddressQuery(address or "", postcode, citycode)))
    if as_json:
        found = result.candidates or ((result,) if result.precision else ())
        document = {"type": "FeatureCollection", "features": [feature(place) for place in found]}
        typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(result)
    if result.precision is None:
        raise typer.Exit(1)


async def _one(query: AddressQuery) -> GeocodeResult:
    geocoder = _open()
    try:
        return await geocoder.search(query)
    finally:
        if isinstance(geocoder, Closing):
            await geocoder.close()


def _open() -> Geocoder:
    settings = Settings()
    bundle = bundle_directory(settings.data)
    manifest = bundle / "manifest.json"
    version = str(orjson.loads(manifest.read_bytes())["data_version"]) if manifest.is_file() else "none"
    return open_geocoder(bundle, cache_directory(settings.data, bundle), version, settings.geocoder)


def _table(csv_in: Path, choice: ColumnChoice, out: Path | None, jobs: int) -> None:
    if str(csv_in) != "-" and not csv_in.is_file():
        raise typer.BadParameter("no such file.", param_hint="--csv")
    geocoder = _open()
    source = sys.stdin.buffer if str(csv_in) == "-" else csv_in.open("rb")
    with source:
        try:
            table = open_table(source, choice)
        except InvalidInput as error:
            if error.field in ("columns", "postcode", "citycode"):
                raise typer.BadParameter(error.message) from None
            raise
        partial = out.with_name(f"{out.name}.partial") if out else None
        target = partial.open("w", encoding="utf-8", newline="") if partial else sys.stdout
        columns = (SpinnerColumn(), TextColumn("{task.completed} lignes"), TimeElapsedColumn())
        with target, Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
            task = progress.add_task("rows", total=None)
            counts = geocode_table(table, target, geocoder, jobs, lambda done: progress.advance(task, done))
    if out and partial:
        partial.replace(out)
    summary = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    typer.echo(f"{sum(counts.values())} lignes : {summary or 'aucune'}", err=True)
    if counts and not any(
        count for status, count in counts.items() if status not in ("not_found", "rejected", "unavailable")
    ):
        raise typer.Exit(1)


def _print(result: GeocodeResult) -> None:
    console = Console()
    console.print(f"Adresse {_STATUS[result.status]}", highlight=False)
    if result.precision is None:
        return
    console.print(f"[bold]{result.label}[/bold]  ({result.citycode})", highlight=False)
    console.print(
        f"Précision : {_PRECISION[result.precision.value]}, à {result.uncertainty_m:.0f} m près ; "
        f"confiance {result.confidence:.2f} ; lon {result.lon}, lat {result.lat}",
        highlight=False,
    )
    for place in result.candidates[1:]:
        console.print(f"  ou {place.label} ({place.citycode}), confiance {place.confidence:.2f}", highlight=False)
    for reason in result.degraded:
        console.print(f"Dégradé : {reason}", highlight=False)
