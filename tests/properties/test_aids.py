"""Properties of the aids engine: exact combination, monotone knowledge, amounts within bounds."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain, combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.aids.combine import _best, _components, best_combination
from app.aids.evaluate import Session, evaluate
from app.aids.facts import APPLICANT_FACTS, Fact, FactKind
from app.aids.loader import load_rules
from app.aids.models import BearsOn, Status
from app.aids.question import read_question

BOOK = load_rules(Path(__file__).resolve().parents[2] / "data" / "aids")
TODAY = date(2026, 11, 23)
DAYS = st.dates(date(2012, 1, 1), date(2036, 12, 31))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, tuple[float, int]], dict[str, frozenset[str]]]:
    names = [f"aid{index}" for index in range(draw(st.integers(1, 9)))]
    weights = {name: (float(draw(st.integers(0, 50_000))), 1) for name in names}
    pairs = draw(st.sets(st.sampled_from([(a, b) for a in names for b in names if a < b] or [(names[0], names[0])])))
    conflicts = {
        name: frozenset(b if a == name else a for a, b in pairs if name in (a, b) and a != b) for name in names
    }
    return weights, conflicts


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_the_best_combination_is_that_of_brute_force(
    graph: tuple[dict[str, tuple[float, int]], dict[str, frozenset[str]]],
) -> None:
    weights, conflicts = graph
    chosen = list(chain.from_iterable(_best(part, weights, conflicts) for part in _components(conflicts)))
    assert all(b not in conflicts[a] for a in chosen for b in chosen)
    lawful = (
        (sum(weights[aid][0] for aid in group), len(group))
        for size in range(len(weights) + 1)
        for group in combinations(weights, size)
        if all(b not in conflicts[a] for a, b in combinations(group, 2))
    )
    assert (sum(weights[aid][0] for aid in chosen), len(chosen)) == max(lawful)


def _values(fact: Fact) -> st.SearchStrategy[object]:
    if fact.kind is FactKind.CHOICE:
        return st.sampled_from(fact.allowed)
    if fact.kind is FactKind.CHOICES:
        return st.lists(st.sampled_from(fact.allowed), unique=True)
    if fact.kind is FactKind.FLAG:
        return st.booleans()
    if fact.kind is FactKind.DATE:
        return DAYS.map(date.isoformat)
    low, high = int(fact.minimum or 0), int(fact.maximum or 0)
    return st.integers(low, min(high, 200_000))


_CONTRADICTING = {"group", "group_size", "group_gp_count", "fees_year", "fees_in_zip_year"}
APPLICANTS = st.fixed_dictionaries(
    {}, optional={name: _values(fact) for name, fact in APPLICANT_FACTS.items() if name not in _CONTRADICTING}
)
ZONES = st.lists(
    st.sampled_from(
        [
            {"zoning": "doctors", "code": "ZIP"},
            {"zoning": "qpv", "generation": 2024},
            {"zoning": "frr", "code": "FRR+"},
            {"zoning": "zrr", "code": "ZRR"},
            {"zoning": "massif"},
        ]
    ),
    unique_by=lambda zone: zone["zoning"],
)


@given(APPLICANTS, ZONES, DAYS)
@settings(max_examples=150, deadline=None)
def test_amounts_are_firm_only_when_available_and_never_negative(
    applicant: dict[str, object], zones: list[dict[str, object]], day: date
) -> None:
    body = {"date": day.isoformat(), "place": {"zones": zones, "region": "76"}, "applicant": applicant}
    evaluation = evaluate(BOOK, read_question(body, TODAY))
    assert [offer.aid for offer in evaluation.offers] == list(BOOK.aids)
    for offer in evaluation.offers:
        assert offer.amount_eur is None or (offer.status is Status.AVAILABLE and offer.amount_eur >= 0)
        assert (offer.status is Status.AVAILABLE) == (not offer.reasons)
        assert offer.status is Status.TO_CHECK or not offer.missing
    chosen = evaluation.combination.aids
    assert all(other not in BOOK.conflicts[aid] for aid in chosen for other in chosen)


_REFUSED_ONLY_WHEN_KNOWN = {
    ("hebergement-stage-2c", "placement"),
    ("dj-indemnite-zip", "placement"),
    ("dj-prime-activite", "placement"),
    ("dj-prime-activite", "specialty"),
}
"""Limits read in the decree, absent from the catalogue of facts: a note until the contrary is known."""


@given(APPLICANTS, ZONES, DAYS, st.data())
@settings(max_examples=150, deadline=None)
def test_learning_a_fact_only_ever_settles_what_was_to_check(
    applicant: dict[str, object], zones: list[dict[str, object]], day: date, data: st.DataObject
) -> None:
    """A firm refusal stays a refusal when an unknown fact becomes known, unless absence had a meaning of its own."""
    free = [
        name
        for name, fact in APPLICANT_FACTS.items()
        if name not in applicant and name not in _CONTRADICTING and fact.default is None
    ]
    by_date = {"activity_created_on", "installed_since", "activity_month", "practice_year", "contract_year"}
    free = [name for name in free if name not in by_date | {"turnover_previous_year", "commitment_years"}]
    if not free:
        return
    name = data.draw(st.sampled_from(free))
    known = {**applicant, name: data.draw(_values(APPLICANT_FACTS[name]))}
    place = {"zones": zones, "region": "76"}
    before, after = (
        evaluate(BOOK, read_question({"date": day.isoformat(), "place": place, "applicant": facts}, TODAY))
        for facts in (applicant, known)
    )
    for old, new in zip(before.offers, after.offers, strict=True):
        if (old.aid, name) in _REFUSED_ONLY_WHEN_KNOWN:
            continue
        if name == "status" and old.status is Status.CLOSED and BOOK.aids[old.aid].bears_on is BearsOn.CREATION:
            continue  # closed to who enters now; who says they practise already may have entered in time (windows.py)
        if old.status is Status.AVAILABLE:
            assert new.status is Status.AVAILABLE
        if old.status in (Status.NOT_AVAILABLE, Status.CLOSED, Status.NOT_YET_OPEN):
            assert new.status not in (Status.AVAILABLE, Status.TO_CHECK)


@given(st.sampled_from(sorted(BOOK.aids)), APPLICANTS, ZONES)
@settings(max_examples=100, deadline=None)
def test_a_window_opens_and_closes_on_its_own_days(
    aid: str, applicant: dict[str, object], zones: list[dict[str, object]]
) -> None:
    rule = BOOK.aids[aid]
    for window in rule.windows:
        opens, closes = window.opens.known(TODAY), window.closes.known(TODAY)
        for day, codes in (
            (opens - timedelta(days=1) if opens else None, {Status.NOT_YET_OPEN}),
            (closes + timedelta(days=1) if closes else None, {Status.CLOSED}),
        ):
            if day is None or len(rule.windows) > 1:
                continue
            body = {"date": day.isoformat(), "place": {"zones": zones}, "applicant": {**applicant, "held": []}}
            status = Session(BOOK, read_question(body, TODAY)).offer(aid).status
            ran_on = window.bears_on.value == "creation" and codes == {Status.CLOSED}
            assert status in codes | {Status.NOT_AVAILABLE} or ran_on


def test_nothing_available_makes_an_empty_combination() -> None:
    question = read_question(
        {"date": "2021-01-01", "applicant": {"profession": "pharmacien", "status": "ceding"}}, TODAY
    )
    offers = tuple(offer for offer in evaluate(BOOK, question).offers if offer.status is not Status.AVAILABLE)
    combination = best_combination(offers, BOOK, question)
    assert (combination.aids, combination.amount_eur, combination.excluded) == ((), 0.0, ())
