"""Turns templates into HTML answers: the Jinja environment, the built assets, and French formats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse

from app.aids.french import NO_BREAK, UNITS, euros, number
from app.api import page_words
from app.settings import PACKAGE_ROOT

if TYPE_CHECKING:
    from jinja2 import Environment

STATIC = PACKAGE_ROOT / "static"
TEMPLATES = Path(__file__).resolve().parent / "templates"


def french_day(value: date | str | None) -> str:
    """`23/11/2026`; empty when there is no date."""
    if value is None or value == "":
        return ""
    day = value if isinstance(value, date) else date.fromisoformat(value)
    return f"{day.day:02}/{day.month:02}/{day.year}"


def web_address(href: str | None) -> str | None:
    """An address a reader may follow; anything but http(s) is dropped."""
    return href if href is not None and href.startswith(("https://", "http://")) else None


def unit_words(unit: str | None) -> str:
    """`par an`, `versés une fois`: the unit of an amount without its euro sign."""
    return UNITS.get(unit or "", "").removeprefix("€").lstrip(", ").strip()


def query(parameters: Mapping[str, object]) -> str:
    """A query string without the empty values."""
    return urlencode([(name, str(value)) for name, value in parameters.items() if value not in (None, "")])


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Everything is escaped; an unknown name in a template is an error, not an empty text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # heavy: see tests/contracts/test_lean_imports.py

    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "day": french_day, "euros": euros, "number": number, "web": web_address, "unit": unit_words, "query": query,
        "metres": page_words.metres, "towards": page_words.towards,
    }  # fmt: skip
    env.policies["json.dumps_kwargs"] = {"sort_keys": False}  # classes keep the order of the law, not of the alphabet
    env.globals |= {"words": page_words, "nb": NO_BREAK, "asset": asset, "styles": styles}
    return env


@lru_cache(maxsize=8)
def _manifest(stamp_ns: int) -> dict[str, dict[str, object]]:
    del stamp_ns  # part of the key: a rebuilt page is seen without a restart
    content: dict[str, dict[str, object]] = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    return content


def built() -> dict[str, dict[str, object]] | None:
    """What Vite wrote, by source file; None when the page was not built (`ZONAGE_SKIP_WEB=1`)."""
    try:
        stamp_ns = (STATIC / "manifest.json").stat().st_mtime_ns
    except OSError:
        return None
    return _manifest(stamp_ns)


def asset(source: str) -> str | None:
    """Address of the file built from `source` (`src/page.ts`)."""
    entry = (built() or {}).get(source)
    return None if entry is None else f"/static/{entry['file']}"


def styles() -> list[str]:
    """Addresses of the style sheet of every page."""
    entry = (built() or {}).get("src/styles/site.css")
    return [] if entry is None else [f"/static/{entry['file']}"]


def policy(host: str = "", *, may_be_framed: bool = False) -> str:
    """What a page may load: its own service, pictures drawn by its own code (`data:`), and `host` if there is one.

    Only the page made for it (`integre=1`) may stand in a frame of another site: elsewhere, a click could be stolen.
    """
    framed_by = "*" if may_be_framed else "'none'"
    return (
        f"default-src 'self'; img-src 'self' data: {host}; connect-src 'self' {host}; "
        f"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {framed_by}"
    ).replace(" ;", ";")


def map_page_headers(base_map_url: str | None, *, may_be_framed: bool = False) -> dict[str, str]:
    """The content policy of a page with a map: the host of the operator's online base map, and no other, may be reached."""
    parts = urlsplit(base_map_url or "")
    host = f"{parts.scheme}://{parts.netloc}" if base_map_url else ""
    return {"Content-Security-Policy": policy(host, may_be_framed=may_be_framed)}


def page(
    template: str, context: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """Render a template. Pages depend on the data in service: browsers ask again each time."""
    html = environment().get_template(template).render(context)
    return HTMLResponse(
        html, status, {"Cache-Control": "no-cache", "Content-Security-Policy": policy(), **(headers or {})}
    )
