"""`zonage serve`: the HTTP service."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer
import uvicorn

from app.main import bundle_directory, cache_directory, open_service
from app.settings import Settings

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
) -> None:
    """Serve the API and the page; the first line on standard output is the address."""
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"ZONAGE_{name}"] = str(value)
    settings = Settings()
    bundle = bundle_directory(settings.data)
    if settings.http.workers > 1 and not any(cache_directory(settings.data, bundle).glob("*.index")):
        open_service(settings)  # build derived files once, before the workers share them
    family = socket.AF_INET6 if ":" in settings.http.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http.host, settings.http.port))
    except OSError as error:
        raise typer.BadParameter(f"cannot listen there: {error.strerror}", param_hint="--host/--port") from None
    shown = f"[{settings.http.host}]" if family == socket.AF_INET6 else settings.http.host
    typer.echo(f"Zonage Santé : http://{shown}:{listener.getsockname()[1]}/")
    config = uvicorn.Config(
        "app.main:create_app", factory=True, workers=settings.http.workers, access_log=False, log_level="warning",
        timeout_graceful_shutdown=20, server_header=False,
    )  # fmt: skip
    if settings.http.workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
        return
    from uvicorn.supervisors import Multiprocess

    Multiprocess(config, sockets=[listener]).run()
