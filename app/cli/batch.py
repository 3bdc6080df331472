"""`zonage batch`: a table of places, or a folder of them, in; the same rows with zones, aids and score out.

Exit codes: 0 every row was written (rows in error are counted on standard error), 1 nothing usable, 2 wrong usage.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.aids.reading import QUESTION_DATES, read_date
from app.aids.yaml_text import parse_yaml
from app.batch.cluster import run_on_dask
from app.batch.columns import INPUT_NAMES
from app.batch.folder import Journal, Task, plan
from app.batch.garbage import keep_loaded
from app.batch.geocode_workers import GeocodingWorkers
from app.batch.jobs import Options, Scorers, run_file
from app.batch.profile import Profile, load_profile
from app.batch.scorer import Sources
from app.batch.summary import Summary
from app.errors import InvalidInput, RuleError, ZoningError
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.main import open_service
from app.settings import Settings


class Geocode(StrEnum):
    """`auto`: the geocoder of the service; `never`: addresses are not looked up; `remote`: the remote engine must be set."""

    AUTO = "auto"
    NEVER = "never"
    REMOTE = "remote"


app = typer.Typer(add_completion=False)


@app.command()
def batch(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="CSV, NDJSON, GeoJSON, XLSX or Parquet; a folder or a glob.")
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="File of any of these formats; a folder for several.")],
    profile: Annotated[Path | None, typer.Option(help="YAML of the applicant; without it, no aids.")] = None,
    day: Annotated[
        str | None, typer.Option("--date", help="Day of rows without one, YYYY-MM-DD; default: today.")
    ] = None,
    known_on: Annotated[str | None, typer.Option("--known-on", help="Law and lists as published that day.")] = None,
    geocode: Annotated[Geocode, typer.Option(help="How addresses are looked up.")] = Geocode.AUTO,
    columns: Annotated[Path | None, typer.Option(help="YAML: address: name of its column, and so on.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Take up a run that was stopped.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Threads.")] = 2,
    keep_formulas: Annotated[bool, typer.Option("--keep-formulas", help="Do not neutralise formula cells.")] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler (tcp://…): one task per file, on its workers.")
    ] = None,
) -> None:
    """Zones, aids and a score for each row of a table."""
    try:
        asked = _profile(profile, day, known_on)
        mapped = _columns(columns)
        tasks = plan(source, output)
    except (InvalidInput, RuleError) as error:
        raise typer.BadParameter(error.message) from None
    options = Options(jobs, resume, keep_formulas, geocode.value, mapped)
    began = time.perf_counter()
    if scheduler is not None:
        total, failed = run_on_dask(scheduler, tasks, open_sources, asked, options, _warn)
    else:
        total, failed = _run_here(tasks, asked, options)
    _report(total, time.perf_counter() - began)
    if failed:
        raise typer.Exit(1)


def open_sources(geocode: str) -> Sources:
    """What answers, from the settings of this process.

    Raises:
        DataError, RuleError: the bundle or a rule is broken.
        InvalidInput: `remote` is asked for and no remote engine is set.
    """
    settings = Settings()
    if geocode == Geocode.REMOTE and settings.geocoder.url is None:
        raise InvalidInput("No remote geocoder is set: give its address in ZONAGE_GEOCODER_URL.", field="geocode")
    service = open_service(settings)
    keep_loaded()
    return Sources(service.catalogue, service.rules, None if geocode == Geocode.NEVER else service.geocoder)


def _profile(path: Path | None, day: str | None, known_on: str | None) -> Profile:
    today = datetime.now(UTC).date()
    asked = Profile(today, today) if path is None else load_profile(path, today)
    return replace(asked, on=_day(day, "date", asked.on), known_on=_day(known_on, "known_on", asked.known_on))


def _day(text: str | None, field: str, otherwise: date) -> date:
    return otherwise if text is None else read_date(text, field, QUESTION_DATES)


def _columns(path: Path | None) -> Mapping[str, str] | None:
    if path is None:
        return None
    try:
        given = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("The map of columns cannot be read: give a YAML file.", field="columns") from None
    if not all(isinstance(value, str) for value in given.values()):
        raise InvalidInput(
            f"The map of columns gives a column name for each of: {', '.join(INPUT_NAMES)}.", field="columns"
        )
    return {str(name): str(value) for name, value in given.items()}


def _run_here(tasks: tuple[Task, ...], asked: Profile, options: Options) -> tuple[Summary, int]:
    sources = open_sources(options.geocode)
    if options.jobs == 1 or not isinstance(sources.geocoder, EmbeddedGeocoder):
        return _run_with(sources, tasks, asked, options)
    with GeocodingWorkers(sources.geocoder.file.path, options.jobs) as workers:
        return _run_with(replace(sources, workers=workers), tasks, asked, options)


def _run_with(sources: Sources, tasks: tuple[Task, ...], asked: Profile, options: Options) -> tuple[Summary, int]:
    scorers = Scorers(sources, asked)
    total, failed = Summary(), 0
    several = len(tasks) > 1
    journal = Journal(tasks[0].output.parent) if several else None
    if journal is not None:
        journal.open(resume=options.resume)
    else:
        tasks[0].output.parent.mkdir(parents=True, exist_ok=True)
    with _progress() as bars:
        for task in tasks:
            if journal is not None and (kept := journal.finished(task, scorers, options)) is not None:
                total.add(kept)
                continue
            try:
                summary = run_file(task.source, task.output, scorers, options, _bar(bars, task.source.name))
            except ZoningError as error:
                if not several:
                    raise
                _warn(f"{task.source.name} : {error.message}")
                failed += 1
                continue
            if journal is not None:
                journal.record(task, scorers, options, summary)
            total.add(summary)
    if journal is not None and not failed:
        journal.close()
    return total, failed


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)


def _bar(bars: Progress, name: str) -> Callable[[int, int, int], None]:
    task = bars.add_task(name, total=None, rate="")
    began = time.perf_counter()

    def show(done: int, size: int, rows: int) -> None:
        rate = rows / max(time.perf_counter() - began, 1e-9)
        bars.update(
            task, completed=done, total=max(size, done), rate=f"{rows:,} lignes, {rate:,.0f}/s".replace(",", " ")
        )

    return show


def _warn(text: str) -> None:
    sys.stderr.write(f"zonage: {text}\n")


def _report(total: Summary, took_s: float) -> None:
    """Counts by status, by state and by kind of error, on standard error."""
    rate = total.rows / max(took_s, 1e-9)
    lines = [f"{total.rows} lignes en {took_s:.1f} s ({rate:.0f}/s) : "
             + (", ".join(f"{count} {status}" for status, count in sorted(total.statuses.items())) or "aucune")]  # fmt: skip
    by_zoning: dict[str, list[str]] = {}
    for key, count in sorted(total.states.items()):
        zoning, _, state = key.partition(".")
        by_zoning.setdefault(zoning, []).append(f"{count} {state}")
    lines += [f"  {zoning} : {', '.join(states)}" for zoning, states in by_zoning.items()]
    lines += [f"  erreur {kind} : {count}" for kind, count in sorted(total.errors.items())]
    sys.stderr.write("\n".join(lines) + "\n")
