"""An answer in the words of the national API: GeocodeJSON features, and the flat columns of its CSV."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping

import numpy as np

from app.geocoding.geocoder import GeocodeResult, Precision, Status
from app.geocoding.normalise import fold, street_key
from app.places import department_of_insee, project, territory_of_insee

Value = str | float | int | None

CSV_COLUMNS = (
    "longitude", "latitude", "result_score", "result_score_next", "result_label", "result_type", "result_id",
    "result_housenumber", "result_name", "result_street", "result_postcode", "result_city", "result_context",
    "result_citycode", "result_oldcitycode", "result_oldcity", "result_district", "result_status",
)  # fmt: skip
"""Columns the national API appends, in its order."""
_CSV_STATUS = {Status.NOT_FOUND: "not-found", Status.REJECTED: "skipped", Status.UNAVAILABLE: "error"}


class Names:
    """Names an answer does not carry: département and region of a code, former communes, arrondissements."""

    def __init__(self, contexts: Mapping[str, str], old_names: Mapping[str, str], districts: Mapping[str, str]) -> None:
        self.contexts = contexts
        self.old_names = old_names
        self.districts = districts


def public_type(result: GeocodeResult) -> str | None:
    """housenumber | street | locality | municipality; an interpolated number counts as one: both its neighbours are known."""
    if result.precision is None:
        return None
    return "housenumber" if result.precision is Precision.INTERPOLATED else result.precision.value


def result_id(result: GeocodeResult) -> str:
    """A stable identifier of ours: INSEE code, street, number. Not a BAN key."""
    parts = [result.citycode or ""]
    if result.street:
        parts.append(f"{zlib.crc32(street_key(fold(result.street).split()).encode()):08x}"[:6])
        if result.housenumber:
            parts.append(result.housenumber.replace(" ", "_").zfill(5))
    return "_".join(parts)


def properties(result: GeocodeResult, names: Names | None = None) -> dict[str, Value]:
    """Properties of a feature under their national names, then ours (confidence, precision, status, uncertainty_m)."""
    kind = public_type(result)
    code = result.citycode or ""
    found: dict[str, Value] = {
        "label": result.label,
        "score": result.score if result.score is not None else result.confidence,
    }
    name = result.street or result.city
    if kind == "housenumber":
        found["housenumber"] = result.housenumber
        name = f"{result.housenumber} {result.street}"
    found |= {"id": result_id(result), "name": name, "postcode": result.postcode, "citycode": code}
    if result.oldcitycode:
        found["oldcitycode"] = result.oldcitycode
        old = names.old_names.get(result.oldcitycode) if names else None
        if old:
            found["oldcity"] = old
    if result.lon is not None and result.lat is not None:
        found["x"], found["y"] = _projected(code, result.lon, result.lat)
    found["city"] = result.city
    if names and code in names.districts:
        found["district"] = names.districts[code]
    if names:
        found["context"] = names.contexts.get(department_of_insee(code))
    found["type"] = kind
    found["importance"] = round(min(1.0, 0.3 + 0.6 * result.confidence), 5)
    if result.street:
        found["street" if kind != "locality" else "locality"] = result.street
    if result.distance_m is not None:
        found["distance"] = round(result.distance_m)
    found |= {
        "_type": "address", "confidence": result.confidence, "precision": result.precision.value if result.precision else None,
        "status": result.status.value, "uncertainty_m": result.uncertainty_m,
    }  # fmt: skip
    return found


def _projected(code: str, lon: float, lat: float) -> tuple[float, float]:
    """Legal projection of the place's own territory, as the national API gives `x, y`."""
    easting, northing = project(territory_of_insee(code), np.array([lon]), np.array([lat]))
    x, y = float(easting[0]), float(northing[0])
    return (round(x, 2), round(y, 2)) if math.isfinite(x) and math.isfinite(y) else (0.0, 0.0)


def feature(result: GeocodeResult, names: Names | None = None) -> dict[str, object]:
    """One GeoJSON feature; coordinates WGS 84, longitude first."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [result.lon, result.lat]},
        "properties": properties(result, names),
    }


def csv_values(result: GeocodeResult, names: Names | None = None) -> dict[str, Value]:
    """Values of `CSV_COLUMNS` plus `result_confidence`; empty when there is no place."""
    if result.precision is None:
        return {"result_status": _CSV_STATUS.get(result.status, "not-found")}
    found = properties(result, names)
    runner_up = result.candidates[1].score if len(result.candidates) > 1 else None
    return {
        "longitude": result.lon, "latitude": result.lat, "result_score": found["score"], "result_score_next": runner_up,
        "result_label": result.label, "result_type": found["type"], "result_id": found["id"],
        "result_housenumber": found.get("housenumber"), "result_name": found["name"], "result_street": result.street,
        "result_postcode": result.postcode, "result_city": result.city, "result_context": found.get("context"),
        "result_citycode": result.citycode, "result_oldcitycode": result.oldcitycode, "result_oldcity": found.get("oldcity"),
        "result_district": found.get("district"), "result_status": "ok", "result_confidence": result.confidence,
        "result_precision": result.precision.value, "result_uncertainty_m": result.uncertainty_m,
    }  # fmt: skip
