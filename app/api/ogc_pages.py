"""How OGC API answers are written: JSON for programs, a plain page for people, the same content in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson
from fastapi import Request
from starlette.responses import Response

from app.api.links import base_url
from app.api.ogc_query import read_names
from app.api.parameters import Schema, problem_responses
from app.api.words import Json

if TYPE_CHECKING:
    import jinja2

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA_JSON = "application/schema+json"
HTML = "text/html"

FORMAT_PARAMETER: Schema = {
    "name": "f", "in": "query", "required": False, "schema": {"type": "string", "enum": ["json", "html"]},
    "description": "Form of the answer; default: what the client prefers.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """What people read: a title, paragraphs, and a table; links come from the document itself."""

    title: str
    paragraphs: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = field(default=())


def link(href: str, rel: str, type_: str = JSON, title: str | None = None, **more: object) -> Json:
    return {"href": href, "rel": rel, "type": type_, **({"title": title} if title else {}), **more}


def wants_html(request: Request) -> bool:
    """`f` decides, then what the client prefers; JSON when it does not say."""
    asked = request.query_params.get("f")
    if asked is not None:
        return asked == "html"
    accepted = request.headers.get("accept", "")
    html = accepted.find("text/html")
    return html >= 0 and not any(0 <= accepted.find(kind) < html for kind in ("application/json", GEOJSON))


def self_links(request: Request, path: str, type_: str = JSON) -> list[Json]:
    """This document, and its other form. Only parameters that were read are repeated."""
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "f"]
    query = "".join(f"&{name}={quote(value, safe='/:,.')}" for name, value in others)
    here = f"{base_url(request)}{path}?f="
    json_link, html_link = f"{here}json{query}", f"{here}html{query}"
    if wants_html(request):
        return [link(html_link, "self", HTML, "Cette page"), link(json_link, "alternate", type_, "JSON")]
    return [link(json_link, "self", type_, "This document"), link(html_link, "alternate", HTML, "HTML")]


def respond(request: Request, document: Json, page: Page, media_type: str = JSON) -> Response:
    """One document in the form asked for."""
    headers = {"vary": "Accept"}
    if wants_html(request):
        links = document.get("links", [])
        body = _template().render(page=page, links=links)
        return Response(body, media_type=HTML, headers=headers)
    return Response(orjson.dumps(document), media_type=media_type, headers=headers)


def check_known(request: Request, *names: str) -> dict[str, str]:
    """Refuse a query parameter that the operation does not declare.

    Raises:
        InvalidQuery: as the standard wants, 400.
    """
    return read_names(request.query_params.multi_items(), (*names, "f"))


@cache
def _template() -> jinja2.Template:
    import jinja2  # heavy: see tests/contracts/test_lean_imports.py

    loader = jinja2.PackageLoader("app.api")
    return jinja2.Environment(loader=loader, autoescape=True).get_template("ogc.html")


def documented(*media_types: str) -> dict[int | str, dict[str, object]]:
    """OpenAPI responses of an operation that answers in these types and HTML."""
    content = {kind: {"schema": {"type": "string" if kind == HTML else "object"}} for kind in (*media_types, HTML)}
    return {200: {"description": "The document", "content": content}, **problem_responses(400, 404, 503)}
