"""The whole catalogue answers one question: offers, best combination, facts to ask for."""

from __future__ import annotations

from datetime import date

from app.aids.combine import best_combination
from app.aids.eligibility import Rival, evaluate_rule
from app.aids.environment import Environment, known_facts
from app.aids.facts import FACTS
from app.aids.models import Evaluation, Missing, Offer, RuleBook
from app.aids.question import Question
from app.aids.windows import entry_day
from app.errors import InvalidInput


def evaluate(book: RuleBook, question: Question) -> Evaluation:
    """Answer one question for every rule, in the order of the catalogue.

    Raises:
        InvalidInput: `held` names an aid that the catalogue does not know.
    """
    session = Session(book, question)
    offers = tuple(session.offer(aid) for aid in book.aids)
    return Evaluation(offers, best_combination(offers, book, question), _missing(offers))


def _missing(offers: tuple[Offer, ...]) -> tuple[Missing, ...]:
    """Facts to ask for, those that settle most aids first."""
    settles: dict[str, list[str]] = {}
    for offer in offers:
        for fact in dict.fromkeys((*offer.missing, *offer.missing_for_amount)):
            settles.setdefault(fact, []).append(offer.aid)
    ordered = sorted(settles, key=lambda fact: (-len(settles[fact]), list(FACTS).index(fact)))
    return tuple(Missing(fact, tuple(settles[fact])) for fact in ordered)


class Session:
    """One question put to a catalogue; each rule is answered once, after those it gives way to."""

    def __init__(self, book: RuleBook, question: Question) -> None:
        known = book.aids.keys() | book.planned
        for held in question.applicant.held:
            if held.aid not in known:
                raise InvalidInput(
                    "applicant.held.aid must be the id of an aid of the catalogue; they are listed at /v1/aids.",
                    field="applicant.held.aid",
                )
        self._book = book
        self._question = question
        self._facts = known_facts(question)
        self._environments: dict[date | None, Environment] = {}
        self._offers: dict[str, Offer] = {}

    def offer(self, aid: str) -> Offer:
        """The answer of one rule (and, before it, of those it gives way to)."""
        if aid not in self._offers:
            rule = self._book.aids[aid]
            rivals = tuple(
                Rival(tie.aid, self.offer(tie.aid).status) for tie in rule.yields_to if tie.aid in self._book.aids
            )
            env = self._environment(entry_day(rule.bears_on, self._facts, self._question.date))
            self._offers[aid] = evaluate_rule(rule, self._book, self._question, env, rivals)
        return self._offers[aid]

    def _environment(self, entry: date | None) -> Environment:
        if entry not in self._environments:
            self._environments[entry] = Environment(self._question, self._facts, entry)
        return self._environments[entry]
