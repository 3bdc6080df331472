"""One file in, one file out: chunks scored by threads, written in order, in parts that survive a kill."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.batch.chunks import Chunk
from app.batch.columns import InputColumns, find_columns
from app.batch.formats import Format, format_of
from app.batch.parts import PartsFolder
from app.batch.profile import Profile
from app.batch.scorer import Scorer, Sources
from app.batch.summary import Summary, summarise
from app.batch.tables import Encoder, TableReader, empty_piece, open_table

CHUNKS_PER_PART = 8
"""About a million rows of Parquet or 16 MB of text: what a killed run has to do again, at most, per job."""
Piece = tuple[bytes | memoryview, Summary]
Progress = Callable[[int, int, int], None]
"""Called in order with (weight done, weight of the whole, rows done)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is done; only `keeps_formulas`, `columns` and `geocode` change what is written."""

    jobs: int = 2
    resume: bool = False
    keeps_formulas: bool = False
    geocode: str = "auto"
    columns: Mapping[str, str] | None = None


class Scorers:
    """One scorer per layout of columns: files of one job share what was learned."""

    def __init__(self, sources: Sources, profile: Profile) -> None:
        self.sources = sources
        self.profile = profile
        self._scorers: dict[InputColumns, Scorer] = {}

    def of(self, columns: InputColumns) -> Scorer:
        if columns not in self._scorers:
            self._scorers[columns] = Scorer(self.sources, self.profile, columns)
        return self._scorers[columns]


def run_file(
    source: Path, output: Path, scorers: Scorers, options: Options, progress: Progress | None = None
) -> Summary:
    """Score a table file into another. The output appears whole, by rename; with `resume`, parts already written are kept.

    Raises:
        InvalidInput: nothing usable: missing, broken, no column that names a place, unknown format.
    """
    kind = format_of(output)
    reader = open_table(source)
    scorer = scorers.of(find_columns(reader.schema, options.columns))
    delimiter = "\t" if output.suffix.lower() == ".tsv" else reader.delimiter
    encoder = Encoder(kind, scorer.schema(reader.schema), delimiter, options.keeps_formulas)
    parts = PartsFolder(output, encoder)
    done = parts.open(identity(source, kind, scorers, options), resume=options.resume)
    try:
        total, count = _score_parts(reader, scorer, encoder, parts, done, options.jobs, progress)
        parts.finish(count)
    except BaseException:
        if not any(parts.folder.glob("*.summary")):
            parts.discard()  # nothing to take up
        raise
    return total


def _score_parts(
    reader: TableReader,
    scorer: Scorer,
    encoder: Encoder,
    parts: PartsFolder,
    done: Mapping[int, Summary],
    jobs: int,
    progress: Progress | None,
) -> tuple[Summary, int]:
    total = Summary()
    pieces: list[bytes | memoryview] = []
    part_summary = Summary()
    weight, count = 0, 0

    def close_part() -> None:
        nonlocal pieces, part_summary, count
        if count in done:
            total.add(done[count])
        else:
            parts.write(count, pieces or [empty_piece(encoder)], part_summary)
            total.add(part_summary)
        pieces, part_summary = [], Summary()
        count += 1

    def skipped(position: int) -> bool:
        return position // CHUNKS_PER_PART in done

    position = -1
    for position, (chunk, piece) in enumerate(_in_order(reader.chunks(), scorer, encoder, jobs, skipped)):
        if piece is not None:
            pieces.append(piece[0])
            part_summary.add(piece[1])
        weight += chunk.weight
        if (position + 1) % CHUNKS_PER_PART == 0:
            close_part()
        if progress is not None:
            progress(weight, reader.size, total.rows + part_summary.rows)
    if (position + 1) % CHUNKS_PER_PART or position < 0:
        close_part()
    return total, count


def _in_order(
    chunks: Iterator[Chunk], scorer: Scorer, encoder: Encoder, jobs: int, skipped: Callable[[int], bool]
) -> Iterator[tuple[Chunk, Piece | None]]:
    """Scored pieces in the order of the chunks, at most `jobs` + 2 chunks in memory; None for those already written."""
    waiting: deque[tuple[Chunk, Future[Piece] | None]] = deque()
    with ThreadPoolExecutor(jobs, thread_name_prefix="batch") as pool:
        try:
            for position, chunk in enumerate(chunks):
                future = None if skipped(position) else pool.submit(score_chunk, chunk, scorer, encoder)
                waiting.append((chunk, future))
                while len(waiting) > jobs + 1:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        except KeyboardInterrupt:
            if scorer.sources.workers is not None:  # else chunks under way would have all their addresses looked up
                scorer.sources.workers.close()
            raise
        finally:
            for _, future in waiting:
                if future is not None:
                    future.cancel()


def _result(entry: tuple[Chunk, Future[Piece] | None]) -> tuple[Chunk, Piece | None]:
    chunk, future = entry
    return chunk, None if future is None else future.result()


def score_chunk(chunk: Chunk, scorer: Scorer, encoder: Encoder) -> Piece:
    """Load, score and encode one chunk."""
    loaded = chunk.load()
    scored = scorer.score(loaded.batch, loaded.faults)
    return encoder.encode(scored), summarise(scored)


def identity(source: Path, kind: Format, scorers: Scorers, options: Options) -> dict[str, object]:
    """What must be equal for a run to be taken up: same input, same question, same data."""
    status = source.stat()
    sources, profile = scorers.sources, scorers.profile
    return {
        "input": str(source.resolve()),
        "bytes": status.st_size,
        "modified": status.st_mtime_ns,
        "format": kind.value,
        "data_version": sources.catalogue.data_version,
        "rules_version": sources.rules.version,
        "profile": profile.to_json().decode(),
        "geocode": options.geocode,
        "columns": sorted((options.columns or {}).items()),
        "keeps_formulas": options.keeps_formulas,
    }
