"""`GET /v1/zones?lon=&lat=`, the hot way: one index lookup and bytes put together from fragments made before.

Only the plainest question is answered here (a point, and perhaps a date), and only where no distance to a border has to be
measured; anything else, mistakes included, goes the long way (`zones.zones`).
Both ways write the same bytes: tests compare them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

import orjson
from starlette.types import Scope

from app.aids.reading import QUESTION_DATES, Applicant
from app.api.answer import Located, zones_json
from app.api.dependencies import Service
from app.api.guards import HotAnswer
from app.api.question import PlaceQuestion, Question, today
from app.places import LonLat
from app.zones.classify import classify
from app.zones.layers import COMMUNE_LAYER
from app.zones.models import Place, State

PLAIN_QUERY = re.compile(
    rb"\Alon=(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)&lat=(-?[0-9]{1,2}(?:\.[0-9]{1,15})?)(?:&date=([0-9]{4}-[0-9]{2}-[0-9]{2}))?\Z"
)
ROUTE = "/v1/zones"
HEAD = b'{"place":{"lon":'
MIDDLE = b',"lat":'
FRAGMENTS_MAXIMUM = 20_000
"""About 7 kB each: 140 MB at most per worker, reached only after as many distinct zone sets were asked."""


_TYPE = (b"content-type", b"application/json")


class HotZones:
    """Answers plain questions from fragments; one per application."""

    def __init__(self, service_now: Callable[[], Service]) -> None:
        self._service_now = service_now
        self._service: Service | None = None
        self._fragments: dict[tuple[int, date, date], bytes] = {}

    def __call__(self, scope: Scope, headers: Mapping[bytes, bytes]) -> HotAnswer | None:
        """The answer to a plain request, else None."""
        if scope["path"] != ROUTE:
            return None
        body = self.plain(self._service_now(), scope["query_string"])
        if body is None:
            return None
        return HotAnswer(ROUTE, 200, (_TYPE, (b"content-length", b"%d" % len(body))), body)

    def plain(self, service: Service, query: bytes) -> bytes | None:
        """The whole answer, or None when the question is not plain or the place is near a border."""
        match = PLAIN_QUERY.match(query)
        if match is None:
            return None
        lon, lat = float(match[1]), float(match[2])
        if abs(lon) > 180 or abs(lat) > 90:
            return None
        known_on = today()
        on = known_on
        if match[3] is not None:
            try:
                on = date.fromisoformat(match[3].decode())
            except ValueError:
                return None
            if not QUESTION_DATES[0] <= on <= QUESTION_DATES[1]:
                return None
        if service is not self._service:  # another bundle: its zone sets have other numbers
            self._service, self._fragments = service, {}
        set_id = service.catalogue.index.lookup(lon, lat)
        tail = self._fragments.get((set_id, on, known_on))
        if tail is None:
            tail = self._tail(service, set_id, lon, lat, on, known_on)
            if tail is None:
                return None
        return b"".join((HEAD, orjson.dumps(lon), MIDDLE, orjson.dumps(lat), tail))

    def _tail(self, service: Service, set_id: int, lon: float, lat: float, on: date, known_on: date) -> bytes | None:
        """What follows the coordinates: the same for every point of a zone set, unless one is near a border that counts."""
        catalogue = service.catalogue
        if not any(hit.layer == COMMUNE_LAYER for hit in catalogue.index.members(set_id)):
            return None
        classification = classify(catalogue, Place(lon, lat), on, known_on)
        if any(membership.state is State.NEAR_BORDER for membership in classification.memberships):
            return None
        if any(code in catalogue.boxed_communes for code in classification.evidence.zone_codes):
            return None
        question = Question(PlaceQuestion(point=LonLat(lon, lat)), on, known_on, Applicant({}), near=False)
        whole = orjson.dumps(zones_json(service, question, Located(classification, None, ())))
        tail = whole[len(HEAD + orjson.dumps(lon) + MIDDLE + orjson.dumps(lat)) :]
        if len(self._fragments) >= FRAGMENTS_MAXIMUM:
            self._fragments.clear()
        self._fragments[set_id, on, known_on] = tail
        return tail
