"""The words people read on the page: one French label for each value the answers may hold."""

from __future__ import annotations

from typing import Literal

Light = Literal["yes", "no", "check"]
"""What a card shows, never by colour alone: oui, non, à vérifier."""

LIGHT_WORDS: dict[Light, str] = {"yes": "Oui", "no": "Non", "check": "À vérifier"}

TRADES: dict[str, tuple[str, str | None, str]] = {
    "medecin-mg": ("medecin", "mg", "Médecin généraliste"),
    "medecin-other": ("medecin", "other", "Médecin d'une autre spécialité"),
    "chirurgien-dentiste": ("chirurgien-dentiste", None, "Chirurgien-dentiste"),
    "infirmier": ("infirmier", None, "Infirmier, infirmière"),
    "masseur-kinesitherapeute": ("masseur-kinesitherapeute", None, "Masseur-kinésithérapeute"),
    "sage-femme": ("sage-femme", None, "Sage-femme"),
    "orthophoniste": ("orthophoniste", None, "Orthophoniste"),
    "pharmacien": ("pharmacien", None, "Pharmacien, pharmacienne"),
}
"""Choices of the profession list: (profession, specialty, label)."""

SITUATIONS: dict[str, str] = {
    "installing": "Je m'installe",
    "installed": "Je suis déjà installé(e)",
    "ceding": "Je cède mon cabinet",
    "replacement": "Je remplace",
    "student-2c": "Étudiant(e) en 2e cycle",
    "intern": "Interne",
    "docteur-junior": "Docteur junior",
    "msu": "Maître de stage",
    "structure": "Structure (maison, centre)",
}

ZONING_OF_PROFESSION: dict[str, str] = {
    "medecin": "doctors",
    "chirurgien-dentiste": "dentists",
    "infirmier": "nurses",
    "masseur-kinesitherapeute": "physios",
    "sage-femme": "midwives",
    "orthophoniste": "speech",
    "pharmacien": "pharmacy",
}

FOR_PROFESSION: dict[str, str] = {
    "medecin": "les médecins",
    "chirurgien-dentiste": "les chirurgiens-dentistes",
    "infirmier": "les infirmiers",
    "masseur-kinesitherapeute": "les masseurs-kinésithérapeutes",
    "sage-femme": "les sages-femmes",
    "orthophoniste": "les orthophonistes",
    "pharmacien": "les pharmaciens",
}

WHY_UNSURE: dict[str, str] = {
    "no_outline": "Le contour du quartier n'est pas installé : on ne peut pas dire si l'adresse est dedans.",
    "partial_commune": "Une partie seulement de la commune est classée.",
    "place_ambiguous": "L'adresse désigne plusieurs lieux, qui diffèrent : ajoutez le code postal ou le département.",
    "place_too_coarse": "Le lieu n'est pas connu assez finement : donnez un numéro et une rue.",
    "no_data_for_date": "Aucune donnée pour cette date.",
    "no_data_for_known_on": "Rien n'était encore publié à la date de connaissance demandée.",
    "territory_not_covered": "Ce territoire n'est pas dans les données installées.",
    "not_in_list": "La commune ne figure pas dans la liste publiée.",
    "no_value_in_list": "La liste publiée ne donne pas de valeur pour cette commune.",
    "no_data_installed": "Aucune donnée installée pour ce zonage.",
    "whole_city_code": "La classe dépend de l'arrondissement : donnez une adresse.",
    "parts_differ": "La commune est née d'une fusion et ses parties ont des classes différentes.",
    "near_border": "Le lieu est trop près de la limite pour trancher.",
    "geocoder_down": "Le service d'adresses n'a pas répondu : le lieu n'est connu qu'à la commune.",
    "zoning_ended": "Ce zonage n'existe plus à cette date.",
}
"""Membership reasons (`app.zones.models.Reason`)."""

PRECISIONS: dict[str, str] = {
    "point": "point sur la carte",
    "housenumber": "adresse au numéro",
    "interpolated": "numéro estimé entre deux voisins",
    "street": "rue seulement",
    "locality": "lieu-dit",
    "municipality": "commune seulement",
}

OFFER_WORDS: dict[str, tuple[Light, str]] = {
    "available": ("yes", "Oui"),
    "to_check": ("check", "À vérifier"),
    "not_yet_open": ("no", "Non : pas encore ouverte"),
    "closed": ("no", "Non : close"),
    "not_available": ("no", "Non"),
}

CONFIDENCES: dict[str, str] = {
    "corroborated": "recoupée par un texte publié",
    "medium": "recoupée en partie",
    "seed": "d'une seule source",
    "uncertain": "incertaine : aucun montant ferme",
    "high": "haute",
    "low": "faible",
}

PAYERS: dict[str, str] = {
    "health-insurance": "Assurance maladie",
    "state": "État",
    "ars": "Agence régionale de santé",
    "region": "Région",
    "departement": "Département",
    "commune": "Commune ou intercommunalité",
    "tax": "Exonération d'impôt",
    "social-security": "Exonération de cotisations",
    "city-of-paris": "Ville de Paris",
    "cng": "Centre national de gestion",
    "order": "Ordre professionnel",
    "several": "Plusieurs financeurs",
    "none": "Sans versement",
}

ANSWERS: dict[str, str] = {
    "mg": "Médecine générale",
    "other": "Autre spécialité",
    "1": "Secteur 1",
    "2": "Secteur 2",
    "2-optam": "Secteur 2 avec OPTAM",
    "none": "Seul(e)",
    "mono": "Groupe d'une même profession",
    "pluri": "Groupe de plusieurs professions",
    "cpts": "CPTS",
    "esp": "Équipe de soins primaires",
    "msp": "Maison de santé",
    "cds": "Centre de santé",
    "real": "Régime réel",
    "micro": "Micro-BNC",
    "main": "Cabinet principal",
    "secondary": "Cabinet secondaire",
    "ambulatory": "Ambulatoire",
    "hospital": "Hospitalier",
} | SITUATIONS
"""Words of the choices a question may offer."""

COMPASS = ("nord", "nord-est", "est", "sud-est", "sud", "sud-ouest", "ouest", "nord-ouest")


def towards(bearing_deg: float) -> str:
    """`au nord-est`, `à l'ouest`: the eighth of the compass a bearing (clockwise from north) falls in."""
    name = COMPASS[round(bearing_deg / 45) % 8]
    return f"à l'{name}" if name in ("est", "ouest") else f"au {name}"


def metres(distance_m: float) -> str:
    """`420 m`, `2,4 km`, `18 km`."""
    distance_m = abs(distance_m)
    if distance_m < 995:
        return f"{round(distance_m / 5) * 5 if distance_m >= 100 else round(distance_m)} m"
    if distance_m < 9_950:
        return f"{distance_m / 1000:.1f} km".replace(".", ",")
    return f"{round(distance_m / 1000)} km"
