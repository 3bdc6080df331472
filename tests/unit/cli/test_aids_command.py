"""`zonage aids`: exit codes that scripts can trust, French words for people, JSON for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.aids import app

RULES = Path(__file__).resolve().parents[3] / "data" / "aids"
BROKEN = Path(__file__).resolve().parents[2] / "rules" / "broken"
RUN = CliRunner()


def test_check_accepts_the_catalogue() -> None:
    result = RUN.invoke(app, ["check", str(RULES)])
    assert result.exit_code == 0, result.output
    assert "exemples tenus" in result.output


def test_check_names_every_broken_file_and_fails() -> None:
    result = RUN.invoke(app, ["check", str(BROKEN)])
    assert result.exit_code == 1
    for path in sorted(BROKEN.glob("*.yaml")):
        assert path.name in result.output


def test_check_fails_on_an_example_that_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "_contacts.yaml").write_text("ars: {label: ARS}\n", encoding="utf-8")
    text = (BROKEN.parent / "valid-rule.yaml").read_text(encoding="utf-8")
    (tmp_path / "valid-rule.yaml").write_text(text.replace("amount_eur: 3000", "amount_eur: 3001"), encoding="utf-8")
    result = RUN.invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 1
    assert "montant attendu" in result.output


def test_list_and_show_answer_in_json() -> None:
    listed = RUN.invoke(app, ["list", "--rules", str(RULES), "--date", "2021-05-01", "--json"])
    assert listed.exit_code == 0
    assert "caim" in {line["id"] for line in json.loads(listed.output)["aids"]}
    shown = RUN.invoke(app, ["show", "caim", "--rules", str(RULES)])
    assert json.loads(shown.output)["id"] == "caim"


def test_the_list_is_filtered_as_over_http() -> None:
    def listed(*arguments: str) -> set[str]:
        result = RUN.invoke(app, ["list", "--rules", str(RULES), "--json", *arguments])
        assert result.exit_code == 0, result.output
        return {line["id"] for line in json.loads(result.output)["aids"]}

    assert "caim" in listed("--profession", "medecin", "--status", "closed", "--date", "2026-01-01")
    assert "caim" not in listed("--profession", "infirmier")
    assert listed("--payer", "tax", "--zone-kind", "qpv") == {"qpv-44octies-b"}
    assert "pacte-territoire-sante" not in listed("--status", "open"), "history is never open"


@pytest.mark.parametrize(
    "arguments", [["show", "nothing"], ["list", "--date", "demain"], ["list", "--profession", "docteur"]]
)
def test_a_wrong_argument_fails(arguments: list[str]) -> None:
    assert RUN.invoke(app, [*arguments, "--rules", str(RULES)]).exit_code in (1, 2)


def test_evaluate_reads_a_question_file(tmp_path: Path) -> None:
    question = {"date": "2021-05-01", "place": {"zones": [{"zoning": "doctors", "code": "ZIP"}]}}
    path = tmp_path / "question.json"
    path.write_text(json.dumps(question), encoding="utf-8")
    result = RUN.invoke(app, ["evaluate", str(path), "--rules", str(RULES), "--json"])
    assert result.exit_code == 0
    assert {offer["aid"] for offer in json.loads(result.output)["offers"]} >= {"caim", "coscom"}
    table = RUN.invoke(app, ["evaluate", str(path), "--rules", str(RULES)])
    assert "Meilleur cumul licite" in table.output


@pytest.mark.parametrize("content", ["[]", "{", '{"date": "1999-01-01"}'])
def test_evaluate_refuses_a_bad_question(tmp_path: Path, content: str) -> None:
    path = tmp_path / "question.json"
    path.write_text(content, encoding="utf-8")
    assert RUN.invoke(app, ["evaluate", str(path), "--rules", str(RULES)]).exit_code == 2
