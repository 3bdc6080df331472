"""The order in which addresses are looked up: neighbours together, so that the streets of a commune are read once."""

from __future__ import annotations

import re

from app.geocoding.geocoder import AddressQuery

_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_WORD = re.compile(r"\w+")


def by_commune(query: AddressQuery) -> tuple[str, str]:
    """A sorting key: the commune or postcode that was given or, failing them, the last postcode or word of the text."""
    place = query.citycode or query.postcode
    if place is None:
        written = _POSTCODE.findall(query.text) or _WORD.findall(query.text.lower())
        place = written[-1] if written else ""
    return place, query.text
