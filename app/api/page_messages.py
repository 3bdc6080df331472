"""What people read when a question has no answer: what happened, what to do, and places that were perhaps meant."""

from __future__ import annotations

from dataclasses import dataclass

from app.api.dependencies import Service
from app.api.page_frame import query
from app.api.page_question import Asked
from app.errors import DataError, InvalidInput, NotInCatalogue, PlaceOutsideFrance, RuleError, ZoningError
from app.geocoding.geocoder import AddressQuery

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


async def suggest(service: Service, asked: Asked, action: str) -> tuple[tuple[str, str], ...]:
    """Places that the address was perhaps meant to name: what the geocoder weighed, each with the same question there."""
    address = asked.fields.get("address")
    if address is None:
        return ()
    found = await service.geocoder.search(AddressQuery(address, postcode=asked.fields.get("postcode")))
    listed: dict[str, str] = {}
    for candidate in (found, *found.candidates):
        if candidate.label and candidate.citycode:
            there = asked.person | {"citycode": candidate.citycode}
            listed.setdefault(candidate.label, f"{action}?{query(there)}")
    return tuple(listed.items())[:5]
