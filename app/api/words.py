"""The JSON words of places and memberships: the only place where the core's values become public fields."""

from __future__ import annotations

from datetime import date

from app.aids.changes import Change
from app.geocoding.geocoder import GeocodeResult
from app.places import Commune
from app.zones.catalogue import Catalogue
from app.zones.classify import Classification
from app.zones.models import Membership, Near, Reason, Source
from app.zones.vocabulary import spec_of

Json = dict[str, object]
WANTS_DATA = frozenset({Reason.TERRITORY_NOT_COVERED, Reason.NO_DATA_INSTALLED, Reason.NO_OUTLINE})
"""Reasons that installing national data may lift."""


def _present(fields: Json) -> Json:
    """Leave out what is unknown: an absent field is never a false zero."""
    return {name: value for name, value in fields.items() if value is not None and value != () and value != []}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def source_json(source: Source) -> Json:
    return _present(
        {
            "title": source.title,
            "url": source.url,
            "producer": source.producer,
            "licence": source.licence,
            "legal": list(source.legal),
        }
    )


def membership_json(membership: Membership) -> Json:
    """`basis`, `state` and `distance_to_border_m` always stand; other fields only when known."""
    fields = _present(
        {
            "zoning": membership.zoning,
            "generation": membership.generation,
            "state": membership.state.value,
            "code": membership.code,
            "codes": list(membership.codes),
            "label": membership.label,
            "reason": membership.reason.value if membership.reason else None,
            "basis": membership.basis.value,
            "scope": membership.scope,
            "coverage": membership.coverage,
            "sub": membership.sub,
            "boosted": True if membership.boosted else None,
            "vintage": membership.vintage,
            "valid_from": _day(membership.valid_from),
            "valid_to": _day(membership.valid_to),
            "published_on": _day(membership.published_on),
            "observed_on": _day(membership.observed_on),
            "confidence": membership.confidence,
            "caveats": list(membership.caveats),
            "source": source_json(membership.source) if membership.source else None,
            "install": _install(membership),
        }
    )
    fields["distance_to_border_m"] = membership.distance_to_border_m
    return fields


def _install(membership: Membership) -> str | None:
    """How to get the data whose absence leaves the answer open."""
    if membership.reason not in WANTS_DATA:
        return None
    return spec_of(membership.zoning, membership.generation).installing.value


def near_json(near: Near) -> Json:
    return _present(
        {
            "zoning": near.zoning,
            "generation": near.generation,
            "code": near.code,
            "label": near.label,
            "signed_distance_m": near.signed_distance_m,
            "bearing_deg": near.bearing_deg,
            "lon": near.lon,
            "lat": near.lat,
        }
    )


def change_json(change: Change, label: str) -> Json:
    """A day, past or to come, at which an offer's status or amount changes."""
    return {
        "on": change.on.isoformat(),
        "aid": change.aid,
        "label": label,
        "before": {"status": change.before.value, "amount_eur": change.before_eur},
        "after": {"status": change.after.value, "amount_eur": change.after_eur},
    }


def commune_json(commune: Commune, catalogue: Catalogue) -> Json:
    areas = catalogue.communes.areas
    return _present(
        {
            "citycode": commune.insee_code,
            "kind": commune.kind,
            "city": commune.name,
            "department": commune.department,
            "department_name": areas.get(("department", commune.department)),
            "region": commune.region,
            "region_name": areas.get(("region", commune.region)),
            "epci": commune.epci,
            "epci_name": areas.get(("epci", commune.epci or "")),
            "population": commune.population,
            "postcodes": list(commune.postcodes),
            "parent": commune.parent,
        }
    )


def place_json(classification: Classification, catalogue: Catalogue, geocoded: GeocodeResult | None) -> Json:
    """The place as it was understood; `notes` say in French what was mapped or doubtful."""
    place, resolution = classification.place, classification.resolution
    commune = resolution.commune if resolution else None
    notes: list[str] = []
    oldcitycode = geocoded.oldcitycode if geocoded else None
    if resolution is not None and resolution.former is not None:
        name = f" ({resolution.former.name})" if resolution.former.name else ""
        oldcitycode = resolution.code
        notes.append(
            f"Le code {resolution.code}{name} n'est plus celui d'une commune : "
            f"{resolution.commune.name} ({resolution.commune.insee_code}) aujourd'hui."
        )
    if classification.evidence.is_ambiguous:
        notes.append("L'adresse désigne plusieurs lieux : ajoutez le code postal ou le département pour trancher.")
    elif len(classification.evidence.codes) > 1:
        where = "à la limite de" if place.uncertainty_m <= 0 else f"connu à {place.uncertainty_m:.0f} m près, entre"
        notes.append(f"Le point est {where} plusieurs communes : donnez l'adresse ou le code INSEE pour trancher.")
    townhall = commune.townhall if commune else None
    lon = place.lon if place.lon is not None else (townhall.lon if townhall else None)
    lat = place.lat if place.lat is not None else (townhall.lat if townhall else None)
    postcode = geocoded.postcode if geocoded else None
    if postcode is None and commune is not None and len(commune.postcodes) == 1:
        postcode = commune.postcodes[0]
    label = (geocoded.label if geocoded else "") or (commune.name if commune else f"{lat}, {lon}")
    fields: Json = {
        "lon": lon,
        "lat": lat,
        "citycode": commune.insee_code if commune else None,
        "city": commune.name if commune else None,
        "postcode": postcode,
        "precision": place.precision.value,
        "uncertainty_m": place.uncertainty_m,
        "confidence": round(geocoded.confidence, 3) if geocoded else 1.0,
        "label": label,
        "department": commune.department if commune else None,
        "region": commune.region if commune else None,
        "epci": commune.epci if commune else None,
        "population": commune.population if commune else None,
        "notes": notes,
    }
    if oldcitycode:
        fields["oldcitycode"] = oldcitycode
    if geocoded is not None:
        fields["geocoding"] = _present(
            {
                "status": geocoded.status.value,
                "engine": geocoded.engine,
                "data_vintage": geocoded.data_vintage,
                "candidates": [
                    _present({"label": c.label, "citycode": c.citycode, "confidence": round(c.confidence, 3)})
                    for c in geocoded.candidates
                ],
            }
        )
    return fields
