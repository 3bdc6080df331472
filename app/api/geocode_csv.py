"""`POST /v1/geocode/search/csv`: the national API's way of geocoding a file, answered as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import IO

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response, StreamingResponse

from app.api.dependencies import ServiceDep
from app.api.geocode_words import names_of
from app.batch.geocode_table import (
    API_COLUMNS,
    EXTRA_COLUMNS,
    REJECTED,
    AddressTable,
    ColumnChoice,
    api_values,
    csv_line,
    open_table,
)
from app.errors import InvalidInput
from app.geocoding.geocodejson import Names
from app.geocoding.geocoder import AddressQuery, Geocoder

router = APIRouter()

MAX_ROWS = 200_000
MAX_FILE_BYTES = 50 * 1024 * 1024
BLOCK_ROWS = 100
_FORM = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "string",
            "format": "binary",
            "description": "CSV with a header; at most 50 MB and 200,000 rows.",
        },
        "columns": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Columns of the address; default: all.",
        },
        "result_columns": {"type": "array", "items": {"type": "string", "enum": [*API_COLUMNS, *EXTRA_COLUMNS]}},
        "citycode": {"type": "string", "description": "Name of the column of INSEE codes."},
        "postcode": {"type": "string", "description": "Name of the column of postcodes."},
        "type": {"type": "string", "description": "Name of the column of the wanted type."},
        "lon": {"type": "string", "description": "Name of the column of longitudes."},
        "lat": {"type": "string", "description": "Name of the column of latitudes."},
    },
}


@router.post(
    "/search/csv",
    summary="Geocode a CSV file (national API parameters)",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "The same rows with columns appended."}},
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def search_csv(request: Request, service: ServiceDep) -> Response:
    """The same rows in the same order, columns `result_*` appended; each row has its own status."""
    form = await request.form(max_files=1, max_fields=100)
    try:
        table, rows, columns = await asyncio.to_thread(_opened, form)
    except BaseException:
        await form.close()
        raise
    stream = _stream(form, table, service.geocoder, columns, names_of(service.geocoder))
    headers = {"x-rows-count": str(rows), "content-disposition": 'attachment; filename="geocoded.csv"'}
    return StreamingResponse(stream, media_type="text/csv; charset=utf-8", headers=headers)


def _opened(form: FormData) -> tuple[AddressTable, int, Sequence[str]]:
    """The table of the form, ready to be read, how many rows it has, and the columns to append.

    Raises:
        InvalidInput: no file, too large, not text, or a column that is not there.
    """
    upload = form.get("data")
    if not isinstance(upload, UploadFile):
        raise InvalidInput("data: a CSV file is required, sent as multipart/form-data.", field="data")
    if upload.size is None or upload.size > MAX_FILE_BYTES:
        raise InvalidInput("data: at most 50 MB.", field="data")
    columns = _result_columns(form)
    choice = _choice(form)
    rows = _count(upload.file, choice)
    if rows > MAX_ROWS:
        raise InvalidInput("data: at most 200,000 rows.", field="data")
    upload.file.seek(0)
    return open_table(upload.file, choice), rows, columns


def _texts(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(value for value in form.getlist(name) if isinstance(value, str) and value)


def _choice(form: FormData) -> ColumnChoice:
    def one(name: str) -> str | None:
        return next(iter(_texts(form, name)), None)

    return ColumnChoice(
        _texts(form, "columns"), one("postcode"), one("citycode"), one("city"), one("type"),
        one("lon") or one("longitude"), one("lat") or one("latitude"),
    )  # fmt: skip


def _result_columns(form: FormData) -> Sequence[str]:
    asked = _texts(form, "result_columns")
    known = {*API_COLUMNS, *EXTRA_COLUMNS}
    if any(name not in known for name in asked):
        raise InvalidInput(f"result_columns: {', '.join((*API_COLUMNS, *EXTRA_COLUMNS))}.", field="result_columns")
    return asked or API_COLUMNS


def _count(file: IO[bytes], choice: ColumnChoice) -> int:
    file.seek(0)
    table = open_table(file, choice)
    count = 0
    for _ in table.rows():
        count += 1
        if count > MAX_ROWS:
            break
    table.detach()
    return count


async def _stream(
    form: FormData, table: AddressTable, geocoder: Geocoder, columns: Sequence[str], names: Names | None
) -> AsyncIterator[bytes]:
    try:
        yield csv_line([*table.header, *columns], table.delimiter).encode()
        rows = table.rows()
        while True:
            block = [row for _, row in zip(range(BLOCK_ROWS), rows, strict=False)]
            if not block:
                return
            asked = [query for _, query in block if query is not None]

            async def questions(queries: list[AddressQuery] = asked) -> AsyncIterator[AddressQuery]:
                for query in queries:
                    yield query

            answers = iter([result async for result in geocoder.search_many(questions())])
            lines = [
                csv_line(
                    [*cells, *api_values(REJECTED if query is None else next(answers), columns, names)], table.delimiter
                )
                for cells, query in block
            ]
            yield "".join(lines).encode()
    finally:
        table.detach()
        await form.close()
