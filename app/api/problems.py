"""The single table error -> status -> `application/problem+json` (RFC 9457). Nothing the caller sent is ever echoed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.api.ogc_query import InvalidQuery
from app.errors import (
    DataError,
    InvalidInput,
    NotInCatalogue,
    PlaceNotFound,
    PlaceOutsideFrance,
    RuleError,
    ZoningError,
)
from app.tiles.grid import InvalidTile

MEDIA_TYPE = "application/problem+json"

STATUS_OF: dict[type[ZoningError], int] = {
    InvalidInput: 422,
    InvalidTile: 400,
    InvalidQuery: 400,
    PlaceOutsideFrance: 404,
    PlaceNotFound: 404,
    NotInCatalogue: 404,
    DataError: 503,
    RuleError: 503,
}

_log = logging.getLogger("zonage.http")


def problem(
    status: int,
    detail: str,
    *,
    code: str | None = None,
    errors: Sequence[Mapping[str, object]] = (),
    headers: Mapping[str, str] | None = None,
    **extra: object,
) -> Response:
    """Build one problem+json answer. `errors` lists `{field, message}`; `extra` adds members."""
    title = HTTPStatus(status).phrase
    body: dict[str, object] = {
        "type": f"urn:zonage-sante:problem:{code}" if code else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    body.update(extra)
    return Response(orjson.dumps(body), status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def _field(location: Sequence[object]) -> str:
    """Dotted path of a faulty value. Keys the caller invented are not repeated: only declared names can stand here."""
    parts = [str(part) for part in location if part not in ("body", "query", "path", "header")]
    return ".".join(parts)


def _describe(error: Mapping[str, Any]) -> dict[str, object]:
    kind = str(error.get("type", ""))
    location: Sequence[object] = error.get("loc", ())
    if kind == "extra_forbidden":  # its last location part is the caller's own text
        return {"field": _field(location[:-1]), "message": "Unknown field. See /openapi.json for the allowed ones."}
    if kind == "json_invalid":
        return {"field": "", "message": "The body is not valid JSON."}
    if kind in ("dict_type", "missing") and not _field(location):
        return {"field": "", "message": "The body must be a JSON object, sent as application/json."}
    if kind == "value_error" and isinstance(error.get("ctx", {}).get("error"), ZoningError | ValueError):
        return {"field": _field(location), "message": str(error["ctx"]["error"])}
    return {"field": _field(location), "message": str(error.get("msg", "Invalid value."))}


def zoning_problem(error: ZoningError) -> Response:
    """The answer to a domain error, by the table above."""
    status = next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), 500)
    errors = [{"field": error.field, "message": error.message}] if error.field else ()
    return problem(status, error.message, code=error.code, errors=errors)


def add_problem_handlers(app: FastAPI) -> None:
    """Give every error of the app, on every route, the same shape."""

    async def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        described = [_describe(item) for item in error.errors()][:50]
        detail = "; ".join(
            f"{item['field']}: {item['message']}" if item["field"] else str(item["message"]) for item in described
        )
        return problem(422, detail, code="invalid-input", errors=described)

    async def on_zoning_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, ZoningError)
        if not any(kind in STATUS_OF for kind in type(error).__mro__):
            _log.error("unmapped domain error %s", error.code)
        return zoning_problem(error)

    async def on_http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = {
            400: "The request could not be read: check its JSON, encoding and parameters.",
            404: "No such route or resource. The routes are listed in /openapi.json.",
            405: "This route does not accept this method.",
            413: "The body is too large. The limits are listed at /v1/limits.",
        }.get(error.status_code, HTTPStatus(error.status_code).description or HTTPStatus(error.status_code).phrase)
        return problem(error.status_code, detail, code=f"http-{error.status_code}", headers=error.headers)

    async def on_crash(_: Request, error: Exception) -> Response:
        _log.error("unexpected error", exc_info=error)
        return problem(500, "Unexpected error. It has been logged; please report the X-Request-ID.", code="internal")

    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(ZoningError, on_zoning_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_crash)
