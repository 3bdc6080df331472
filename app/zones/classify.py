"""Which zones contain a place on a day: geometry gathers the evidence, `decide` turns it into memberships.

`classify_many` answers N points x every zoning; the single `classify` is that function with N = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.errors import PlaceOutsideFrance
from app.places import territory_at
from app.zones.catalogue import Catalogue
from app.zones.communes import Resolution
from app.zones.decide import decide
from app.zones.distances import with_distances
from app.zones.evidence import Evidence
from app.zones.locate import Locator
from app.zones.models import Membership, Place, Precision

FEW = 32
"""So few points are looked up one by one: a worker that answers single questions then never needs the compiled kernel,
whose import takes a second and 70 MB."""


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer for one place. `resolution` says which commune it is in, and under which former code it was asked."""

    place: Place
    resolution: Resolution | None
    evidence: Evidence
    memberships: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Classifications:
    """The answers for N places: row i is `answers[number[i]]`, -1 for a row outside France."""

    number: NDArray[np.int32]
    evidences: tuple[Evidence, ...]
    answers: tuple[tuple[Membership, ...], ...]


def classify(catalogue: Catalogue, place: Place, on: date, known_on: date) -> Classification:
    """Say which zones contain `place` on `on`, as the lists were known on `known_on`.

    Coordinates are WGS 84 lon, lat in degrees; distances are metres in the territory's own projection. A point on a
    border is inside. A zoning with no vintage on the date is unknown, never outside.

    Raises:
        PlaceOutsideFrance: the point is in no territory covered by the catalogue.
        InvalidInput, NotInCatalogue: the INSEE code is malformed or was never a commune's.
    """
    resolution = catalogue.communes.resolve(place.insee_code) if place.insee_code else None
    found = classify_many(
        catalogue,
        np.array([np.nan if place.lon is None else place.lon]),
        np.array([np.nan if place.lat is None else place.lat]),
        on,
        known_on,
        codes=[place.insee_code],
        precisions=[place.precision],
        uncertainty_m=np.array([place.uncertainty_m]),
    )
    if found.number[0] < 0:
        territory_at(place.lon or 0.0, place.lat or 0.0)  # swapped axes get their own message
        raise PlaceOutsideFrance("The point is in no French commune: it lies at sea or across the border.", field="lon")
    evidence = found.evidences[0]
    if resolution is None and evidence.codes:
        resolution = catalogue.communes.resolve(evidence.codes[0])
    memberships = with_distances(catalogue, place, evidence, found.answers[0], on, known_on)
    return Classification(place, resolution, evidence, memberships)


def classify_many(
    catalogue: Catalogue,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    on: date,
    known_on: date,
    *,
    codes: Sequence[str | None] | None = None,
    precisions: Sequence[Precision] | None = None,
    uncertainty_m: NDArray[np.float64] | None = None,
    threads: int = 1,
) -> Classifications:
    """Classify N places: `lon`, `lat` are float64[N] WGS 84 degrees (NaN: no point), `uncertainty_m` float64[N] metres.

    Rows with equal evidence share one answer, decided once. Codes must be known to the catalogue. Distances are left
    out: they belong to single answers.
    """
    locate = catalogue.remember(Locator, lambda: Locator(catalogue))
    if len(lon) <= FEW:
        sets = np.array(
            [catalogue.index.lookup(*point) for point in zip(lon.tolist(), lat.tolist(), strict=True)], np.int32
        )
    else:
        sets = catalogue.index.lookup_many(lon, lat, threads=threads)
    plain = codes is None and precisions is None and uncertainty_m is None and not locate.has_boxes
    number = np.full(len(lon), -1, np.int32)
    evidences: dict[Evidence, int] = {}
    if plain:
        groups, first = _dense_groups(sets, catalogue.index.set_count)
        numbers = np.full(len(first), -1, np.int32)
        for group, row in enumerate(first):
            if not locate.holds_commune(int(sets[row])):
                numbers[group] = -2  # no commune there: each point is looked at on its own
                continue
            evidence = locate(float(lon[row]), float(lat[row]), int(sets[row]), None, Precision.POINT, 0.0)
            assert evidence is not None
            numbers[group] = evidences.setdefault(evidence, len(evidences))
        number = numbers[groups]
        rows = np.flatnonzero(number == -2)
    else:
        rows = np.arange(len(lon))
    for row in rows.tolist():
        evidence = locate(
            float(lon[row]),
            float(lat[row]),
            int(sets[row]),
            codes[row] if codes is not None else None,
            precisions[row] if precisions is not None else Precision.POINT,
            float(uncertainty_m[row]) if uncertainty_m is not None else 0.0,
        )
        number[row] = -1 if evidence is None else evidences.setdefault(evidence, len(evidences))
    answers: tuple[tuple[Membership, ...], ...]
    if len(evidences) == 1:
        only = next(iter(evidences))
        answers = (catalogue.remember((only, on, known_on), lambda: decide(catalogue, only, on, known_on)),)
    else:
        answers = tuple(decide(catalogue, evidence, on, known_on) for evidence in evidences)
    return Classifications(number, tuple(evidences), answers)


def _dense_groups(values: NDArray[np.int32], size: int) -> tuple[NDArray[np.int32], list[int]]:
    """Number the distinct values of an array of small integers in one pass: (group of each row, first row of each)."""
    first = np.full(size, -1, np.int64)
    first[values[::-1]] = np.arange(len(values) - 1, -1, -1)
    present = np.flatnonzero(first >= 0)
    table = np.zeros(size, np.int32)
    table[present] = np.arange(len(present), dtype=np.int32)
    return table[values], first[present].tolist()
