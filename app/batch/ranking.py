"""Candidates ranked: each one scored as a row of a batch, each point explained, ties and unknowns told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from app.batch.columns import INPUT_NAMES, find_columns
from app.batch.points import Score, score
from app.batch.profile import Profile
from app.batch.scorer import Scorer, Sources


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate: its position in the request, its rank (equal scores share one), the answer's columns."""

    index: int
    rank: int
    is_tied: bool
    score: Score
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Unranked:
    """A candidate without an answer, and why."""

    index: int
    code: str
    message: str


def candidates_batch(candidates: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    """Candidates as the columns of the contract; numbers become text, as in a CSV."""
    names = [name for name in INPUT_NAMES if name != "id"]
    columns = [
        pa.array([None if each.get(name) is None else str(each[name]) for each in candidates], pa.string())
        for name in names
    ]
    return pa.RecordBatch.from_arrays(columns, names=names)


async def rank_candidates(
    candidates: Sequence[Mapping[str, object]], profile: Profile, sources: Sources
) -> tuple[list[Ranked], list[Unranked]]:
    """Best first. Equal scores keep the order of the request, share their rank, and say so."""
    batch = candidates_batch(candidates)
    scorer = Scorer(sources, profile, find_columns(batch.schema))
    work = scorer.read(batch)
    if work.queries:
        await scorer.locate(work)
    rows = scorer.finish(work).batch.to_pylist()
    assert work.km_to_better is not None
    scored: list[tuple[int, Score]] = []
    unranked: list[Unranked] = []
    for index, (row, km) in enumerate(zip(rows, work.km_to_better.tolist(), strict=True)):
        if row["row_status"] == "error":
            code, _, message = str(row["row_error"]).partition(": ")
            unranked.append(Unranked(index, code, message))
            continue
        available, to_check = (_ids(row[name]) for name in ("aids_available", "aids_to_check"))
        explained = score(
            profile.weights, row["amount_eur"], len(available), len(to_check), None if np.isnan(km) else km
        )
        scored.append((index, explained))
    scored.sort(key=lambda entry: (-entry[1].total, entry[0]))
    totals = [each.total for _, each in scored]
    return [
        Ranked(index, totals.index(each.total) + 1, totals.count(each.total) > 1, each, rows[index])
        for index, each in scored
    ], unranked


def _ids(text: object) -> list[str]:
    return str(text).split(";") if text else []
