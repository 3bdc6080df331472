"""What differs between two evaluations: two dates, two places, or two profiles."""

from __future__ import annotations

from dataclasses import dataclass

from app.aids.models import Evaluation, Status


@dataclass(frozen=True, slots=True)
class OfferDifference:
    """One aid whose status or amount is not the same on both sides."""

    aid: str
    label: str
    first_status: Status
    second_status: Status
    first_eur: float | None
    second_eur: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Aids that differ, and the sums of both best combinations. `gained` and `lost` read from first to second."""

    offers: tuple[OfferDifference, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    first_total_eur: float
    second_total_eur: float


def difference(first: Evaluation, second: Evaluation) -> Difference:
    """Compare two answers of the same catalogue, aid by aid."""
    others = {offer.aid: offer for offer in second.offers}
    pairs = [(offer, others[offer.aid]) for offer in first.offers if offer.aid in others]
    differing = tuple(
        OfferDifference(before.aid, before.label, before.status, after.status, before.amount_eur, after.amount_eur)
        for before, after in pairs
        if (before.status, before.amount_eur) != (after.status, after.amount_eur)
    )
    return Difference(
        differing,
        tuple(item.aid for item in differing if item.second_status is Status.AVAILABLE is not item.first_status),
        tuple(item.aid for item in differing if item.first_status is Status.AVAILABLE is not item.second_status),
        first.combination.amount_eur,
        second.combination.amount_eur,
    )
