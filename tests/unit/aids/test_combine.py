"""The best lawful combination, against every subset tried one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.aids.combine import best_combination
from app.aids.models import Combination, Confidence, Contact, Family, Kind, Offer, RuleBook, Status
from app.aids.question import Question, read_question
from app.aids.rule_reader import read_rule
from app.aids.yaml_text import parse_yaml

PLAIN_RULE = Path(__file__).resolve().parents[2] / "rules" / "valid-rule.yaml"
RULE = read_rule(parse_yaml(PLAIN_RULE.read_text(encoding="utf-8"), PLAIN_RULE.name), PLAIN_RULE.name)
QUESTION = read_question({"date": "2026-04-01"}, date(2026, 4, 1))
FAMILY = "local-authority"
TEN_YEARS = Family(FAMILY, "Dix ans", date(2025, 3, 15), 10, date(2025, 3, 14), ())
BOOK = RuleBook(
    *("none", {}, {FAMILY: TEN_YEARS}, {}),
    *(frozenset(), (), {}, frozenset(), frozenset(), {}),
)
PATTERN = Offer(
    *("a", "A", Kind.AID, Status.AVAILABLE, "EUR_once", 1.0, False, None, None),
    *((), (), (), (), (), (), (), ()),
    *(None, date(2026, 1, 1), Confidence.CORROBORATED, "ars", Contact("ars", "ARS")),
)
NAMES = "abcdefg"
Barred = frozenset[tuple[str, str]]


def book_of(aids: Sequence[str], barred: Barred, family: Sequence[str] = ()) -> RuleBook:
    conflicts = {
        aid: MappingProxyType({other: None for other in aids if (aid, other) in barred or (other, aid) in barred})
        for aid in aids
    }
    rules = {aid: replace(RULE, id=aid, family=FAMILY if aid in family else None) for aid in aids}
    return replace(BOOK, aids=MappingProxyType(rules), conflicts=MappingProxyType(conflicts))


def offers_of(amounts: Mapping[str, float | None], unit: str = "EUR_once") -> list[Offer]:
    return [PATTERN._replace(aid=aid, amount_eur=amount, unit=unit) for aid, amount in amounts.items()]


def combine(
    amounts: Mapping[str, float | None],
    barred: Barred = frozenset(),
    family: Sequence[str] = (),
    question: Question = QUESTION,
) -> Combination:
    return best_combination(offers_of(amounts), book_of(list(amounts), barred, family), question)


def tried_one_by_one(amounts: Mapping[str, float | None], barred: Barred) -> tuple[float, int]:
    """Euros then number of aids of the best set without exclusion."""
    best = (0.0, 0)
    for size in range(1, len(amounts) + 1):
        for chosen in combinations(amounts, size):
            if any(pair in barred or pair[::-1] in barred for pair in combinations(chosen, 2)):
                continue
            best = max(best, (sum(amounts[aid] or 0.0 for aid in chosen), size))
    return best


PAIRS = list(combinations(NAMES, 2))


@given(
    st.lists(st.sampled_from([None, 0, 100, 200, 300, 1000]), min_size=len(NAMES), max_size=len(NAMES)),
    st.frozensets(st.sampled_from(PAIRS)),
)
@settings(max_examples=300, deadline=None)
def test_the_combination_is_the_best_of_all_subsets(figures: list[float | None], barred: Barred) -> None:
    amounts = dict(zip(NAMES, figures, strict=True))
    found = combine(amounts, barred)
    assert (found.amount_eur, len(found.aids)) == tried_one_by_one(amounts, barred)
    assert not any(pair in barred or pair[::-1] in barred for pair in combinations(found.aids, 2))
    left = dict(found.excluded)
    assert set(left) == set(NAMES) - set(found.aids)
    for aid, by in left.items():
        assert set(by) == {other for other in found.aids if (aid, other) in barred or (other, aid) in barred}
        assert by


def test_two_smaller_aids_beat_one_larger_that_bars_both() -> None:
    found = combine({"a": 300, "b": 200, "c": 200}, frozenset({("a", "b"), ("a", "c")}))
    assert (found.aids, found.amount_eur, found.excluded) == (("b", "c"), 400, (("a", ("b", "c")),))


def test_aids_without_amount_are_kept_when_they_bar_nothing_better() -> None:
    assert combine({"a": None, "b": 100}).aids == ("a", "b")
    assert combine({"a": None, "b": 100}, frozenset({("a", "b")})).aids == ("b",)


def test_no_aid_at_all_is_an_empty_combination() -> None:
    assert combine({}) == Combination((), 0.0, {}, ())


def test_amounts_of_different_units_stay_apart_and_add_up_to_the_cent() -> None:
    offers = [*offers_of({"a": 0.1, "b": 0.2}), *offers_of({"c": 1000.455}, "EUR_per_year")]
    found = best_combination(offers, book_of("abc", frozenset()), QUESTION)
    assert found.by_unit == {"EUR_once": 0.3, "EUR_per_year": pytest.approx(1000.455, abs=0.006)}
    assert found.amount_eur == round(sum(found.by_unit.values()), 2)


def test_only_available_aids_are_counted() -> None:
    offers = offers_of({"a": 100, "b": 200, "c": 300})
    offers[1] = offers[1]._replace(status=Status.TO_CHECK)
    offers[2] = offers[2]._replace(kind=Kind.COMPUTATION)
    found = best_combination(offers, book_of("abc", frozenset()), QUESTION)
    assert (found.aids, found.by_unit) == (("a",), {"EUR_once": 100})


def test_two_aids_of_one_ten_year_family_are_not_had_together() -> None:
    found = combine({"a": 100, "b": 200, "c": 50}, family="ab")
    assert (found.aids, found.excluded) == (("b", "c"), (("a", ("b",)),))


@pytest.mark.parametrize(
    ("day", "known_on", "together"),
    [
        ("2025-03-14", "2026-01-01", True),
        ("2025-03-15", "2026-01-01", False),
        ("2026-04-01", "2025-03-13", True),
        ("2026-04-01", "2025-03-14", False),
    ],
)
def test_the_family_counts_from_its_first_day_and_once_published(day: str, known_on: str, together: bool) -> None:
    question = read_question({"date": day, "known_on": known_on}, date(2026, 4, 1))
    found = combine({"a": 100, "b": 200}, family="ab", question=question)
    assert (found.aids == ("a", "b")) is together


def test_an_aid_without_amount_counts_for_nothing_against_half_a_euro() -> None:
    assert combine({"a": None, "b": 0.5}, frozenset({("a", "b")})).aids == ("b",)


def test_an_exclusion_adds_to_the_ten_year_family() -> None:
    found = combine({"a": 300, "b": 200, "c": 50}, frozenset({("a", "c")}), family="ab")
    assert (found.aids, found.excluded) == (("a",), (("b", ("a",)), ("c", ("a",))))
