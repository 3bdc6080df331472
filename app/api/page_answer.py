"""The answer of the pipeline, arranged for people: what is shown, in which order, with which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from app.aids.models import Rule, RuleBook
from app.api.page_sentence import Part, Row, key_of, sentence, sums
from app.api.page_words import OFFER_WORDS, WHY_UNSURE, ZONING_OF_PROFESSION, Light
from app.api.words import WANTS_DATA
from app.geocoding.normalise import repaired
from app.zones.vocabulary import ZONINGS_BY_KEY

QUESTIONS_SHOWN = 4
"""More questions at once are not read; the others wait behind a fold."""

FEW = 3
"""More candidate codes than that are counted, not listed."""

_ORDER: dict[Light, int] = {"yes": 0, "check": 1, "no": 2}


@dataclass(frozen=True, slots=True)
class ZoneCard:
    """One zoning of the place. `row` is the membership as the API gives it."""

    key: str
    title: str
    light: Light
    value: str
    why: str
    wants_data: bool
    is_own: bool
    row: Row

    @property
    def is_absent(self) -> bool:
        """No data at all for this zoning: one line says so for all of them, unless the profession depends on it."""
        return self.row.get("reason") == "no_data_installed" and not self.is_own


@dataclass(frozen=True, slots=True)
class AidCard:
    """One aid. `ticks` are (met, failed or unknown; words); `row` is the offer as the API gives it."""

    light: Light
    word: str
    ticks: tuple[tuple[Light, str], ...]
    row: Row


@dataclass(frozen=True, slots=True)
class View:
    """Everything the templates of an answer show."""

    place: Row
    headline: list[Part]
    zones: tuple[ZoneCard, ...]
    aids: tuple[AidCard, ...]
    total: str
    best: tuple[Row, ...]
    set_aside: tuple[tuple[Row, tuple[str, ...]], ...]
    questions: tuple[Row, ...]
    near: tuple[Row, ...]
    changes: tuple[Row, ...]
    answer: Row

    def of(self, light: Light) -> list[AidCard]:
        """Aids proper (not services or history notes) in one state."""
        return [card for card in self.aids if card.light == light]

    @property
    def wants_national_data(self) -> bool:
        own = [zone for zone in self.zones if zone.is_own]
        return any(zone.wants_data for zone in own)


def present(answer: Row, applicant: Mapping[str, str], rules: RuleBook, today: date) -> View:
    """Arrange an answer of `/v1/assess`. Aids are ordered: open ones by amount, then those to check, then the others."""
    memberships, offers = _rows(answer, "memberships"), _rows(answer, "offers")
    profession = applicant.get("profession", "medecin")
    on = date.fromisoformat(str(answer["date"]))
    own = ZONING_OF_PROFESSION.get(profession)
    zones = [_zone(row, own) for row in memberships if _is_wanted(row, own)]
    zones.sort(key=lambda zone: (_ORDER[zone.light], not zone.is_own))
    aids = [_aid(row, rules.aids.get(str(row["aid"])), on) for row in offers]
    aids.sort(key=lambda card: (_ORDER[card.light], -_amount(card.row)))
    by_aid = {str(row["aid"]): row for row in offers}
    combination = cast(Row, answer.get("combination") or {})
    given = cast(Row, answer["place"])
    place = {**given, "label": repaired(str(given["label"]))}
    return View(
        place=place,
        headline=sentence(place, memberships, profession, str(answer["date"]), today.isoformat()),
        zones=tuple(zones),
        aids=tuple(aids),
        total=sums(cast(Mapping[str, float], combination.get("by_unit") or {})),
        best=tuple(by_aid[aid] for aid in cast(Sequence[str], combination.get("aids") or ())),
        set_aside=tuple(
            (by_aid[str(row["aid"])], tuple(str(by_aid[by]["label"]) for by in cast(Sequence[str], row["by"]) if by in by_aid))
            for row in _rows(combination, "excluded")
            if str(row["aid"]) in by_aid
        ),
        questions=tuple(sorted(_rows(answer, "missing"), key=_eagerness)),
        near=tuple(row for row in _rows(answer, "near") if own is None or row["zoning"] == own or row["zoning"] in _SHARED),
        changes=tuple(_rows(answer, "changes")),
        answer=answer,
    )  # fmt: skip


_SHARED = frozenset({"qpv", "zfu", "zrr", "frr", "massif", "montagne", "zone_rouge"})
"""Zonings that concern every profession."""


def _rows(answer: Row, name: str) -> list[dict[str, object]]:
    return cast(list[dict[str, object]], answer.get(name) or [])


def _eagerness(question: Row) -> float:
    """Questions that settle more come first; a click counts double, for a number has to be looked up."""
    settles = len(cast(Sequence[str], question["settles"]))
    return -settles * (2 if question["type"] in ("flag", "boolean", "choice", "choices") else 1)


def _amount(row: Row) -> float:
    return cast(float, row.get("amount_eur") or row.get("conditional_amount_eur") or 0.0)


def _is_wanted(row: Row, own: str | None) -> bool:
    """Other professions' zonings are left out; ended zonings too, unless the place was in."""
    if row["zoning"] != own and row["zoning"] not in _SHARED:
        return False
    return row.get("reason") != "zoning_ended"


def light_of(membership: Row) -> Light:
    """`inside` is oui, `outside` is non, everything else is to be checked."""
    state = membership["state"]
    return "yes" if state == "inside" else "no" if state == "outside" else "check"


def value_of(membership: Row) -> str:
    """The class in words; for a zone on the map, its name and code."""
    spec = ZONINGS_BY_KEY[key_of(membership)]
    state, code = membership["state"], membership.get("code")
    if state == "inside":
        label = spec.codes.get(str(code), str(membership["label"]))
        return f"{label} ({code})" if membership["zoning"] in ("qpv", "zfu") and code else label
    if state == "outside":
        return spec.codes.get(str(code), "Hors de ce zonage") if code else "Hors de ce zonage"
    codes = [spec.codes.get(word, word) for word in cast(Sequence[str], membership.get("codes") or ())]
    if len(codes) > FEW:
        return f"Peut-être : une des {len(codes)} zones possibles"
    return f"Peut-être : {', '.join(codes)}" if codes else "Inconnu"


def _zone(row: Row, own: str | None) -> ZoneCard:
    spec = ZONINGS_BY_KEY[key_of(row)]
    reason = str(row.get("reason") or "")
    return ZoneCard(
        key=spec.key,
        title=spec.label,
        light=light_of(row),
        value=value_of(row),
        why=WHY_UNSURE.get(reason, ""),
        wants_data=reason in WANTS_DATA,
        is_own=spec.id == own,
        row=row,
    )


def _aid(row: Row, rule: Rule | None, on: date) -> AidCard:
    light, word = OFFER_WORDS[str(row["status"])]
    reasons = _rows(row, "reasons")
    ticks: list[tuple[Light, str]] = [
        ("no" if reason["outcome"] == "fails" else "check", str(reason["text"]))
        for reason in reasons
        if light != "no" or reason["outcome"] == "fails"  # a refusal needs its reasons, not its doubts
    ]
    if rule is not None and light != "no":
        named = {str(reason["code"]) for reason in reasons}
        met = [
            condition.otherwise
            for condition in rule.conditions
            if condition.id not in named
            and (condition.since is None or condition.since <= on)
            and (condition.until is None or on <= condition.until)
        ]
        ticks = [*(("yes", words) for words in met), *ticks]
    return AidCard(light, word, tuple(ticks), row)
