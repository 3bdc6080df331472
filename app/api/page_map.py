"""The plan of a place as SVG: communes by class, priority districts, the point with its doubt, the closest better zone.

No WebGL, no script, no tile: it prints, and it can be tested. Shapely is imported at first use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from markupsafe import Markup

from app.api.dependencies import Service
from app.api.page_frame import environment
from app.api.page_palette import INSIDE, Swatch, swatch_of
from app.api.page_sentence import Row
from app.api.page_words import ZONING_OF_PROFESSION
from app.zones.catalogue import Catalogue
from app.zones.decide import class_of_commune
from app.zones.layers import COMMUNE_LAYER, layer_of
from app.zones.vocabulary import ZONINGS_BY_KEY, Kind, ZoningSpec

if TYPE_CHECKING:
    from shapely import STRtree
    from shapely.geometry.base import BaseGeometry

WIDTH, HEIGHT = 760, 480
METRES_PER_DEGREE = 111_320.0
SMALLEST_M, WIDEST_M = 3_000.0, 16_000.0
"""Half the width of the plan: a few streets are seen at 3 km, and farther than 16 km names no longer fit."""
LABELS = 14


@dataclass(frozen=True, slots=True)
class Plan:
    """The drawing and the words that say what it shows."""

    svg: Markup
    caption: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Degrees to points of the drawing, around one place (local equirectangular: a plan, not a measure)."""

    lon: float
    lat: float
    half_width_m: float

    @property
    def scale(self) -> float:
        return WIDTH / (2 * self.half_width_m)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        east_m = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat))
        north_m = (lat - self.lat) * METRES_PER_DEGREE
        return round(WIDTH / 2 + east_m * self.scale, 1), round(HEIGHT / 2 - north_m * self.scale, 1)

    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees."""
        dlat = HEIGHT / 2 / self.scale / METRES_PER_DEGREE
        dlon = self.half_width_m / METRES_PER_DEGREE / math.cos(math.radians(self.lat))
        return self.lon - dlon, self.lat - dlat, self.lon + dlon, self.lat + dlat


@dataclass(frozen=True, slots=True)
class Shape:
    """One outline of the drawing: SVG path data, how it is filled, and its name."""

    path: str
    fill: str
    label: str = ""


def plan_svg(service: Service, answer: Row, profession: str) -> Plan | None:
    """Draw the surroundings of the place of an answer; None when it has no point."""
    place = cast(Row, answer["place"])
    lon, lat = cast(float | None, place.get("lon")), cast(float | None, place.get("lat"))
    if lon is None or lat is None:
        return None
    on, known_on = (date.fromisoformat(str(answer[name])) for name in ("date", "known_on"))
    zoning = zoning_of_plan(answer, profession)
    spec = ZONINGS_BY_KEY[zoning]
    near = [row for row in cast(Sequence[Row], answer.get("near") or ()) if row["zoning"] in (zoning, "qpv")]
    frame = Frame(lon, lat, _half_width_m(near))
    communes, labels, seen = _communes(service.catalogue, spec, frame, on, known_on)
    districts = list(_districts(service.catalogue, frame, on, known_on))
    uncertainty = float(cast(float, place.get("uncertainty_m") or 0.0)) * frame.scale
    legend = _legend(
        [
            *((name, words) for name, (_, words) in seen.items()),
            *((("qpv", "Quartier prioritaire"),) if districts else ()),
        ]
    )
    svg = environment().get_template("plan.svg").render(
        width=WIDTH,
        height=HEIGHT,
        title=f"Plan autour de {place['label']}",
        swatches={"qpv": INSIDE, **{name: swatch for name, (swatch, _) in seen.items()}},
        communes=communes,
        districts=districts,
        labels=labels,
        near=[(row, frame.at(cast(float, row["lon"]), cast(float, row["lat"]))) for row in near[:2]
              if cast(float, row["signed_distance_m"]) > 0],
        disc=round(uncertainty, 1) if uncertainty > 6 else 0,
        bar=_scale_bar(frame),
        legend=legend,
        strip=30 + max((y for _, _, _, y in legend), default=0.0),
    )  # fmt: skip
    return Plan(
        Markup(svg),  # noqa: S704 - rendered by an escaping template
        f"{spec.label} au {on.day:02}/{on.month:02}/{on.year}. Contours simplifiés : le plan situe, il ne tranche pas.",
    )


def _half_width_m(near: Iterable[Row]) -> float:
    distances = [abs(cast(float, row["signed_distance_m"])) for row in near]
    reach = [distance for distance in distances if distance <= WIDEST_M]
    return max(SMALLEST_M, 6_000.0 if not reach else 0.0, 1.25 * max(reach, default=0.0))


@lru_cache(maxsize=1)
def _ground(catalogue: Catalogue) -> tuple[STRtree, Sequence[BaseGeometry]]:
    """Commune outlines and their tree; kept for the catalogue in service."""
    from shapely import STRtree

    shapes = layer_of(catalogue, COMMUNE_LAYER).geometries
    return STRtree(shapes), cast(Sequence["BaseGeometry"], shapes)


def _communes(
    catalogue: Catalogue, spec: ZoningSpec, frame: Frame, on: date, known_on: date
) -> tuple[list[Shape], list[tuple[float, float, str]], dict[str, tuple[Swatch, str]]]:
    """Communes in the frame with their class; names of the most populous; the classes met, for the legend."""
    import shapely

    tree, shapes = _ground(catalogue)
    window = shapely.box(*frame.box())
    drawn: list[Shape] = []
    named: list[tuple[int, float, float, str]] = []
    seen: dict[str, tuple[Swatch, str]] = {}
    for row in sorted(tree.query(window, predicate="intersects").tolist()):
        commune = catalogue.communes.at(row)
        part = shapely.clip_by_rect(shapes[row], *frame.box())
        if part.is_empty:
            continue
        fill, swatch, words = _class_of(catalogue, spec, commune.insee_code, on, known_on)
        seen.setdefault(fill, (swatch, words))
        drawn.append(Shape(_path(part, frame), fill, commune.name))
        at = frame.at(*shapely.point_on_surface(part).coords[0])
        named.append((-(commune.population or 0), *at, commune.name))
    return drawn, _spread(sorted(named)), dict(sorted(seen.items()))


def _class_of(
    catalogue: Catalogue, spec: ZoningSpec, insee_code: str, on: date, known_on: date
) -> tuple[str, Swatch, str]:
    if spec.kind is Kind.OUTLINE:
        return "plain", swatch_of("outside", None), "Commune"
    verdict = class_of_commune(catalogue, spec, insee_code, on, known_on)
    state, code = verdict.state.value, verdict.code
    words = spec.codes.get(code or "", "Non classée") if state != "unknown" else "Inconnu (donnée absente)"
    return f"{state}-{code or 'none'}".replace("+", "p"), swatch_of(state, code), words


def _districts(catalogue: Catalogue, frame: Frame, on: date, known_on: date) -> Iterable[Shape]:
    import shapely

    window = shapely.box(*frame.box())
    drawn = (layer for key, layers in catalogue.outlines.items() if key.startswith("qpv") for layer in layers)
    for layer in drawn:
        if not (layer.validity().holds(on) and layer.validity().known(known_on)):
            continue  # mainland and overseas are lists of their own: each that is in force is drawn
        for zone, shape in zip(layer.zones, layer_of(catalogue, layer.layer).geometries, strict=True):
            if shape is not None and shape.intersects(window):
                yield Shape(_path(shapely.clip_by_rect(shape, *frame.box()), frame), "qpv", zone.label)


def _path(shape: BaseGeometry, frame: Frame) -> str:
    """SVG path data of polygons, exterior and holes."""
    from shapely.geometry import Polygon

    pieces: list[str] = []
    for polygon in getattr(shape, "geoms", (shape,)):
        if not isinstance(polygon, Polygon):
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [frame.at(lon, lat) for lon, lat, *_ in ring.coords]
            pieces.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points[:-1]) + "Z")
    return "".join(pieces)


def _spread(named: Sequence[tuple[int, float, float, str]]) -> list[tuple[float, float, str]]:
    """Names that do not touch each other, the most populous first."""
    kept: list[tuple[float, float, str]] = []
    for _, x, y, name in named:
        half = 3.6 * len(name)
        free = all(
            abs(y - other_y) > 18 or abs(x - other_x) > half + 3.6 * len(other) for other_x, other_y, other in kept
        )
        if (
            free
            and half < x < WIDTH - half
            and 18 < y < HEIGHT - 40
            and (abs(x - WIDTH / 2) > half or abs(y - HEIGHT / 2) > 26)
        ):
            kept.append((x, y, name))
        if len(kept) == LABELS:
            break
    return kept


def _legend(entries: Sequence[tuple[str, str]]) -> list[tuple[str, str, float, float]]:
    """Entries set one after the other, on as many lines as they need: (pattern, words, x, y below the first line)."""
    placed: list[tuple[str, str, float, float]] = []
    x, y = 12.0, 0.0
    for name, words in entries:
        width = 46 + 6.2 * len(words)
        if x > 12 and x + width > WIDTH:
            x, y = 12.0, y + 22
        placed.append((name, words, round(x, 1), y))
        x += width
    return placed


def _scale_bar(frame: Frame) -> tuple[float, str]:
    """Length in points and words of a round distance, about a fifth of the width."""
    for metres in (500, 1000, 2000, 5000, 10_000):
        if metres * frame.scale >= WIDTH / 9:
            break
    return round(metres * frame.scale, 1), f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"


def zoning_of_plan(answer: Row, profession: str) -> str:
    """The zoning a plan is coloured by: the profession's own if it is known there, else the doctors'."""
    known = {str(row["zoning"]) for row in cast(Sequence[Row], answer["memberships"]) if row["state"] != "unknown"}
    own = ZONING_OF_PROFESSION.get(profession, "doctors")
    return own if own in known else "doctors"
