"""From the verdict on a rule to the offer shown: amount, notes, sources, contact."""

from __future__ import annotations

from datetime import date

from app.aids.amounts import NOTHING, compute
from app.aids.environment import Environment
from app.aids.models import Offer, Reference, Rule, RuleBook, Status
from app.aids.question import Question
from app.aids.verdict import Verdict
from app.aids.windows import law_day


def make_offer(rule: Rule, book: RuleBook, question: Question, env: Environment, verdict: Verdict) -> Offer:
    status = verdict.status()
    is_possible = status in (Status.AVAILABLE, Status.TO_CHECK)
    day = law_day(rule.bears_on, env, question.date)
    computed = compute(rule, env, day, question.known_on) if is_possible else NOTHING
    is_firm = status is Status.AVAILABLE
    notes = [note.text for note in rule.notes if note.when is None or note.when.value(env) is True]
    if computed.note is not None and is_possible:
        notes.append(computed.note)
    region = env.get("region")
    missing = () if verdict.decided is not None else tuple(verdict.missing)
    return Offer(
        aid=rule.id,
        label=rule.label,
        kind=rule.kind,
        status=status,
        unit=computed.unit if is_possible else (rule.amount.unit if rule.amount else None),
        amount_eur=computed.amount_eur if is_firm else None,
        is_maximum=rule.amount is not None and rule.amount.is_maximum,
        arithmetic=computed.arithmetic if is_firm else None,
        conditional_amount_eur=None if is_firm else computed.amount_eur,
        instalments=computed.payments if is_firm else (),
        reasons=tuple(verdict.reasons),
        missing=missing,
        missing_for_amount=computed.missing,
        excluded_by=tuple(verdict.excluded_by),
        notes=tuple(notes),
        promises=tuple(promise.text for promise in rule.promises),
        references=_references(rule, day),
        published_on=rule.published_on,
        checked_on=rule.checked_on,
        confidence=rule.confidence,
        payer=rule.payer,
        contact=book.contacts[rule.contact].of(region if isinstance(region, str) else None),
    )


def _references(rule: Rule, day: date) -> tuple[Reference, ...]:
    """Sources of the rule as a whole, then those of the latest dated text not after the day whose law applies."""
    always: tuple[Reference, ...] = ()
    dated: tuple[Reference, ...] | None = None
    for since, group in rule.references:  # sorted by date, undated first
        if since is None:
            always = group
        elif dated is None or since <= day:
            dated = group
    return always + (dated or ())
