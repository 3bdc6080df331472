"""The `zonage` command. Exit codes: 0 done, 1 nothing usable or refused, 2 wrong usage."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from app.errors import ZoningError

COMMANDS = ("serve", "assess", "batch", "geocode", "data", "tiles", "aids")
"""Each is the `app` of the module of its name."""


class LazyCommands(TyperGroup):
    """Imports a command when it is run: `serve` waits for none of the libraries that `data build` needs."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # looking for garbage takes 0.1 s in all, and importing leaves none
        try:
            command = cast(TyperCommand, get_command(import_module(f"app.cli.{cmd_name}").app))
        finally:
            gc.enable()
        command.name = cmd_name
        return command


app = typer.Typer(
    name="zonage", cls=LazyCommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip


@app.callback()
def zonage() -> None:
    """Which zones a place in France is in, and which installation aids it opens."""


def main() -> None:
    """Run a command; a domain error is one line on standard error and exit code 1."""
    try:
        app()
    except ZoningError as error:
        sys.stderr.write(f"zonage: {error.message}\n")
        raise SystemExit(1) from None
