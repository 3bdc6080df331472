"""`zonage data` as a user runs it: exit codes, JSON on standard output, messages on standard error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from app.errors import DataError
from app.ingest.bundles import choose_bundle, list_bundles

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "ZONAGE_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-c", "from app.cli import main; main()", "data", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=env, cwd=ROOT)

    return call


def test_verify_exits_0_for_a_good_bundle_and_1_for_a_damaged_one(run: Run, tmp_path: Path, data_dir: Path) -> None:
    bundle = tmp_path / "copy"
    bundle.mkdir()
    for path in (data_dir / "geo").glob("*.*"):
        if path.is_file():
            shutil.copy(path, bundle)
    good = run("verify", bundle, "--json")
    assert good.returncode == 0, good.stderr
    assert orjson.loads(good.stdout)["problems"] == []
    (bundle / "areas.parquet").write_bytes(b"damaged")
    bad = run("verify", bundle)
    assert bad.returncode == 1
    assert "areas.parquet" in bad.stdout
    gone = run("verify", tmp_path / "nowhere")
    assert gone.returncode == 1
    assert "not a bundle" in gone.stderr
    assert "Traceback" not in gone.stderr


def test_list_names_the_bundle_in_service(run: Run, small_bundle: Path) -> None:
    listed = run("list", "--json", ZONAGE_DATA_DIR=str(small_bundle))
    assert listed.returncode == 0, listed.stderr
    bundles = {entry["id"]: entry for entry in orjson.loads(listed.stdout)}
    assert bundles["small"]["in_service"]
    assert not bundles["embedded-cog2026"]["in_service"]
    assert bundles["small"]["vintages"]["frr"] == ["frr-2024-06", "frr-2025-04"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["build", "--from", "/nonexistent", "--to", "{tmp}/out"], 1, "not a directory"),
        (["build", "--addresses", "/nonexistent.csv", "--to", "{tmp}/out"], 2, "no such file"),
        (["build", "--colour"], 2, "No such option"),
        (["fetch", "no-such-dataset", "--to", "{tmp}"], 2, "No dataset has this id"),
        (["fetch", "zfu", "--to", "{tmp}"], 1, "no address"),
        (["use", "/nonexistent"], 1, "not a bundle"),
    ],
)
def test_what_cannot_be_done_has_its_exit_code_and_one_clear_line(
    run: Run, tmp_path: Path, arguments: list[str], status: int, words: str
) -> None:
    done = run(*(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
    assert done.returncode == status, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split()), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_built_bundle_is_served_at_once(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "official"
    source.mkdir()
    (source / "zonage_medecins_communes.csv").write_text("code_insee,zonage_medecin\n01001,2_ZAC\n", encoding="utf-8")
    built = run("build", "--from", source, "--to", tmp_path / "bundle", "--no-tiles", "--json")
    assert built.returncode == 0, built.stderr
    report = orjson.loads(built.stdout)
    assert [entry["reader"] for entry in report["used"]] == ["doctors"]
    listed = orjson.loads(run("list", "--json", ZONAGE_DATA_DIR=str(tmp_path / "bundle")).stdout)
    (served,) = [entry for entry in listed if entry["in_service"]]
    assert (served["id"], served["data_version"]) == ("national-cog2026", report["data_version"])
    assert set(served["vintages"]) >= {"doctors", "zrr", "frr", "massif", "qpv-2015", "qpv-2024"}


def test_pointer_chooses_a_bundle_and_goes_back_to_the_embedded_one(tmp_path: Path, small_bundle: Path) -> None:
    geo = Path(shutil.copytree(small_bundle, tmp_path / "geo"))
    assert choose_bundle(geo, small_bundle) == small_bundle.resolve()
    assert (geo / "current").read_text(encoding="utf-8").strip() == str(small_bundle.resolve())
    marks = {bundle.directory: bundle.in_service for bundle in list_bundles(geo, small_bundle)}
    assert marks == {geo: False, small_bundle: True}
    with pytest.raises(DataError, match="not a bundle"):
        choose_bundle(geo, tmp_path)
    (tmp_path / "gone").mkdir()
    shutil.copy(small_bundle / "manifest.json", tmp_path / "gone")
    with pytest.raises(DataError, match="missing from the bundle"):
        choose_bundle(geo, tmp_path / "gone")
    assert (geo / "current").is_file(), "a refused choice changes nothing"
    choose_bundle(geo, None)
    assert not (geo / "current").exists()
