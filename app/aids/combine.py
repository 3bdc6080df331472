"""The best lawful combination: a maximum-weight set of available aids without any exclusion, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.aids.models import Combination, Kind, Offer, RuleBook, Status
from app.aids.question import Question

Weight = tuple[float, int]
"""Euros first, then the number of aids: an aid without amount is kept whenever it bars nothing better."""


def best_combination(offers: Sequence[Offer], book: RuleBook, question: Question) -> Combination:
    """Choose among the available aids. `amount_eur` adds amounts of every unit: `by_unit` keeps them apart."""
    candidates = [offer for offer in offers if offer.kind is Kind.AID and offer.status is Status.AVAILABLE]
    weights: dict[str, Weight] = {offer.aid: (offer.amount_eur or 0.0, 1) for offer in candidates}
    conflicts = {aid: _conflicts(aid, weights, book, question) for aid in weights}
    chosen: list[str] = []
    for component in _components(conflicts):
        chosen.extend(_best(component, weights, conflicts))
    kept = set(chosen)
    by_unit: dict[str, float] = {}
    for offer in candidates:
        if offer.aid in kept and offer.amount_eur is not None and offer.unit is not None:
            by_unit[offer.unit] = round(by_unit.get(offer.unit, 0.0) + offer.amount_eur, 2)
    return Combination(
        aids=tuple(offer.aid for offer in candidates if offer.aid in kept),
        amount_eur=round(sum(by_unit.values()), 2),
        by_unit=by_unit,
        excluded=tuple(
            (offer.aid, tuple(sorted(conflicts[offer.aid] & kept))) for offer in candidates if offer.aid not in kept
        ),
    )


def _conflicts(aid: str, among: Mapping[str, Weight], book: RuleBook, question: Question) -> frozenset[str]:
    """Aids that cannot be had together with this one: exclusions, and the same ten-year family."""
    barred = {other for other in book.conflicts.get(aid, {}) if other in among}
    family = book.families.get(book.aids[aid].family or "")
    if family is not None and family.since <= question.date and family.published_on <= question.known_on:
        barred |= {other for other in among if other != aid and book.aids[other].family == family.id}
    return frozenset(barred)


def _components(conflicts: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Groups of aids tied by exclusions; groups do not touch each other, so each is solved alone."""
    seen: set[str] = set()
    components: list[list[str]] = []
    for start in conflicts:
        if start in seen:
            continue
        component, waiting = [], [start]
        seen.add(start)
        while waiting:
            aid = waiting.pop()
            component.append(aid)
            for other in sorted(conflicts[aid] - seen):
                seen.add(other)
                waiting.append(other)
        components.append(component)
    return components


def _best(
    component: Sequence[str], weights: Mapping[str, Weight], conflicts: Mapping[str, frozenset[str]]
) -> list[str]:
    """Branch and bound: take or leave each aid, heaviest first, dropping branches that cannot beat the best."""
    order = sorted(component, key=lambda aid: (-weights[aid][0], len(conflicts[aid]), aid))
    best: list[str] = []
    best_weight: Weight = (-1.0, -1)

    def explore(position: int, taken: list[str], weight: Weight, barred: frozenset[str]) -> None:
        nonlocal best, best_weight
        free = [aid for aid in order[position:] if aid not in barred]
        bound = (weight[0] + sum(weights[aid][0] for aid in free), weight[1] + len(free))
        if bound <= best_weight:
            return
        if not free:
            best, best_weight = list(taken), weight
            return
        aid = free[0]
        rest = order.index(aid) + 1
        euros, count = weights[aid]
        explore(rest, [*taken, aid], (weight[0] + euros, weight[1] + count), barred | conflicts[aid])
        explore(rest, taken, weight, barred)

    explore(0, [], (0.0, 0), frozenset())
    return best
