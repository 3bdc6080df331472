"""Many files as one job: which output each input gets, and which were finished before a kill."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from app.batch.formats import SUFFIXES, format_of
from app.batch.jobs import Options, Scorers, identity
from app.batch.parts import write_whole
from app.batch.summary import Summary
from app.errors import InvalidInput

JOURNAL = ".zonage-batch"


@dataclass(frozen=True, slots=True)
class Task:
    """One file of a job."""

    source: Path
    output: Path


def plan(given: str, output: Path) -> tuple[Task, ...]:
    """Tasks of a file, a folder or a glob. A folder or a glob writes one file of the same name each, in a folder.

    Raises:
        InvalidInput: nothing there, two inputs of one name, or an output that is an input.
    """
    source = Path(given)
    if source.is_file():
        target = output / source.name if output.is_dir() else output
        tasks: tuple[Task, ...] = (Task(source, target),)
    else:
        files = list(_files(source, given))
        if not files:
            raise InvalidInput(
                f"There is no input file: give a file, a folder or a glob of {', '.join(SUFFIXES)}.", field="in"
            )
        if output.is_file():
            raise InvalidInput("Several inputs write several outputs: give a folder.", field="out")
        tasks = tuple(Task(path, output / path.name) for path in files)
    if len({task.output.name for task in tasks}) < len(tasks):
        raise InvalidInput("Two inputs have the same name: their outputs would overwrite each other.", field="in")
    if any(task.output.resolve() == task.source.resolve() for task in tasks):
        raise InvalidInput("The output would overwrite the input: give another place.", field="out")
    return tasks


def _files(source: Path, given: str) -> Iterator[Path]:
    if source.is_dir():
        found: Iterator[Path] = source.iterdir()
    else:
        parent = Path(source.anchor) if source.is_absolute() else Path()
        found = parent.glob(given.removeprefix(source.anchor)) if given else iter(())
    return iter(
        sorted(
            path
            for path in found
            if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        )
    )


class Journal:
    """Files of a job that are finished, in `.zonage-batch` beside the outputs; removed when the whole job is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / JOURNAL

    def open(self, *, resume: bool) -> None:
        if not resume:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)

    def finished(self, task: Task, scorers: Scorers, options: Options) -> Summary | None:
        """The summary of a file that a former run of the same job finished, if its output is still there."""
        entry = self._folder / f"{task.output.name}.done"
        if not entry.is_file() or not task.output.is_file():
            return None
        head, _, summary = entry.read_bytes().partition(b"\n")
        return Summary.from_json(summary) if head == self._identity(task, scorers, options) else None

    def record(self, task: Task, scorers: Scorers, options: Options, summary: Summary) -> None:
        content = [self._identity(task, scorers, options), b"\n", summary.to_json()]
        write_whole(self._folder / f"{task.output.name}.done", content)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _identity(self, task: Task, scorers: Scorers, options: Options) -> bytes:
        known: Mapping[str, object] = identity(task.source, format_of(task.output), scorers, options)
        return orjson.dumps(known, option=orjson.OPT_SORT_KEYS, default=str)


def total_bytes(tasks: Sequence[Task]) -> int:
    return sum(task.source.stat().st_size for task in tasks)
