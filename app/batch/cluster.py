"""Beyond one machine: the same function on the workers of a Dask cluster, one task per file.

Dask is an optional extra with an environment of its own (`make cluster-test`); it is imported only when asked for.
Workers need this package, the same bundle (ZONAGE_DATA_DIR) and the files under the same paths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from app.batch.folder import Task
from app.batch.jobs import Options, Scorers, run_file
from app.batch.profile import Profile, profile_from_json
from app.batch.scorer import Sources
from app.batch.summary import Summary
from app.errors import InvalidInput, ZoningError

Opener = Callable[[str], Sources]
RETRIES = 3
"""A task whose worker was killed is given to another; its parts already written are kept."""


def run_on_dask(
    scheduler: str,
    tasks: Sequence[Task],
    open_sources: Opener,
    profile: Profile,
    options: Options,
    warn: Callable[[str], None],
) -> tuple[Summary, int]:
    """Score files on the workers of a Dask scheduler: (sum of the summaries, number of files that failed).

    Each file is written beside its place and renamed, by whichever worker finishes it: a killed worker costs its file
    the part it was writing, nothing else.

    Raises:
        InvalidInput: Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client, as_completed  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise InvalidInput("Dask is not installed here: see docs/scale.md.", field="scheduler") from None
    try:
        client = Client(scheduler, timeout=30)
    except (OSError, ValueError):
        raise InvalidInput("No Dask scheduler answers at this address.", field="scheduler") from None
    total, failed = Summary(), 0
    with client:
        futures = {
            client.submit(score_file, task, open_sources, profile.to_json(), options, pure=False, retries=RETRIES): task
            for task in tasks
        }
        for future in as_completed(list(futures)):
            summary, problem = future.result()
            if problem is not None:
                warn(f"{futures[future].source.name} : {problem}")
                failed += 1
            else:
                total.add(Summary.from_json(summary))
    return total, failed


def score_file(task: Task, open_sources: Opener, profile: bytes, options: Options) -> tuple[bytes, str | None]:
    """One task, run by a worker: (its summary, or why the file cannot be read).

    Parts of a former try of the same task, by a worker that died, are taken up.
    """
    task.output.parent.mkdir(parents=True, exist_ok=True)
    scorers = scorers_of_worker(open_sources, options.geocode, profile)
    try:
        summary = run_file(task.source, task.output, scorers, replace(options, jobs=1, resume=True))
    except ZoningError as error:
        return b"", error.message
    return summary.to_json(), None


@lru_cache(maxsize=1)
def _sources(open_sources: Opener, geocode: str) -> Sources:
    return open_sources(geocode)


@lru_cache(maxsize=1)
def scorers_of_worker(open_sources: Opener, geocode: str, profile: bytes) -> Scorers:
    """The bundle of a worker process, mapped once, and what it has learned for one profile."""
    return Scorers(_sources(open_sources, geocode), profile_from_json(profile))
