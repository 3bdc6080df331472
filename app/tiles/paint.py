"""Which class every commune, and every zone, is drawn with: one zoning on one day, or in one vintage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from app.errors import NotInCatalogue
from app.zones.catalogue import Catalogue
from app.zones.classes import ClassEntry, ClassVintage
from app.zones.decide import class_of_commune
from app.zones.models import Reason, State
from app.zones.outlines import OutlineVintage
from app.zones.vintages import Validity, Vintage, choose
from app.zones.vocabulary import Kind, ZoningSpec

_NO_CODE_LABEL = {State.INSIDE: "Classé", State.OUTSIDE: "Non classé", State.UNKNOWN: "Inconnu"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a drawn feature says: its state, class code, French label, and why a state is unknown. `sub`: the massif."""

    state: State
    code: str | None
    label: str
    reason: Reason | None = None
    sub: str | None = None


@dataclass(frozen=True, slots=True)
class DrawnZone:
    """One zone with an outline: where it is in the catalogue and what it says. `scope` when it overrides a commune."""

    layer: int
    row: int
    code: str
    mark: Mark
    scope: str | None = None


@dataclass(frozen=True, eq=False)
class Paint:
    """Marks of one zoning: `mark_of_commune` (rows of the catalogue) indexes `marks`, None for an outline zoning.

    Equal digests draw equal tiles.
    """

    marks: tuple[Mark, ...]
    mark_of_commune: NDArray[np.int32] | None
    zones: tuple[DrawnZone, ...]
    digest: str


def paint_on(catalogue: Catalogue, spec: ZoningSpec, on: date, known_on: date) -> Paint:
    """The zoning as it stood on a day, by what was published on another."""
    if spec.kind is Kind.OUTLINE:
        zones = [_drawn(layer, row) for layer, row in zones_in_force(catalogue, spec, on, known_on)]
        return _paint(spec, (), None, [zone for zone in zones if zone is not None])
    groups = catalogue.commune_groups(spec.key)
    verdicts = [class_of_commune(catalogue, spec, code, on, known_on) for code in groups.codes]
    marks = [_mark(spec, v.state, v.code, v.reason, v.entry) for v in verdicts]
    return _paint(spec, marks, groups.group_of_row, _classed_zones(catalogue, spec, on, known_on))


def paint_of_vintage(catalogue: Catalogue, spec: ZoningSpec, vintage_id: str) -> Paint:
    """One vintage as published, whatever the day.

    Raises:
        NotInCatalogue: the zoning has no such vintage.
    """
    layers = [layer for layer in catalogue.outlines.get(spec.key, []) if layer.vintage.id == vintage_id]
    lists = [listed for listed in catalogue.classes.get(spec.key, []) if listed.vintage.id == vintage_id]
    if layers:
        return _paint(spec, (), None, [zone for layer in layers for zone in _zones_of(layer)])
    vintage = catalogue.vintages.get((spec.key, vintage_id))
    if vintage is None or spec.kind is Kind.OUTLINE:
        raise NotInCatalogue("No such vintage of this zoning. /v1/zonings lists them.", field="zoning")
    groups = catalogue.commune_groups(spec.key)
    listed = lists[0] if lists else None  # none: a list of zones only, which says nothing of communes
    marks = [_mark_in_list(catalogue, spec, vintage, listed, code) for code in groups.codes]
    return _paint(spec, marks, groups.group_of_row, _zones_classed_by(catalogue, spec, vintage_id))


def _paint(
    spec: ZoningSpec, marks: tuple[Mark, ...] | list[Mark], groups: NDArray[np.int32] | None, zones: list[DrawnZone]
) -> Paint:
    distinct = tuple(dict.fromkeys(marks))
    position = {mark: number for number, mark in enumerate(distinct)}
    of_commune = None if groups is None else np.array([position[mark] for mark in marks], np.int32)[groups]
    digest = blake2b(repr((spec.key, distinct, zones)).encode(), digest_size=6)
    if of_commune is not None:
        digest.update(of_commune.tobytes())
    return Paint(distinct, of_commune, tuple(zones), digest.hexdigest())


def _mark(spec: ZoningSpec, state: State, code: str | None, reason: Reason | None, entry: ClassEntry | None) -> Mark:
    return Mark(state, code, label_of_class(spec, state, code), reason, entry.sub if entry else None)


def label_of_class(spec: ZoningSpec, state: State, code: str | None) -> str:
    """A class in French; a class without code by its state."""
    return _NO_CODE_LABEL[state] if code is None else spec.codes.get(code, code)


def _mark_in_list(
    catalogue: Catalogue, spec: ZoningSpec, vintage: Vintage, listed: ClassVintage | None, code: str
) -> Mark:
    entry = None if listed is None else listed.entry(code, catalogue.communes)
    if entry is not None:
        return _mark(spec, entry.state, entry.code, entry.reason, entry)
    row = catalogue.communes.row_of[code]
    covered = vintage.covers(catalogue.communes.department_of(row))
    return _mark(spec, State.UNKNOWN, None, Reason.NOT_IN_LIST if covered else Reason.TERRITORY_NOT_COVERED, None)


def zones_in_force(
    catalogue: Catalogue, spec: ZoningSpec, on: date, known_on: date
) -> list[tuple[OutlineVintage, int]]:
    """Zones of the vintage that answers in each zone's own department, drawn or not, as (vintage, row in it).

    Installed vintages need not cover the same departments.
    """
    installed = catalogue.outlines.get(spec.key, [])
    chosen: dict[str, OutlineVintage | None] = {}

    def answering(department: str) -> OutlineVintage | None:
        if department not in chosen:
            covering = [layer for layer in installed if layer.vintage.covers(department)]
            choice = choose([layer.validity() for layer in covering], on, known_on)
            chosen[department] = None if choice.index is None else covering[choice.index]
        return chosen[department]

    return [
        (layer, row)
        for layer in installed
        for row in range(len(layer.zones))
        if any(answering(department) is layer for department in _departments(catalogue, layer, row))
    ]


def _departments(catalogue: Catalogue, layer: OutlineVintage, row: int) -> set[str]:
    """Departments of a zone, by its communes; of its whole vintage when it names none."""
    communes = catalogue.communes
    known = {communes.department_of(communes.row_of[c]) for c in layer.zones[row].insee_codes if c in communes.row_of}
    return known or set(layer.vintage.departments or {""})


def _drawn(layer: OutlineVintage, row: int) -> DrawnZone | None:
    zone = layer.zones[row]
    return (
        DrawnZone(layer.layer, row, zone.code, Mark(State.INSIDE, zone.code, zone.label)) if zone.has_outline else None
    )


def _zones_of(layer: OutlineVintage) -> list[DrawnZone]:
    return [zone for row in range(len(layer.zones)) if (zone := _drawn(layer, row)) is not None]


def _classed_zones(catalogue: Catalogue, spec: ZoningSpec, on: date, known_on: date) -> list[DrawnZone]:
    """Zones whose own class wins over their commune's on that day."""
    drawn: list[DrawnZone] = []
    for layer in catalogue.layers.values():
        if not layer.validity().holds(on):
            continue
        for zone in _zones_of(layer):
            for given in catalogue.zone_classes.get((layer.vintage.zoning, zone.code), {}).get(spec.key, ()):
                vintage = catalogue.vintages[spec.key, given.vintage]
                validity = Validity(vintage.valid_from, vintage.valid_to, vintage.published_on)
                if validity.holds(on) and validity.known(known_on):
                    drawn.append(_own_class(spec, zone, given.code, outside=given.outside))
    return drawn


def _zones_classed_by(catalogue: Catalogue, spec: ZoningSpec, vintage_id: str) -> list[DrawnZone]:
    return [
        _own_class(spec, zone, given.code, outside=given.outside)
        for layer in catalogue.layers.values()
        for zone in _zones_of(layer)
        for given in catalogue.zone_classes.get((layer.vintage.zoning, zone.code), {}).get(spec.key, ())
        if given.vintage == vintage_id
    ]


def _own_class(spec: ZoningSpec, zone: DrawnZone, code: str, *, outside: bool) -> DrawnZone:
    state = State.OUTSIDE if outside else State.INSIDE
    return DrawnZone(zone.layer, zone.row, zone.code, Mark(state, code, spec.codes.get(code, code)), scope="qpv")
