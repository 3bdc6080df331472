"""Answers in JSON: every field of an offer, of a rule and of the catalogue, on two small rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.aids.answers import evaluation_json, history_json, listed_json, rule_json
from app.aids.evaluate import evaluate
from app.aids.loader import load_rules
from app.aids.models import RuleBook
from app.aids.question import read_question

GRANT = """
id: grant
label: Prime
summary: Une prime inventée.
payer: ars
contact: ars
who: {professions: [medecin, infirmier], statuses: [installing]}
windows:
  - {for: {professions: [medecin]}, opens: 2020-01-01, closes: 2024-06-30, bears_on: signature}
  - {for: {professions: [infirmier]}, opens: 2020-02-01, closes: 2023-06-30, bears_on: signature}
where: {zoning: doctors, code: ZIP}
conditions:
  - {id: duty, that: pdsa, else: Gardes}
  - {that: "age < 50", else: Moins de 50 ans}
promises: [{text: Rester cinq ans.}]
notes: [{text: Une note.}]
amount:
  unit: EUR_per_contract
  maximum: true
  values:
    2020-01-01:
      instalments:
        - {year: 1, label: Signature, amount: 1000, due_months: 0}
        - {year: 2, label: Solde, amount: "10 * days_per_week"}
      note: Deux versements.
    2022-01-01: 500
excludes: [{aid: other, because: Pas les deux.}]
references:
  always: [{title: Partout}]
  2020-01-01: [{title: Un, href: "https://example.org/1", tag: P1}]
  2022-01-01: [{title: Deux}]
  2023-01-01: [{title: Trois}]
published_on: 2019-06-15
checked_on: 2026-11-01
confidence: corroborated
example_base: {given: {pdsa: true}}
examples:
  - {name: oui, on: 2021-05-01, given: {age: 40, coordinated: [cpts]}, expect: available, amount_eur: 1030}
  - {name: non, on: 2021-05-01, zones: [{zoning: zrr}], expect: not_available, amount_eur: null}
  - {name: fin, on: 2024-07-01, expect: closed}
"""
OTHER = """
id: other
label: Autre
summary: Un service inventé.
kind: service
payer: region
contact: desk
window: {opens: 2021-01-01, bears_on: practice}
references: {always: [{title: Partout}]}
checked_on: 2026-11-02
confidence: medium
examples:
  - {name: a, on: 2021-05-01, expect: available}
  - {name: b, on: 2020-05-01, expect: not_yet_open}
  - {name: c, on: 2021-05-02, expect: available}
"""
TODAY = date(2026, 11, 23)
ARS = {"id": "ars", "label": "ARS", "url": None}
DESK = {"id": "desk", "label": "Guichet", "url": "https://example.org"}
UNIT = {"unit": "EUR_per_contract", "unit_label": "€ pour tout le contrat", "is_maximum": True}


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    (tmp_path / "_contacts.yaml").write_text(
        "ars: {label: ARS}\ndesk: {label: Guichet, url: 'https://example.org'}\n", encoding="utf-8"
    )
    for name, text in (("grant", GRANT), ("other", OTHER)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_rules(tmp_path)


def answered(book: RuleBook, on: str = "2021-05-01", **facts: object) -> dict[str, object]:
    applicant = {"profession": "medecin", "status": "installing", **facts}
    place = {"zones": [{"zoning": "doctors", "code": "ZIP"}]}
    question = read_question({"date": on, "place": place, "applicant": applicant}, TODAY)
    return evaluation_json(evaluate(book, question), "data-1")


def test_an_available_offer_says_its_amount_its_payments_and_its_sources(book: RuleBook) -> None:
    body = answered(book, pdsa=True, age=40, days_per_week=3)
    assert body["offers"][0] == {  # type: ignore[index]
        "aid": "grant", "label": "Prime", "kind": "aid", "status": "available", "amount_eur": 1030, **UNIT,
        "arithmetic": "1\u202f000 + 10 × 3 = 1\u202f030\u00a0€", "conditional_amount_eur": None,
        "instalments": [
            {"label": "Signature", "contract_year": 1, "amount_eur": 1000, "due_months": 0},
            {"label": "Solde", "contract_year": 2, "amount_eur": 30, "due_months": None},
        ],
        "reasons": [], "missing": [], "missing_for_amount": [], "excluded_by": [],
        "notes": ["Une note.", "Deux versements."], "promises": ["Rester cinq ans."],
        "references": [{"title": "Partout", "href": None, "tag": None},
                       {"title": "Un", "href": "https://example.org/1", "tag": "P1"}],
        "published_on": "2019-06-15", "checked_on": "2026-11-01", "confidence": "corroborated", "payer": "ars",
        "contact": ARS,
    }  # fmt: skip
    assert body["combination"] == {
        "aids": ["grant"], "amount_eur": 1030, "by_unit": {"EUR_per_contract": 1030}, "excluded": [],
    }  # fmt: skip
    assert (body["missing"], body["data_version"]) == ([], "data-1")


def test_an_offer_without_money_has_no_unit(book: RuleBook) -> None:
    offer = answered(book)["offers"][1]  # type: ignore[index]
    shown = ("kind", "unit", "unit_label", "is_maximum", "amount_eur", "instalments", "published_on", "contact")
    assert [offer[key] for key in shown] == ["service", None, None, False, None, [], None, DESK]


def test_what_fails_and_what_is_unknown_are_told_apart(book: RuleBook) -> None:
    doubtful = answered(book, pdsa=None, age=40)["offers"][0]  # type: ignore[index]
    assert doubtful["reasons"] == [{"code": "duty", "text": "Gardes", "outcome": "unknown", "facts": ["pdsa"]}]
    assert [doubtful[key] for key in ("status", "missing", "missing_for_amount")] == [
        "to_check", ["pdsa"], ["days_per_week"],
    ]  # fmt: skip
    refused = answered(book, pdsa=False, age=40, held=[{"aid": "other", "granted_on": "2021-01-01"}])["offers"][0]  # type: ignore[index]
    assert refused["reasons"] == [
        {"code": "duty", "text": "Gardes", "outcome": "fails", "facts": ["pdsa"]},
        {"code": "excluded", "text": "Pas les deux.", "outcome": "fails", "facts": ["held"]},
    ]
    assert [refused[key] for key in ("status", "excluded_by", "unit", "conditional_amount_eur")] == [
        "not_available", ["other"], "EUR_per_contract", None,
    ]  # fmt: skip


def test_a_missing_fact_comes_back_as_a_question_with_the_aids_it_settles(book: RuleBook) -> None:
    missing = answered(book, pdsa=None, age=40)["missing"]
    assert missing == [
        {"fact": "days_per_week", "side": "applicant", "type": "number", "unit": "jours par semaine", "allowed": None,
         "question": "Combien de jours par semaine exercez-vous dans la zone ?", "minimum": 0, "maximum": 7,
         "settles": ["grant"]},
        {"fact": "pdsa", "side": "applicant", "type": "flag", "unit": None, "allowed": None, "minimum": None,
         "question": "Participez-vous à la permanence des soins ambulatoires ?", "maximum": None, "settles": ["grant"]},
    ]  # fmt: skip


GRANT_LINE = {
    "id": "grant", "label": "Prime", "summary": "Une prime inventée.", "kind": "aid", "payer": "ars",
    "professions": ["infirmier", "medecin"], "zone_kinds": ["doctors"], "status": "open", "confidence": "corroborated",
    "checked_on": "2026-11-01",
}  # fmt: skip
OTHER_LINE = {
    "id": "other", "label": "Autre", "summary": "Un service inventé.", "kind": "service", "payer": "region",
    "professions": [], "zone_kinds": [], "status": "open", "confidence": "medium", "checked_on": "2026-11-02",
}  # fmt: skip


@pytest.mark.parametrize(
    ("on", "filters", "lines"),
    [
        ("2021-05-01", {}, [GRANT_LINE, OTHER_LINE]),
        ("2020-05-01", {}, [GRANT_LINE, {**OTHER_LINE, "status": "not_yet_open"}]),
        ("2024-07-01", {"status": "closed"}, [{**GRANT_LINE, "status": "closed"}]),
        ("2024-07-01", {"status": "open"}, [OTHER_LINE]),
        ("2021-05-01", {"profession": "medecin"}, [GRANT_LINE, OTHER_LINE]),
        ("2024-01-01", {"profession": "medecin"}, [GRANT_LINE, OTHER_LINE]),
        ("2024-01-01", {"profession": "infirmier"}, [{**GRANT_LINE, "status": "closed"}, OTHER_LINE]),
        ("2021-05-01", {"profession": "sage-femme"}, [OTHER_LINE]),
        ("2021-05-01", {"payer": "ars"}, [GRANT_LINE]),
        ("2021-05-01", {"payer": "region"}, [OTHER_LINE]),
        ("2021-05-01", {"zone_kind": "doctors"}, [GRANT_LINE]),
        ("2021-05-01", {"zone_kind": "qpv"}, []),
    ],
)
def test_the_catalogue_of_a_day_is_filtered(
    book: RuleBook, on: str, filters: dict[str, str], lines: list[dict[str, object]]
) -> None:
    assert listed_json(book, date.fromisoformat(on), **filters) == lines  # type: ignore[arg-type]


def test_a_rule_is_shown_whole_with_its_proof(book: RuleBook) -> None:
    shown = rule_json(book.aids["grant"], book, date(2021, 5, 1))
    assert {key: shown[key] for key in GRANT_LINE} == GRANT_LINE
    assert set(shown["rule"]) == {  # type: ignore[call-overload]
        "id", "label", "summary", "payer", "contact", "who", "windows", "where", "conditions", "promises", "notes", "amount",
        "excludes", "published_on", "checked_on", "confidence",
    }  # fmt: skip
    assert shown["history"] == history_json(book.aids["grant"])
    assert shown["territory"] == "ZIP (zonage médecins)"
    assert [question["fact"] for question in shown["asks"]] == [  # type: ignore[attr-defined]
        "profession", "status", "pdsa", "age", "days_per_week", "installed_since", "activity_created_on",
    ]  # fmt: skip
    assert (shown["excludes"], shown["contact"], shown["rules_version"]) == (["other"], ARS, book.version)
    applicant = {"profession": "medecin", "status": "installing"}
    first, second, third = shown["examples"]  # type: ignore[misc]
    assert first == {
        "name": "oui", "expect": "available", "amount_eur": 1030,
        "question": {"date": "2021-05-01", "known_on": "2100-12-31", "place": {},
                     "applicant": {**applicant, "pdsa": True, "age": 40, "coordinated": ["cpts"]}},
    }  # fmt: skip
    assert (second["amount_eur"], second["question"]["place"]) == (None, {"zones": [{"zoning": "zrr"}]})
    assert "amount_eur" not in third
    assert shown["coverage"] == {
        "checked_on": "2026-11-01", "confidence": "corroborated", "references": 4, "examples": 3, "has_amount": True,
        "statuses_shown": ["available", "closed", "not_available"], "edge_dates": 1,
    }  # fmt: skip
    other = rule_json(book.aids["other"], book, date(2021, 5, 1))
    assert (other["territory"], other["excludes"], other["contact"]) == (None, ["grant"], DESK)
    assert (other["coverage"]["has_amount"], other["coverage"]["edge_dates"]) == (False, 1)  # type: ignore[index]


def test_the_history_of_a_rule_lists_its_dated_events_with_their_sources(book: RuleBook) -> None:
    def source(title: str, href: str | None = None, tag: str | None = None) -> list[dict[str, str | None]]:
        return [{"title": title, "href": href, "tag": tag}]

    assert history_json(book.aids["grant"]) == [
        {"date": "2019-06-15", "event": "published", "references": []},
        {"date": "2020-01-01", "event": "opens", "references": []},
        {"date": "2020-01-01", "event": "value", "references": source("Un", "https://example.org/1", "P1")},
        {"date": "2020-02-01", "event": "opens", "references": []},
        {"date": "2022-01-01", "event": "value", "references": source("Deux")},
        {"date": "2023-01-01", "event": "reference", "references": source("Trois")},
        {"date": "2023-06-30", "event": "closes", "references": []},
        {"date": "2024-06-30", "event": "closes", "references": []},
    ]
    assert history_json(book.aids["other"]) == [{"date": "2021-01-01", "event": "opens", "references": []}]


def test_an_aid_left_out_of_the_combination_says_what_bars_it(tmp_path: Path) -> None:
    small = (
        GRANT.replace("id: grant", "id: small")
        .replace("amount: 1000", "amount: 900")
        .replace("aid: other", "aid: grant")
    )
    (tmp_path / "_contacts.yaml").write_text("ars: {label: ARS}\ndesk: {label: Guichet}\n", encoding="utf-8")
    for name, text in (("grant", GRANT), ("small", small), ("other", OTHER)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    combination = answered(load_rules(tmp_path), pdsa=True, age=40, days_per_week=3)["combination"]
    assert combination == {
        "aids": ["grant"], "amount_eur": 1030, "by_unit": {"EUR_per_contract": 1030},
        "excluded": [{"aid": "small", "by": ["grant"]}],
    }  # fmt: skip


def test_history_is_never_open(tmp_path: Path) -> None:
    (tmp_path / "_contacts.yaml").write_text("desk: {label: Guichet}\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text(OTHER.replace("kind: service", "kind: history"), encoding="utf-8")
    (line,) = listed_json(load_rules(tmp_path), date(2021, 5, 1))
    assert (line["kind"], line["status"]) == ("history", "closed")
