"""`/comparer`: up to ten places side by side, what differs, the sums. Server-rendered; the page's code only adds comfort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.aids.french import euros
from app.api.compare import MAX_QUESTIONS, side_by_side
from app.api.dependencies import Service, ServiceDep
from app.api.page_answer import AidCard, View, ZoneCard, present
from app.api.page_data import page_data
from app.api.page_frame import map_page_headers, page, query
from app.api.page_messages import Message, explain
from app.api.page_question import Asked, read_asked
from app.api.page_route import PageRoute
from app.api.page_words import SITUATIONS, TRADES, Light
from app.api.pages import frame_context
from app.api.question import Question, today
from app.errors import InvalidInput

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class Column:
    """One place: its answer, or why there is none. `remove` is the address of the page without it.

    `is_best`: no other place has a larger sum, and some have a smaller one.
    """

    text: str
    label: str
    view: View | None
    trouble: str
    remove: str
    answer_query: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """What a place answers in one row; `light` is None where the place has no answer."""

    light: Light | None
    word: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One zoning or aid over all places; `differs` when not all answers are the same."""

    title: str
    href: str
    cells: tuple[Cell, ...]
    differs: bool


@router.get("/comparer")
async def compare_page(request: Request, service: ServiceDep) -> HTMLResponse:
    """The comparison named by the address of the page; empty, it says how to begin."""
    asked = read_asked(request.query_params.multi_items())
    context = await _context(service, asked)
    base_map_url: str | None = request.app.state.base_map_url
    context |= {"page_data": page_data(service, asked, base_map_url)}
    return page("compare.html", context, headers=map_page_headers(base_map_url))


@router.get("/comparer/tableau")
async def compare_piece(request: Request, service: ServiceDep) -> HTMLResponse:
    """The comparison alone, to be put in its place by the page's code."""
    asked = read_asked(request.query_params.multi_items())
    return page("compare_table.html", await _context(service, asked))


async def _context(service: Service, asked: Asked) -> dict[str, object]:
    wanted = tuple(dict.fromkeys(asked.places))
    places = wanted[:MAX_QUESTIONS]
    columns = await _columns(service, asked, places)
    zones = _zone_lines(columns)
    aids, left_out = _aid_lines(columns)
    return frame_context(service, "/comparer") | {
        "fields": asked.fields,
        "asked_trade": asked.trade,
        "trade_label": TRADES[asked.trade][2] if asked.trade else "Toutes professions",
        "situation_label": SITUATIONS.get(asked.fields.get("status", ""), ""),
        "places": places,
        "dropped": len(wanted) - len(places),
        "most": MAX_QUESTIONS,
        "columns": columns,
        "zones": zones,
        "aids": aids,
        "left_out": left_out,
        "map_data": [_point(number, column) for number, column in enumerate(columns, 1) if column.view],
    }


async def _columns(service: Service, asked: Asked, places: Sequence[str]) -> list[Column]:
    """One comparison for all the places that can be read; the others keep their column, with the reason."""
    fields = [asked.person | place_fields(text) for text in places]
    read: list[Question | Message] = []
    for each in fields:
        try:
            read.append(replace(replace(asked, fields=each).question(), near=False))
        except InvalidInput as error:
            read.append(explain(error))
    compared = await side_by_side(service, [(None, question) for question in read if isinstance(question, Question)])
    best = compared.best if len(compared.best) < len(compared.columns) else ()
    positions = iter(range(len(compared.columns)))
    columns = []
    for text, own, question in zip(places, fields, read, strict=True):
        others = "&".join(query({"lieu": other}) for other in places if other != text)
        remove = "/comparer?" + "&".join(part for part in (query(asked.person), others) if part)
        if isinstance(question, Message):
            columns.append(Column(text, text, None, question.title, remove, query(own), False))
            continue
        position = next(positions)
        trouble = compared.troubles[position]
        if trouble is not None:
            columns.append(Column(text, text, None, explain(trouble).title, remove, query(own), False))
            continue
        view = present(compared.columns[position], own, service.rules, today())
        columns.append(Column(text, str(view.place["label"]), view, "", remove, query(own), position in best))
    return columns


def place_fields(text: str) -> dict[str, str]:
    """A place of a list: `insee:09122`, `point:1.6,42.9` (with a radius in metres: `point:1.6,42.9,250`), else an address."""
    kind, _, rest = text.partition(":")
    if kind == "insee":
        return {"citycode": rest.strip()}
    if kind == "point":
        parts = [part.strip() for part in rest.split(",", 2)]
        return {name: part for name, part in zip(("lon", "lat", "uncertainty_m"), parts, strict=False) if part}
    return {"address": text}


def _zone_lines(columns: Sequence[Column]) -> list[Line]:
    cards: list[dict[str, ZoneCard]] = [{zone.key: zone for zone in c.view.zones} if c.view else {} for c in columns]
    titles = {key: zone.title for by_key in cards for key, zone in by_key.items() if not zone.is_absent}
    lines = []
    for key, title in titles.items():
        cells = tuple(_zone_cell(by_key.get(key), column) for by_key, column in zip(cards, columns, strict=True))
        lines.append(_line(title, f"/zonages#{key}", cells))
    return lines


def _zone_cell(zone: ZoneCard | None, column: Column) -> Cell:
    if zone is None:
        return Cell(None) if column.view is None else Cell("no", "", "Zonage terminé à cette date")
    return Cell(zone.light, "", zone.value)


def _aid_lines(columns: Sequence[Column]) -> tuple[list[Line], int]:
    """Aids that are open or to check somewhere; how many others apply nowhere."""
    cards: list[dict[str, AidCard]] = [
        {str(c.row["aid"]): c for c in column.view.aids} if column.view else {} for column in columns
    ]
    everything = {aid: card for by_aid in cards for aid, card in by_aid.items()}
    lines = []
    for aid, card in everything.items():
        cells = tuple(_aid_cell(by_aid.get(aid)) for by_aid in cards)
        if any(cell.light in ("yes", "check") for cell in cells):
            lines.append(_line(str(card.row["label"]), f"/aides/{aid}", cells))
    return lines, len(everything) - len(lines)


def _aid_cell(card: AidCard | None) -> Cell:
    if card is None:
        return Cell(None)
    firm, conditional = card.row.get("amount_eur"), card.row.get("conditional_amount_eur")
    detail = ""
    if firm is not None:
        detail = euros(cast(float, firm))
    elif conditional is not None:
        detail = f"{euros(cast(float, conditional))} si tout est confirmé"
    return Cell(card.light, card.word, detail)


def _line(title: str, href: str, cells: tuple[Cell, ...]) -> Line:
    told = {(cell.light, cell.word, cell.detail) for cell in cells if cell.light is not None}
    return Line(title, href, cells, len(told) > 1)


def _point(number: int, column: Column) -> dict[str, object]:
    assert column.view is not None
    place = column.view.place
    return {"number": number, "label": column.label, "lon": place["lon"], "lat": place["lat"]}
