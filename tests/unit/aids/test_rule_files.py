"""A rule file to a rule: every key is read into its own place, every mistake is named with its key and its fix."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from app.aids.amount_reader import read_amount
from app.aids.example_reader import read_examples
from app.aids.expressions import parse
from app.aids.held_fields import HeldField
from app.aids.logic import Compare
from app.aids.models import (
    Amount,
    AmountValue,
    Audience,
    BearsOn,
    Bound,
    Condition,
    Confidence,
    Example,
    Instalment,
    Kind,
    Note,
    Promise,
    Reference,
    Relation,
    Rule,
    Status,
    Term,
    Uncertainty,
    Window,
)
from app.aids.rule_reader import read_rule
from app.aids.territory import CodeIs, Doubt, Either, Every, InTerritory, Outside, Since, That
from app.aids.tree import Arithmetic, Const, Let, Name
from app.aids.yaml_text import Cursor, parse_yaml
from app.aids.zone_predicate import ZonePredicate
from app.errors import RuleError

VALID = (Path(__file__).resolve().parents[2] / "rules" / "valid-rule.yaml").read_text(encoding="utf-8")
WHOLE = """
id: whole-rule
label: " Prime d'essai "
summary: |
  Deux
  lignes.
kind: computation
payer: none
contact: cpam
who: {professions: [medecin, infirmier], specialties: mg, statuses: [installing, installed], regions: ['11'], recent: true}
windows:
  - {for: {professions: [medecin]}, opens: 2010-01-01, closes: {2011-01-01: 2020-12-31, 2020-12-30: null},
     bears_on: signature, published_on: 2009-12-01}
  - {bears_on: creation}
zones:
  boosted_zip: {zoning: doctors, code: ZIP, boosted: true}
let:
  days: "half_day_floor(days_per_week)"
about_held: caim
where:
  any:
    - {named: boosted_zip}
    - {zoning: doctors, code: [ZIP, ZAC], scope: qpv, coverage: full, sub: ZIP+, boosted: false, at: helped}
    - all: [{region: ['76']}, {departement: ['2A', '971']}, {commune: ['75056', '2B033']}, {epci: ['200066637']}]
    - not: {zoning: qpv, generation: 2024}
    - since: {2019-10-01: {zoning: physios, code: sous_dotee, generation: avenant5, at: practice}, 2022-05-07: {doubt: Liste.}}
    - {that: "population < 5", else: petite commune}
conditions:
  - {id: sector, that: "sector == '1'", else: Secteur 1, from: 2020-01-01, until: 2020-12-31, waivable: true}
  - {that: "age < 50 and pdsa", else: Moins de 50 ans}
to_check:
  - {because: Zonage en cours., from: 2025-11-01, until: 2025-12-31, when: pdsa}
  - {because: Toujours.}
promises:
  - {text: Rester cinq ans., commitment_years: 5}
  - {text: Déclarer.}
notes:
  - {text: Une note., when: boosted_zip}
  - {text: Une autre.}
amount:
  unit: EUR_once
  maximum: true
  unit_with: {months: EUR_total, acts_year: EUR_per_year}
  values:
    2020-01-01: 12500
    2021-01-01:
      instalments:
        - {year: 1, label: Signature, amount: 100, due_months: 0}
        - {year: 20, label: Solde, amount: "year * days", due_months: 240}
        - {year: 3, label: Fin, amount: held_received}
    2022-01-01:
      formula: "1000 * days"
      instalments: [{year: 1, label: Moitié, amount: "total / 2"}]
      published_on: 2021-12-01
      confidence: medium
      note: Une précision.
    2023-01-01: {note: Non lu.}
excludes:
  - {aid: coscom, because: Non cumulable., when: owner}
  - {aid: cotram, doubtful: true}
yields_to: [dj-indemnite-zip]
family: installation
once_in_career: true
term_months: 60
renewal: {times: 1}
references:
  2021-01-01: [{title: Deux, href: "https://example.org/2", tag: P2}, {title: Deux bis}]
  always: [{title: Partout}]
  2020-01-01: [{title: Un}]
  2022-01-01: [{title: Trois}]
  2023-01-01: [{title: Quatre}]
published_on: 2019-11-20
checked_on: 2026-11-23
confidence: corroborated
example_base:
  given: {sector: '1', age: 40}
  place: {population: 3}
  zones: [{zoning: doctors, code: ZIP}]
examples:
  - {name: oui, on: 2020-05-01, given: {age: 41}, expect: available, amount_eur: 12500, failing: [], missing: [pdsa]}
  - {name: non, on: 2020-05-02, known_on: 2020-06-01, place: {population: 4}, zones: [], expect: not_available,
     failing: [territory, age], amount_eur: null}
  - {name: bord, on: 2020-05-03, near: [{zoning: qpv, signed_distance_m: 3}], helped_place: {zones: []},
     candidates: [[]], expect: to_check}
"""
BOOSTED = ZonePredicate("doctors", ("ZIP",), boosted=True)
DAYS = Let("days", parse("half_day_floor(days_per_week)", {}))
SPAN = (date(2020, 1, 1), date(2020, 12, 31))


def read(text: str, name: str) -> Rule:
    rule = read_rule(parse_yaml(text, f"{name}.yaml"), f"{name}.yaml")
    read_examples(rule)
    return rule


@pytest.fixture
def whole() -> Rule:
    return read(WHOLE, "whole-rule")


def test_the_words_of_a_rule(whole: Rule) -> None:
    assert (whole.id, whole.label, whole.summary) == ("whole-rule", "Prime d'essai", "Deux\nlignes.")
    assert (whole.kind, whole.payer, whole.contact) == (Kind.COMPUTATION, "none", "cpam")
    assert (whole.family, whole.once_in_career, whole.term, whole.about_held) == (
        "installation", True, Term(60, None, 1), "caim",
    )  # fmt: skip
    assert (whole.published_on, whole.checked_on, whole.confidence) == (
        date(2019, 11, 20), date(2026, 11, 23), Confidence.CORROBORATED,
    )  # fmt: skip
    assert whole.source["label"] == " Prime d'essai "


def test_the_audience_and_the_windows_of_a_rule(whole: Rule) -> None:
    assert whole.audience == Audience(
        frozenset({"medecin", "infirmier"}), frozenset({"mg"}), frozenset({"installing", "installed"}),
        frozenset({"11"}), recent=True,
    )  # fmt: skip
    opens = Bound(((None, date(2010, 1, 1)),))
    closes = Bound(((date(2011, 1, 1), date(2020, 12, 31)), (date(2020, 12, 30), None)))
    doctors = Audience(frozenset({"medecin"}))
    assert whole.windows == (
        Window(doctors, BearsOn.SIGNATURE, opens, closes, date(2009, 12, 1)),
        Window(Audience(), BearsOn.CREATION, Bound(), Bound()),
    )


def test_the_territory_of_a_rule(whole: Rule) -> None:
    moved = Since(
        (
            (date(2019, 10, 1), ZonePredicate("physios", ("sous_dotee",), "avenant5")),
            (date(2022, 5, 7), Doubt("Liste.")),
        )
    )
    codes = (
        CodeIs("region", frozenset({"76"})), CodeIs("departement", frozenset({"2A", "971"})),
        CodeIs("commune", frozenset({"75056", "2B033"})), CodeIs("epci", frozenset({"200066637"})),
    )  # fmt: skip
    assert whole.where == Either(
        (
            BOOSTED,
            ZonePredicate("doctors", ("ZIP", "ZAC"), None, "qpv", "full", "ZIP+", False, True),
            Every(codes),
            Outside(ZonePredicate("qpv", (), 2024)),
            moved,
            That(parse("population < 5", {}), "petite commune"),
        )
    )


def test_the_conditions_doubts_promises_and_notes_of_a_rule(whole: Rule) -> None:
    pdsa = Name("pdsa")
    assert whole.conditions == (
        Condition("sector", Compare("==", Name("sector"), Const("1")), "Secteur 1", *SPAN, waivable=True),
        Condition("age", parse("age < 50 and pdsa", {}), "Moins de 50 ans"),
    )
    assert whole.doubts == (
        Uncertainty("Zonage en cours.", date(2025, 11, 1), date(2025, 12, 31), pdsa),
        Uncertainty("Toujours."),
    )
    assert whole.promises == (Promise("Rester cinq ans.", 5), Promise("Déclarer."))
    assert whole.notes == (Note("Une note.", InTerritory("boosted_zip", BOOSTED)), Note("Une autre."))


def test_the_amount_of_a_rule(whole: Rule) -> None:
    received = HeldField("caim", "received")
    parts = (
        Instalment(1, "Signature", Const(100), 0),
        Instalment(20, "Solde", Arithmetic("*", Const(20), DAYS), 240),
        Instalment(3, "Fin", received),
    )
    total = Arithmetic("*", Const(1000), DAYS)
    half = Instalment(1, "Moitié", Arithmetic("/", Let("total", total), Const(2)))
    summed = Arithmetic("+", Arithmetic("+", parts[0].formula, parts[1].formula), received)
    assert whole.amount == Amount(
        "EUR_once",
        (
            AmountValue(date(2020, 1, 1), Const(12500)),
            AmountValue(date(2021, 1, 1), summed, parts),
            AmountValue(date(2022, 1, 1), total, (half,), date(2021, 12, 1), Confidence.MEDIUM, "Une précision."),
            AmountValue(date(2023, 1, 1), None, note="Non lu."),
        ),
        True,
        (("months", "EUR_total"), ("acts_year", "EUR_per_year")),
    )


def test_the_ties_and_the_sources_of_a_rule(whole: Rule) -> None:
    assert whole.excludes == (Relation("coscom", "Non cumulable.", Name("owner")), Relation("cotram", is_doubtful=True))
    assert whole.yields_to == (Relation("dj-indemnite-zip"),)
    assert whole.references == (
        (None, (Reference("Partout"),)),
        (date(2020, 1, 1), (Reference("Un"),)),
        (date(2021, 1, 1), (Reference("Deux", "https://example.org/2", "P2"), Reference("Deux bis"))),
        (date(2022, 1, 1), (Reference("Trois"),)),
        (date(2023, 1, 1), (Reference("Quatre"),)),
    )


def test_the_examples_of_a_rule_are_completed_by_their_base_and_by_its_audience(whole: Rule) -> None:
    applicant = {"profession": "medecin", "specialty": "mg", "status": "installing", "sector": "1"}
    zones = [{"zoning": "doctors", "code": "ZIP"}]
    near = {"near": [{"zoning": "qpv", "signed_distance_m": 3}], "candidates": [[]], "helped_place": {"zones": []}}
    assert read_examples(whole) == (
        Example("oui", {"date": "2020-05-01", "known_on": "2100-12-31", "applicant": {**applicant, "age": 41},
                        "place": {"population": 3, "zones": zones}}, Status.AVAILABLE, 12500.0, True, (), ("pdsa",)),
        Example("non", {"date": "2020-05-02", "known_on": "2020-06-01", "applicant": {**applicant, "age": 40},
                        "place": {"population": 4, "zones": []}}, Status.NOT_AVAILABLE, None, True, ("territory", "age")),
        Example("bord", {"date": "2020-05-03", "known_on": "2100-12-31", "applicant": {**applicant, "age": 40},
                         "place": {"population": 3, "zones": zones, **near}}, Status.TO_CHECK),
    )  # fmt: skip


def test_a_rule_that_says_little_concerns_everyone_everywhere_and_always() -> None:
    left_out = ("who", "window", "where", "conditions", "  - {id")
    text = "\n".join(line for line in VALID.splitlines() if not line.startswith(left_out))
    text = text.split("amount:")[0] + "references:" + text.split("references:")[1].replace("2020-01-01: [", "always: [")
    text = text.replace(", amount_eur: 3000", "")
    rule = read(text, "valid-rule")
    assert (rule.kind, rule.audience, rule.windows, rule.where, rule.conditions) == (Kind.AID, Audience(), (), None, ())
    assert (rule.doubts, rule.promises, rule.notes, rule.amount) == ((), (), (), None)
    assert (rule.excludes, rule.yields_to, rule.family, rule.once_in_career) == ((), (), None, False)
    assert (rule.term, rule.about_held, rule.published_on, rule.bears_on) == (None, None, None, BearsOn.PRACTICE)
    example = read_examples(rule)[0]
    assert example.question["applicant"] == {"sector": "1", "days_per_week": 3}
    assert (example.has_amount, example.failing, example.missing) == (False, None, None)


def test_an_example_speaks_as_the_likeliest_applicant() -> None:
    for who, expected in (
        ("{professions: [sage-femme, infirmier, medecin], statuses: [intern, installing, ceding]}",
         {"profession": "medecin", "status": "installing"}),
        ("{professions: [sage-femme, infirmier], specialties: [other, mg], statuses: [intern, ceding]}",
         {"profession": "infirmier", "specialty": "mg", "status": "ceding"}),
    ):  # fmt: skip
        text = VALID.replace("{professions: [medecin], statuses: [installing]}", who)
        given = read_examples(read(text, "valid-rule"))[1].question["applicant"]
        assert given == {**expected, "sector": "1"}


WHERE = "where: {zoning: doctors, code: ZIP}"
CONDITION = "{id: sector, that: \"sector == '1'\", else: Secteur 1}"
VALUE = '2020-01-01: "1000 * days_per_week"'
WINDOW = "window: {opens: 2020-01-01, closes: 2024-06-30, bears_on: signature}"
SOURCE = "2020-01-01: [{title: Arrêté inventé}]"
LATER = "checked_on:"
MISTAKES = [
    ("id: valid-rule", "id: Valid", "`id` must be made of a-z, 0-9, - and _, at most 40 characters."),
    ("label: Prime d'essai", "label: 3", "`label` must be a plain text; quote it if it is a number."),
    ("label: Prime d'essai", "label: '  '", "`label` must be a plain text; quote it if it is a number."),
    ("label: Prime d'essai", 'label: "a\\tb"', "`label` must be a plain text; quote it if it is a number."),
    ("label: Prime d'essai", "label: </b", "`label` holds HTML; write plain text."),
    ("label: Prime d'essai", "label: <!--", "`label` holds HTML; write plain text."),
    ("label: Prime d'essai", "label: null", "`label` is missing; add it."),
    ("contact: ars", "zzz: 1\ncontact: ars",
     "`zzz` is an unknown key; the keys here are about_held, amount, checked_on, "),
    ("contact: ars", "contact: ars\nkind: help", "`kind` must be one of: aid, computation, service, history."),
    ("statuses: [installing]", "statuses: [installing, teacher]",
     "`who.statuses` holds a word that is not one of: installing, installed, ceding, "),
    ("statuses: [installing]", "specialties: [gp]", "`who.specialties` holds a word that is not one of: mg, other."),
    ("statuses: [installing]", "statuses: [intern, installing], recent: true",
     "`who.recent` only goes with the statuses installing and installed."),
    ("statuses: [installing]", "recent: oui", "`who.recent` must be true or false."),
    ("statuses: [installing]", "regions: [11]", "`who.regions` must hold quoted texts, such as '75' or 'ZIP'."),
    ("statuses: [installing]", "region: ['11']", "`who.region` is an unknown key; did you mean `regions`?"),
    ("bears_on: signature", "bears_on: project",
     "`window.bears_on` must be one of: signature, installation, creation, practice."),
    ("closes: 2024-06-30", "closes: {2020-01-01: 2020-12-31, 2019-01-01: 2021-12-31}",
     "`window.closes` must list its publication dates in order, earliest first."),
    ("closes: 2024-06-30", "closes: {janvier: 2020-12-31}",
     "`window.closes.janvier` must be an ISO date, such as 2024-06-30."),
    ("closes: 2024-06-30", "closes: {2020-01-01: fin}",
     "`window.closes.2020-01-01` must be an ISO date, such as 2024-06-30."),
    ("closes: 2024-06-30", "for: {profession: [medecin]}",
     "`window.for.profession` is an unknown key; did you mean `professions`?"),
    ("window: {", "windows: [", "line 7: did not find expected ',' or ']'."),
    (WINDOW, "windows: {bears_on: signature}",
     "`windows` must be a list."),
    (WINDOW, "windows: [always]",
     "`windows[1]` must be a mapping of keys to values."),
    (WHERE, "where: {zone: doctors}",
     "`where.zone` is an unknown key; a territory is one of all, any, not, since, zoning, region, departement, "),
    (WHERE, "where: {}", "`where` must hold exactly one of: all, any, not, since, "),
    (WHERE, "where: {zoning: doctors, code: ZIP, generation: 2024}",
     "`where.generation` must be one of: none for this zoning."),
    (WHERE, "where: {zoning: qpv, code: ZIP}",
     "`where.code` does not go with qpv, whose zones have no class; remove it."),
    (WHERE, "where: {zoning: frr}", "`where.code` is missing; one or several of: FRR+, FRR, ZRR_KEPT."),
    (WHERE, "where: {zoning: doctors, code: ZIP, scope: commune}",
     "`where.scope` must be one of: qpv."),
    (WHERE, "where: {zoning: doctors, code: ZIP, coverage: half}",
     "`where.coverage` must be one of: full, partial."),
    (WHERE, "where: {zoning: doctors, code: ZIP, at: home}",
     "`where.at` must be one of: practice, helped."),
    (WHERE, "where: {zoning: doctors, code: ZIP, boosted: oui}",
     "`where.boosted` must be true or false."),
    (WHERE, "where: {region: ['7']}",
     "`where.region` must hold official codes in quotes: INSEE codes, or the SIREN of an EPCI."),
    (WHERE, "where: {since: {}}", "`where.since` must list its dates in order, earliest first."),
    (WHERE, "where: {since: {2021-01-01: {doubt: a}, 2020-01-01: {doubt: b}}}",
     "`where.since` must list its dates in order, earliest first."),
    (WHERE, "where: {since: {hier: {doubt: a}}}",
     "`where.since.hier` must be an ISO date, such as 2024-06-30."),
    (WHERE, "where: {doubt: a, else: b}",
     "`where.else` is an unknown key; the keys here are doubt."),
    (WHERE, "where: {that: \"population < 5\"}", "`where.else` is missing; add it."),
    (WHERE, "where: {all: [{doubt: a}, {not: {doubt: 3}}]}",
     "`where.all[2].not.doubt` must be a plain text; quote it if it is a number."),
    (WHERE, "zones: {min: {doubt: a}}",
     "`zones.min` must be a new name: not a fact, a function nor one already used."),
    (WHERE, "zones: {here: {doubt: a}}\nlet: {here: '1'}",
     "`let.here` must be a new name: not a fact, a function nor one already used."),
    (WHERE, "let: {total: '1'}",
     "`let.total` must be a new name: not a fact, a function nor one already used."),
    (WHERE, "let: {year: '1'}",
     "`let.year` must be a new name: not a fact, a function nor one already used."),
    (WHERE, "let: {two words: '1'}",
     "`let.two words` must be a new name: not a fact, a function nor one already used."),
    (WHERE, "about_held: caim\nlet: {held_months: '1'}",
     "`let.held_months` must be a new name: not a fact, a function nor one already used."),
    (CONDITION, "{that: \"True\", else: x}",
     "`conditions[1].id` is missing; the expression reads no fact to be named after."),
    (CONDITION, "{id: a, that: [pdsa], else: x}",
     "`conditions[1].that` must be an expression in quotes."),
    (CONDITION, "{id: a, that: {pdsa: x}, else: x}",
     "`conditions[1].that` must be an expression in quotes."),
    (CONDITION, "{that: pdsa, else: x, until: demain}",
     "`conditions[1].until` must be an ISO date, such as 2024-06-30."),
    (CONDITION, "{that: pdsa, else: x, from: hier}",
     "`conditions[1].from` must be an ISO date, such as 2024-06-30."),
    (CONDITION, "{that: pdsa, else: x, waivable: oui}",
     "`conditions[1].waivable` must be true or false."),
    (CONDITION, "{that: pdsa, else: x, otherwise: y}",
     "`conditions[1].otherwise` is an unknown key; the keys here are else, from, id, that, until, waivable."),
    (LATER, "to_check: [{because: a, til: 2020-01-01}]\nchecked_on:",
     "`to_check[1].til` is an unknown key; did you mean `until`?"),
    (LATER, "promises: [{text: a, commitment_years: 51}]\nchecked_on:",
     "`promises[1].commitment_years` must be a whole number between 1 and 50."),
    (LATER, "promises: [{text: a, commitment_years: 0}]\nchecked_on:",
     "`promises[1].commitment_years` must be a whole number between 1 and 50."),
    (LATER, "promises: [{text: a, when: pdsa}]\nchecked_on:",
     "`promises[1].when` is an unknown key; the keys here are commitment_years, text."),
    (LATER, "notes: [{text: a, when: age}]\nchecked_on:",
     "`notes[1].when` holds a number where a flag is needed; compare it: profit > 0, group == 'pluri'."),
    (LATER, "to_check: [{because: a, when: age}]\nchecked_on:",
     "`to_check[1].when` holds a number where a flag is needed; compare it: profit > 0, group == 'pluri'."),
    (LATER, "excludes: [{aid: a, when: age}]\nchecked_on:",
     "`excludes[1].when` holds a number where a flag is needed; compare it: profit > 0, group == 'pluri'."),
    (LATER, "notes: [{text: a, then: pdsa}]\nchecked_on:", "`notes[1].then` is an unknown key; did you mean `when`?"),
    (LATER, "term_months: 601\nchecked_on:", "`term_months` must be a whole number between 1 and 600."),
    (LATER, "term_months: 0\nchecked_on:", "`term_months` must be a whole number between 1 and 600."),
    (LATER, "term_months: true\nchecked_on:", "`term_months` must be a whole number between 1 and 600."),
    (LATER, "term_months: 1.5\nchecked_on:", "`term_months` must be a whole number between 1 and 600."),
    (LATER, "term_months: 60\nrenewal: {times: 11}\nchecked_on:", "`renewal.times` must be a whole number between 1 and 10."),
    (LATER, "term_months: 60\nrenewal: {until: 2020-01-01}\nchecked_on:",
     "`renewal.until` is an unknown key; did you mean `tacit_until`?"),
    (LATER, "once_in_career: 1\nchecked_on:", "`once_in_career` must be true or false."),
    (LATER, "excludes: [{aid: a, why: b}]\nchecked_on:",
     "`excludes[1].why` is an unknown key; the keys here are aid, because, doubtful, when."),
    (LATER, "excludes: caim\nchecked_on:", "`excludes` must be a list."),
    ("unit: EUR_once", "unit: EUR_once\n  unit_with: {mois: EUR_total}",
     "`amount.unit_with.mois` is an unknown fact; the facts are listed in docs/rules.md."),
    ("unit: EUR_once", "unit: EUR_once\n  unit_with: {months: EUR}",
     "`amount.unit_with.months` must be one of: EUR_once, EUR_per_year, "),
    ("unit: EUR_once", "unit: EUR_once\n  maximum: oui", "`amount.maximum` must be true or false."),
    ("unit: EUR_once", "unit: EUR_once\n  max: true", "`amount.max` is an unknown key; did you mean `maximum`?"),
    (VALUE, "hier: 3", "`amount.values.hier` must be an ISO date, such as 2024-06-30."),
    (VALUE, "2020-01-01: [3]", "`amount.values.2020-01-01` must be an expression in quotes."),
    (VALUE, "2020-01-01: {formula: 3, notes: x}",
     "`amount.values.2020-01-01.notes` is an unknown key; did you mean `note`?"),
    (VALUE, "2020-01-01: {formula: 3, confidence: sure}",
     "`amount.values.2020-01-01.confidence` must be one of: corroborated, medium, seed, uncertain."),
    (VALUE, "2020-01-01: {instalments: [{year: 21, label: a, amount: 1}]}",
     "`amount.values.2020-01-01.instalments[1].year` must be a whole number between 1 and 20."),
    (VALUE, "2020-01-01: {instalments: [{year: 1, label: a, amount: 1, due_months: 241}]}",
     "`amount.values.2020-01-01.instalments[1].due_months` must be a whole number between 0 and 240."),
    (VALUE, "2020-01-01: {instalments: [{year: 1, label: a, amount: 1, due: 2}]}",
     "`amount.values.2020-01-01.instalments[1].due` is an unknown key; the keys here are amount, due_months, label, year."),
    (VALUE, "2020-01-01: {instalments: [{year: 1, label: a, amount: total}]}",
     "`amount.values.2020-01-01.instalments[1].amount` names an unknown fact total; "),
    (SOURCE, "2020-01-01: [{title: Arrêté, url: 'https://a'}]",
     "`references.2020-01-01[1].url` is an unknown key; the keys here are href, tag, title."),
    (SOURCE, "jamais: [{title: Arrêté}]", "`references.jamais` must be an ISO date, such as 2024-06-30."),
    ("references:\n  2020-01-01: [{title: Arrêté inventé}]", "references: {}",
     "`references` is empty; every rule names its sources."),
    ("examples:\n", "example_base: {who: {}}\nexamples:\n", "`example_base.who` is an unknown key; "),
    ("expect: closed", "expect: shut", "`examples[3].expect` must be one of: available, not_available, closed, "),
    ("expect: closed", "expect: closed, amount: 3",
     "`examples[3].amount` is an unknown key; did you mean `amount_eur`?"),
    ("amount_eur: 3000", "amount_eur: '3000'", "`examples[1].amount_eur` must be a number, or null for no amount."),
    ("amount_eur: 3000", "amount_eur: true", "`examples[1].amount_eur` must be a number, or null for no amount."),
    ("on: 2024-07-01", "on: 1999-12-31",
     "`examples[3].on` is refused: date must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
    ("on: 2024-07-01", "on: 2024-07-01, known_on: hier",
     "`examples[3].known_on` is refused: known_on must be a date YYYY-MM-DD between 2000-01-01 and 2100-12-31."),
    ("label: Prime d'essai", "? [a]\n: b", "line 2: a key must be a plain word."),
    ("label: Prime d'essai", "label: a\0b", "unreadable YAML; check it is UTF-8 text."),
    ("id: valid-rule", "- id: valid-rule", "line 2: did not find expected '-' indicator."),
    ("label: Prime d'essai", "label: *other", "line 2: anchors (&, *) are not allowed; repeat the text."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "words"), MISTAKES, ids=[re.sub(r"[^a-z]+", "-", words[:60]) for _, _, words in MISTAKES]
)
def test_a_mistake_is_named_with_its_key_and_its_fix(old: str, new: str, words: str) -> None:
    assert old in VALID
    with pytest.raises(RuleError) as caught:
        read(VALID.replace(old, new, 1), "valid-rule")
    message = caught.value.message
    told = message.removeprefix("valid-rule.yaml: ").removeprefix("valid-rule.yaml, ")
    assert (told[: len(words)] if words.endswith(" ") else told) == words
    key = words.split("`")[1] if words.startswith("`") else "valid-rule.yaml"
    assert caught.value.field == key


def test_a_contract_may_be_renewed_by_itself_until_a_day() -> None:
    text = VALID.replace(LATER, "term_months: 36\nrenewal: {tacit_until: 2022-12-31}\nchecked_on:")
    assert read(text, "valid-rule").term == Term(36, date(2022, 12, 31), 0)
    assert read(VALID.replace(LATER, "term_months: 36\nchecked_on:"), "valid-rule").term == Term(36)


def test_an_amount_needs_at_least_one_value() -> None:
    with pytest.raises(RuleError) as caught:
        read_amount(Cursor({"unit": "EUR_once", "values": {}}, "a.yaml", "amount"), {}, ())
    assert caught.value.message == "a.yaml: `amount.values` must list its dates in order, earliest first."


def test_dates_numbers_and_words_of_a_file_are_read_strictly() -> None:
    text = "day: 2020-01-01\nyes: yes\nno: no\nbig: 010\nwhole: -3\nreal: 1.50\nempty:\nnone: ~\nflag: true\nsci: 1e3\n"
    assert dict(parse_yaml(text, "a.yaml")) == {
        "day": "2020-01-01", "yes": "yes", "no": "no", "big": "010", "whole": -3, "real": 1.5, "empty": None,
        "none": None, "flag": True, "sci": "1e3",
    }  # fmt: skip
