"""The data itself: each table of the bundle as Parquet, CSV or GeoJSON, with its checksum, whole or by range."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.api.caching import matches
from app.api.dependencies import Service
from app.api.exports import MEDIA_TYPES, Export, credited, export, formats_of
from app.api.parameters import problem_responses
from app.api.problems import problem
from app.errors import NotInCatalogue

_NAME = re.compile(r"\A([a-z0-9_-]{1,40})\.(parquet|csv|geojson)\Z")
_ONE_RANGE = re.compile(r"\Abytes=([0-9]{1,18})?-([0-9]{1,18})?\Z")


class RangedFile(FileResponse):
    """A file, or one range of it. Several ranges, or a malformed one, give the whole file, as RFC 9110 § 14.2 allows."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        start, end = _one_range(headers.get(b"range", b"").decode("latin-1"))
        size = int(self.headers["content-length"])
        if start is None and end is None:
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"range"]}
        elif (start is None and end == 0) or (start is not None and start >= size):
            refusal = problem(
                416, "The range is beyond the end of the file.", code="http-416",
                headers={"content-range": f"bytes */{size}", "accept-ranges": "bytes"},
            )  # fmt: skip
            await refusal(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def _one_range(header: str) -> tuple[int | None, int | None]:
    """First and last byte asked for; the last ones when the first is None; both None when there is no single range."""
    asked = _ONE_RANGE.match(header)
    if asked is None:
        return None, None
    start, end = (None if text is None else int(text) for text in asked.groups())
    return (None, None) if start is not None and end is not None and end < start else (start, end)


async def download(request: Request) -> Response:
    """One table. CSV and GeoJSON are written at the first request, then kept beside the other derived files."""
    service: Service = request.app.state.service
    named = _NAME.match(request.path_params["file"])
    dataset = next((d for d in service.catalogue.datasets if named and d.id == named[1]), None)
    if named is None or dataset is None or named[2] not in formats_of(dataset):
        raise NotInCatalogue("No such download. /v1/datasets lists them.", field="file")
    directory = service.cache / f"downloads-{service.data_version}"
    made: Export = await asyncio.to_thread(
        export, service.catalogue.directory, credited(service.catalogue, dataset), named[2], directory
    )
    headers = {
        "etag": f'"{made.sha256[:32]}"',
        "cache-control": "public, max-age=300",
        "repr-digest": f"sha-256=:{b64encode(bytes.fromhex(made.sha256)).decode()}:",
        "x-checksum-sha256": made.sha256,
    }
    if matches(request.headers.get("if-none-match"), headers["etag"]):
        return Response(status_code=304, headers=headers)
    return RangedFile(
        made.path, headers=headers, media_type=MEDIA_TYPES[named[2]], filename=f"{dataset.id}.{named[2]}",
        stat_result=made.path.stat(),
    )  # fmt: skip


router = APIRouter(tags=["datasets"])
router.routes.append(Route("/downloads/{file}", download, methods=["GET"]))  # Starlette adds HEAD


@router.get(
    "/downloads/{file}",
    summary="A dataset as Parquet, CSV or GeoJSON",
    response_class=Response,
    responses={
        200: {
            "description": "The file; Repr-Digest (RFC 9530) and X-Checksum-SHA256 carry its checksum",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()},
        },
        206: {"description": "The range asked for"},
        304: {"description": "The file you have is still the one"},
        416: {
            "description": "The range is beyond the end",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
        **problem_responses(404, 503),
    },
)
async def documented_download(request: Request, file: str) -> Response:
    """`communes.parquet`, `classes.csv`, `outlines.geojson`…: `/v1/datasets` lists them with licence and producer."""
    return await download(request)
