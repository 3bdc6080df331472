"""The profile of a batch: who asks, on which day, as known when, and how the score weighs things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import orjson

from app.aids.reading import QUESTION_DATES, Applicant, read_applicant, read_date, refuse_unknown
from app.aids.yaml_text import parse_yaml
from app.batch.points import DEFAULT_WEIGHTS, Weights, read_weights
from app.errors import InvalidInput

PROFILE_MAXIMUM_BYTES = 200_000
_PARTS = ("applicant", "weights", "date", "known_on")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a batch asks of every row. `applicant` None: zones only. `on` answers rows that give no date of their own."""

    on: date
    known_on: date
    applicant: Applicant | None = None
    weights: Weights = field(default=DEFAULT_WEIGHTS)

    def to_json(self) -> bytes:
        """The profile as `profile_from_json` reads it: how it travels to other processes."""
        applicant: dict[str, object] | None = None
        if self.applicant is not None:
            applicant = dict(self.applicant.facts)
            if self.applicant.held:
                applicant["held"] = [asdict(held) for held in self.applicant.held]
        content = {"applicant": applicant, "weights": asdict(self.weights), "date": self.on, "known_on": self.known_on}
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def read_profile(content: Mapping[str, object], today: date) -> Profile:
    """Read `{applicant, weights?, date?, known_on?}`; without `applicant`, the mapping is the applicant itself.

    Raises:
        InvalidInput: names the field and what is allowed.
    """
    if "applicant" not in content and not any(part in content for part in _PARTS):
        content = {"applicant": content}
    refuse_unknown(content, _PARTS, "profile")
    applicant = content.get("applicant")
    if applicant is not None and not isinstance(applicant, Mapping):
        raise InvalidInput("applicant must be an object.", field="applicant")
    day, known_on = (
        today if content.get(name) is None else read_date(content[name], name, QUESTION_DATES)
        for name in ("date", "known_on")
    )
    weights = read_weights(content.get("weights"))
    return Profile(day, known_on, None if applicant is None else read_applicant(applicant), weights)


def profile_from_json(text: bytes) -> Profile:
    """What `Profile.to_json` wrote."""
    content = orjson.loads(text)
    return read_profile(content, date.fromisoformat(content["date"]))


def load_profile(path: Path, today: date) -> Profile:
    """Read a profile file (YAML or JSON).

    Raises:
        InvalidInput, RuleError: unreadable, or a field out of range.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(PROFILE_MAXIMUM_BYTES + 1)
    except OSError:
        raise InvalidInput("The profile cannot be read: give a YAML file.", field="profile") from None
    if len(raw) > PROFILE_MAXIMUM_BYTES:
        raise InvalidInput(f"The profile is larger than {PROFILE_MAXIMUM_BYTES} bytes.", field="profile")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The profile is not UTF-8.", field="profile") from None
    return read_profile(parse_yaml(text, path.name), today)
