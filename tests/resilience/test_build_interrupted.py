"""A build killed at any instant leaves the bundle that was there whole, and the next build goes through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.ingest.manifest import read_manifest
from app.ingest.verify import verify

ROOT = Path(__file__).resolve().parents[2]

# Runs a real build in a process of its own and kills it (SIGKILL) at the step that is named. Steps are what the build
# tells its progress, and each rename and flush of the last stage.
CHILD = """
import os, signal, sys
from pathlib import Path
from app.ingest import write
from app.ingest.build import BuildOptions, build
from app.ingest.sources import load_sources

root, base, facts, source, target, step = sys.argv[1:]
seen = []

def at(name):
    seen.append(name)
    if f"{name}#{seen.count(name)}" == step:
        os.kill(os.getpid(), signal.SIGKILL)

replace, fsync = os.replace, os.fsync
def counted_replace(a, b):
    at("before-rename"); replace(a, b); at("after-rename")
def counted_fsync(descriptor):
    at("flush"); fsync(descriptor)
os.replace, os.fsync = counted_replace, counted_fsync
unlink = Path.unlink
def counted_unlink(self, missing_ok=False):
    if self.parent == Path(target):
        at("remove")
    unlink(self, missing_ok=missing_ok)
Path.unlink = counted_unlink

options = BuildOptions(Path(base), Path(facts), load_sources(Path(root) / "data" / "sources.yaml"))
report = build(Path(source), Path(target), options, at)
print(report.data_version, len(seen))
"""

INSTANTS = [
    "base#1", "communes.parquet#1", "classes.parquet#1", "zone_classes.parquet#1", "flush#1", "flush#5",
    "before-rename#1", "after-rename#1", "before-rename#2", "after-rename#2", "after-rename#4", "before-rename#8",
    "after-rename#8", "remove#1",
]  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path, small_bundle: Path) -> Callable[[str, str], subprocess.CompletedProcess[str]]:
    facts = tmp_path / "facts"
    facts.mkdir()
    (facts / "restored_communes.csv").write_text("insee_code,part_of\n", encoding="utf-8")
    source = tmp_path / "official"
    source.mkdir()

    def run(zoning_class: str, step: str) -> subprocess.CompletedProcess[str]:
        lines = f"code_insee,zonage_medecin\n03001,{zoning_class}\n03002,2_ZAC\n"
        (source / "zonage_medecins_communes.csv").write_text(lines, encoding="utf-8")
        arguments = [ROOT, small_bundle, facts, source, tmp_path / "bundle", step]
        return subprocess.run(
            [sys.executable, "-c", CHILD, *map(str, arguments)],
            capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    return run


def version(tmp_path: Path) -> str:
    return str(read_manifest(tmp_path / "bundle")["data_version"])


def files_are_whole(bundle: Path) -> bool:
    """The checks of files and checksums (the small base is incomplete in other ways)."""
    return not [line for line in verify(bundle).problems if "checksum" in line or "missing" in line or "bytes" in line]


def test_kill_at_any_instant_leaves_the_old_bundle_or_the_new_one_never_a_mix(
    bench: Callable[[str, str], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    first = bench("1_ZIP", "never")
    assert first.returncode == 0, first.stderr
    old = version(tmp_path)
    (tmp_path / "bundle" / "notes.txt").write_text("not ours", encoding="utf-8")
    outcomes = []
    for number, step in enumerate(INSTANTS):
        killed = bench("2_ZAC" if number % 2 == 0 else "3_HZ", step)
        assert killed.returncode == -signal.SIGKILL, f"{step}: {killed.stdout}{killed.stderr}"
        assert files_are_whole(tmp_path / "bundle"), step
        outcomes.append(version(tmp_path) == old)
        if not outcomes[-1]:
            restored = bench("1_ZIP", "never")
            assert restored.returncode == 0, restored.stderr
            assert version(tmp_path) == old
    before_manifest = INSTANTS.index("after-rename#8")
    assert all(outcomes[:before_manifest]), "until the manifest is renamed, the old bundle is in service"
    assert not any(outcomes[before_manifest:]), "after it, the new one is"
    last = bench("2_ZAC", "never")
    assert last.returncode == 0, last.stderr
    assert files_are_whole(tmp_path / "bundle")
    assert (tmp_path / "bundle" / "notes.txt").read_text(encoding="utf-8") == "not ours"
    assert not list(tmp_path.glob(".bundle.building-*")), "what killed builds left was removed"
    named = {str(entry["file"]) for entry in read_manifest(tmp_path / "bundle")["datasets"]}  # type: ignore[attr-defined]
    assert {path.name for path in (tmp_path / "bundle").glob("*.*.parquet")} <= named


def test_first_build_killed_leaves_no_bundle(
    bench: Callable[[str, str], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    killed = bench("1_ZIP", "before-rename#8")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "bundle" / "manifest.json").exists()
    assert bench("1_ZIP", "never").returncode == 0
    assert files_are_whole(tmp_path / "bundle")
