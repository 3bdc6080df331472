"""A directory of rule files to a catalogue: shared files, ties between rules, order, version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.aids.loader import check_rules, load_rules
from app.aids.models import Contact, Family, Reference
from app.aids.zone_predicate import ZonePredicate
from app.errors import RuleError

VALID = (Path(__file__).resolve().parents[2] / "rules" / "valid-rule.yaml").read_text(encoding="utf-8")
CONTACTS = "ars: {label: ARS}\n"
FAMILY = """
ten-years:
  label: Règle des dix ans
  since: 2025-03-15
  years: 10
  published_on: 2025-03-14
  references:
    always: [{title: Partout}]
    2025-03-15: [{title: Un}, {title: Deux}]
"""


def rule(name: str, more: str = "", text: str = VALID) -> str:
    return text.replace("id: valid-rule", f"id: {name}") + more


def directory(path: Path, contacts: str = CONTACTS, families: str = "", planned: str = "", **rules: str) -> Path:
    for name, text in (("_contacts", contacts), ("_families", families), ("_catalogue", planned)):
        if text:
            (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, more in rules.items():
        (path / f"{name}.yaml").write_text(rule(name, more), encoding="utf-8")
    return path


def messages(path: Path) -> list[str]:
    book, errors = check_rules(path)
    assert book is None
    return [error.message for error in errors]


def test_contacts_may_be_refined_by_region(tmp_path: Path) -> None:
    contacts = """
ars: {label: ARS, url: "https://example.org"}
desk:
  label: Guichet
  by_region:
    '76': {label: Guichet d'Occitanie, url: "https://example.org/76"}
    '11': {label: Guichet francilien}
"""
    book = load_rules(directory(tmp_path, contacts, a=""))
    regions = {
        "76": Contact("desk", "Guichet d'Occitanie", "https://example.org/76"),
        "11": Contact("desk", "Guichet francilien"),
    }
    assert dict(book.contacts) == {
        "ars": Contact("ars", "ARS", "https://example.org"), "desk": Contact("desk", "Guichet", None, regions),
    }  # fmt: skip
    assert (book.contacts["desk"].of("11").label, book.contacts["desk"].of(None).label) == (
        "Guichet francilien", "Guichet",
    )  # fmt: skip


def test_families_hold_their_years_and_sources(tmp_path: Path) -> None:
    book = load_rules(directory(tmp_path, families=FAMILY, a="family: ten-years\n", b=""))
    assert dict(book.families) == {
        "ten-years": Family("ten-years", "Règle des dix ans", date(2025, 3, 15), 10, date(2025, 3, 14),
                            (Reference("Partout"), Reference("Un"), Reference("Deux"))),
    }  # fmt: skip
    assert (book.aids["a"].family, book.aids["b"].family) == ("ten-years", None)


def test_a_planned_aid_may_be_named_before_its_file_exists(tmp_path: Path) -> None:
    more = "excludes: [later]\nyields_to: [sooner]\nabout_held: later\n"
    book = load_rules(directory(tmp_path, planned="planned: [later, sooner, b]\n", a=more, b=""))
    assert book.planned == {"later", "sooner"}
    assert book.conflicts["a"] == {"later": None}
    assert book.conflicts["later"] == {"a": None}
    assert book.order == ("a", "b")


def test_exclusions_bind_both_aids_each_in_its_own_words(tmp_path: Path) -> None:
    more = {
        "a": "excludes: [{aid: b, because: Selon a.}, {aid: c, because: Selon a.}]\n",
        "b": "excludes: [{aid: a, because: Selon b.}]\n",
    }
    book = load_rules(directory(tmp_path, **more, c=""))
    assert {aid: dict(others) for aid, others in book.conflicts.items()} == {
        "a": {"b": "Selon a.", "c": "Selon a."}, "b": {"a": "Selon b."}, "c": {"a": "Selon a."},
    }  # fmt: skip


def test_an_aid_comes_after_those_it_gives_way_to(tmp_path: Path) -> None:
    book = load_rules(directory(tmp_path, a="yields_to: [b, c]\n", b="yields_to: [d]\n", c="", d=""))
    assert book.order == ("c", "d", "b", "a")
    assert list(book.aids) == ["a", "b", "c", "d"]


def test_the_catalogue_knows_what_its_rules_ask_and_read(tmp_path: Path) -> None:
    qpv = "zones: {quarter: {zoning: qpv, generation: 2024}}\nnotes: [{text: QPV., when: quarter}]\n"
    book = load_rules(directory(tmp_path, a="", b=qpv))
    doctors, quarter = ZonePredicate("doctors", ("ZIP",)), ZonePredicate("qpv", (), 2024)
    assert book.predicates == {doctors, quarter}
    assert book.facts_asked == {
        "profession", "status", "sector", "days_per_week", "installed_since", "activity_created_on",
    }  # fmt: skip
    assert {name: table.zonings for name, table in book.timetables.items()} == {
        "a": {"doctors"},
        "b": {"doctors", "qpv"},
    }


def test_the_version_follows_every_file_and_nothing_else(tmp_path: Path) -> None:
    path = directory(tmp_path, a="", b="")
    first = load_rules(path).version
    assert (len(first), load_rules(path).version) == (16, first)
    assert int(first, 16) >= 0
    (path / "note.txt").write_text("not a rule", encoding="utf-8")
    assert load_rules(path).version == first
    (path / "_contacts.yaml").write_text("ars: {label: Agence}\n", encoding="utf-8")
    second = load_rules(path).version
    (path / "a.yaml").write_text(rule("a", "# rien\n"), encoding="utf-8")
    assert len({first, second, load_rules(path).version}) == 3


@pytest.mark.parametrize(
    ("contacts", "families", "planned", "words"),
    [
        ("ars: ARS\n", "", "", "_contacts.yaml: `ars` must be a mapping of keys to values."),
        ("ars: {url: 'https://a'}\n", "", "", "_contacts.yaml: `ars.label` is missing; add it."),
        ("ars: {label: ARS, phone: a}\n", "", "", "_contacts.yaml: `ars.phone` is an unknown key; "
         "the keys here are by_region, label, url."),
        ("ars: {label: ARS, url: 'http://a'}\n", "", "",
         "_contacts.yaml: `ars.url` must start with https://, or be left out."),
        ("ars: {label: ARS, by_region: {'76': {label: A, urls: b}}}\n", "", "",
         "_contacts.yaml: `ars.by_region.76.urls` is an unknown key; did you mean `url`?"),
        ("ars: {label: ARS, by_region: [a]}\n", "", "",
         "_contacts.yaml: `ars.by_region` must be a mapping of keys to values."),
        (CONTACTS, FAMILY.replace("  years: 10\n", ""), "", "_families.yaml: `ten-years.years` is missing; add it."),
        (CONTACTS, FAMILY.replace("10", "51"), "",
         "_families.yaml: `ten-years.years` must be a whole number between 1 and 50."),
        (CONTACTS, FAMILY.replace("years: 10", "years: 0"), "",
         "_families.yaml: `ten-years.years` must be a whole number between 1 and 50."),
        (CONTACTS, FAMILY.replace("since: 2025-03-15", "since: hier"), "",
         "_families.yaml: `ten-years.since` must be an ISO date, such as 2024-06-30."),
        (CONTACTS, FAMILY.replace("published_on: 2025-03-14", "until: 2025-03-14\n  published_on: 2025-03-14"), "",
         "_families.yaml: `ten-years.until` is an unknown key; the keys here are label, published_on, "
         "references, since, years."),
        (CONTACTS, FAMILY.replace("  published_on: 2025-03-14\n", ""), "",
         "_families.yaml: `ten-years.published_on` is missing; add it."),
        (CONTACTS, "", "plan: [a]\n", "_catalogue.yaml: `plan` is an unknown key; did you mean `planned`?"),
        (CONTACTS, "", "planned: [3]\n", "_catalogue.yaml: `planned` must hold quoted texts, such as '75' or 'ZIP'."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_shared_file_is_named(
    tmp_path: Path, contacts: str, families: str, planned: str, words: str
) -> None:
    assert messages(directory(tmp_path, contacts, families, planned, a="")) == [words]


def test_ties_to_nothing_are_named_one_by_one(tmp_path: Path) -> None:
    path = directory(
        tmp_path,
        "desk: {label: A}\nars2: {label: B}\n",
        FAMILY,
        a="family: x\nabout_held: x\nexcludes: [x]\nyields_to: [a]\n",
    )
    assert messages(path) == [
        "a.yaml: `contact` must be one of _contacts.yaml: ars2, desk.",
        "a.yaml: `family` must be one of _families.yaml: ten-years.",
        "a.yaml: `about_held` names no aid of the catalogue; correct the id.",
        "a.yaml: `excludes` names x, no other aid of the catalogue; correct the id.",
        "a.yaml: `yields_to` names a, no other aid of the catalogue; correct the id.",
        "catalogue: `yields_to` goes round in a circle; remove one link.",
    ]
    _, errors = check_rules(path)
    assert [error.field for error in errors] == [
        "contact",
        "family",
        "about_held",
        "excludes",
        "yields_to",
        "yields_to",
    ]


def test_a_rule_without_any_contact_file_says_that_there_is_none_yet(tmp_path: Path) -> None:
    assert messages(directory(tmp_path, "", a="")) == ["a.yaml: `contact` must be one of _contacts.yaml: none yet."]


def test_a_file_too_large_or_of_another_encoding_is_refused(tmp_path: Path) -> None:
    path = directory(tmp_path, a="")
    text = rule("b").encode()
    (path / "b.yaml").write_bytes(text + b"#" * (200_000 - len(text)))
    assert set(load_rules(path).aids) == {"a", "b"}
    (path / "b.yaml").write_bytes(text + b"#" * (200_001 - len(text)))
    (path / "c.yaml").write_bytes(rule("c").encode("latin-1"))
    assert messages(path) == [
        "b.yaml: is larger than 200000 bytes; split it.", "c.yaml: is not UTF-8; save it as UTF-8.",
    ]  # fmt: skip
    _, errors = check_rules(path)
    assert [error.field for error in errors] == ["b.yaml", "c.yaml"]


def test_a_directory_without_rules_is_refused(tmp_path: Path) -> None:
    name = tmp_path.name
    assert messages(directory(tmp_path)) == [f"{name}: holds no rule file; rules are <id>.yaml."]
    assert messages(tmp_path / "nowhere") == [
        "nowhere: no such directory of rules; give the one that holds the YAML files."
    ]
    _, errors = check_rules(tmp_path)
    assert [error.field for error in errors] == ["id"]


def test_the_first_mistake_stops_a_load_and_a_check_tells_them_all(tmp_path: Path) -> None:
    path = directory(tmp_path, a="zzz: 1\n", b="", c="term_months: 0\n")
    told = [message.split(" ")[0] for message in messages(path)]
    assert told == ["a.yaml:", "c.yaml:"]
    with pytest.raises(RuleError, match=r"^a\.yaml: `zzz`"):
        load_rules(path)
    (path / "_families.yaml").write_text("ten-years: 3\n", encoding="utf-8")
    assert [message.split(" ")[0] for message in messages(path)] == ["a.yaml:", "c.yaml:", "_families.yaml:"]
