"""One broken file per kind of mistake: the loader refuses it, and the words say what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.aids.loader import check_rules, load_rules
from app.errors import RuleError

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").glob("*.yaml"))
CONTACTS = "ars: {label: ARS}\n"


def _directory(tmp_path: Path, fixture: Path) -> Path:
    shutil.copy(fixture, tmp_path / fixture.name)
    (tmp_path / "_contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    return tmp_path


def test_the_rule_the_fixtures_break_is_itself_accepted(tmp_path: Path) -> None:
    book = load_rules(_directory(tmp_path, HERE / "valid-rule.yaml"))
    assert list(book.aids) == ["valid-rule"]


def test_there_is_a_fixture_for_at_least_twenty_five_mistakes() -> None:
    assert len(BROKEN) >= 25


@pytest.mark.parametrize("fixture", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_refused_with_file_key_and_fix(fixture: Path, tmp_path: Path) -> None:
    """The first line of a fixture holds the whole message, or its beginning followed by …"""
    expected = fixture.read_text(encoding="utf-8").splitlines()[0].removeprefix("# expects: ")
    with pytest.raises(RuleError) as caught:
        load_rules(_directory(tmp_path, fixture))
    told = caught.value.message.removeprefix(fixture.name).removeprefix(": ").removeprefix(", ")
    begins = expected.endswith("…")
    assert (told[: len(expected) - 1] if begins else told) == expected.removesuffix("…")


def test_every_broken_file_of_a_directory_is_named_at_once(tmp_path: Path) -> None:
    for fixture in BROKEN[:5]:
        shutil.copy(fixture, tmp_path / fixture.name)
    (tmp_path / "_contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    book, errors = check_rules(tmp_path)
    assert book is None
    assert {error.message.split(":")[0].split(",")[0] for error in errors} == {fixture.name for fixture in BROKEN[:5]}


def test_a_missing_directory_is_an_error_and_not_an_empty_catalogue(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such directory"):
        load_rules(tmp_path / "nowhere")
    with pytest.raises(RuleError, match="holds no rule file"):
        load_rules(tmp_path)


def test_rules_that_yield_to_each_other_are_refused(tmp_path: Path) -> None:
    text = (HERE / "valid-rule.yaml").read_text(encoding="utf-8")
    for name, other in (("first", "second"), ("second", "first")):
        changed = text.replace("id: valid-rule", f"id: {name}").replace(
            "references:", f"yields_to: [{other}]\nreferences:"
        )
        (tmp_path / f"{name}.yaml").write_text(changed, encoding="utf-8")
    (tmp_path / "_contacts.yaml").write_text(CONTACTS, encoding="utf-8")
    with pytest.raises(RuleError, match="goes round in a circle"):
        load_rules(tmp_path)


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    directory = _directory(tmp_path, HERE / "valid-rule.yaml")
    before = load_rules(directory).version
    path = directory / "valid-rule.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("1000 *", "1001 *").replace("3000", "3003"), encoding="utf-8"
    )
    assert load_rules(directory).version != before
