"""Answers as plain JSON values: the same words for HTTP, command line and batch."""

from __future__ import annotations

from datetime import date

from app.aids.example_reader import read_examples
from app.aids.facts import FACTS
from app.aids.french import UNITS
from app.aids.models import Combination, Contact, Evaluation, Kind, Missing, Offer, Reference, Rule, RuleBook, Status
from app.aids.rule_facts import facts_of, predicates_of
from app.aids.schema import question_of
from app.aids.windows import state_on

Json = dict[str, object]


def evaluation_json(evaluation: Evaluation, data_version: str) -> Json:
    """Body of `/v1/aids/evaluate`."""
    return {
        "offers": [offer_json(offer) for offer in evaluation.offers],
        "combination": combination_json(evaluation.combination),
        "missing": [missing_json(item) for item in evaluation.missing],
        "data_version": data_version,
    }


def offer_json(offer: Offer) -> Json:
    """One offer; `arithmetic` is empty unless the amount is firm."""
    return {
        "aid": offer.aid,
        "label": offer.label,
        "kind": offer.kind.value,
        "status": offer.status.value,
        "amount_eur": offer.amount_eur,
        "unit": offer.unit,
        "unit_label": None if offer.unit is None else UNITS[offer.unit],
        "is_maximum": offer.is_maximum,
        "arithmetic": offer.arithmetic,
        "conditional_amount_eur": offer.conditional_amount_eur,
        "instalments": [
            {
                "label": payment.label,
                "contract_year": payment.contract_year,
                "amount_eur": payment.amount_eur,
                "due_months": payment.due_months,
            }
            for payment in offer.instalments
        ],
        "reasons": [
            {
                "code": reason.code,
                "text": reason.text,
                "outcome": "fails" if reason.holds is False else "unknown",
                "facts": list(reason.facts),
            }
            for reason in offer.reasons
        ],
        "missing": list(offer.missing),
        "missing_for_amount": list(offer.missing_for_amount),
        "excluded_by": list(offer.excluded_by),
        "notes": list(offer.notes),
        "promises": list(offer.promises),
        "references": [reference_json(reference) for reference in offer.references],
        "published_on": _iso(offer.published_on),
        "checked_on": offer.checked_on.isoformat(),
        "confidence": offer.confidence.value,
        "payer": offer.payer,
        "contact": contact_json(offer.contact),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def reference_json(reference: Reference) -> Json:
    return {"title": reference.title, "href": reference.href, "tag": reference.tag}


def contact_json(contact: Contact) -> Json:
    return {"id": contact.id, "label": contact.label, "url": contact.url}


def combination_json(combination: Combination) -> Json:
    """`amount_eur` adds every unit; `by_unit` keeps sums paid and exempt profit apart."""
    return {
        "aids": list(combination.aids),
        "amount_eur": combination.amount_eur,
        "by_unit": dict(combination.by_unit),
        "excluded": [{"aid": aid, "by": list(by)} for aid, by in combination.excluded],
    }


def missing_json(missing: Missing) -> Json:
    return {**question_of(FACTS[missing.fact]), "settles": list(missing.settles)}


def listed_json(
    book: RuleBook,
    day: date,
    *,
    profession: str | None = None,
    payer: str | None = None,
    zone_kind: str | None = None,
    status: str | None = None,
) -> list[Json]:
    """The catalogue on a day, filtered; a rule open to every profession matches any."""
    lines = (
        rule_summary_json(rule, day, profession)
        for rule in book.aids.values()
        if (profession is None or not rule.audience.professions or profession in rule.audience.professions)
        and (payer is None or rule.payer == payer)
        and (zone_kind is None or zone_kind in zone_kinds(rule))
    )
    return [line for line in lines if status is None or line["status"] == status]


def rule_summary_json(rule: Rule, day: date, profession: str | None) -> Json:
    """One line of the catalogue, with the state of its window on a day; history is never open."""
    return {
        "id": rule.id,
        "label": rule.label,
        "summary": rule.summary,
        "kind": rule.kind.value,
        "payer": rule.payer,
        "professions": sorted(rule.audience.professions),
        "zone_kinds": zone_kinds(rule),
        "status": "closed" if rule.kind is Kind.HISTORY else state_on(rule.windows, day, profession),
        "confidence": rule.confidence.value,
        "checked_on": rule.checked_on.isoformat(),
    }


def zone_kinds(rule: Rule) -> list[str]:
    """Zonings that the rule reads."""
    return sorted({predicate.zoning for predicate in predicates_of(rule)})


def rule_json(rule: Rule, book: RuleBook, day: date) -> Json:
    """One rule in full: its file as data, what it asks, its history, its examples, and how well it is proved."""
    shown = {key: value for key, value in rule.source.items() if key not in ("examples", "example_base", "references")}
    return {
        **rule_summary_json(rule, day, None),
        "rule": shown,
        "territory": None if rule.where is None else rule.where.describe(),
        "asks": [question_of(FACTS[name]) for name in dict.fromkeys(facts_of(rule))],
        "excludes": sorted(book.conflicts[rule.id]),
        "history": history_json(rule),
        "examples": [
            {"name": example.name, "question": dict(example.question), "expect": example.expect.value}
            | ({"amount_eur": example.amount_eur} if example.has_amount else {})
            for example in read_examples(rule)
        ],
        "contact": contact_json(book.contacts[rule.contact]),
        "coverage": coverage_json(rule),
        "rules_version": book.version,
    }


def history_json(rule: Rule) -> list[Json]:
    """Dated events of the rule: openings, last days, values, with their references."""
    references = {day: group for day, group in rule.references if day is not None}
    events: list[tuple[date, str, tuple[Reference, ...]]] = []
    for window in rule.windows:
        events += [(day, "opens", ()) for _, day in window.opens.versions if day is not None]
        events += [(day, "closes", ()) for _, day in window.closes.versions if day is not None]
    for value in rule.amount.values if rule.amount else ():
        events.append((value.since, "value", references[value.since]))
    dated = {day for day, kind, _ in events if kind == "value"}
    events += [(day, "reference", group) for day, group in references.items() if day not in dated]
    if rule.published_on is not None:
        events.append((rule.published_on, "published", ()))
    return [
        {"date": day.isoformat(), "event": kind, "references": [reference_json(item) for item in group]}
        for day, kind, group in sorted(set(events))
    ]


def coverage_json(rule: Rule) -> Json:
    """How well the rule is proved."""
    examples = read_examples(rule)
    return {
        "checked_on": rule.checked_on.isoformat(),
        "confidence": rule.confidence.value,
        "references": sum(len(group) for _, group in rule.references),
        "examples": len(examples),
        "statuses_shown": sorted({example.expect.value for example in examples}),
        "has_amount": rule.amount is not None,
        "edge_dates": sum(example.expect in (Status.CLOSED, Status.NOT_YET_OPEN) for example in examples),
    }
