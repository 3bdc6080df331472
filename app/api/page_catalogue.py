"""Catalogue pages: every zoning with its vintages, every aid with its history, and what is in service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.aids.answers import rule_json, rule_summary_json, zone_kinds
from app.aids.example_reader import read_examples
from app.aids.french import euros
from app.aids.models import Rule
from app.aids.rule_facts import facts_of
from app.api.dependencies import Service, ServiceDep
from app.api.page_chart import amount_chart, window_chart
from app.api.page_formula import formula_words
from app.api.page_frame import page
from app.api.page_palette import swatch_of
from app.api.page_route import PageRoute
from app.api.page_words import PAYERS
from app.api.pages import frame_context
from app.api.question import today
from app.api.zones import INSTALL
from app.errors import NotInCatalogue
from app.zones.vintages import Vintage
from app.zones.vocabulary import ZONINGS

router = APIRouter(include_in_schema=False, route_class=PageRoute)

FAMILIES = {
    "profession": "Zonages des professions de santé",
    "city": "Politique de la ville",
    "rural": "Zones rurales",
    "mountain": "Montagne",
    "solidarity": "Solidarité territoriale",
}
GROUND_NAMES = {
    "communes": "communes",
    "former_communes": "anciennes communes",
    "areas": "départements, régions et intercommunalités",
}
EVENTS = {
    "opens": "Ouverture", "closes": "Dernier jour", "value": "Montant", "reference": "Texte", "published": "Publication",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AmountStep:
    """The amount in force from a day: its formula in words, or why there is none."""

    since: date
    formula: str
    note: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The origin of tables of places, with the credit it asks for."""

    producer: str
    licence: str
    credits: str | None
    valid_from: str | None


@router.get("/zonages")
def zonings(service: ServiceDep) -> HTMLResponse:
    """Every zoning, installed or not, with its vintages, law and source."""
    families = {name: [spec for spec in ZONINGS if spec.family == name] for name in FAMILIES}
    vintages = {spec.key: _vintages(service, spec.key) for spec in ZONINGS}
    swatches = {
        spec.key: [(swatch_of("outside" if code in spec.outside_codes else "inside", code), label, code)
                   for code, label in spec.codes.items()]
        for spec in ZONINGS
    }  # fmt: skip
    patterns = {swatch.name: swatch for drawn in swatches.values() for swatch, _, _ in drawn}.values()
    context = dict(
        patterns=list(patterns), families=families, family_names=FAMILIES, vintages=vintages, swatches=swatches,
        install=INSTALL, **frame_context(service, "/zonages"),
    )  # fmt: skip
    return page("zonings.html", context)


@router.get("/aides")
def aids(request: Request, service: ServiceDep) -> HTMLResponse:
    """The catalogue of aids. Filters are plain links and a form: no script."""
    wanted = {name: request.query_params.get(name, "") for name in ("profession", "payer", "etat")}
    day = today()
    listed = []
    for rule in service.rules.aids.values():
        row = rule_summary_json(rule, day, wanted["profession"] or None)
        professions = cast(list[str], row["professions"])
        if wanted["profession"] and professions and wanted["profession"] not in professions:
            continue
        if wanted["payer"] and row["payer"] != wanted["payer"]:
            continue
        if wanted["etat"] and row["status"] != wanted["etat"]:
            continue
        listed.append(row)
    order = {"open": 0, "not_yet_open": 1, "closed": 2}
    listed.sort(key=lambda row: (order.get(str(row["status"]), 3), str(row["label"])))
    payers = {payer: PAYERS[payer] for payer in sorted({rule.payer for rule in service.rules.aids.values()})}
    context = dict(
        listed=listed, wanted=wanted, payers=payers, total=len(service.rules.aids),
        rules_version=service.rules.version, **frame_context(service, "/aides"),
    )  # fmt: skip
    return page("aids.html", context)


@router.get("/aides/{id}")
def aid(id: str, service: ServiceDep) -> HTMLResponse:
    """One aid for people: who, where, conditions, amounts over time, sources.

    Raises:
        NotInCatalogue: no such aid.
    """
    rule = service.rules.aids.get(id)
    if rule is None:
        raise NotInCatalogue("No aid has this id; the aids are listed at /v1/aids.", field="id")
    body = rule_json(rule, service.rules, today())
    conflicts = {other: why or "" for other, why in service.rules.conflicts.get(rule.id, {}).items()}
    context = dict(
        rule=rule, body=body, steps=_steps(rule), amounts=_examples(rule),
        chart=amount_chart(rule) or window_chart(rule, today()),
        conflicts={service.rules.aids[other].label: why for other, why in conflicts.items() if other in service.rules.aids},
        zones=zone_kinds(rule), events=EVENTS, asked=len(list(facts_of(rule))), **frame_context(service, "/aides"),
    )  # fmt: skip
    return page("aid.html", context)


@router.get("/a-propos")
def about(service: ServiceDep) -> HTMLResponse:
    """What is in service and how far it goes: data, dates, licences, limits, privacy, accessibility."""
    finest = service.geocoder.capabilities()
    context = dict(
        grounds=_grounds(service), zonings=[(spec, _vintages(service, spec.key)) for spec in ZONINGS],
        bundle=service.catalogue.bundle_id, install=INSTALL,
        rules_version=service.rules.version, aids=len(service.rules.aids), finest=finest.finest.value,
        offline=finest.offline, **frame_context(service, "/a-propos"),
    )  # fmt: skip
    return page("about.html", context)


def _vintages(service: Service, key: str) -> list[Vintage]:
    """Installed vintages of a zoning, latest first."""
    installed = (vintage for (zoning, _), vintage in service.catalogue.vintages.items() if zoning == key)
    return sorted(installed, key=lambda vintage: vintage.valid_from or date.min, reverse=True)


def _grounds(service: Service) -> list[tuple[Ground, list[str]]]:
    """Where the tables of places come from: (origin, names of its tables)."""
    grouped: dict[Ground, list[str]] = {}
    for dataset in service.catalogue.datasets:
        if dataset.kind in GROUND_NAMES:
            ground = Ground(dataset.producer, dataset.licence, dataset.credits, dataset.valid_from)
            grouped.setdefault(ground, []).append(GROUND_NAMES[dataset.kind])
    return list(grouped.items())


def _steps(rule: Rule) -> list[AmountStep]:
    """Dated amounts, latest first, in words."""
    if rule.amount is None:
        return []
    return [
        AmountStep(value.since, "" if value.formula is None else formula_words(value.formula), value.note or "")
        for value in reversed(rule.amount.values)
    ]


def _examples(rule: Rule) -> list[tuple[str, str]]:
    """Worked examples that give an amount: (name, amount)."""
    return [(e.name, euros(e.amount_eur)) for e in read_examples(rule) if e.has_amount and e.amount_eur is not None][:8]
