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

from app.aids.reading import QUESTION_DATES
from app.api.dependencies import Service
from app.api.guards import HotAnswer
from app.api.question import today
from app.api.words import membership_json, place_json
from app.zones.classify import Classification, classify
from app.zones.decider import Decider
from app.zones.layers import COMMUNE_LAYER
from app.zones.locate import Locator
from app.zones.models import Place, Precision, State

PLAIN_QUERY = re.compile(
    rb"\Alon=(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)&lat=(-?[0-9]{1,2}(?:\.[0-9]{1,15})?)(?:&date=([0-9]{4}-[0-9]{2}-[0-9]{2}))?\Z"
)
ROUTE = "/v1/zones"
HEAD = b'{"place":{"lon":'
MIDDLE = b',"lat":'
FRAGMENTS_MAXIMUM = 20_000
"""About 600 bytes each, their memberships shared: 12 MB."""
LISTS_MAXIMUM = 5_000
"""Lists of memberships kept, 2 to 7 kB each: a few hundred are met in France."""
_TYPE = (b"content-type", b"application/json")

Tail = tuple[bytes, bytes, bytes]
"""What follows the coordinates of a place: its own words, its memberships (one object for all places alike), the end."""


class HotZones:
    """Answers plain questions from fragments; one per application."""

    def __init__(self, service_now: Callable[[], Service]) -> None:
        self._service_now = service_now
        self._service: Service | None = None
        self._fragments: dict[tuple[int, date, date], Tail] = {}
        self._day: _Day | None = None

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
            self._service, self._fragments, self._day = service, {}, None
        set_id = service.catalogue.index.lookup(lon, lat)
        tail = self._fragments.get((set_id, on, known_on))
        if tail is None:
            tail = self._tail(service, set_id, lon, lat, on, known_on)
            if tail is None:
                return None
        return b"".join((HEAD, orjson.dumps(lon), MIDDLE, orjson.dumps(lat), *tail))

    def _tail(self, service: Service, set_id: int, lon: float, lat: float, on: date, known_on: date) -> Tail | None:
        """What follows the coordinates: the same for every point of a zone set, unless one is near a border that counts."""
        catalogue = service.catalogue
        if not any(hit.layer == COMMUNE_LAYER for hit in catalogue.index.members(set_id)):
            return None
        if on == known_on:
            decided = self._decided_today(service, set_id, lon, lat, on)
        else:  # any other day is asked too seldom to prepare for
            classification = classify(catalogue, Place(lon, lat), on, known_on)
            decided = classification, orjson.dumps([membership_json(m) for m in classification.memberships])
        if decided is None:
            return None
        classification, memberships = decided
        if any(membership.state is State.NEAR_BORDER for membership in classification.memberships):
            return None
        if any(code in catalogue.boxed_communes for code in classification.evidence.zone_codes):
            return None
        place = {
            "place": place_json(classification, catalogue, None), "date": on.isoformat(), "known_on": known_on.isoformat()
        }  # fmt: skip
        before = orjson.dumps(place)[len(HEAD + orjson.dumps(lon) + MIDDLE + orjson.dumps(lat)) : -1]
        after = orjson.dumps({"degraded": [], "data_version": service.data_version})[1:]
        tail = before + b',"memberships":', memberships, b"," + after
        if len(self._fragments) >= FRAGMENTS_MAXIMUM:
            self._fragments.clear()
        self._fragments[set_id, on, known_on] = tail
        return tail

    def _decided_today(
        self, service: Service, set_id: int, lon: float, lat: float, today: date
    ) -> tuple[Classification, bytes] | None:
        """The memberships of a point, as values and as JSON, from decisions and texts shared by all places."""
        catalogue = service.catalogue
        evidence = catalogue.remember(Locator, lambda: Locator(catalogue))(lon, lat, set_id, None, Precision.POINT, 0.0)
        if evidence is None:
            return None
        if self._day is None or self._day.decider.on != today:
            self._day = _Day(Decider(catalogue, today, today))
        numbers = self._day.decider.numbers(evidence)
        resolution = catalogue.communes.resolve(evidence.codes[0])
        memberships = self._day.decider.memberships_of(numbers)
        return Classification(Place(lon, lat), resolution, evidence, memberships), self._day.text(numbers)


class _Day:
    """Memberships of one day as JSON texts, each written once: places differ in few of them."""

    def __init__(self, decider: Decider) -> None:
        self.decider = decider
        self._texts: tuple[dict[int, bytes], ...] = tuple({} for _ in decider.memberships)
        self._lists: dict[tuple[int, ...], bytes] = {}

    def text(self, numbers: tuple[int, ...]) -> bytes:
        """The list of memberships that `Decider.numbers` gave."""
        known = self._lists.get(numbers)
        if known is not None:
            return known
        parts = []
        for texts, listed, number in zip(self._texts, self.decider.memberships, numbers, strict=True):
            text = texts.get(number)
            if text is None:
                text = texts[number] = orjson.dumps(membership_json(listed[number]))
            parts.append(text)
        if len(self._lists) >= LISTS_MAXIMUM:
            self._lists.clear()
        known = self._lists[numbers] = b"[" + b",".join(parts) + b"]"
        return known
