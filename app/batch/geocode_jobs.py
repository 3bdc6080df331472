"""Geocodes a CSV on several processes: blocks of rows out, blocks of lines back, in order, a bounded number in flight."""

from __future__ import annotations

import asyncio
import csv
import io
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import chain, islice
from typing import IO, Protocol, runtime_checkable

from app.batch.address_order import by_commune
from app.batch.geocode_table import CLI_COLUMNS, REJECTED, AddressTable, cli_values, csv_line
from app.batch.geocode_workers import GeocodingWorkers
from app.geocoding.gazetteer import EmbeddedGeocoder
from app.geocoding.geocoder import AddressQuery, Geocoder, GeocodeResult

BLOCK_ROWS = 4_000


@runtime_checkable
class Closing(Protocol):
    """An engine that holds connections."""

    async def close(self) -> None: ...


Row = tuple[list[str], AddressQuery | None]


def geocode_table(
    table: AddressTable, out: IO[str], geocoder: Geocoder, jobs: int, progress: Callable[[int], None]
) -> dict[str, int]:
    """Write every row of the table with its `result_*` columns; how many rows ended in each status.

    With the embedded engine the work is shared by `jobs` processes; another engine answers from this one. The output is
    the same whatever `jobs` is.
    """
    out.write(csv_line([*table.header, *CLI_COLUMNS], table.delimiter))
    counts: dict[str, int] = {}
    try:
        for lines, statuses in _answers(table, geocoder, jobs):
            out.write(lines)
            for status, count in statuses.items():
                counts[status] = counts.get(status, 0) + count
            progress(sum(statuses.values()))
    finally:
        table.detach()
    return counts


def _answers(table: AddressTable, geocoder: Geocoder, jobs: int) -> Iterator[tuple[str, dict[str, int]]]:
    blocks = _blocks(table.rows())
    if not isinstance(geocoder, EmbeddedGeocoder):
        with asyncio.Runner() as runner:  # one loop for all blocks: the engine keeps its connections
            for block in blocks:
                yield _lines(block, runner.run(_through(geocoder, block)), table.delimiter)
            if isinstance(geocoder, Closing):
                runner.run(geocoder.close())
        return
    first = list(islice(blocks, 2))
    if jobs <= 1 or len(first) < 2:
        for block in chain(first, blocks):
            yield _lines(block, _found(geocoder, block), table.delimiter)
        return
    with GeocodingWorkers(geocoder.file.path, jobs) as workers:
        waiting: deque[Future[tuple[str, dict[str, int]]]] = deque()
        for block in chain(first, blocks):
            waiting.append(workers.submit(_work, block, table.delimiter))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(rows, BLOCK_ROWS)):
        yield block


def _work(engine: EmbeddedGeocoder, block: list[Row], delimiter: str) -> tuple[str, dict[str, int]]:
    return _lines(block, _found(engine, block), delimiter)


def _found(geocoder: EmbeddedGeocoder, block: Sequence[Row]) -> list[GeocodeResult]:
    """Each distinct question once, neighbours together: the streets of a commune are then read once."""
    distinct = sorted({query for _, query in block if query is not None}, key=by_commune)
    answers = {query: geocoder.find(query) for query in distinct}
    return [REJECTED if query is None else answers[query] for _, query in block]


async def _through(geocoder: Geocoder, block: Sequence[Row]) -> list[GeocodeResult]:
    asked = [query for _, query in block if query is not None]

    async def questions() -> AsyncIterator[AddressQuery]:
        for query in asked:
            yield query

    answers = iter([result async for result in geocoder.search_many(questions())])
    return [REJECTED if query is None else next(answers) for _, query in block]


def _lines(block: Sequence[Row], results: Sequence[GeocodeResult], delimiter: str) -> tuple[str, dict[str, int]]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    counts: dict[str, int] = {}
    for (row, _), result in zip(block, results, strict=True):
        writer.writerow([*row, *cli_values(result)])
        counts[result.status.value] = counts.get(result.status.value, 0) + 1
    return buffer.getvalue(), counts
