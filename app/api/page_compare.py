"""`/comparer`: up to ten places side by side, what differs, the sums. Server-rendered; the page's code only adds comfort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.aids.french import euros
from app.api.assessment import assess_json
from app.api.compare import MAX_QUESTIONS
from app.api.dependencies import Service, ServiceDep
from app.api.page_answer import AidCard, View, ZoneCard, present
from app.api.page_data import page_data
from app.api.page_frame import base_map_headers, page, query
from app.api.page_messages import explain
from app.api.page_question import Asked, read_asked
from app.api.page_route import PageRoute
from app.api.page_words import SITUATIONS, TRADES, Light
from app.api.pages import frame_context
from app.api.question import today
from app.errors import ZoningError

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class Column:
    """One place: its answer, or why there is none. `remove` is the address of the page without it."""

    text: str
    label: str
    view: View | None
    trouble: str
    remove: str
    answer_query: str


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
    return page("compare.html", context, headers=base_map_headers(base_map_url))


@router.get("/comparer/tableau")
async def compare_piece(request: Request, service: ServiceDep) -> HTMLResponse:
    """The comparison alone, to be put in its place by the page's code."""
    asked = read_asked(request.query_params.multi_items())
    return page("compare_table.html", await _context(service, asked))


async def _context(service: Service, asked: Asked) -> dict[str, object]:
    wanted = tuple(dict.fromkeys(asked.places))
    places = wanted[:MAX_QUESTIONS]
    columns = [await _column(service, asked, places, text) for text in places]
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


async def _column(service: Service, asked: Asked, places: Sequence[str], text: str) -> Column:
    fields = asked.person | place_fields(text)
    others = "&".join(query({"lieu": other}) for other in places if other != text)
    remove = "/comparer?" + "&".join(part for part in (query(asked.person), others) if part)
    try:
        answer = await assess_json(service, replace(asked, fields=fields).question())
    except ZoningError as error:
        return Column(text, text, None, explain(error).title, remove, query(fields))
    view = present(answer, fields, service.rules, today())
    return Column(text, str(view.place["label"]), view, "", remove, query(fields))


def place_fields(text: str) -> dict[str, str]:
    """A place of a list: `insee:09122`, `point:1.6,42.9`, else an address."""
    kind, _, rest = text.partition(":")
    if kind == "insee":
        return {"citycode": rest.strip()}
    if kind == "point":
        lon, _, lat = rest.partition(",")
        return {"lon": lon.strip(), "lat": lat.strip()}
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
