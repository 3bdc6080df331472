"""The answer as a sentence: what the place is, for whom, since when, and what it opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.aids.french import NARROW, NO_BREAK, UNITS, euros
from app.api.page_frame import french_day
from app.api.page_words import FOR_PROFESSION, WHY_UNSURE, ZONING_OF_PROFESSION
from app.zones.vocabulary import ZONINGS_BY_KEY

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the sentence; strong pieces carry the answer."""

    text: str
    strong: bool = False


def key_of(membership: Row) -> str:
    """`qpv-2024`: the key of the zoning of a membership."""
    generation = membership.get("generation")
    return f"{membership['zoning']}-{generation}" if generation else str(membership["zoning"])


def class_words(membership: Row) -> str:
    """`zone d'action complémentaire (ZAC)`: the class of a membership, ready to stand inside a sentence."""
    spec = ZONINGS_BY_KEY[key_of(membership)]
    label = spec.codes.get(str(membership.get("code")), str(membership.get("label") or spec.label))
    return label[0].lower() + label[1:] if label[:1].isupper() and not label[:2].isupper() else label


def sentence(place: Row, memberships: Sequence[Row], profession: str, on: str, today: str) -> list[Part]:
    """What is true of the place that day, the profession's own zoning first."""
    subject = Part(str(place["label"]), strong=True)
    start = [] if on == today else [Part(f"Au {french_day(on)}, ")]
    own = [m for m in memberships if m["zoning"] == ZONING_OF_PROFESSION.get(profession)]
    first, *rest = _own_zoning(subject, own[0] if own else None, FOR_PROFESSION.get(profession, ""))
    if start and first is not subject:  # behind the day, inside the sentence
        first = Part(first.text[:1].lower() + first.text[1:], first.strong)
    parts = [*start, first, *rest]
    also = [_also(m) for m in memberships if m["state"] == "inside" and m["zoning"] in ("frr", "zrr", "qpv", "zfu")]
    if also:
        parts.append(Part(" Le lieu est aussi "))
        for number, words in enumerate(also):
            parts += [Part(" et " if number == len(also) - 1 else ", ")] if number else []
            parts += words
        parts.append(Part("."))
    doubts = [_doubt(m) for m in memberships if m["zoning"] in ("frr", "qpv", "zfu", "zrr") and _is_open_doubt(m)]
    if doubts:
        parts.append(Part(f" Reste à vérifier{NO_BREAK}: {', '.join(dict.fromkeys(doubts))}."))
    return parts


def _own_zoning(subject: Part, membership: Row | None, who: str) -> list[Part]:
    if membership is None:
        return [subject, Part(".")]
    state, since = membership["state"], membership.get("valid_from")
    if state == "inside":
        when = f" depuis le {french_day(str(since))}" if since else ""
        scope = " au titre de son quartier prioritaire" if membership.get("scope") == "qpv" else ""
        return [
            subject,
            Part(" est en "),
            Part(class_words(membership), strong=True),
            Part(f"{scope} pour {who}{when}."),
        ]
    if state == "outside":
        return [
            subject,
            Part(" est "),
            Part("hors zonage", strong=True),
            Part(f" pour {who}{NO_BREAK}: pas de classe qui aide."),
        ]
    why = WHY_UNSURE.get(str(membership.get("reason")), "")
    because = f"{NO_BREAK}: {why[:1].lower()}{why[1:]}" if why else "."
    return [
        Part("On ne peut pas dire", strong=True),
        Part(" si "),
        subject,
        Part(f" est en zone aidée pour {who}{because}"),
    ]


def _also(membership: Row) -> list[Part]:
    zoning = membership["zoning"]
    since = membership.get("valid_from")
    when = f" depuis le {french_day(str(since))}" if since else ""
    if zoning == "qpv":
        return [Part("dans le quartier prioritaire "), Part(str(membership["label"]), strong=True)]
    if membership.get("code") == "ZRR_KEPT":
        return [Part("sorti de ZRR avec "), Part("effets maintenus", strong=True)]
    code = {"zrr": "ZRR", "frr": str(membership.get("code") or "FRR"), "zfu": "zone franche urbaine"}[str(zoning)]
    return [Part("en "), Part(code, strong=True), Part(when)]


def _is_open_doubt(membership: Row) -> bool:
    """A doubt worth a word: the zoning is alive on the day, or the place is at its limit."""
    return membership["state"] in ("near_border", "unknown") and membership.get("reason") not in (
        "zoning_ended", "no_data_for_date", "no_data_installed",
    )  # fmt: skip


def _doubt(membership: Row) -> str:
    return {
        "qpv": "le quartier prioritaire",
        "zfu": "la zone franche urbaine",
        "frr": "le classement FRR",
        "zrr": "le classement ZRR",
    }[str(membership["zoning"])]


def sums(by_unit: Mapping[str, float]) -> str:
    """`50 000 € versés une fois et 3 000 € par an`: sums of different periods are never added up."""
    words = [
        f"{euros(amount)} {UNITS[unit].removeprefix('€').lstrip(', ')}" for unit, amount in by_unit.items() if amount
    ]
    return " + ".join(words)


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """`1 aide`, `3 aides`."""
    word = singular if count < 2 else (plural or f"{singular}s")
    return f"{count}{NARROW}{word}" if count < 1000 else f"{count} {word}"
