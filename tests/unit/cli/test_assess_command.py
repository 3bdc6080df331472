"""`zonage assess` as a person reads it."""

from __future__ import annotations

from typer.testing import CliRunner

from app.cli.assess import app


def test_zonings_without_data_take_one_line_and_the_answer_says_how_to_install_them() -> None:
    result = CliRunner().invoke(app, ["--citycode", "09122", "--date", "2026-03-01"])
    said = " ".join(result.stdout.split())
    assert result.exit_code == 0
    assert "commune seulement" in said
    assert "Inconnu, aucune donnée installée : Zonage infirmiers ;" in said
    assert "zonage data build --from DOSSIER" in said
