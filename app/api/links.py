"""Absolute addresses of this service, for documents that must name it."""

from __future__ import annotations

from fastapi import Request


def base_url(request: Request) -> str:
    """Scheme and host without a final slash: the `public_url` setting, else the request's own."""
    configured: str | None = getattr(request.app.state, "public_url", None)
    return (configured or str(request.base_url)).rstrip("/")
