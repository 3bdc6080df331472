"""`zonage assess`: the whole answer for one place, as a table for people or as the API's JSON."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer
from rich.console import Console

from app.api.assessment import assess_json
from app.api.page_words import PRECISIONS
from app.api.question import read_flat
from app.cli.tables import aids_table, installing, without_data, zones_table
from app.errors import InvalidInput
from app.main import open_service
from app.settings import Settings

app = typer.Typer(add_completion=False)


@app.command()
def assess(
    address: Annotated[str | None, typer.Argument(help="Address, as people write it.")] = None,
    lon: Annotated[float | None, typer.Option(help="WGS 84 longitude, degrees.")] = None,
    lat: Annotated[float | None, typer.Option(help="WGS 84 latitude, degrees.")] = None,
    citycode: Annotated[str | None, typer.Option(help="INSEE code.")] = None,
    postcode: Annotated[str | None, typer.Option(help="Postal code, beside the address.")] = None,
    profession: Annotated[str | None, typer.Option(help="medecin, infirmier, sage-femme…")] = None,
    date: Annotated[str | None, typer.Option(help="Day of the question, YYYY-MM-DD; default: today.")] = None,
    known_on: Annotated[str | None, typer.Option("--known-on", help="Law as published that day.")] = None,
    fact: Annotated[list[str] | None, typer.Option("--fact", help="Applicant fact, name=value; repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same JSON as the API.")] = False,
) -> None:
    """Zones and aids of one place. Exit code 1 when the place is not found."""
    named = {
        "address": address, "postcode": postcode, "citycode": citycode, "profession": profession, "date": date,
        "known_on": known_on, "lon": None if lon is None else repr(lon), "lat": None if lat is None else repr(lat),
    }  # fmt: skip
    params = [(name, value) for name, value in named.items() if value is not None]
    for item in fact or ():
        name, equals, value = item.partition("=")
        if not equals:
            raise typer.BadParameter("write name=value, such as sector=1", param_hint="--fact")
        params.append((name, value))
    try:
        question = read_flat(params, with_applicant=True)
    except InvalidInput as error:
        raise typer.BadParameter(error.message) from None
    service = open_service(Settings())
    answer = asyncio.run(assess_json(service, question))
    if as_json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        return
    console = Console()
    place = answer["place"]
    assert isinstance(place, dict)
    console.print(
        f"[bold]{place['label']}[/bold]  ({place['citycode']}, {PRECISIONS[place['precision']]})", highlight=False
    )
    for note in place["notes"]:
        console.print(note)
    console.print(zones_table(answer))
    if unknown := without_data(answer):
        console.print(f"Inconnu, aucune donnée installée : {' ; '.join(unknown)}.", highlight=False)
    for command in installing(answer):
        console.print(f"Données absentes. {command}", highlight=False, markup=False, soft_wrap=True)
    console.print(aids_table(answer))
    if answer["degraded"]:
        console.print(f"Réponse dégradée : {answer['degraded']}")
    console.print(
        f"Données {answer['data_version']}, au {answer['date']}. Information, non une décision.", highlight=False
    )
