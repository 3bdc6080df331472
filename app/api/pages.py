"""The pages people read: question and answer, printable sheet, comparison, catalogues. HTML only; data is `/v1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.aids.facts import APPLICANT_FACTS, FactKind
from app.aids.reading import ISO_DATE
from app.api.assessment import assess_json
from app.api.dependencies import Service, ServiceDep
from app.api.page_answer import QUESTIONS_SHOWN, View, present
from app.api.page_data import page_data
from app.api.page_frame import french_day, map_page_headers, page, query
from app.api.page_map import plan_svg
from app.api.page_messages import Message, explain, suggest, there
from app.api.page_question import Asked, read_asked
from app.api.page_route import PageRoute, built_file
from app.api.page_words import ANSWERS, SITUATIONS, TRADES
from app.api.question import today
from app.errors import PlaceNotFound, ZoningError
from app.geocoding.geocoder import Status

router = APIRouter(include_in_schema=False, route_class=PageRoute)
router.routes.append(Route("/static/{path:path}", built_file, methods=["GET"]))

EXAMPLES = (
    ("Foix, Ariège", "/?citycode=09122"),
    ("Auch, Gers", "/?citycode=32013"),
    ("Paris 20e arrondissement", "/?citycode=75120"),
)
"""One rural town, one with a priority district, one arrondissement: all in the embedded data."""


def frame_context(service: Service, here: str = "") -> dict[str, object]:
    """What every page shows: where we are, which data answers."""
    return {
        "here": here,
        "data_version": service.data_version,
        "territory": service.catalogue.territory,
        "today": today().isoformat(),
    }


@router.get("/")
async def home(request: Request, service: ServiceDep) -> HTMLResponse:
    """The question, and its answer when the address of the page holds one. Works without JavaScript."""
    asked = read_asked(request.query_params.multi_items())
    context, status = await answer_context(service, asked, action="/")
    base_map_url: str | None = request.app.state.base_map_url
    context |= {
        "page_data": page_data(service, asked, base_map_url),
        "embedded": asked.is_embedded,
        "submit": "Chercher",
        "examples": EXAMPLES,
    }
    return page("index.html", context, status, map_page_headers(base_map_url, may_be_framed=asked.is_embedded))


@router.get("/reponse")
async def piece(request: Request, service: ServiceDep) -> HTMLResponse:
    """The answer alone, to be put in its place by the page's code."""
    asked = read_asked(request.query_params.multi_items())
    context, status = await answer_context(service, asked, action="/")
    return page("piece.html", {**context, "examples": EXAMPLES}, status)


@router.get("/fiche")
async def sheet(request: Request, service: ServiceDep) -> HTMLResponse:
    """The printable twin of the answer, with its plan drawn by the server."""
    asked = read_asked(request.query_params.multi_items())
    context, status = await answer_context(service, asked, action="/fiche", printed=True)
    view = context["view"]
    plan = plan_svg(service, view.answer, asked.fields["profession"]) if isinstance(view, View) else None
    context |= {
        "plan": plan.svg if plan else None,
        "plan_caption": plan.caption if plan else "",
        "rules_version": service.rules.version,
        "submit": "Établir la fiche",
    }
    return page("sheet.html", context, status)


@router.get("/fiche/plan.svg")
async def plan(request: Request, service: ServiceDep) -> Response:
    """The plan alone, for pages that cannot show the map.

    Raises:
        PlaceNotFound: nothing to draw.
    """
    asked = read_asked(request.query_params.multi_items())
    drawn = plan_svg(service, await assess_json(service, asked.question()), asked.fields["profession"])
    if drawn is None:
        raise PlaceNotFound("This place has no point to draw.")
    return Response(drawn.svg, media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})


async def answer_context(
    service: Service, asked: Asked, *, action: str, printed: bool = False
) -> tuple[dict[str, object], int]:
    """Everything the templates of a question and its answer show, and the status of the page."""
    view, message = None, None
    if asked.has_place:
        view, message = await _answer(service, asked, action)
    context = frame_context(service, action) | {
        "action": action,
        "fields": asked.fields,
        "typed": asked.fields.get("address", view.place["label"] if view else ""),
        "asked_trade": asked.trade,
        "trade_label": TRADES[asked.trade][2] if asked.trade else "Toutes professions",
        "situation_label": SITUATIONS.get(asked.fields.get("status", ""), ""),
        "ignored": asked.ignored,
        "compare_query": query(asked.person) + ("&" if asked.person else "") + query({"lieu": place_text(asked)}),
        "given": given_facts(asked),
        "view": view,
        "message": message,
        "others": other_places(asked, action, view) if view else (),
        "printed": printed,
        "shown_questions": QUESTIONS_SHOWN,
        "map_data": map_data(view) if view else None,
    }
    return context, message.status if message else 200


async def _answer(service: Service, asked: Asked, action: str) -> tuple[View | None, Message | None]:
    try:
        answer = await assess_json(service, asked.question())
    except PlaceNotFound as error:
        found = explain(error)
        return None, Message(found.status, found.title, found.advice, await suggest(service, asked, action))
    except ZoningError as error:
        return None, explain(error)
    return present(answer, asked.fields, service.rules, today()), None


def other_places(asked: Asked, action: str, view: View) -> tuple[tuple[str, str], ...]:
    """Places that answer to the same words, when these do not settle which is meant."""
    geocoded = cast(Mapping[str, object], view.place.get("geocoding") or {})
    if geocoded.get("status") != Status.AMBIGUOUS.value:
        return ()
    candidates = cast(Sequence[Mapping[str, str]], geocoded.get("candidates") or ())
    return there(asked, action, [(c.get("label"), c.get("citycode")) for c in candidates])


def map_data(view: View) -> dict[str, object]:
    """The little of an answer that the map draws: the place, its disc of doubt, the closest better zones."""
    names = ("label", "lon", "lat", "uncertainty_m", "precision", "citycode")
    return {
        "place": {name: view.place.get(name) for name in names},
        "date": view.answer["date"],
        "near": [
            {
                name: row.get(name)
                for name in ("zoning", "generation", "label", "code", "lon", "lat", "signed_distance_m")
            }
            for row in view.near
        ],
    }


def given_facts(asked: Asked) -> list[tuple[str, str, str]]:
    """What the person said beyond the first form: (question, answer in words, address of the page without it)."""
    first = {"profession", "specialty", "status", "date", "known_on"}
    listed = []
    for name, value in asked.person.items():
        if name in first:
            continue
        others = {key: kept for key, kept in asked.fields.items() if key != name}
        listed.append((APPLICANT_FACTS[name].question, fact_words(name, value), f"/?{query(others)}"))
    return listed


def fact_words(name: str, value: str) -> str:
    """An answer as people read it."""
    fact = APPLICANT_FACTS[name]
    if fact.kind is FactKind.FLAG:
        return {"true": "oui", "false": "non"}.get(value, value)
    if fact.kind is FactKind.DATE:
        return french_day(value) if ISO_DATE.match(value) else value
    if fact.allowed:
        return ", ".join(ANSWERS.get(word, word) for word in value.split(","))
    return f"{value} {'€' if fact.unit == 'EUR' else fact.unit or ''}".strip()


def place_text(asked: Asked) -> str:
    """A place as one text for lists: `insee:09122`, `point:1.6,42.9` (and a radius in metres), or the address itself."""
    fields = asked.fields
    if "citycode" in fields:
        return f"insee:{fields['citycode']}"
    if "lon" in fields and "lat" in fields:
        radius = f",{fields['uncertainty_m']}" if "uncertainty_m" in fields else ""
        return f"point:{fields['lon']},{fields['lat']}{radius}"
    return fields.get("address", "")
