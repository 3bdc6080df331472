"""Evidence and decisions shared by batch are those of single places."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from app.batch.answers import AnswerTable
from app.errors import PlaceOutsideFrance
from app.zones.catalogue import Catalogue
from app.zones.classify import classify
from app.zones.decide import decide
from app.zones.decider import Decider
from app.zones.gather import NOT_IN_FRANCE, EvidenceTable
from app.zones.models import Place, Precision

ON = date(2026, 3, 1)


def single(catalogue: Catalogue, place: Place) -> object:
    try:
        return classify(catalogue, place, ON, ON).evidence
    except PlaceOutsideFrance:
        return None


@pytest.mark.parametrize("seed", [1, 2])
def test_evidence_of_many_is_the_evidence_of_each(seed: int, small: Catalogue) -> None:
    random = np.random.default_rng(seed)
    lon, lat = random.uniform(1.95, 2.65, 1500), random.uniform(45.95, 46.25, 1500)
    codes = ["03001", "03003", "03004", "03106"]
    code_of_row = random.integers(0, len(codes), 1500).astype(np.int32)
    uncertainty_m = random.choice([0.0, 5.0, 300.0, 2000.0], 1500)
    table = EvidenceTable(small)
    points = table.of_points(lon, lat)
    coded = table.of_points_in(lon, lat, codes, code_of_row)
    precisions = [list(Precision)[1:][number] for number in random.integers(0, len(Precision) - 1, 1500)]
    found_in = [codes[i] if named else None for i, named in zip(code_of_row, random.random(1500) < 0.9, strict=True)]
    found = table.of_places(lon, lat, found_in, precisions, uncertainty_m)
    for row in range(0, 1500, 3):
        point = float(lon[row]), float(lat[row])
        for numbers, place in (
            (points, Place(*point)),
            (coded, Place(*point, codes[code_of_row[row]])),
            (found, Place(*point, found_in[row], precisions[row], float(uncertainty_m[row]))),
        ):
            number = int(numbers[row])
            assert (None if number == NOT_IN_FRANCE else table.at(number)) == single(small, place)


@pytest.mark.parametrize("day", [date(2016, 1, 1), date(2023, 12, 31), date(2024, 1, 1), date(2024, 7, 1), ON])
def test_shared_decisions_are_those_of_each_evidence(day: date, small: Catalogue) -> None:
    random = np.random.default_rng(3)
    table = EvidenceTable(small)
    lon, lat = random.uniform(1.95, 2.65, 4000), random.uniform(45.95, 46.25, 4000)
    table.of_points(lon, lat)
    table.of_codes([*small.communes.codes, *small.communes.former])
    table.of_places(lon[:500], lat[:500], [None] * 500, [Precision.LOCALITY] * 500, np.full(500, 800.0))
    decider = Decider(small, day, ON)
    assert len(table) > 50
    for number in range(len(table)):
        evidence = table.at(number)
        assert decider.decide(evidence) == decide(small, evidence, day, ON)
        communes = decider.communes_that_decide(evidence)
        assert communes is None or [small.communes.codes[row] for row in communes] == list(evidence.codes)


def test_days_between_which_nothing_changes_are_one_day(small: Catalogue) -> None:
    random = np.random.default_rng(4)
    table = EvidenceTable(small)
    table.of_points(random.uniform(1.95, 2.65, 1000), random.uniform(45.95, 46.25, 1000))
    table.of_codes(small.communes.codes)
    numbers = np.arange(len(table), dtype=np.int32)
    answers = AnswerTable(small, table, ON)
    near_turns = [turn + timedelta(days=step) for turn in small.turning_days for step in (-1, 0, 1)]
    others = [date(2014, 1, 1) + timedelta(days=int(step)) for step in random.integers(0, 5500, 20)]
    for day in (*near_turns, *others):
        evidence_of_answer = answers.of_evidence(numbers, day)
        states, of_row = answers.zones(evidence_of_answer)
        rows = answers.membership_rows(evidence_of_answer)
        for row in random.choice(len(numbers), 12):
            exact = [replace(m, caveats=()) for m in decide(small, table.at(int(row)), day, ON)]
            shared = answers.memberships(int(rows[row]))
            assert [replace(m, caveats=()) for m in shared] == exact, (day, row)
            assert states[0][of_row[row]].as_py() == exact[[m.zoning for m in exact].index("doctors")].state.value
    assert len({answers.alike(day) for day in near_turns}) <= 2 * len(small.turning_days) + 2


def test_turning_days_hold_those_of_every_part_of_a_list(small: Catalogue) -> None:
    for given in (each for lists in small.classes.values() for each in lists):
        validities = [entry.validity(given.vintage) for entry in given.entries]
        assert {v.valid_from for v in validities if v.valid_from} <= set(small.turning_days)
        assert {v.valid_to + timedelta(days=1) for v in validities if v.valid_to} <= set(small.turning_days)
