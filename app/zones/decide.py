"""From evidence to memberships: pure decisions, no geometry, no clock, no file.

Evidence says which communes and zones a place may be in; a decision turns it, for a day and a state of knowledge, into
one membership per zoning of the vocabulary. Equal evidence gives equal memberships, so that a batch decides once per
distinct evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.places import city_of_arrondissement, department_of_insee
from app.zones.catalogue import Catalogue
from app.zones.classes import ClassEntry
from app.zones.evidence import Evidence
from app.zones.models import Basis, Membership, Reason, State
from app.zones.outlines import OutlineVintage, Zone
from app.zones.vintages import Validity, Vintage, choose, stale_caveat
from app.zones.vocabulary import ZONINGS, Kind, ZoningSpec

_NO_CODE_LABEL = {
    State.INSIDE: "Classé",
    State.OUTSIDE: "Non classé",
    State.UNKNOWN: "Inconnu",
    State.NEAR_BORDER: "En limite de zone",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One list's word on one commune or zone, with the vintage it rests on."""

    state: State
    code: str | None = None
    codes: tuple[str, ...] = ()
    reason: Reason | None = None
    scope: str | None = None
    entry: ClassEntry | None = None
    vintage: Vintage | None = None
    validity: Validity | None = None
    basis: Basis | None = None

    @property
    def meaning(self) -> tuple[object, ...]:
        entry = self.entry  # a zone's own class has none: alike its commune's when that has no more to say
        extra = (entry.generation, entry.coverage, entry.sub, entry.boosted) if entry else (None, None, None, False)
        return (self.state, self.code, self.codes, extra)


def decide(catalogue: Catalogue, evidence: Evidence, on: date, known_on: date) -> tuple[Membership, ...]:
    """One membership per zoning of the vocabulary, in its order.

    A zoning without data is `unknown`, never left out. Dates: design.md § 2.7.
    """
    return tuple(decide_zoning(catalogue, spec, evidence, on, known_on) for spec in ZONINGS)


def decide_zoning(catalogue: Catalogue, spec: ZoningSpec, evidence: Evidence, on: date, known_on: date) -> Membership:
    """The membership of one zoning of the vocabulary."""
    of_kind = _outline_verdict if spec.kind is Kind.OUTLINE else _class_verdict
    if evidence.is_ambiguous:
        alone = [Evidence.of_candidates((code,)) for code in evidence.codes]
        verdicts = [of_kind(catalogue, spec, each, on, known_on) for each in alone]
        verdict = _agreed(verdicts, State.UNKNOWN, Reason.PLACE_AMBIGUOUS)
    else:
        verdict = of_kind(catalogue, spec, evidence, on, known_on)
    return _membership(catalogue, spec, verdict, evidence, on)


# --------------------------------------------------------------------------------------------------- commune classes


def _class_verdict(catalogue: Catalogue, spec: ZoningSpec, evidence: Evidence, on: date, known_on: date) -> Verdict:
    verdicts = [class_of_commune(catalogue, spec, code, on, known_on) for code in evidence.codes]
    if not verdicts:
        return Verdict(State.UNKNOWN, reason=evidence.lost)
    commune = _agreed(verdicts, State.NEAR_BORDER, Reason.NEAR_BORDER)
    sure, possible = _zone_classes(catalogue, spec, evidence, on, known_on)
    if sure:
        return _agreed(sure, State.NEAR_BORDER, Reason.NEAR_BORDER)
    if possible:
        return _agreed([commune, *possible], *evidence.doubt)
    return commune


def class_of_commune(catalogue: Catalogue, spec: ZoningSpec, code: str, on: date, known_on: date) -> Verdict:
    """What the vintage in force says of one INSEE code in one commune zoning."""
    installed = catalogue.classes.get(spec.key, [])
    if not installed:
        return Verdict(State.UNKNOWN, reason=Reason.NO_DATA_INSTALLED)
    department = department_of_insee(code)
    found = [(vintage, vintage.entry(code, catalogue.communes)) for vintage in installed]
    listed = [(vintage.vintage, entry) for vintage, entry in found if entry is not None]
    if not listed:
        covered = any(vintage.vintage.covers(department) for vintage in installed)
        return Verdict(State.UNKNOWN, reason=Reason.NOT_IN_LIST if covered else Reason.TERRITORY_NOT_COVERED)
    validities = [entry.validity(vintage) for vintage, entry in listed]
    choice = choose(validities, on, known_on)
    if choice.index is None:
        return _no_vintage(choice.reason, [vintage for vintage, _ in listed])
    vintage, entry = listed[choice.index]
    return Verdict(entry.state, entry.code, entry.codes, entry.reason, None, entry, vintage, validities[choice.index])


def _no_vintage(reason: Reason | None, vintages: list[Vintage]) -> Verdict:
    if reason is Reason.ZONING_ENDED:
        last = max(vintages, key=lambda vintage: vintage.valid_to or date.max)
        validity = Validity(last.valid_from, last.valid_to, last.published_on)
        return Verdict(State.OUTSIDE, reason=reason, vintage=last, validity=validity)
    return Verdict(State.UNKNOWN, reason=reason)


def _zone_classes(
    catalogue: Catalogue, spec: ZoningSpec, evidence: Evidence, on: date, known_on: date
) -> tuple[list[Verdict], list[Verdict]]:
    """Classes given to zones rather than communes: of those that surely hold the place, and of those that may."""

    def classes(layer: OutlineVintage, zone: Zone) -> Iterable[Verdict]:
        if not layer.validity().holds(on):
            return
        for given in catalogue.zone_classes.get((layer.vintage.zoning, zone.code), {}).get(spec.key, ()):
            vintage = catalogue.vintages[spec.key, given.vintage]
            validity = Validity(vintage.valid_from, vintage.valid_to, vintage.published_on)
            if validity.holds(on) and validity.known(known_on):
                state = State.OUTSIDE if given.outside else State.INSIDE
                yield Verdict(state, given.code, (given.code,), None, "qpv", None, vintage, validity, Basis.OUTLINE)

    if not catalogue.zone_classes:
        return [], []

    def of(pairs: Iterable[tuple[int, int]]) -> list[Verdict]:
        layers = catalogue.layers
        return [v for layer, row in pairs for v in classes(layers[layer], layers[layer].zones[row])]

    if evidence.has_point:
        return of(evidence.inside), of(evidence.near)
    return [], [
        verdict
        for layer in catalogue.layers.values()
        for code in evidence.zone_codes
        for zone in layer.listed_in(code, city_of_arrondissement(code))
        for verdict in classes(layer, zone)
    ]


def _agreed(verdicts: list[Verdict], doubt: State, reason: Reason) -> Verdict:
    """The common word of several verdicts, or the doubt between them with every code that may apply."""
    if len({verdict.meaning for verdict in verdicts}) == 1:
        return verdicts[0]
    codes = tuple(dict.fromkeys(code for verdict in verdicts for code in verdict.codes))
    dated = next((verdict for verdict in verdicts if verdict.vintage is not None), verdicts[0])
    if any(verdict.state is State.UNKNOWN for verdict in verdicts):
        unknown = next(verdict for verdict in verdicts if verdict.state is State.UNKNOWN)
        return Verdict(State.UNKNOWN, None, codes, unknown.reason, None, None, dated.vintage, dated.validity)
    return Verdict(doubt, None, codes, reason, None, None, dated.vintage, dated.validity)


# ----------------------------------------------------------------------------------------------------- outline zones


def _outline_verdict(catalogue: Catalogue, spec: ZoningSpec, evidence: Evidence, on: date, known_on: date) -> Verdict:
    installed = catalogue.outlines.get(spec.key, [])
    if not installed:
        return Verdict(State.UNKNOWN, reason=Reason.NO_DATA_INSTALLED)
    departments = {department_of_insee(code) for code in evidence.zone_codes}
    covering = [
        vintage
        for vintage in installed
        if not departments or any(vintage.vintage.covers(department) for department in departments)
    ]
    if not covering:
        return Verdict(State.UNKNOWN, reason=Reason.TERRITORY_NOT_COVERED)
    choice = choose([vintage.validity() for vintage in covering], on, known_on)
    if choice.index is None:
        return _no_vintage(choice.reason, [vintage.vintage for vintage in covering])
    layer = covering[choice.index]

    def verdict(
        state: State, zones: Iterable[Zone] = (), reason: Reason | None = None, basis: Basis = Basis.OUTLINE
    ) -> Verdict:
        codes = tuple(sorted({zone.code for zone in zones}))
        code = codes[0] if state is State.INSIDE else None
        return Verdict(state, code, codes, reason, None, None, layer.vintage, layer.validity(), basis)

    inside = [layer.zones[row] for number, row in evidence.inside if number == layer.layer]
    if evidence.has_point and inside:
        return verdict(State.INSIDE, inside)
    listed = {
        zone.code: zone for code in evidence.zone_codes for zone in layer.listed_in(code, city_of_arrondissement(code))
    }
    complete = bool(evidence.zone_codes) and all(layer.is_complete_in(department) for department in departments)
    near = [layer.zones[row] for number, row in evidence.near if number == layer.layer]
    if not evidence.has_point:
        if listed:
            return verdict(State.UNKNOWN, listed.values(), Reason.PLACE_TOO_COARSE, Basis.INSEE_CODE)
        if complete:
            return verdict(State.OUTSIDE, basis=Basis.INSEE_CODE)
        return verdict(State.UNKNOWN, reason=Reason.TERRITORY_NOT_COVERED, basis=Basis.INSEE_CODE)
    missing = [zone for zone in listed.values() if not zone.has_outline and zone.code not in evidence.ruled_out]
    if near:
        return verdict(evidence.doubt[0], [*near, *missing], evidence.doubt[1])
    if missing:
        return verdict(State.UNKNOWN, missing, Reason.NO_OUTLINE)
    if complete:
        return verdict(State.OUTSIDE, basis=Basis.OUTLINE if listed else Basis.INSEE_CODE)
    return verdict(State.UNKNOWN, reason=evidence.lost or Reason.TERRITORY_NOT_COVERED)


# ------------------------------------------------------------------------------------------------------- memberships


def _membership(catalogue: Catalogue, spec: ZoningSpec, verdict: Verdict, evidence: Evidence, on: date) -> Membership:
    vintage, validity, entry = verdict.vintage, verdict.validity, verdict.entry
    caveats: list[str] = list(vintage.caveats) if vintage else []
    if vintage and validity and verdict.reason is not Reason.ZONING_ENDED:
        stale = stale_caveat(vintage, validity, on)
        if stale:
            caveats.append(stale)
    return Membership(
        zoning=spec.id,
        state=verdict.state,
        label=_label(catalogue, spec, verdict),
        basis=verdict.basis or evidence.basis,
        generation=spec.generation if spec.generation is not None else (entry.generation if entry else None),
        code=verdict.code,
        codes=verdict.codes,
        reason=verdict.reason,
        scope=verdict.scope,
        coverage=entry.coverage if entry else None,
        sub=entry.sub if entry else None,
        boosted=entry.boosted if entry else False,
        vintage=vintage.id if vintage else None,
        valid_from=validity.valid_from if validity else None,
        valid_to=validity.valid_to if validity else None,
        published_on=validity.published_on if validity else None,
        observed_on=vintage.observed_on if vintage else None,
        confidence=vintage.confidence if vintage else None,
        caveats=tuple(caveats),
        source=vintage.source if vintage else None,
    )


def _label(catalogue: Catalogue, spec: ZoningSpec, verdict: Verdict) -> str:
    if verdict.code is None:
        if verdict.state is State.OUTSIDE and spec.kind is Kind.OUTLINE:
            return "Hors zone"
        return _NO_CODE_LABEL[verdict.state]
    if verdict.code in spec.codes:
        return spec.codes[verdict.code]
    return catalogue.zone_labels.get((spec.key, verdict.code), verdict.code)
