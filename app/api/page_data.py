"""What the page's code needs to start, written into the page: zonings that may be drawn, their days, the question."""

from __future__ import annotations

from dataclasses import asdict

from app.api.dependencies import Service
from app.api.page_frame import asset
from app.api.page_palette import INSIDE, NONE, SWATCHES, UNKNOWN
from app.api.page_question import Asked
from app.api.page_words import ZONING_OF_PROFESSION
from app.api.question import today
from app.zones.models import Generation
from app.zones.vocabulary import ZONINGS, ZoningSpec

RURAL = ("zrr", "frr")
"""One followed the other on 2024-07-01: one layer of the map, which changes with the date."""


def page_data(service: Service, asked: Asked, base_map_url: str | None) -> dict[str, object]:
    """`layers` group zonings that follow each other in time; each of its zonings says from when to when it is drawn."""
    groups: dict[str, list[ZoningSpec]] = {}
    for spec in ZONINGS:
        groups.setdefault("rural" if spec.id in RURAL else spec.id, []).append(spec)
    return {
        "today": today().isoformat(),
        "fields": asked.fields,
        "base_map": base_map_url,
        "layer": ZONING_OF_PROFESSION.get(asked.fields["profession"]),
        "worker": asset("src/map-worker.ts"),
        "swatches": {
            name: asdict(swatch)
            for name, swatch in {**SWATCHES, "inside": INSIDE, "none": NONE, "unknown": UNKNOWN}.items()
        },
        "layers": [
            {"id": id, "label": _label(id, specs), "zonings": [_zoning(service, spec) for spec in specs]}
            for id, specs in groups.items()
            if any(_days(service, spec.key) for spec in specs)
        ],
    }


def _label(id: str, specs: list[ZoningSpec]) -> str:
    return {"rural": "Zones rurales (ZRR, puis FRR)", "qpv": "Quartiers prioritaires (QPV)"}.get(id, specs[0].label)


def _zoning(service: Service, spec: ZoningSpec) -> dict[str, object]:
    generation: Generation | None = spec.generation
    return {
        "key": spec.key,
        "generation": generation,
        "label": spec.label,
        "kind": spec.kind.value,
        "codes": spec.codes,
        "outside": sorted(spec.outside_codes),
        "days": _days(service, spec.key),
    }


def _days(service: Service, key: str) -> list[list[str | None]]:
    """First and last day of each vintage installed; None is no bound."""
    return sorted(
        [
            [v.valid_from.isoformat() if v.valid_from else None, v.valid_to.isoformat() if v.valid_to else None]
            for (zoning, _), v in service.catalogue.vintages.items()
            if zoning == key
        ],
        key=lambda days: days[0] or "",
    )
