"""Every zoning the service knows, with the codes it may give and the words people read. Domain words: zones.md § 7."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.zones.models import Generation


class Installing(StrEnum):
    """How national data of a zoning get on a machine (docs/data.md): what an answer without data tells its reader."""

    FETCH = "zonage data fetch && zonage data build --from data/downloads && zonage data use data/geo/national"
    BY_HAND = "Télécharger la liste à la main (docs/data.md), puis : zonage data build --from DOSSIER"
    NONE_FOUND = "Aucun fichier national lisible n'est connu à ce jour (docs/data.md)"


class Kind(StrEnum):
    """What decides a membership: a class given to whole communes, or an outline on the map."""

    COMMUNE_CLASS = "commune_class"
    OUTLINE = "outline"


@dataclass(frozen=True, slots=True)
class ZoningSpec:
    """One zoning (one generation of it).

    `codes` maps each class code to its French label, best-endowed aid class first: `near` looks for a better one in
    that order. `outside_codes` are classes that read as outside. `absent_is_outside` says that a complete list
    decides: a commune the list does not name is outside; otherwise it is unknown.
    """

    id: str
    label: str
    label_en: str
    kind: Kind
    codes: dict[str, str]
    generation: Generation | None = None
    outside_codes: frozenset[str] = frozenset()
    absent_is_outside: bool = False
    family: str = ""
    installing: Installing = Installing.NONE_FOUND

    @property
    def key(self) -> str:
        """`qpv-2024`, `doctors`: the id of this zoning and generation in routes and files (`\\A[a-z0-9_-]{1,40}\\Z`)."""
        return self.id if self.generation is None else f"{self.id}-{self.generation}"


_GRADES = {
    "tres_sous_dotee": "Zone très sous-dotée",
    "sous_dense": "Zone sous-dense",
    "sous_dotee": "Zone sous-dotée",
    "intermediaire": "Zone intermédiaire",
    "tres_dotee": "Zone très dotée",
    "sur_dotee": "Zone sur-dotée",
    "non_prioritaire": "Zone non prioritaire",
}


def _grades(id: str, label: str, label_en: str, generation: Generation | None = None) -> ZoningSpec:
    return ZoningSpec(
        id, label, label_en, Kind.COMMUNE_CLASS, _GRADES, generation, family="profession", installing=Installing.BY_HAND
    )


ZONINGS: tuple[ZoningSpec, ...] = (
    ZoningSpec(
        "doctors",
        "Zonage médecins",
        "Doctors' zoning",
        Kind.COMMUNE_CLASS,
        {
            "ZIP": "Zone d'intervention prioritaire (ZIP)",
            "ZAC": "Zone d'action complémentaire (ZAC)",
            "ZAR": "Zone d'appui régional (ZAR)",
            "ZV": "Zone de vigilance",
            "HZ": "Hors zonage",
        },
        outside_codes=frozenset({"HZ"}),
        family="profession",
        installing=Installing.BY_HAND,
    ),
    _grades("nurses", "Zonage infirmiers", "Nurses' zoning"),
    _grades("midwives", "Zonage sages-femmes", "Midwives' zoning"),
    _grades("physios", "Zonage masseurs-kinésithérapeutes", "Physiotherapists' zoning"),
    _grades("speech", "Zonage orthophonistes", "Speech therapists' zoning"),
    _grades("dentists", "Zonage chirurgiens-dentistes", "Dentists' zoning"),
    ZoningSpec(
        "pharmacy",
        "Territoire fragile (pharmacies)",
        "Fragile territory (pharmacies)",
        Kind.COMMUNE_CLASS,
        {"fragile": "Territoire fragile pour l'accès aux médicaments"},
        family="profession",
    ),
    ZoningSpec(
        "qpv",
        "Quartier prioritaire de la politique de la ville (2015)",
        "Priority district (2015)",
        Kind.OUTLINE,
        {},
        generation=2015,
        family="city",
        installing=Installing.FETCH,
    ),
    ZoningSpec(
        "qpv",
        "Quartier prioritaire de la politique de la ville (2024)",
        "Priority district (2024)",
        Kind.OUTLINE,
        {},
        generation=2024,
        family="city",
        installing=Installing.FETCH,
    ),
    ZoningSpec("zfu", "Zone franche urbaine (ZFU-TE)", "Urban tax-free zone", Kind.OUTLINE, {}, family="city"),
    ZoningSpec(
        "zrr",
        "Zone de revitalisation rurale (ZRR)",
        "Rural revitalisation zone (ZRR)",
        Kind.COMMUNE_CLASS,
        {"ZRR": "Classée en ZRR"},
        family="rural",
        installing=Installing.FETCH,
    ),
    ZoningSpec(
        "frr",
        "France ruralités revitalisation (FRR)",
        "Rural France revitalisation (FRR)",
        Kind.COMMUNE_CLASS,
        {
            "FRR+": "Classée FRR+",
            "FRR": "Classée FRR (socle)",
            "ZRR_KEPT": "Sortie de ZRR, effets maintenus",
        },
        family="rural",
        installing=Installing.FETCH,
    ),
    ZoningSpec("massif", "Massif (loi montagne)", "Mountain massif", Kind.COMMUNE_CLASS, {}, family="mountain"),
    ZoningSpec("montagne", "Zone de montagne", "Mountain area", Kind.COMMUNE_CLASS, {}, family="mountain"),
    ZoningSpec(
        "zone_rouge",
        "Zone rouge (solidarité territoriale)",
        "Red zone (territorial solidarity)",
        Kind.COMMUNE_CLASS,
        {},
        family="solidarity",
    ),
)

ZONINGS_BY_KEY: dict[str, ZoningSpec] = {spec.key: spec for spec in ZONINGS}


def spec_of(zoning: str, generation: Generation | None) -> ZoningSpec:
    """The zoning of a membership: generations are zonings of their own for districts, not for professions."""
    return ZONINGS_BY_KEY.get(f"{zoning}-{generation}") or ZONINGS_BY_KEY[zoning]
