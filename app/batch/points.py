"""The score of a candidate place: money, certainty, nearness to a better zone, each explained; weights are the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.aids.reading import read_number, refuse_unknown
from app.errors import InvalidInput

HALF_AMOUNT_EUR = 10_000.0
"""The sum that earns half of the money points. Money never saturates: a larger sum always scores higher."""
NEAR_REACH_KM = 10.0
"""Beyond it, a better zone is not near: the longest distance any aid counts (CDE, aids.md § 2: 10 km)."""
WEIGHTS_MAXIMUM = 1_000.0


@dataclass(frozen=True, slots=True)
class Weights:
    """Points that each criterion can earn at most."""

    amount: float = 60.0
    certainty: float = 25.0
    nearness: float = 15.0


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Part:
    """One criterion: its `share` of the weight (0 to 1), the points earned, and why, in French."""

    criterion: str
    share: float
    weight: float
    points: float
    because: str


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is the sum of the parts' points, rounded to two decimals."""

    total: float
    parts: tuple[Part, ...]


def read_weights(given: object) -> Weights:
    """Read `{amount?, certainty?, nearness?}`; absent ones keep their default.

    Raises:
        InvalidInput: unknown criterion, or a weight out of range; all of them 0.
    """
    if given is None:
        return DEFAULT_WEIGHTS
    if not isinstance(given, Mapping):
        raise InvalidInput("weights must be an object with amount, certainty, nearness.", field="weights")
    refuse_unknown(given, ("amount", "certainty", "nearness"), "weights")
    values = {
        name: read_number(value, f"weights.{name}", 0, WEIGHTS_MAXIMUM)
        for name, value in given.items()
        if value is not None
    }
    weights = Weights(**values)
    if weights.amount + weights.certainty + weights.nearness == 0:
        raise InvalidInput("At least one weight must be above 0.", field="weights")
    return weights


def amount_share(amount_eur: float) -> float:
    """0 at nothing, 1/2 at HALF_AMOUNT_EUR, towards 1."""
    return amount_eur / (amount_eur + HALF_AMOUNT_EUR) if amount_eur > 0 else 0.0


def certainty_share(available: int, to_check: int) -> float:
    """The share of the aids not refused that are sure; 0 when none is open: certainty of nothing earns nothing."""
    return available / (available + to_check) if available else 0.0


def nearness_share(km_to_better: float | None) -> float:
    """1 in the best zone or at the edge of a better one, 0 from NEAR_REACH_KM on; None (unknown or none) earns nothing."""
    return 0.0 if km_to_better is None else max(0.0, 1.0 - km_to_better / NEAR_REACH_KM)


def score(weights: Weights, amount_eur: float, available: int, to_check: int, km_to_better: float | None) -> Score:
    """Score one place. `km_to_better` is 0 in a zone of the best class, None when unknown or none within reach."""
    near = f"meilleure zone à {km_to_better:.1f} km" if km_to_better else "déjà dans la meilleure classe"
    reasons = (
        f"{amount_eur:.2f} € pour la meilleure combinaison permise",
        f"{available} aide(s) ouverte(s), {to_check} à vérifier",
        "aucune meilleure zone connue à moins de 10 km"
        if km_to_better is None or km_to_better >= NEAR_REACH_KM
        else near,
    )
    earned = _earned(weights, amount_eur, available, to_check, km_to_better)
    parts = tuple(
        Part(name, round(share, 4), weight, points, why)
        for (name, share, weight, points), why in zip(earned, reasons, strict=True)
    )
    return Score(total(weights, amount_eur, available, to_check, km_to_better), parts)


def total(weights: Weights, amount_eur: float, available: int, to_check: int, km_to_better: float | None) -> float:
    """The total of `score`, for those who ask for nothing else."""
    return round(sum(each[3] for each in _earned(weights, amount_eur, available, to_check, km_to_better)), 2)


def _earned(
    weights: Weights, amount_eur: float, available: int, to_check: int, km_to_better: float | None
) -> list[tuple[str, float, float, float]]:
    """(criterion, share, weight, points) of each criterion."""
    shares = (
        ("amount", amount_share(amount_eur), weights.amount),
        ("certainty", certainty_share(available, to_check), weights.certainty),
        ("nearness", nearness_share(km_to_better), weights.nearness),
    )
    return [(name, share, weight, round(share * weight, 4)) for name, share, weight in shares]
