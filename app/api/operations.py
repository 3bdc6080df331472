"""Is it alive, is it ready, what are its limits."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.dependencies import Service
from app.api.question import MAX_ADDRESS_CHARS
from app.api.schemas import Live, Limits, Ready

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
    return Limits(**request.app.state.limits, max_address_chars=MAX_ADDRESS_CHARS)
