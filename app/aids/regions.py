"""Regions of France: their names, their departments, and what a commune's or department's code says of its region."""

from __future__ import annotations

from collections.abc import Mapping

from app.aids.facts import FactValue
from app.places import department_of_insee

_REGIONS = {
    "84": ("Auvergne-Rhône-Alpes", "01 03 07 15 26 38 42 43 63 69 73 74"),
    "27": ("Bourgogne-Franche-Comté", "21 25 39 58 70 71 89 90"),
    "53": ("Bretagne", "22 29 35 56"),
    "24": ("Centre-Val de Loire", "18 28 36 37 41 45"),
    "94": ("Corse", "2A 2B"),
    "44": ("Grand Est", "08 10 51 52 54 55 57 67 68 88"),
    "32": ("Hauts-de-France", "02 59 60 62 80"),
    "11": ("Île-de-France", "75 77 78 91 92 93 94 95"),
    "28": ("Normandie", "14 27 50 61 76"),
    "75": ("Nouvelle-Aquitaine", "16 17 19 23 24 33 40 47 64 79 86 87"),
    "76": ("Occitanie", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
    "52": ("Pays de la Loire", "44 49 53 72 85"),
    "93": ("Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
    "01": ("Guadeloupe", "971"),
    "02": ("Martinique", "972"),
    "03": ("Guyane", "973"),
    "04": ("La Réunion", "974"),
    "06": ("Mayotte", "976"),
}
"""INSEE code -> name and departments of the regions in force since 2016-01-01 (law 2015-29)."""

REGION_NAMES = {code: name for code, (name, _) in _REGIONS.items()}
_REGION_OF_DEPARTMENT = {department: code for code, (_, listed) in _REGIONS.items() for department in listed.split()}


def with_region(facts: dict[str, FactValue]) -> dict[str, FactValue]:
    """Fill department and region from the commune's INSEE code: they follow from it for certain."""
    commune = facts.get("commune")
    if "departement" not in facts and isinstance(commune, str):
        facts["departement"] = department_of_insee(commune)
    department = facts.get("departement")
    if "region" not in facts and isinstance(department, str) and department in _REGION_OF_DEPARTMENT:
        facts["region"] = _REGION_OF_DEPARTMENT[department]
    return facts


def may_lie_in(fact: str, code: str, facts: Mapping[str, FactValue]) -> bool:
    """May a place with these facts have this code? No when the department or region that follows from it differs."""
    return all(facts.get(name, value) == value for name, value in with_region({fact: code}).items())
