"""The reasons of an answer: their order, codes, words, and the facts they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.aids.evaluate import Session
from app.aids.loader import load_rules
from app.aids.models import Offer, RuleBook, Status
from app.aids.question import read_question
from app.aids.reading import QUESTION_DATES

RULE = """
id: {id}
label: Règle {id}
summary: Règle inventée.
{kind}
payer: ars
contact: ars
who: {who}
window: {window}
where: {where}
conditions:
  - {{id: duty, that: pdsa, else: Gardes, waivable: true}}
  - {{id: sector, that: "sector == '1'", else: Secteur 1, from: 2020-01-01, until: 2020-12-31}}
  - {{that: "days_per_week >= 2 and days_per_week <= 4", else: De 2 à 4 jours}}
promises: [{{text: Rester trois ans., commitment_years: 3}}]
to_check:
  - {{because: Doute daté., from: 2021-03-01, until: 2021-03-31}}
  - {{because: Doute sur l'âge., when: "age > 60"}}
published_on: 2019-06-15
{more}
amount: {{unit: EUR_once, values: {{2000-01-01: "100"}}}}
references: {{2000-01-01: [{{title: Texte inventé}}]}}
checked_on: 2026-11-01
confidence: corroborated
examples:
  - {{name: a, on: 2021-01-01, expect: available}}
  - {{name: b, on: 2021-01-02, expect: available}}
  - {{name: c, on: 2021-01-03, expect: available}}
"""
WHO = "{professions: [medecin], specialties: [mg], statuses: [installing, installed], regions: ['76'], recent: true}"
GIVEN = {
    "profession": "medecin", "specialty": "mg", "status": "installing", "pdsa": True, "sector": "1", "days_per_week": 3,
    "age": 40,
}  # fmt: skip
PLACE = {"region": "76", "zones": [{"zoning": "doctors", "code": "ZIP"}]}


def make_book(directory: Path, **rules: str | dict[str, str]) -> RuleBook:
    (directory / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    for name, changes in {"rule": {}, **rules}.items():
        filled = {
            "who": WHO,
            "window": "{opens: 2019-01-01, closes: 2022-12-31, bears_on: signature}",
            "where": "{zoning: doctors, code: ZIP}",
            "kind": "kind: aid",
            "more": "",
        }
        filled |= changes if isinstance(changes, dict) else {}
        (directory / f"{name}.yaml").write_text(RULE.format(id=name, **filled), encoding="utf-8")
    return load_rules(directory)


def asked(
    book: RuleBook,
    on: str = "2021-06-01",
    aid: str = "rule",
    place: dict[str, object] | None = None,
    known_on: str = "2026-01-01",
    **facts: object,
) -> Offer:
    body = {
        "date": on,
        "known_on": known_on,
        "applicant": {**GIVEN, **facts},
        "place": PLACE if place is None else place,
    }
    return Session(book, read_question(body, QUESTION_DATES[1])).offer(aid)


def told(offer: Offer) -> list[tuple[str, str, bool | None, tuple[str, ...]]]:
    return [
        (reason.code, reason.text.replace("\u00a0", " "), reason.holds, tuple(reason.facts)) for reason in offer.reasons
    ]


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    return make_book(tmp_path)


def test_nothing_fails_nothing_is_told(book: RuleBook) -> None:
    offer = asked(book)
    assert (offer.status, told(offer), offer.missing) == (Status.AVAILABLE, [], ())


KINDS = [
    ("profession", {"profession": "infirmier"}, "Profession non concernée.", ("profession",)),
    ("specialty", {"specialty": "other"}, "Spécialité non concernée.", ("specialty",)),
    ("status", {"status": "intern"}, "Situation d'exercice non concernée.", ("status",)),
    (
        "recent",
        {"status": "installed", "installed_since": "2020-06-01"},
        "Réservé à un projet d'installation ou à une installation de moins d'un an.",
        ("recent",),
    ),
]


@pytest.mark.parametrize(("code", "facts", "words", "read"), KINDS, ids=[case[0] for case in KINDS])
def test_each_test_of_the_applicant_fails_in_its_own_words(
    book: RuleBook, code: str, facts: dict[str, object], words: str, read: tuple[str, ...]
) -> None:
    offer = asked(book, **facts)
    assert (offer.status, told(offer)) == (Status.NOT_AVAILABLE, [(code, words, False, read)])


UNKNOWN_KINDS = [
    ("profession", {"profession": None}, "Profession à préciser.", ("profession",)),
    ("specialty", {"specialty": None}, "Spécialité à préciser.", ("specialty",)),
    (
        "recent",
        {"status": "installed"},
        "À préciser : projet d'installation, ou installation de moins d'un an.",
        ("installed_since",),
    ),
]


@pytest.mark.parametrize(("code", "facts", "words", "read"), UNKNOWN_KINDS, ids=[case[0] for case in UNKNOWN_KINDS])
def test_each_unknown_of_the_applicant_asks_its_own_question(
    book: RuleBook, code: str, facts: dict[str, object], words: str, read: tuple[str, ...]
) -> None:
    offer = asked(book, **facts)
    assert (offer.status, told(offer), offer.missing) == (Status.TO_CHECK, [(code, words, None, read)], read)


def test_an_unknown_status_asks_for_the_status_and_the_installation(book: RuleBook) -> None:
    offer = asked(book, status=None)
    assert told(offer) == [
        ("status", "Situation d'exercice à préciser.", None, ("status",)),
        (
            "recent",
            "À préciser : projet d'installation, ou installation de moins d'un an.",
            None,
            ("status", "installed_since"),
        ),
    ]


def test_the_region_of_the_applicant(book: RuleBook) -> None:
    zones = PLACE["zones"]
    assert told(asked(book, place={"region": "11", "zones": zones})) == [
        ("region", "Région non concernée.", False, ("region",))
    ]
    assert told(asked(book, place={"zones": zones})) == [("region", "Région à préciser.", None, ("region",))]


@pytest.mark.parametrize(
    ("on", "status", "words"),
    [
        (
            "2018-12-31",
            Status.NOT_YET_OPEN,
            "Dispositif pas encore ouvert à cette date (premier jour : 1er janvier 2019).",
        ),
        ("2023-01-01", Status.CLOSED, "Dispositif fermé à cette date (dernier jour : 31 décembre 2022)."),
    ],
)
def test_the_window_says_closed_or_not_yet(book: RuleBook, on: str, status: Status, words: str) -> None:
    offer = asked(book, on)
    assert offer.status is status
    assert [(code, text, holds) for code, text, holds, _ in told(offer)] == [("window", words, False)]


def test_the_order_of_the_steps_gives_the_status_and_every_failure_is_told(book: RuleBook) -> None:
    place: dict[str, object] = {"region": "11", "zones": [{"zoning": "doctors", "code": "ZAC"}]}
    facts = {"profession": "infirmier", "days_per_week": 5, "commitment_years": 2}
    offer = asked(book, "2023-01-01", place=place, known_on="2019-06-14", **facts)
    codes = [code for code, _, _, _ in told(offer)]
    assert codes == [
        "unpublished", "profession", "region", "window", "territory", "days_per_week", "commitment_years",
    ]  # fmt: skip
    assert offer.status is Status.NOT_AVAILABLE
    assert told(offer)[0][1] == "Règle publiée le 15 juin 2019 seulement."
    assert asked(book, "2023-01-01", **facts | {"profession": "medecin"}).status is Status.CLOSED


def test_the_first_day_of_publication_counts(book: RuleBook) -> None:
    assert asked(book, "2019-07-01", known_on="2019-06-15").status is Status.AVAILABLE
    assert asked(book, "2019-07-01", known_on="2019-06-14").status is Status.NOT_AVAILABLE


def test_the_territory_says_what_is_required_or_what_is_unknown(book: RuleBook) -> None:
    zac = asked(book, place={"region": "76", "zones": [{"zoning": "doctors", "code": "ZAC"}]})
    assert told(zac) == [("territory", "Territoire requis : ZIP (zonage médecins).", False, ())]
    (nothing,) = told(asked(book, place={"region": "76"}))
    assert nothing[0] == "territory"
    assert nothing[1].startswith("Territoire à vérifier : ")
    assert nothing[1].endswith(".")
    assert nothing[2:] == (None, ())


def test_candidates_that_disagree_leave_a_doubt_in_words(book: RuleBook) -> None:
    candidates = [[{"zoning": "doctors", "code": code}] for code in ("ZIP", "ZAC")]
    offer = asked(book, place={"region": "76", "precision": "commune", "candidates": candidates})
    assert told(offer) == [
        ("territory", "Territoire à vérifier : le lieu peut relever de plusieurs classements.", None, ())
    ]


def test_a_territory_asks_for_the_place_facts_it_lacks(tmp_path: Path) -> None:
    where = '{all: [{doubt: liste A}, {departement: ["31"]}, {doubt: liste A}]}'
    book = make_book(tmp_path, far={"where": where})
    offer = asked(book, aid="far")
    assert told(offer) == [
        ("territory", "Territoire à vérifier : liste A ; département du lieu à préciser.", None, ("departement",)),
    ]
    assert offer.missing == ("departement",)


def test_conditions_follow_their_own_dates_both_ends_included(book: RuleBook) -> None:
    for on, codes in (
        ("2019-12-31", []), ("2020-01-01", ["sector"]), ("2020-12-31", ["sector"]), ("2021-01-01", []),
    ):  # fmt: skip
        assert [code for code, _, _, _ in told(asked(book, on, sector="2"))] == codes


def test_a_condition_fails_is_waived_or_is_asked(book: RuleBook) -> None:
    assert told(asked(book, days_per_week=5)) == [("days_per_week", "De 2 à 4 jours", False, ("days_per_week",))]
    assert told(asked(book, days_per_week=None)) == [("days_per_week", "De 2 à 4 jours", None, ("days_per_week",))]
    waived = asked(book, pdsa=False)
    assert (waived.status, told(waived)) == (
        Status.TO_CHECK, [("duty", "Gardes (dérogation possible).", None, ())],
    )  # fmt: skip
    assert told(asked(book, pdsa=None)) == [("duty", "Gardes", None, ("pdsa",))]


@pytest.mark.parametrize(
    ("years", "status"), [(2, Status.NOT_AVAILABLE), (3, Status.AVAILABLE), (2.5, Status.NOT_AVAILABLE)]
)
def test_a_commitment_given_too_short_is_refused(book: RuleBook, years: float, status: Status) -> None:
    offer = asked(book, commitment_years=years)
    assert offer.status is status
    expected = [("commitment_years", "Engagement trop court : Rester trois ans.", False, ("commitment_years",))]
    assert told(offer) == (expected if status is Status.NOT_AVAILABLE else [])


def test_a_declared_doubt_lasts_from_its_first_to_its_last_day(book: RuleBook) -> None:
    for on, status in (
        ("2021-02-28", Status.AVAILABLE), ("2021-03-01", Status.TO_CHECK), ("2021-03-31", Status.TO_CHECK),
        ("2021-04-01", Status.AVAILABLE),
    ):  # fmt: skip
        offer = asked(book, on)
        assert offer.status is status
        assert told(offer) == ([("to_check", "Doute daté.", None, ())] if status is Status.TO_CHECK else [])


def test_a_doubt_under_a_condition_asks_for_its_fact_and_yields_to_a_refusal(book: RuleBook) -> None:
    assert told(asked(book, age=61)) == [("to_check", "Doute sur l'âge.", None, ())]
    assert told(asked(book, age=None)) == [("to_check", "Doute sur l'âge.", None, ("age",))]
    assert [code for code, _, _, _ in told(asked(book, age=61, days_per_week=5))] == ["days_per_week"]


def test_history_is_never_available(tmp_path: Path) -> None:
    book = make_book(tmp_path, past={"kind": "kind: history"})
    offer = asked(book, aid="past")
    assert (offer.status, told(offer)) == (
        Status.NOT_AVAILABLE, [("history", "Cadre historique : ce n'est pas une aide.", False, ())],
    )  # fmt: skip


BEFORE = "Installation ou création antérieure à l'ouverture du dispositif"
AFTER = "Installation ou création postérieure à la fermeture du dispositif"


@pytest.mark.parametrize(
    ("window", "facts", "status", "reasons"),
    [
        ("{opens: 2021-01-01, bears_on: installation}", {"status": "installed", "installed_since": "2020-12-31"},
         Status.NOT_AVAILABLE,
         [("retroactive", f"{BEFORE} (premier jour : 1er janvier 2021), sans rétroactivité.", False)]),
        ("{closes: 2021-12-31, bears_on: creation}", {"activity_created_on": "2022-01-01"}, Status.NOT_AVAILABLE,
         [("window", f"{AFTER} (dernier jour : 31 décembre 2021).", False)]),
        ("{for: {professions: [infirmier]}, bears_on: signature}", {}, Status.NOT_AVAILABLE,
         [("window", "Dispositif non ouvert à cette profession ou à cette situation.", False)]),
        ("{opens: 2021-01-01, bears_on: signature, published_on: 2025-01-01}", {}, Status.NOT_AVAILABLE,
         [("window", "Dispositif non publié à la date de connaissance.", False)]),
    ],
)  # fmt: skip
def test_the_other_ways_out_of_a_window(
    tmp_path: Path, window: str, facts: dict[str, object], status: Status, reasons: list[tuple[str, str, bool]]
) -> None:
    book = make_book(tmp_path, other={"window": window, "who": "{professions: [medecin]}"})
    offer = asked(book, aid="other", known_on="2024-12-31", **facts)
    assert (offer.status, [(code, text, holds) for code, text, holds, _ in told(offer)]) == (status, reasons)


@pytest.mark.parametrize(
    ("bears_on", "fact"), [("installation", "installed_since"), ("creation", "activity_created_on")]
)
def test_an_unknown_entry_day_asks_for_it(tmp_path: Path, bears_on: str, fact: str) -> None:
    window = f"{{opens: 2021-01-01, bears_on: {bears_on}}}"
    book = make_book(tmp_path, other={"window": window, "who": "{professions: [medecin]}"})
    offer = asked(book, aid="other", status="installed")
    words = "La date d'entrée ou le profil ne permet pas de savoir si le dispositif est ouvert."
    assert (offer.status, told(offer)) == (Status.TO_CHECK, [("window", words, None, (fact,))])


TIES = [
    ("", 30, True, Status.NOT_AVAILABLE),
    ("", None, True, Status.TO_CHECK),
    ("", 70, True, Status.AVAILABLE),
    (', when: "owner"', 30, True, Status.NOT_AVAILABLE),
    (', when: "owner"', 30, False, Status.AVAILABLE),
    (', when: "owner"', 30, None, Status.TO_CHECK),
    (', when: "owner"', 70, None, Status.AVAILABLE),
    (', when: "owner"', None, None, Status.TO_CHECK),
]


@pytest.mark.parametrize(("when", "age", "owner", "status"), TIES)
def test_a_rule_gives_way_to_the_one_that_replaces_it(
    tmp_path: Path, when: str, age: int | None, owner: bool | None, status: Status
) -> None:
    who = "{professions: [medecin]}"
    weak = {"who": who, "more": f"yields_to: [{{aid: closed}}, {{aid: strong{when}}}]"}
    condition = 'let: {young: "age < 50"}\nzones: {zip: {zoning: doctors, code: ZIP}}'
    strong = {"who": who, "where": '{that: "age < 50", else: moins de 50 ans}', "more": condition}
    closed = {"who": "{professions: [infirmier]}"}
    book = make_book(tmp_path, weak=weak, strong=strong, closed=closed)
    offer = asked(book, aid="weak", age=age, owner=owner)
    replaced = [reason for reason in told(offer) if reason[0] == "replaced"]
    if age == 70:
        assert told(offer) == [("to_check", "Doute sur l'âge.", None, ())]
        return
    assert offer.status is status or (age is None and offer.status is Status.TO_CHECK)
    assert offer.excluded_by == (("strong",) if status is Status.NOT_AVAILABLE else ())
    if status is Status.AVAILABLE:
        assert replaced == []
    else:
        assert replaced == [("replaced", "Remplacée par strong.", False if offer.excluded_by else None, ())]


def test_windows_of_two_audiences_ask_who_is_asking(tmp_path: Path) -> None:
    more = "windows: [{for: {specialties: [mg]}, closes: 2020-12-31, bears_on: signature}, "
    more += "{for: {professions: [medecin], specialties: [other]}, bears_on: signature}]"
    text = RULE.replace("window: {window}\n", "")
    (tmp_path / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    filled = {"id": "two", "kind": "", "who": "{statuses: [installing]}", "where": "{zoning: doctors, code: ZIP}"}
    (tmp_path / "two.yaml").write_text(text.format(**filled, more=more), encoding="utf-8")
    offer = asked(load_rules(tmp_path), aid="two", specialty=None)
    words = "La date d'entrée ou le profil ne permet pas de savoir si le dispositif est ouvert."
    assert told(offer) == [("window", words, None, ("specialty",))]


def test_an_aid_held_that_excludes_is_told(tmp_path: Path) -> None:
    tie = 'excludes: [{aid: rule, because: Pas avec l\'autre., when: "owner"}]'
    book = make_book(tmp_path, other={"more": tie})
    held = [{"aid": "rule", "granted_on": "2020-06-01"}]
    offer = asked(book, aid="other", held=held, owner=True)
    assert told(offer) == [("excluded", "Pas avec l'autre.", False, ("held",))]
    assert asked(book, aid="other", held=held, owner=False).status is Status.AVAILABLE


@pytest.mark.parametrize(
    ("on", "held", "excluded"),
    [
        ("2021-06-01", {"granted_on": "2021-06-01"}, True),
        ("2021-06-01", {"granted_on": "2021-06-02"}, False),
        ("2021-06-01", {"granted_on": "2020-01-01", "ends": "2021-06-01"}, True),
        ("2021-06-02", {"granted_on": "2020-01-01", "ends": "2021-06-01"}, False),
        ("2021-06-02", {"granted_on": "2020-01-01", "ended_on": "2021-06-01"}, False),
        ("2021-06-02", {"granted_on": "2020-01-01", "ends": "2022-01-01", "ended_on": "2021-06-01"}, False),
        ("2021-12-31", {"granted_on": "2020-01-01"}, True),
        ("2022-01-01", {"granted_on": "2020-01-01"}, False),
        ("2022-01-01", {"granted_on": "2020-01-01", "ends": "2022-01-01"}, True),
    ],
)
def test_an_aid_held_excludes_from_its_grant_to_its_last_day(
    tmp_path: Path, on: str, held: dict[str, object], excluded: bool
) -> None:
    book = make_book(tmp_path, long={"more": "term_months: 24"}, other={"more": "excludes: [long]"})
    offer = asked(book, on, aid="other", held=[{"aid": "long", **held}])
    words = [("excluded", "Non cumulable avec long, en cours.", False, ("held",))]
    assert (told(offer), offer.excluded_by) == ((words, ("long",)) if excluded else ([], ()))
    assert (asked(book, on, aid="long", held=[{"aid": "other", "granted_on": "2019-07-01"}]).excluded_by) == ("other",)


@pytest.mark.parametrize(
    ("renewal", "on", "excluded"),
    [
        ("{tacit_until: 2021-12-31}", "2021-12-31", True),  # terms begun on 2020-01-01 and 2021-01-01
        ("{tacit_until: 2021-12-31}", "2022-01-01", None),
        ("{tacit_until: 2021-01-01}", "2021-12-31", True),
        ("{tacit_until: 2020-12-31}", "2021-01-01", None),
        ("{tacit_until: 2019-12-31}", "2020-12-31", True),
        ("{times: 1}", "2020-12-31", True),
        ("{times: 1}", "2021-01-01", None),
        ("{times: 1}", "2021-12-31", None),
        ("{times: 1}", "2022-01-01", False),
    ],
)
def test_a_renewal_nobody_told_of_leaves_the_exclusion_to_check(
    tmp_path: Path, renewal: str, on: str, excluded: bool | None
) -> None:
    term = f"term_months: 12\nrenewal: {renewal}"
    book = make_book(tmp_path, long={"more": term}, other={"more": "excludes: [long]"})
    offer = asked(book, on, aid="other", held=[{"aid": "long", "granted_on": "2020-01-01"}])
    assert [(reason.code, reason.holds) for reason in offer.reasons] == (
        [] if excluded is False else [("excluded", False if excluded else None)]
    )
    ended = [{"aid": "long", "granted_on": "2020-01-01", "ended_on": "2020-06-30"}]
    assert told(asked(book, on, aid="other", held=ended)) == []


def test_an_exclusion_on_which_sources_disagree_is_to_check(tmp_path: Path) -> None:
    tie = "excludes: [{aid: rule, because: Peut-être., doubtful: true}]"
    book = make_book(tmp_path, other={"more": tie})
    offer = asked(book, aid="other", held=[{"aid": "rule", "granted_on": "2020-06-01"}])
    assert (offer.status, told(offer)) == (Status.TO_CHECK, [("excluded", "Peut-être. À vérifier.", None, ())])
    assert offer.excluded_by == ()


def test_an_aid_had_once_is_not_had_again(tmp_path: Path) -> None:
    book = make_book(tmp_path, once={"more": "once_in_career: true"})
    for granted, told_again in (("2021-06-01", True), ("2021-06-02", False)):
        offer = asked(book, aid="once", held=[{"aid": "once", "granted_on": granted, "ended_on": "2022-01-01"}])
        words = [("already_held", "Une seule fois : déjà obtenue.", False, ("held",))]
        assert (told(offer), offer.excluded_by) == ((words, ("once",)) if told_again else ([], ()))
    assert told(asked(book, held=[{"aid": "rule", "granted_on": "2021-01-01"}])) == []
