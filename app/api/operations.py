"""Is it alive, is it ready, what are its limits."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.dependencies import Service
from app.api.problems import problem
from app.api.question import MAX_ADDRESS_CHARS, WIDEST_UNCERTAINTY_M
from app.api.schemas import Limits, Live, Ready

router = APIRouter(tags=["operations"])


@router.get("/livez", summary="The process answers", response_model=Live)
def livez() -> Live:
    """No input, no output: only that the process answers."""
    return Live(status="ok")


@router.get("/readyz", summary="A verified bundle and its rules are in service", response_model=Ready)
def readyz(request: Request, response: Response) -> Ready:
    """200 once a catalogue and rules are loaded. The geocoder is reported, never required. A failed reload keeps the
    former catalogue in service and shows here."""
    service: Service = request.app.state.service
    response.headers["Cache-Control"] = "no-store"
    capabilities = service.geocoder.capabilities()
    return Ready(
        status="ready",
        bundle=service.catalogue.bundle_id,
        data_version=service.data_version,
        rules_version=service.rules.version,
        geocoder={
            "finest": capabilities.finest.value,
            "offline": capabilities.offline,
            "data_vintage": str(capabilities.data_vintage) if capabilities.data_vintage else None,
        },
        reload_failed=getattr(request.app.state, "reload_error", None),
    )


@router.get("/v1/limits", summary="Every cap that can refuse or shorten an answer", response_model=Limits)
def limits(request: Request) -> Limits:
    """Caps in force on this instance."""
    return Limits(
        **request.app.state.limits, max_address_chars=MAX_ADDRESS_CHARS, max_uncertainty_m=WIDEST_UNCERTAINTY_M
    )


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    """Requests by route, method and status, in Prometheus' text format."""
    collected = request.app.state.metrics
    if collected is None:
        return problem(404, "Metrics are off on this instance.", code="not-found")
    return Response(collected.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.post("/admin/reload", include_in_schema=False)
async def reload(request: Request) -> Response:
    """Load the bundle and rules again, now. Off unless a token is set; a failure keeps what is in service."""
    token: str | None = request.app.state.reload_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is None or not hmac.compare_digest(token.encode(), given.encode()):
        return problem(404, "No such route or resource. The routes are listed in /openapi.json.", code="http-404")
    error: str | None = await request.app.state.reload()
    if error is not None:
        return problem(503, "Reload failed; the former bundle is still in service. See /readyz.", code=error)
    return Response(status_code=204)
