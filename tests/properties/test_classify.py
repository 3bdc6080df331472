"""Bulk = single = brute force; a wider tolerance never loses a zone; order never matters."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.zones.catalogue import Catalogue
from app.zones.classify import classify, classify_many
from app.zones.models import Place, State
from app.zones.vocabulary import ZONINGS

ON = date(2026, 3, 1)
DOCTORS = 0
QPV_2024 = [spec.key for spec in ZONINGS].index("qpv-2024")
CLASS_OF_COLUMN = ["ZIP", "ZIP", "ZAC", "HZ", None, None]
METRE_LAT = 1 / 111_150

longitudes = st.floats(2.0005, 2.5995, allow_nan=False)
latitudes = st.floats(46.0005, 46.0995, allow_nan=False)


def points(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    return random.uniform(2.0, 2.6, n), random.uniform(46.0, 46.1, n)


def test_bulk_equals_single_equals_brute_force(small: Catalogue) -> None:
    """Brute force: columns of 0.1 degree and distances on a local plane, without shapely, pyproj or the index."""
    lon, lat = points(2_000, seed=20260301)
    bulk = classify_many(small, lon, lat, ON, ON)
    metre_lon = METRE_LAT / np.cos(np.radians(46.05))
    for row in range(len(lon)):
        memberships = bulk.answers[bulk.number[row]]
        if row < 300:
            single = classify(small, Place(float(lon[row]), float(lat[row])), ON, ON).memberships
            assert [m.state for m in single] == [m.state for m in memberships]
            assert [m.codes for m in single] == [m.codes for m in memberships]
        column = int((lon[row] - 2.0) * 10 + 1e-12)
        to_side_m = min(abs(lon[row] - (2.0 + border / 10)) for border in range(7)) / metre_lon
        to_end_m = min(abs(lat[row] - 46.0), abs(lat[row] - 46.1)) / METRE_LAT
        in_district = 2.23 < lon[row] < 2.27 and 46.03 < lat[row] < 46.07
        if to_side_m > 110 and to_end_m > 110 and not in_district:
            assert memberships[DOCTORS].code == CLASS_OF_COLUMN[column], (lon[row], lat[row])
        to_district_m = max(
            (2.24 - lon[row]) / metre_lon, (lon[row] - 2.26) / metre_lon,
            (46.04 - lat[row]) / METRE_LAT, (lat[row] - 46.06) / METRE_LAT,
        )  # fmt: skip
        if column == 2 and to_side_m > 110:
            if to_district_m < -35:
                assert memberships[QPV_2024].state is State.INSIDE
            elif to_district_m > 60:
                assert memberships[QPV_2024].state is State.OUTSIDE


@settings(max_examples=60, deadline=None)
@given(lon=longitudes, lat=latitudes, narrow=st.floats(1, 300), more=st.floats(0, 2_000))
def test_wider_tolerance_never_loses_a_zone(
    small: Catalogue, lon: float, lat: float, narrow: float, more: float
) -> None:
    sharp = classify(small, Place(lon, lat, uncertainty_m=narrow), ON, ON).memberships
    wide = classify(small, Place(lon, lat, uncertainty_m=narrow + more), ON, ON).memberships
    for before, after in zip(sharp, wide, strict=True):
        assert set(before.codes) <= set(after.codes)
        if after.state in (State.INSIDE, State.OUTSIDE):
            assert after.state == before.state


def test_order_of_rows_never_matters(small: Catalogue) -> None:
    lon, lat = points(500, seed=7)
    order = np.random.default_rng(8).permutation(len(lon))
    straight = classify_many(small, lon, lat, ON, ON)
    shuffled = classify_many(small, lon[order], lat[order], ON, ON)
    for position, row in enumerate(order):
        assert shuffled.answers[shuffled.number[position]] == straight.answers[straight.number[row]]


def test_rows_outside_france_are_marked_and_do_not_shift_the_others(small: Catalogue) -> None:
    lon = np.array([2.05, np.nan, 12.5, 2.25])
    lat = np.array([46.05, np.nan, 41.9, 46.05])
    found = classify_many(small, lon, lat, ON, ON)
    assert (found.number[1], found.number[2]) == (-1, -1)
    assert found.answers[found.number[0]][DOCTORS].code == "ZIP"
    assert found.answers[found.number[3]][QPV_2024].code == "QN00301N"
