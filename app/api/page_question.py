"""Reads the question of a page: the API's parameters, plus what plain HTML forms need. Same strictness on every value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.aids.facts import APPLICANT_FACTS, FactKind
from app.api.page_words import TRADES
from app.api.question import DATE_FIELDS, PLACE_FIELDS, Question, read_flat

LONGEST_LIST = 100
"""Places read from a pasted list; the comparison itself says how many it shows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters as understood: `fields` are the API's own, without empty ones; `ignored` counts unknown names."""

    fields: dict[str, str]
    places: tuple[str, ...] = ()
    is_embedded: bool = False
    ignored: int = 0
    defaults: tuple[str, ...] = field(default=())

    @property
    def has_place(self) -> bool:
        return any(name in self.fields for name in ("address", "lon", "lat", "citycode"))

    @property
    def person(self) -> dict[str, str]:
        """Everything but the place: what stays when the place changes."""
        return {name: value for name, value in self.fields.items() if name not in PLACE_FIELDS}

    @property
    def trade(self) -> str:
        """The choice of the profession list."""
        profession, specialty = self.fields.get("profession"), self.fields.get("specialty")
        for key, (its_profession, its_specialty, _) in TRADES.items():
            if profession == its_profession and its_specialty in (None, specialty):
                return key
        return ""

    def question(self) -> Question:
        """The question for the one pipeline.

        Raises:
            InvalidInput: a value is malformed, or the place is named in several ways.
        """
        return read_flat(self.fields.items(), with_applicant=True)


def read_asked(params: Iterable[tuple[str, str]]) -> Asked:
    """Read a page's query string. Empty fields of a form are absent; a general practitioner who installs is the default.

    Beside the API's names, `adresse` stands for address; `metier` stands for profession and specialty in one list,
    `integre` hides the frame, each `lieu` is a place to compare, `lieux` is a pasted list of them, one a line.
    """
    known = {*PLACE_FIELDS, *DATE_FIELDS, *APPLICANT_FACTS}
    fields: dict[str, str] = {}
    places: list[str] = []
    trade, is_embedded, ignored = "", False, 0
    for name, value in params:
        name, value = ("address" if name == "adresse" else name), value.strip()
        if not value:
            continue
        if name == "metier":
            trade = value
        elif name == "integre":
            is_embedded = value == "1"
        elif name == "lieu":
            places.append(value[:200])
        elif name == "lieux":
            places += [line.strip()[:200] for line in value.splitlines() if line.strip()][:LONGEST_LIST]
        elif name not in known:
            ignored += 1
        elif name in fields and name in APPLICANT_FACTS and APPLICANT_FACTS[name].kind is FactKind.CHOICES:
            fields[name] += f",{value}"
        else:
            fields[name] = value
    if trade in TRADES:
        fields["profession"], specialty, _ = TRADES[trade]
        fields.pop("specialty", None)
        if specialty is not None:
            fields["specialty"] = specialty
    defaults = []
    if "profession" not in fields:
        fields |= {"profession": "medecin", "specialty": fields.get("specialty", "mg")}
        defaults.append("profession")
    if "status" not in fields:
        fields["status"] = "installing"
        defaults.append("status")
    if "date" not in fields:
        defaults.append("date")
    return Asked(fields, tuple(places), is_embedded, ignored, tuple(defaults))
