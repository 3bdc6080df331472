"""Every fact a rule may ask: one declaration table from which validation, schema and questions derive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

FactValue = bool | int | float | str | date | tuple[str, ...]
"""What a known fact holds. An unknown fact is `None` or absent, never a value of this type."""


class FactKind(StrEnum):
    CHOICE = "choice"
    CHOICES = "choices"
    FLAG = "flag"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class Side(StrEnum):
    """Who holds the fact: the person, or the place."""

    APPLICANT = "applicant"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its name, what it may hold, and the question that asks for it, in French.

    `allowed` lists the words of a choice; `minimum` and `maximum` are inclusive; `default` is what absence means
    (domain/aids.md § 0, "Reading the inputs"); `None` there means that absence is ignorance. `pattern` bounds texts,
    `example` is one.
    """

    name: str
    kind: FactKind
    question: str
    unit: str | None = None
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    default: FactValue | None = None
    side: Side = Side.APPLICANT
    pattern: str | None = None
    example: str | None = None


PROFESSIONS = (
    "medecin",
    "chirurgien-dentiste",
    "infirmier",
    "masseur-kinesitherapeute",
    "sage-femme",
    "orthophoniste",
    "pharmacien",
)
STATUSES = (
    "installing",
    "installed",
    "ceding",
    "replacement",
    "student-2c",
    "intern",
    "docteur-junior",
    "msu",
    "structure",
)
MONEY_MAXIMUM = 100_000_000.0
"""No practice bills 100 M€: beyond it is a typing error."""


def _choice(name: str, question: str, *allowed: str, default: str | None = None, side: Side = Side.APPLICANT) -> Fact:
    return Fact(name, FactKind.CHOICE, question, allowed=allowed, default=default, side=side)


def _flag(name: str, question: str, default: bool | None = None, side: Side = Side.APPLICANT) -> Fact:
    return Fact(name, FactKind.FLAG, question, default=default, side=side)


def _date(name: str, question: str) -> Fact:
    return Fact(name, FactKind.DATE, question)


def _integer(
    name: str, question: str, low: int, high: int, unit: str | None = None, side: Side = Side.APPLICANT
) -> Fact:
    return Fact(name, FactKind.INTEGER, question, unit=unit, minimum=low, maximum=high, side=side)


def _number(
    name: str,
    question: str,
    low: float,
    high: float,
    unit: str | None = None,
    default: float | None = None,
    side: Side = Side.APPLICANT,
) -> Fact:
    return Fact(name, FactKind.NUMBER, question, unit=unit, minimum=low, maximum=high, default=default, side=side)


def _euros(name: str, question: str, low: float = 0.0) -> Fact:
    return _number(name, question, low, MONEY_MAXIMUM, "EUR")


def _text(name: str, question: str, pattern: str, example: str) -> Fact:
    return Fact(name, FactKind.TEXT, question, side=Side.PLACE, pattern=pattern, example=example)


_APPLICANT = (
    _choice("profession", "Quelle est votre profession ?", *PROFESSIONS),
    _choice("specialty", "Êtes-vous médecin généraliste ou d'une autre spécialité ?", "mg", "other"),
    _choice("status", "Quelle est votre situation d'exercice ?", *STATUSES),
    _date("installed_since", "Depuis quelle date êtes-vous installé(e) en libéral ?"),
    _flag("first_installation", "Est-ce votre toute première installation en libéral conventionné ?"),
    _choice("sector", "Dans quel secteur conventionnel exercez-vous ?", "1", "2", "2-optam"),
    _number("opposable_share", "Quelle part de votre activité est facturée aux tarifs opposables ?", 0, 1, "part"),
    _number("days_per_week", "Combien de jours par semaine exercez-vous dans la zone ?", 0, 7, "jours par semaine"),
    _number(
        "half_days_per_week", "Combien de demi-journées par semaine exercez-vous ?", 0, 14, "demi-journées par semaine"
    ),
    _choice("group", "Exercez-vous seul(e) ou en groupe ?", "none", "mono", "pluri"),
    _integer("group_size", "Combien de professionnels compte le groupe, vous compris ?", 1, 500, "personnes"),
    _integer("group_gp_count", "Combien de médecins généralistes compte le groupe ?", 0, 500, "personnes"),
    Fact(
        "coordinated",
        FactKind.CHOICES,
        "À quelles structures d'exercice coordonné appartenez-vous ?",
        allowed=("cpts", "esp", "msp", "cds"),
    ),
    _flag("pdsa", "Participez-vous à la permanence des soins ambulatoires ?"),
    _flag("hospital_proximity", "Exercez-vous une partie de votre activité dans un hôpital de proximité ?", False),
    _number("trainee_months", "Combien de mois de stagiaire à temps plein par an accueillez-vous ?", 0, 120, "mois", 0),
    _integer("age", "Quel est votre âge ?", 18, 100, "ans"),
    _integer("successor_age", "Quel est l'âge de votre successeur ?", 18, 100, "ans"),
    _date("successor_installed_since", "Depuis quelle date votre successeur est-il installé ?"),
    _euros("fees_year", "Quels sont vos honoraires opposables annuels ?"),
    _euros("fees_in_zip_year", "Quels honoraires annuels réalisez-vous en ZIP ?"),
    _number("days_in_zip_year", "Combien de jours par an exercez-vous en ZIP ?", 0, 366, "jours par an"),
    _euros("fmt_base", "Quel est le montant de base de votre forfait médecin traitant ?"),
    _number("acts_year", "Combien d'actes réalisez-vous par an ?", 0, 100_000, "actes par an"),
    _choice("tax_regime", "Êtes-vous au régime réel ou micro ?", "real", "micro"),
    _integer("employees", "Combien de salariés employez-vous ?", 0, 100_000, "salariés"),
    _euros("profit", "Quel est votre bénéfice annuel ?", -MONEY_MAXIMUM),
    _date("activity_created_on", "À quelle date l'activité a-t-elle été créée ou reprise ?"),
    _integer("activity_month", "Quel mois d'activité vous intéresse (1 = premier mois) ?", 1, 600, "mois"),
    _integer("practice_year", "Quelle année d'exercice vous intéresse (1 = première) ?", 1, 60, "année"),
    _integer("contract_year", "Quelle année du contrat vous intéresse (1 = première) ?", 1, 20, "année"),
    _number("months", "Combien de mois dure le stage ou le contrat ?", 0, 120, "mois"),
    _number("allowance_months", "Pendant combien de mois l'allocation est-elle versée ?", 0, 120, "mois"),
    _euros("fees_month", "Quels sont vos honoraires du mois ?"),
    _euros("fees_quarter", "Quels sont vos honoraires du trimestre ?"),
    _number("days_quarter", "Combien de jours de remplacement par trimestre ?", 0, 92, "jours par trimestre"),
    _number("share_in_zone", "Quelle part de votre activité se fait dans la zone aidée ?", 0, 1, "part"),
    _date("order_since", "Depuis quelle date êtes-vous inscrit(e) à l'Ordre ?"),
    _number("mission_days", "Combien de jours de mission par an ?", 0, 366, "jours par an"),
    _flag("creates_practice", "Créez-vous ou reprenez-vous un cabinet ?"),
    _number("consultations_month", "Combien de consultations par mois ?", 0, 10_000, "consultations par mois"),
    _number("share_patients_zone", "Quelle part de votre activité concerne des habitants de la zone ?", 0, 1, "part"),
    _flag("first_installation_paris", "Est-ce votre première installation à Paris ?"),
    _flag("owner", "Êtes-vous titulaire du cabinet ?"),
    _choice("opens", "Ouvrez-vous un cabinet principal ou secondaire ?", "main", "secondary", default="main"),
    _number("commitment_years", "Combien d'années vous engagez-vous à rester ?", 0, 50, "ans"),
    _euros("turnover_previous_year", "Quel est le chiffre d'affaires de l'année précédente ?"),
    _choice("placement", "Le stage est-il ambulatoire ou hospitalier ?", "ambulatory", "hospital"),
    _number("acts_month", "Combien d'actes par mois en moyenne ?", 0, 10_000, "actes par mois"),
    _number("pdsa_days", "Combien de jours de garde par an ?", 0, 366, "jours par an"),
    _euros("pdsa_pay", "Combien percevez-vous par an pour la permanence des soins ?"),
)

_PLACE = (
    _text("region", "Dans quelle région se trouve le lieu (code INSEE) ?", r"\A\d{2}\Z", "76"),
    _text("departement", "Dans quel département se trouve le lieu (code INSEE) ?", r"\A(?:\d{2,3}|2[AB])\Z", "31"),
    _text("commune", "Dans quelle commune se trouve le lieu (code INSEE) ?", r"\A(?:\d{2}|2[AB])\d{3}\Z", "31555"),
    _text("epci", "De quelle intercommunalité dépend le lieu (SIREN) ?", r"\A\d{9}\Z", "243100518"),
    _integer("population", "Combien d'habitants compte la commune ?", 0, 3_000_000, "habitants", Side.PLACE),
    _choice(
        "precision",
        "Le lieu est-il connu au point, à la rue ou à la commune ?",
        "point",
        "street",
        "commune",
        default="point",
        side=Side.PLACE,
    ),
    _choice(
        "commune_class",
        "Quelle est la classe médecins de la commune, hors QPV classé à part ?",
        *("ZIP", "ZAC", "ZAR", "ZV", "HZ"),
        side=Side.PLACE,
    ),
    _number("address_error_m", "À combien de mètres près l'adresse est-elle connue ?", 0, 10_000, "m", side=Side.PLACE),
    _number(
        "km_to_nearest_zip_zac",
        "À combien de km se trouve la ZIP ou ZAC la plus proche ?",
        0,
        2000,
        "km",
        None,
        Side.PLACE,
    ),
    _number("km_to_chu", "À combien de km se trouve la faculté ou le CHU ?", 0, 20_000, "km", side=Side.PLACE),
    _number("km_to_home", "À combien de km se trouve votre domicile ?", 0, 20_000, "km", side=Side.PLACE),
    _flag("duty_sector_has_zip_zac", "Votre secteur de garde contient-il une ZIP ou une ZAC ?", side=Side.PLACE),
    _flag("paris_med_priority", "Le lieu est-il un quartier prioritaire de Paris Med' ?", side=Side.PLACE),
    _integer("pharmacies_in_commune", "Combien de pharmacies compte la commune ?", 0, 10_000, "pharmacies", Side.PLACE),
)

APPLICANT_FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _APPLICANT})
PLACE_FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _PLACE})
FACTS: Mapping[str, Fact] = MappingProxyType({**APPLICANT_FACTS, **PLACE_FACTS})
