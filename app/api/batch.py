"""`POST /v1/batch`: a table of places in, the same rows with their answer out, streamed both ways."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.aids.facts import APPLICANT_FACTS
from app.aids.reading import read_applicant, read_fact_text, refuse_unknown
from app.aids.schema import fact_schema
from app.api.dependencies import ServiceDep
from app.api.parameters import date_schema, problem_responses
from app.api.problems import problem
from app.api.question import DATE_FIELDS, read_dates
from app.batch.formats import Format
from app.batch.profile import Profile
from app.errors import InvalidInput

if TYPE_CHECKING:
    from app.batch.exchange import Exchange, Spool

router = APIRouter(prefix="/v1", tags=["batch"])

MEDIA_TYPES: Mapping[str, Format] = {
    "text/csv": Format.CSV,
    "application/x-ndjson": Format.NDJSON,
    "application/geo+json": Format.GEOJSON,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format.XLSX,
}
_TYPE_OF = {kind: name for name, kind in MEDIA_TYPES.items()}
_OPTIONS = {"geocode": ("auto", "never"), "formulas": ("neutralise", "keep")}
_CONTENT = {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES}


def _parameters() -> list[dict[str, object]]:
    def parameter(name: str, schema: dict[str, object], **more: object) -> dict[str, object]:
        return {"name": name, "in": "query", "required": False, "schema": schema, **more}

    return [
        parameter("date", date_schema("Day of the rows that give none.")),
        parameter("known_on", date_schema("State of the law and lists as published that day.")),
        *(parameter(name, {"type": "string", "enum": list(words)}) for name, words in _OPTIONS.items()),
        *(
            parameter(fact.name, fact_schema(fact), style="form", explode=False)
            for fact in APPLICANT_FACTS.values()
        ),
    ]  # fmt: skip


@router.post(
    "/batch",
    summary="A table of places: zones, aids and score of each row",
    responses={
        **problem_responses(400, 413, 422, 503),
        200: {"description": "The same rows in the same order, columns appended.", "content": _CONTENT},
        406: {"description": "No format that the caller accepts"},
        415: {"description": "A format that is not read here"},
    },
    response_class=Response,
    openapi_extra={"parameters": _parameters(), "requestBody": {"required": True, "content": _CONTENT}},
)
async def batch(request: Request, service: ServiceDep) -> Response:
    """Body in any of the formats, named by `Content-Type`; the answer in the one that `Accept` names, else in the same.

    Columns are found by name: `id`, `address`, `postcode`, `citycode`, `lon`, `lat`, `date`. Applicant fields in the
    query ask for aids. A bad row gets its error and stops nothing. An answer that breaks off is not ended properly.
    """
    from app.batch.exchange import Exchange, Spool  # heavy: see tests/contracts/test_lean_imports.py
    from app.batch.scorer import Sources

    kind = MEDIA_TYPES.get(_media_type(request.headers.get("content-type", "")))
    if kind is None:
        return problem(415, f"Send one of: {', '.join(MEDIA_TYPES)}.", code="unsupported-format")
    output = _accepted(request.headers.get("accept", "*/*"), kind)
    if output is None:
        return problem(406, f"Accept one of: {', '.join(MEDIA_TYPES)}.", code="not-acceptable")
    profile, options = _read_query(request)
    folder = tempfile.TemporaryDirectory(prefix="zonage-batch-")
    spool = Spool(Path(folder.name), kind)
    exchange = Exchange(
        spool,
        kind,
        output,
        Sources(service.catalogue, service.rules, service.geocoder if options["geocode"] == "auto" else None),
        profile,
        keeps_formulas=options["formulas"] == "keep",
    )
    answer = BatchAnswer(request, folder, spool, exchange, output, service.data_version)
    try:
        await exchange.begin()
    except ClientDisconnect:
        await answer.close()
        return Response(status_code=400)
    except BaseException:
        await answer.close()
        raise
    return answer


class BatchAnswer(Response):
    """Sends an exchange as it goes, while the body still arrives; stops when the client leaves; cleans up in any case."""

    def __init__(
        self,
        request: Request,
        folder: tempfile.TemporaryDirectory[str],
        spool: Spool,
        exchange: Exchange,
        output: Format,
        data_version: str,
    ) -> None:
        super().__init__(media_type=_TYPE_OF[output])
        content_type = "text/csv; charset=utf-8; header=present" if output is Format.CSV else _TYPE_OF[output]
        self.raw_headers = [
            (b"content-type", content_type.encode()),
            (b"content-disposition", f'attachment; filename="zonage.{output.value}"'.encode()),
            (b"x-data-version", data_version.encode()),
            (b"cache-control", b"no-store"),
        ]
        self._folder = folder
        self._spool = spool
        self._exchange = exchange
        self._receiving = asyncio.create_task(_receive(request, spool))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for data in self._exchange.answer():
                if self._spool.has_left:
                    return
                if data:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
            if not self._spool.has_left:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ClientDisconnect:
            return
        finally:
            await self.close()

    async def close(self) -> None:
        """Stop listening and forget the body."""
        self._receiving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._receiving
        self._spool.close()
        await asyncio.to_thread(self._folder.cleanup)


async def _receive(request: Request, spool: Spool) -> None:
    """Keep the body as it comes, then wait for the client to leave."""
    try:
        is_whole = False
        while True:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                spool.has_left = True
                if not is_whole:
                    await spool.end(ClientDisconnect())
                return
            if is_whole:
                continue
            await spool.add(message.get("body", b""))
            if not message.get("more_body", False):
                is_whole = True
                await spool.end()
    except Exception as error:  # the body cap, or a broken connection: told to whoever reads the spool
        await spool.end(error)


def _read_query(request: Request) -> tuple[Profile, dict[str, str]]:
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise InvalidInput("Each parameter may be given once.")
        given[name] = value
    refuse_unknown(given, (*DATE_FIELDS, *_OPTIONS, *APPLICANT_FACTS), "query")
    options = {name: given.get(name, words[0]) for name, words in _OPTIONS.items()}
    for name, words in _OPTIONS.items():
        if options[name] not in words:
            raise InvalidInput(f"{name} must be one of: {', '.join(words)}.", field=name)
    facts = {name: read_fact_text(fact, given[name]) for name, fact in APPLICANT_FACTS.items() if name in given}
    on, known_on = read_dates({name: given.get(name) for name in DATE_FIELDS})
    return Profile(on, known_on, read_applicant(facts) if facts else None), options


def _media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def _accepted(header: str, same: Format) -> Format | None:
    """The format to answer in: the best that the client accepts, its own on a tie."""
    best: tuple[float, bool] = (0.0, False)
    chosen: Format | None = None
    for item in header.split(",")[:50]:
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = _quality(parameters)
        for media_type, kind in MEDIA_TYPES.items():
            matches = name in ("*/*", media_type) or (name.endswith("/*") and media_type.startswith(name[:-1]))
            is_wild = name.endswith("/*")
            if matches and (not is_wild or kind is same or name != "*/*") and (quality, kind is same) > best:
                best, chosen = (quality, kind is same), kind
    return chosen


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0
