"""What people read when a question has no answer: what happened, what to do, and places that were perhaps meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.api.dependencies import Service
from app.api.geocode_words import Suggester
from app.api.page_frame import query
from app.api.page_question import Asked
from app.errors import DataError, InvalidInput, NotInCatalogue, PlaceOutsideFrance, RuleError, ZoningError
from app.geocoding.geocoder import AddressQuery
from app.geocoding.normalise import repaired

SHORTEST_TEXT = 3
_FIELDS = {
    "address": "l'adresse", "postcode": "le code postal", "lon": "la longitude", "lat": "la latitude",
    "citycode": "le code INSEE", "date": "la date", "known_on": "la date de connaissance", "profession": "la profession",
    "status": "la situation",
    "uncertainty_m": "la précision du point (10 km au plus)", "place": "le lieu", "specialty": "la spécialité",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """A trouble told in French. `suggestions` are (label, address of the same question there)."""

    status: int
    title: str
    advice: str
    suggestions: tuple[tuple[str, str], ...] = ()


def explain(error: ZoningError) -> Message:
    """The words for a domain error; nothing the caller sent is repeated."""
    if isinstance(error, PlaceOutsideFrance):
        return Message(
            404, "Ce point n'est pas en France.", "Choisissez un lieu en métropole ou dans un département d'outre-mer."
        )
    if isinstance(error, NotInCatalogue):
        return Message(
            404, "Aucune fiche à ce nom.", "Le code ou l'identifiant demandé n'existe pas dans les données en service."
        )
    if isinstance(error, InvalidInput):
        name = (error.field or "").removeprefix("applicant.").removeprefix("place.")
        what = _FIELDS.get(name, "une des précisions")
        return Message(
            422, "La question n'est pas lisible.", f"Corrigez {what} : valeur absente, mal écrite ou hors limites."
        )
    if isinstance(error, DataError | RuleError):
        return Message(
            503,
            "Les données ne sont pas lisibles.",
            "Le service ne peut pas répondre pour l'instant : son exploitant doit les réinstaller.",
        )
    return Message(404, "Lieu introuvable.", "Vérifiez la commune ou son code postal, ou cliquez sur la carte.")


MOST_SUGGESTIONS = 5


async def suggest(service: Service, asked: Asked, action: str) -> tuple[tuple[str, str], ...]:
    """Places that an address nobody found was perhaps meant to name, each with the same question there.

    What the geocoder weighed comes first; else what completes the words, then the last ones: the commune ends an address.
    """
    address = asked.fields.get("address")
    if address is None:
        return ()
    geocoder = service.geocoder
    found = await geocoder.search(AddressQuery(address, postcode=asked.fields.get("postcode")))
    listed = [found, *found.candidates]
    words = address.split()
    if isinstance(geocoder, Suggester):
        for text in dict.fromkeys((address, " ".join(words[-2:]), words[-1])):
            if not any(place.citycode for place in listed) and len(text) >= SHORTEST_TEXT and text[0].isalnum():
                listed += geocoder.suggest(AddressQuery(text), MOST_SUGGESTIONS)
    return there(asked, action, [(place.label, place.citycode) for place in listed])


def there(asked: Asked, action: str, communes: Iterable[tuple[str | None, str | None]]) -> tuple[tuple[str, str], ...]:
    """The same question in other communes, given as (label, INSEE code): (label, address of the page)."""
    listed: dict[str, str] = {}
    for label, citycode in communes:
        if label and citycode:
            listed.setdefault(repaired(label), f"{action}?{query(asked.person | {'citycode': citycode})}")
    return tuple(listed.items())[:MOST_SUGGESTIONS]
