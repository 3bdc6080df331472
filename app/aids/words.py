"""The fixed words of rules and answers, and what a source is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """domain/aids.md § 0, "Answer statuses"."""

    AVAILABLE = "available"
    NOT_AVAILABLE = "not_available"
    CLOSED = "closed"
    NOT_YET_OPEN = "not_yet_open"
    TO_CHECK = "to_check"


class Kind(StrEnum):
    AID = "aid"
    COMPUTATION = "computation"
    SERVICE = "service"
    HISTORY = "history"


class BearsOn(StrEnum):
    """What must fall inside the window: signature, installation, creation of the activity, or plain practice."""

    SIGNATURE = "signature"
    INSTALLATION = "installation"
    CREATION = "creation"
    PRACTICE = "practice"


class Confidence(StrEnum):
    CORROBORATED = "corroborated"
    MEDIUM = "medium"
    SEED = "seed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Reference:
    """One source: title, address if it has one, tag of the research notes (`P35`)."""

    title: str
    href: str | None = None
    tag: str | None = None
