"""What expressions and territories print, which facts they read, and what they say when unknown."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.environment import Environment, known_facts
from app.aids.expressions import parse
from app.aids.held_fields import held_scope, held_values
from app.aids.question import Question, read_place
from app.aids.reading import Applicant, Held
from app.aids.territory import InTerritory, Territory
from app.aids.territory_reader import read_territory
from app.aids.tree import Choice, Const, Let, Name, Negative, Value, text_of
from app.aids.yaml_text import Cursor, Plain

DAY = date(2026, 4, 1)
ZIP: dict[str, Plain] = {"zoning": "doctors", "code": "ZIP"}
QPV: dict[str, Plain] = {"zoning": "qpv", "generation": 2024}
HZ: dict[str, Plain] = {"zones": [{"zoning": "doctors", "code": "HZ"}]}


def environment(place: dict[str, Plain] | None = None, on: date = DAY, **facts: Value) -> Environment:
    question = Question(on, on, Applicant({}), read_place(place or {}))
    return Environment(question, {**known_facts(question), **facts}, on)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("text", "facts", "printed"),
    [
        ("age >= 60 and pdsa", {"age": 61, "pdsa": True}, "61 ≥ 60 et oui"),
        ("age > 60 or pdsa", {"age": 61, "pdsa": False}, "61 > 60 ou non"),
        ("not pdsa", {"pdsa": True}, "non (oui)"),
        ("sector in ['1', '2']", {"sector": "1"}, "1 parmi 1, 2"),
        ("sector not in ['1']", {}, "? hors de 1"),
        ("1 < age", {"age": 2}, "1 < 2"),
        ("profit if pdsa else age", {"profit": 5, "age": 6, "pdsa": True}, "5"),
        ("age == 1", {"age": 1}, "1 = 1"),
        ("age != 1", {"age": 1}, "1 ≠ 1"),
        ("age < 1", {"age": 1}, "1 < 1"),
        ("age <= 1", {"age": 1}, "1 ≤ 1"),
        ("installed_since < day('2026-01-01')", {"installed_since": date(2025, 12, 31)},
         "31 décembre 2025 < 1er janvier 2026"),
        ("-(profit + 1)", {"profit": 2}, "−(2 + 1)"),
        ("-profit", {"profit": 2}, "−2"),
        ("(profit + 1) / 2", {"profit": 2}, "(2 + 1) ÷ 2"),
        ("2 * (profit - 1)", {"profit": 2}, "2 × (2 − 1)"),
        ("2 * profit * 3", {"profit": 2}, "2 × 2 × 3"),
        ("profit - (3 + 1)", {"profit": 2}, "2 − (3 + 1)"),
        ("profit - 3 * 2", {"profit": 2}, "2 − 3 × 2"),
        ("profit + (3 - 1)", {"profit": 2}, "2 + 3 − 1"),
        ("profit / (3 / 2)", {"profit": 2}, "2 ÷ (3 ÷ 2)"),
        ("profit * (2 if pdsa else 1)", {"profit": 7, "pdsa": False}, "7"),
        ("profit * (2 if pdsa else 1)", {"profit": 7, "pdsa": True}, "7 × 2"),
        ("profit - (2 if pdsa else 0)", {"profit": 7, "pdsa": False}, "7"),
        ("profit / (2 if pdsa else 1)", {"profit": 7, "pdsa": False}, "7 ÷ 1"),
        ("2 * (profit + (1 if pdsa else 0))", {"profit": 7, "pdsa": False}, "2 × 7"),
        ("percent(10) * profit", {"profit": 7}, "10 % × 7"),
        ("half_day_floor(days_per_week)", {"days_per_week": 3.4}, "3"),
        ("min(profit, 2)", {}, "min(? ; 2)"),
    ],
)  # fmt: skip
def test_an_expression_prints_its_values(text: str, facts: dict[str, Value], printed: str) -> None:
    assert plain(parse(text, {}).show(environment(**facts))) == printed


def test_values_print_as_french_readers_expect() -> None:
    assert [plain(text_of(value)) for value in (None, True, False, 1234.5, date(2026, 1, 1), ("a", "b"), "x")] == [
        "?", "oui", "non", "1 234,5", "1er janvier 2026", "a, b", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "facts", "value"),
    [
        ("profit + 1", {"profit": 2}, 3),
        ("profit - 1", {"profit": 2}, 1),
        ("profit * 3", {"profit": 2}, 6),
        ("profit / 4", {"profit": 2}, 0.5),
        ("profit / 1", {"profit": 0}, 0),
        ("profit + age", {"profit": 2}, None),
        ("age + profit", {"profit": 2}, None),
        ("-age", {}, None),
        ("-profit", {"profit": 2.5}, -2.5),
        ("1 if pdsa else 2", {"pdsa": True}, 1),
        ("1 if pdsa else 2", {"pdsa": False}, 2),
        ("profit if pdsa else age", {"profit": 5, "age": 5}, 5),
        ("profit if pdsa else age", {"profit": 5, "age": 6}, None),
        ("profit if pdsa else age", {"profit": 5, "age": 6, "pdsa": True}, 5),
        ("profit if pdsa else age", {"profit": 5, "age": 6, "pdsa": False}, 6),
        ("age < 3", {"age": 3}, False),
        ("age <= 3", {"age": 3}, True),
        ("age > 3", {"age": 3}, False),
        ("age >= 3", {"age": 3}, True),
        ("age == 3", {"age": 3}, True),
        ("age != 3", {"age": 3}, False),
        ("sector not in ['1']", {"sector": "1"}, False),
        ("pdsa and owner and age > 3", {"owner": True, "age": 3}, False),
        ("pdsa and owner", {"pdsa": True, "owner": True}, True),
        ("pdsa or owner or age > 3", {"owner": False, "age": 4}, True),
        ("pdsa or owner", {"pdsa": False, "owner": False}, False),
    ],
)
def test_an_expression_is_worth(text: str, facts: dict[str, Value], value: Value) -> None:
    assert parse(text, {}).value(environment(**facts)) == value


def test_an_expression_names_every_fact_it_reads() -> None:
    text = "max(0, -profit + fees_year) if pdsa and (owner or not first_installation) and age == 3 else months"
    assert list(parse(text, {}).names()) == [
        "pdsa", "owner", "first_installation", "age", "profit", "fees_year", "months",
    ]  # fmt: skip
    assert list(Let("x", Name("age")).names()) == ["age"]
    assert list(Negative(Name("age")).names()) == ["age"]
    assert list(Const(3).names()) == []


def test_a_named_expression_is_its_content() -> None:
    named = Let("n", Let("m", Name("age")))
    assert (named.value(environment(age=3)), named.show(environment(age=3))) == (3, "3")
    boosted = parse("profit * bonus", {"bonus": Let("bonus", parse("2 if pdsa else 1", {}))})
    assert plain(boosted.show(environment(profit=7, pdsa=False))) == "7"
    assert plain(boosted.show(environment(profit=7, pdsa=True))) == "7 × 2"
    doubled = parse("2 * (part + 1)", {"part": Let("part", parse("profit if pdsa else 0", {}))})
    assert plain(doubled.show(environment(profit=7, pdsa=True))) == "2 × (7 + 1)"
    cut = parse("2 * ((profit + 1) + (1 if pdsa else 0))", {})
    assert plain(cut.show(environment(profit=7, pdsa=False))) == "2 × (7 + 1)"


def test_a_choice_shows_the_branch_that_applies() -> None:
    choice = Choice(Name("pdsa"), Const(1), Const(2))
    assert choice.show(environment(pdsa=True)) == "1"
    assert choice.show(environment(pdsa=False)) == choice.show(environment()) == "2"


MOVED: dict[str, Plain] = {"since": {"2020-01-01": {"region": ["11"]}, "2022-05-07": {"region": ["76"]}}}


def territory(where: dict[str, Plain]) -> Territory:
    return read_territory(Cursor(where, "test.yaml", "where"), {})


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"region": ["76", "11"]}, "régions Île-de-France, Occitanie"),
        ({"departement": ["2A"]}, "département 2A"),
        ({"commune": ["75119"]}, "commune 75119"),
        ({"zoning": "frr", "code": ["FRR", "ZRR_KEPT"]},
         "commune classée France ruralités revitalisation (FRR) ou commune sortie de ZRR qui en garde l'effet"),
        ({"zoning": "physios", "code": "sous_dotee", "generation": "avenant5"},
         "sous-dotée (zonage masseurs-kinésithérapeutes, avenant 5)"),
        ({"epci": ["200066637"]}, "EPCI 200066637"),
        ({"departement": [f"0{n}" for n in range(1, 10)]}, "départements 01, 02, 03, 04, 05, 06, 07, 08, …"),
        ({"departement": [f"0{n}" for n in range(1, 9)]}, "départements 01, 02, 03, 04, 05, 06, 07, 08"),
        ({"that": "population < 5", "else": "petite commune"}, "petite commune"),
        ({"doubt": "liste locale"}, "liste locale"),
        ({"all": [ZIP, QPV]}, "ZIP (zonage médecins) et quartier prioritaire (QPV) 2024"),
        ({"any": [ZIP, {"all": [QPV, {"region": ["11"]}]}]},
         "ZIP (zonage médecins) ou (quartier prioritaire (QPV) 2024 et région Île-de-France)"),
        ({"all": [{"any": [{"region": ["11"]}]}, ZIP]}, "région Île-de-France et ZIP (zonage médecins)"),
        ({"not": {"any": [{"region": ["11"]}, {"region": ["24"]}]}},
         "hors (région Île-de-France ou région Centre-Val de Loire)"),
        ({"not": {"region": ["11"]}}, "hors région Île-de-France"),
        ({"since": {"2020-01-01": {"region": ["11"]}, "2022-05-07": {"region": ["76"]}}},
         "à partir du 1er janvier 2020 : région Île-de-France ; à partir du 7 mai 2022 : région Occitanie"),
    ],
)  # fmt: skip
def test_a_territory_says_what_it_requires(where: dict[str, Plain], words: str) -> None:
    assert plain(territory(where).describe()) == words


NURSES: dict[str, Plain] = {"zoning": "nurses", "code": "tres_sous_dotee"}
BY_PROFESSION: dict[str, Plain] = {
    "any": [
        {"all": [{"that": "profession == 'medecin'", "else": "médecin"}, ZIP, {"region": ["76"]}]},
        {"all": [{"that": "profession == 'infirmier'", "else": "infirmier"}, NURSES]},
        {"all": [{"that": "population < 2000", "else": "petite commune"}, {"departement": ["93"]}]},
    ]
}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"profession": "medecin"},
            "(ZIP (zonage médecins) et région Occitanie) ou (petite commune et département 93)",
        ),
        ({"profession": "infirmier"}, "très sous-dotée (zonage infirmiers) ou (petite commune et département 93)"),
        ({"profession": "pharmacien"}, "petite commune et département 93"),
        (
            {},
            "(médecin et ZIP (zonage médecins) et région Occitanie)"
            " ou (infirmier et très sous-dotée (zonage infirmiers)) ou (petite commune et département 93)",
        ),
    ],
)
def test_a_reason_keeps_what_concerns_the_applicant(facts: dict[str, str], words: str) -> None:
    env = environment({"population": 9000}, **facts)
    assert plain(territory(BY_PROFESSION).describe(env)) == words


@pytest.mark.parametrize(("on", "words"), [(date(2022, 5, 6), "Île-de-France"), (date(2022, 5, 7), "Occitanie")])
def test_a_reason_keeps_the_territory_in_force(on: date, words: str) -> None:
    assert territory(MOVED).describe(environment({}, on)) == f"région {words}"


@pytest.mark.parametrize(
    ("where", "place", "doubts"),
    [
        ({"region": ["11"]}, {}, ["région du lieu à préciser"]),
        ({"region": ["11"]}, {"region": "11"}, []),
        ({"that": "population < 5", "else": "petite commune"}, {}, ["petite commune"]),
        ({"that": "population < 5", "else": "petite commune"}, {"population": 9}, []),
        ({"any": [{"doubt": "liste A"}, {"region": ["11"]}, {"doubt": "liste B"}]}, {"region": "24"}, ["liste A", "liste B"]),
        ({"not": {"doubt": "liste A"}}, {}, ["liste A"]),
        ({"not": {"any": [{"that": "population < 5", "else": "x"}, {"doubt": "liste A"}]}}, {"population": 9}, ["liste A"]),
        ({"since": {"2020-01-01": {"that": "population < 5", "else": "petite"}}}, {"population": 9}, []),
        ({"since": {"2020-01-01": {"doubt": "avant"}, "2022-05-07": {"doubt": "après"}}}, {}, ["après"]),
    ],
)  # fmt: skip
def test_a_territory_says_why_it_is_unknown(
    where: dict[str, Plain], place: dict[str, Plain], doubts: list[str]
) -> None:
    assert list(territory(where).doubts(environment(place))) == doubts


@pytest.mark.parametrize(
    ("where", "place", "on", "truth"),
    [
        ({"all": [{"doubt": "x"}, {"region": ["11"]}]}, {"region": "24"}, DAY, False),
        ({"all": [{"doubt": "x"}, {"region": ["11"]}]}, {"region": "11"}, DAY, None),
        ({"all": [{"region": ["11"]}, {"departement": ["93"]}]}, {"departement": "93"}, DAY, True),
        ({"any": [{"doubt": "x"}, {"region": ["11"]}]}, {"region": "11"}, DAY, True),
        ({"any": [{"doubt": "x"}, {"region": ["11"]}]}, {"region": "24"}, DAY, None),
        ({"any": [{"region": ["11"]}, {"region": ["24"]}]}, {"region": "76"}, DAY, False),
        ({"not": {"region": ["11"]}}, {"region": "11"}, DAY, False),
        ({"not": {"region": ["11"]}}, {"region": "24"}, DAY, True),
        ({"not": {"region": ["11"]}}, {}, DAY, None),
        ({"that": "population < 5", "else": "x"}, {"population": 4}, DAY, True),
        ({"that": "population < 5", "else": "x"}, {"population": 5}, DAY, False),
        (MOVED, {"region": "11"}, date(2022, 5, 6), True),
        (MOVED, {"region": "11"}, date(2022, 5, 7), False),
        (MOVED, {"region": "11"}, date(2019, 1, 1), True),
    ],
)  # fmt: skip
def test_a_territory_decides(where: dict[str, Plain], place: dict[str, Plain], on: date, truth: bool | None) -> None:
    assert territory(where).test(environment(place, on)) is truth


def test_a_territory_names_its_facts_and_its_predicates() -> None:
    tree = territory(
        {"any": [{"region": ["11"]}, {"not": {"departement": ["93"]}}, {"doubt": "x"}, ZIP,
                 {"since": {"2020-01-01": {"that": "population < 5", "else": "x"}, "2022-05-07": QPV}}]}
    )  # fmt: skip
    assert list(tree.names()) == ["region", "departement", "population"]
    assert [predicate.zoning for predicate in tree.predicates()] == ["doctors", "qpv"]
    assert [predicate.zoning for predicate in territory({"not": ZIP}).predicates()] == ["doctors"]


def test_a_named_territory_reads_as_a_truth() -> None:
    named = InTerritory("zip", territory({"any": [ZIP, {"region": ["11"]}]}))
    assert named.value(environment({"zones": [ZIP]})) is True
    assert named.show(environment({"zones": [ZIP]})) == "oui"
    assert named.show(environment({**HZ, "region": "24"})) == "non"
    assert named.show(environment()) == "?"
    assert list(named.names()) == ["region"]


def test_a_value_of_an_aid_held_reads_like_a_fact() -> None:
    received = held_scope("caim")["held_received"]
    held = environment(**{"held:caim:received": 5000.0, "held:other:received": 3.0})
    assert (received.value(held), plain(received.show(held))) == (5000.0, "5 000")
    assert (received.value(environment()), received.show(environment())) == (None, "?")
    assert list(received.names()) == ["held"]
    assert sorted(held_scope("caim")) == [
        "held_ended_on", "held_ends", "held_granted_on", "held_months", "held_received",
    ]  # fmt: skip


def test_an_aid_held_twice_is_read_as_the_one_that_ended() -> None:
    running = Held("caim", date(2022, 1, 1), date(2027, 1, 1), 100.0)
    ended = Held("caim", date(2020, 1, 15), None, 50.0, date(2021, 3, 14))
    for held in ((running, ended), (ended, running)):
        assert held_values(held) == {
            "held:caim:granted_on": date(2020, 1, 15), "held:caim:ended_on": date(2021, 3, 14), "held:caim:ends": None,
            "held:caim:received": 50.0, "held:caim:months": 13,
        }  # fmt: skip
    assert held_values((running,))["held:caim:months"] is None
    assert held_values((running,))["held:caim:ends"] == date(2027, 1, 1)
