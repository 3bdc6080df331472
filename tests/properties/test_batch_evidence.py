"""Evidence and decisions shared by batch are those of single places."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

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
    uncertainty_m = random.choice([5.0, 300.0, 2000.0], 1500)
    table = EvidenceTable(small)
    points = table.of_points(lon, lat)
    coded = table.of_points_in(lon, lat, codes, code_of_row)
    streets = table.of_places(lon, lat, [codes[i] for i in code_of_row], [Precision.STREET] * 1500, uncertainty_m)
    for row in range(0, 1500, 3):
        point = float(lon[row]), float(lat[row])
        for numbers, place in (
            (points, Place(*point)),
            (coded, Place(*point, codes[code_of_row[row]])),
            (streets, Place(*point, codes[code_of_row[row]], Precision.STREET, float(uncertainty_m[row]))),
        ):
            number = int(numbers[row])
            assert (None if number == NOT_IN_FRANCE else table.evidences[number]) == single(small, place)


@pytest.mark.parametrize("day", [date(2016, 1, 1), date(2023, 12, 31), date(2024, 1, 1), date(2024, 7, 1), ON])
def test_shared_decisions_are_those_of_each_evidence(day: date, small: Catalogue) -> None:
    random = np.random.default_rng(3)
    table = EvidenceTable(small)
    lon, lat = random.uniform(1.95, 2.65, 4000), random.uniform(45.95, 46.25, 4000)
    table.of_points(lon, lat)
    table.of_codes([*small.communes.codes, *small.communes.former])
    table.of_places(lon[:500], lat[:500], [None] * 500, [Precision.LOCALITY] * 500, np.full(500, 800.0))
    decider = Decider(small, day, ON)
    assert len(table.evidences) > 50
    for evidence in table.evidences:
        assert decider.decide(evidence) == decide(small, evidence, day, ON)
