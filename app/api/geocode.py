"""Geocoding in GeocodeJSON, with the parameters of the national API, so that a client written for it works unchanged."""

from __future__ import annotations

import re
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api import geocode_csv
from app.api.dependencies import ServiceDep
from app.api.geocode_words import Suggester, names_of
from app.errors import InvalidInput
from app.geocoding.gazetteer import ENGINE
from app.geocoding.geocodejson import Names, feature, public_type
from app.geocoding.geocoder import AddressQuery, GeocodeResult, Precision, Status
from app.places import LonLat

router = APIRouter(prefix="/v1/geocode", tags=["geocode"])
router.include_router(geocode_csv.router)

MIN_QUERY_CHARS, MAX_QUERY_CHARS, MAX_CITY_CHARS = 3, 200, 50
MAX_LIMIT, DEFAULT_LIMIT = 20, 10
_TRUE, _FALSE = frozenset(("1", "true", "yes")), frozenset(("0", "false", "no"))
_POSTCODE = re.compile(r"\A\d{5}\Z")
_CITYCODE = re.compile(r"\A(?:\d{5}|\d[ABab]\d{3})\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_TYPES = {kind.value: kind for kind in Precision if kind is not Precision.INTERPOLATED}
MEDIA_TYPE = "application/geo+json"


@router.get("/search", summary="Find an address (GeocodeJSON, national API parameters)")
async def search(
    service: ServiceDep,
    q: Annotated[str, Query(description="Address: 3 to 200 characters, the first a letter or a digit.")],
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    autocomplete: Annotated[
        str, Query(description="1/true/yes completes a text being typed, 0/false/no does not.")
    ] = "1",
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)] = None,
    type: Annotated[str | None, Query(description="housenumber, street, locality or municipality.")] = None,
    postcode: Annotated[str | None, Query(description="Evidence, not a filter.")] = None,
    citycode: Annotated[str | None, Query(description="INSEE code: only this commune.")] = None,
    city: Annotated[str | None, Query(max_length=MAX_CITY_CHARS)] = None,
    index: Annotated[str, Query(description="Only `address` is served.")] = "address",
) -> Response:
    """Places that the text names, best first. Nothing found is an empty collection, not an error."""
    query = read_query(q, postcode, citycode, city, lon, lat, type)
    if "address" not in index.split(","):
        raise InvalidInput("index: only address is served here.", field="index")
    geocoder = service.geocoder
    degraded: tuple[str, ...] = ()
    if _flag(autocomplete, "autocomplete") and isinstance(geocoder, Suggester):
        found = geocoder.suggest(query, limit)
    else:
        result = await geocoder.search(query)
        found, degraded = places(result), result.degraded
    return collection(
        [place for place in found if _is_type(place, query.type)][:limit], names_of(geocoder), limit, degraded
    )


@router.get("/reverse", summary="What address is at a point (GeocodeJSON)")
async def reverse(
    request: Request,
    service: ServiceDep,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 1,
    type: Annotated[str | None, Query(description="housenumber, street, locality or municipality.")] = None,
    postcode: Annotated[str | None, Query(description="Only places of this postcode.")] = None,
    citycode: Annotated[str | None, Query(description="Only places of this INSEE code.")] = None,
) -> Response:
    """The nearest numbers of the commune that holds the point, at most 200 m away; else its streets, else the commune."""
    if "searchgeom" in request.query_params:
        raise InvalidInput("searchgeom is not served here: send lon and lat.", field="searchgeom")
    if lon is None or lat is None:
        raise InvalidInput("lon and lat are both required.", field="lon" if lon is None else "lat")
    wanted, code = _type(type), _codes(postcode, citycode)
    geocoder, point = service.geocoder, LonLat(lon, lat)
    result = await geocoder.reverse(point)
    found = places(result)
    if isinstance(geocoder, Suggester) and (limit > 1 or wanted is not None) and result.engine == ENGINE:
        found = geocoder.around(point, MAX_LIMIT, wanted)
    found = [
        place
        for place in found
        if _is_type(place, wanted) and postcode in (None, "", place.postcode) and code in (None, place.citycode)
    ]
    return collection(found[:limit], names_of(geocoder), limit, result.degraded)


def read_query(
    text: str, postcode: str | None, citycode: str | None, city: str | None, lon: float | None, lat: float | None,
    kind: str | None,
) -> AddressQuery:  # fmt: skip
    """The question, checked as the national API checks it.

    Raises:
        InvalidInput: names the parameter and what it allows.
    """
    text = text.strip()
    if not MIN_QUERY_CHARS <= len(text) <= MAX_QUERY_CHARS or not text[0].isalnum():
        raise InvalidInput("q: must contain between 3 and 200 chars and start with a number or a letter.", field="q")
    if _CONTROL.search(text) or (city and _CONTROL.search(city)):
        raise InvalidInput("Control characters are not allowed.", field="q")
    code = _codes(postcode, citycode)
    if city and citycode:
        raise InvalidInput("city and citycode cannot be used together.", field="city")
    if (lon is None) != (lat is None):
        raise InvalidInput("lon and lat go together.", field="lat" if lat is None else "lon")
    near = LonLat(lon, lat) if lon is not None and lat is not None else None
    return AddressQuery(text, postcode or None, code, city or None, near, _type(kind))


def _codes(postcode: str | None, citycode: str | None) -> str | None:
    """The INSEE code in capitals, both checked; an empty one is none."""
    if postcode and not _POSTCODE.match(postcode):
        raise InvalidInput("postcode: five digits, such as 09000.", field="postcode")
    if citycode and not _CITYCODE.match(citycode):
        raise InvalidInput("citycode: an INSEE code, such as 09122 or 2A004.", field="citycode")
    return citycode.upper() if citycode else None


def _type(kind: str | None) -> Precision | None:
    if not kind:
        return None
    if kind not in _TYPES:
        raise InvalidInput("type: housenumber, street, locality or municipality.", field="type")
    return _TYPES[kind]


def _flag(value: str, name: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise InvalidInput(f"{name}: 1, true, yes, 0, false or no.", field=name)


def _is_type(place: GeocodeResult, wanted: Precision | None) -> bool:
    return wanted is None or public_type(place) == wanted.value


def places(result: GeocodeResult) -> list[GeocodeResult]:
    """The places of an answer, best first; none when nothing was found."""
    if result.status in (Status.NOT_FOUND, Status.REJECTED, Status.UNAVAILABLE) or result.precision is None:
        return []
    return list(result.candidates) or [result]


def collection(found: list[GeocodeResult], names: Names | None, limit: int, degraded: tuple[str, ...]) -> Response:
    """A GeocodeJSON FeatureCollection. The question is not repeated in the answer; `degraded` says what was not to be had."""
    body: dict[str, object] = {
        "type": "FeatureCollection",
        "version": "draft",
        "features": [feature(place, names) for place in found],
        "attribution": "BAN",
        "licence": "ETALAB-2.0",
        "limit": limit,
    }
    if degraded:
        body["degraded"] = sorted(set(degraded))
    return Response(orjson.dumps(body), media_type=MEDIA_TYPE)
