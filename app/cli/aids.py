"""`zonage aids`: list, show, evaluate and check the rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.aids import french
from app.aids.answers import Json, evaluation_json, listed_json, rule_json
from app.aids.evaluate import evaluate
from app.aids.examples import run_examples
from app.aids.loader import check_rules, load_rules
from app.aids.models import Evaluation, RuleBook, Status
from app.aids.question import read_question
from app.aids.reading import QUESTION_DATES, read_date
from app.api.aids import Payer, Profession, WindowState, ZoneKind
from app.api.question import today
from app.errors import ZoningError

app = typer.Typer(
    help="Les aides : catalogue, calcul, vérification des règles.", no_args_is_help=True, add_completion=False
)

Directory = Annotated[Path | None, typer.Option("--rules", help="Dossier des règles (par défaut : celles du service)")]
AsJson = Annotated[bool, typer.Option("--json", help="Réponse en JSON")]

STATUS_WORDS = {
    Status.AVAILABLE: "disponible",
    Status.NOT_AVAILABLE: "non disponible",
    Status.CLOSED: "fermée",
    Status.NOT_YET_OPEN: "pas encore ouverte",
    Status.TO_CHECK: "à vérifier",
}
_WINDOW_WORDS = {"open": "ouverte", "closed": "fermée", "not_yet_open": "pas encore ouverte"}
_CONFIDENCE_WORDS = {
    "corroborated": "corroborée",
    "medium": "moyenne",
    "seed": "une seule source",
    "uncertain": "incertaine",
}
USAGE_ERROR = 2


def default_rules() -> Path:
    """Rules of the installed package (`app/_data/aids`), else those of the source tree (`data/aids`)."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_data" / "aids"
    return installed if installed.is_dir() else package.parent / "data" / "aids"


def _stop(message: str, code: int) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


def _load(directory: Path | None) -> RuleBook:
    try:
        return load_rules(directory or default_rules())
    except ZoningError as error:
        raise _stop(error.message, 1) from error


def _print_json(body: Json) -> None:
    typer.echo(json.dumps(body, ensure_ascii=False, indent=2))


@app.command("list")
def list_rules(
    profession: Annotated[Profession | None, typer.Option(help="Profession concernée")] = None,
    payer: Annotated[Payer | None, typer.Option(help="Payeur")] = None,
    zone_kind: Annotated[ZoneKind | None, typer.Option(help="Zonage que la règle lit")] = None,
    status: Annotated[WindowState | None, typer.Option(help="État d'ouverture ce jour")] = None,
    on: Annotated[str | None, typer.Option("--date", help="Jour AAAA-MM-JJ (aujourd'hui)")] = None,
    rules: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Lister les aides et leur état un jour donné."""
    book = _load(rules)
    try:
        day = today() if on is None else read_date(on, "date", QUESTION_DATES)
    except ZoningError as error:
        raise _stop(error.message, USAGE_ERROR) from error
    listed = listed_json(book, day, profession=profession, payer=payer, zone_kind=zone_kind, status=status)
    if as_json:
        return _print_json({"aids": listed})
    table = Table("Aide", "Intitulé", "État", "Confiance", title=f"Aides au {french.day(day)}")
    for line in listed:
        table.add_row(
            str(line["id"]),
            str(line["label"]),
            _WINDOW_WORDS[str(line["status"])],
            _CONFIDENCE_WORDS[str(line["confidence"])],
        )
    return Console().print(table)


@app.command("show")
def show_rule(aid: Annotated[str, typer.Argument(help="Identifiant de l'aide")], rules: Directory = None) -> None:
    """Montrer une règle : conditions, historique, exemples, preuve (JSON)."""
    book = _load(rules)
    if aid not in book.aids:
        raise _stop("Aucune aide n'a cet identifiant ; voir `zonage aids list`.", 1)
    _print_json(rule_json(book.aids[aid], book, today()))


@app.command("evaluate")
def evaluate_question(
    file: Annotated[
        Path, typer.Argument(help="Question en JSON, comme pour /v1/aids/evaluate ; - pour l'entrée standard")
    ],
    rules: Directory = None,
    as_json: AsJson = False,
) -> None:
    """Évaluer toutes les aides pour une question."""
    book = _load(rules)
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        body = json.loads(text)
        if not isinstance(body, dict):
            raise _stop("La question doit être un objet JSON.", USAGE_ERROR)
        evaluation = evaluate(book, read_question(body, today()))
    except (OSError, ValueError) as error:
        raise _stop("Question illisible : donner un fichier JSON en UTF-8.", USAGE_ERROR) from error
    except ZoningError as error:
        raise _stop(error.message, USAGE_ERROR) from error
    if as_json:
        return _print_json(evaluation_json(evaluation, book.version))
    return _print_evaluation(evaluation)


def _print_evaluation(evaluation: Evaluation) -> None:
    console = Console()
    table = Table("Aide", "Réponse", "Montant", "Pourquoi")
    order = list(STATUS_WORDS)
    for offer in sorted(evaluation.offers, key=lambda offer: (order.index(offer.status), offer.aid)):
        amount = "" if offer.amount_eur is None else french.euros(offer.amount_eur)
        prefix = "jusqu'à " if offer.is_maximum and amount else ""
        why = offer.arithmetic or " ".join(reason.text for reason in offer.reasons)
        table.add_row(offer.label, STATUS_WORDS[offer.status], prefix + amount, why)
    console.print(table)
    chosen = evaluation.combination
    console.print(f"Meilleur cumul licite : {', '.join(chosen.aids) or 'aucun'}, {french.euros(chosen.amount_eur)}")


@app.command("check")
def check_directory(
    directory: Annotated[
        Path | None, typer.Argument(help="Dossier des règles (par défaut : celles du service)")
    ] = None,
) -> None:
    """Vérifier tous les fichiers et rejouer tous les exemples ; sortie 1 s'il y a une faute."""
    book, errors = check_rules(directory or default_rules())
    for error in errors:
        typer.echo(error.message, err=True)
    if book is None:
        raise _stop(f"{len(errors)} faute(s).", 1)
    results = run_examples(book)
    broken = [result for result in results if result.broken]
    for result in broken:
        typer.echo(f"{result.aid}.yaml: exemple « {result.example.name} » : {' ; '.join(result.broken)}", err=True)
    if broken:
        raise _stop(f"{len(broken)} exemple(s) en faute sur {len(results)}.", 1)
    typer.echo(f"{len(book.aids)} règles, {len(results)} exemples tenus, version {book.version}.")
    if book.planned:
        typer.echo(f"Sans fichier encore : {', '.join(sorted(book.planned))}")
