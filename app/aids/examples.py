"""Run the worked examples of a rule: what the file promises against what the engine answers."""

from __future__ import annotations

from dataclasses import dataclass

from app.aids import french
from app.aids.evaluate import Session
from app.aids.example_reader import read_examples
from app.aids.models import Example, Offer, Rule, RuleBook
from app.aids.question import read_question
from app.aids.reading import QUESTION_DATES


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example run: the offer it gave, and every promise that it broke (none when it is kept)."""

    aid: str
    example: Example
    offer: Offer
    broken: tuple[str, ...]


def run_example(book: RuleBook, rule: Rule, example: Example) -> ExampleResult:
    """Ask the example's question of its own rule."""
    question = read_question(example.question, QUESTION_DATES[1])
    offer = Session(book, question).offer(rule.id)
    return ExampleResult(rule.id, example, offer, tuple(_broken(example, offer)))


def run_examples(book: RuleBook) -> tuple[ExampleResult, ...]:
    """Every example of every rule, in catalogue order."""
    return tuple(run_example(book, rule, example) for rule in book.aids.values() for example in read_examples(rule))


def _broken(example: Example, offer: Offer) -> list[str]:
    broken = []
    if offer.status is not example.expect:
        reasons = " ".join(f"[{reason.code}] {reason.text}" for reason in offer.reasons)
        broken.append(f"statut attendu {example.expect}, obtenu {offer.status} {reasons}".strip())
    if example.has_amount and offer.amount_eur != example.amount_eur:
        wanted, got = (
            "aucun montant" if amount is None else french.euros(amount)
            for amount in (example.amount_eur, offer.amount_eur)
        )
        broken.append(f"montant attendu {wanted}, obtenu {got}")
    failing = tuple(dict.fromkeys(reason.code for reason in offer.reasons if reason.holds is False))
    if example.failing is not None and set(example.failing) != set(failing):
        broken.append(f"conditions en défaut attendues {list(example.failing)}, obtenues {list(failing)}")
    missing = (*offer.missing, *offer.missing_for_amount)
    if example.missing is not None and set(example.missing) != set(missing):
        broken.append(f"données manquantes attendues {list(example.missing)}, obtenues {sorted(set(missing))}")
    return broken
