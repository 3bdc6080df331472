"""Is a rule open on the day asked about, for this applicant, as the law was known?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from app.aids.environment import Environment
from app.aids.models import Audience, BearsOn, Window
from app.aids.question import Question
from app.aids.tree import Value


class Opening(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    NOT_YET = "not_yet_open"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    UNPUBLISHED = "unpublished"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


def entry_day(bears_on: BearsOn, facts: Mapping[str, Value], day: date) -> date | None:
    """The day that the window bears on; None when the installation or creation happened on a day unknown.

    A signature, a practice and a project fall on the day asked about.
    """
    if bears_on in (BearsOn.SIGNATURE, BearsOn.PRACTICE):
        return day
    names = ("activity_created_on", "installed_since") if bears_on is BearsOn.CREATION else ("installed_since",)
    for name in names:
        value = facts.get(name)
        if isinstance(value, date):
            return value
    return day if facts.get("status") == "installing" else None


def law_day(bears_on: BearsOn, env: Environment, day: date) -> date:
    """The day whose amounts and conditions apply: a lump sum follows its installation, all else the day asked about."""
    return env.on if bears_on is BearsOn.INSTALLATION else day


def concerns(audience: Audience, env: Environment) -> dict[str, bool | None]:
    """Each test of an audience: true, false or unknown; tests that the audience does not set are left out."""
    if not audience.tests and not audience.recent:
        return {}
    tests: dict[str, bool | None] = {}
    for name, accepted in audience.tests:
        value = env.get(name)
        tests[name] = None if value is None else value in accepted
    if audience.recent and tests.get("status") is not False:
        tests["recent"] = env.get("recent")  # type: ignore[assignment]
    return tests


def opening(windows: tuple[Window, ...], env: Environment, question: Question, entry: date | None) -> Opening:
    """The state of a rule's windows; those of other audiences are ignored, unsure audiences that disagree: UNKNOWN."""
    if not windows:
        return Opening.OPEN
    certain: list[Opening] = []
    possible: list[Opening] = []
    hidden = False
    for window in windows:
        if window.published_on is not None and window.published_on > question.known_on:
            hidden = True
            continue
        tests = concerns(window.audience, env).values()
        if False in tests:
            continue
        state = _one(window, question, entry)
        (possible if None in tests else certain).append(state)
    if not possible:
        if certain:
            return _union(certain)
        return Opening.UNPUBLISHED if hidden else Opening.NOBODY
    outcomes = {_union([*certain, state]) for state in possible} | ({_union(certain)} if certain else set())
    return outcomes.pop() if len(outcomes) == 1 else Opening.UNKNOWN


_PREFERENCE = (*(Opening.OPEN, Opening.UNKNOWN, Opening.NOT_YET, Opening.TOO_LATE, Opening.TOO_EARLY, Opening.CLOSED),)


def _union(states: list[Opening]) -> Opening:
    """Several windows of the same applicant: open in one is open."""
    return next(state for state in _PREFERENCE if state in states)


def _one(window: Window, question: Question, entry: date | None) -> Opening:
    """`closed` and `not_yet_open` compare the date of the question; the entry must fall inside (no retroactivity).

    A tax exemption entered in time runs on after the last day.
    """
    opens, closes = window.opens.known(question.known_on), window.closes.known(question.known_on)
    if opens is not None and question.date < opens:
        return Opening.NOT_YET
    is_late = closes is not None and question.date > closes
    if is_late and (window.bears_on is not BearsOn.CREATION or (entry is None and not _has_entered(question))):
        return Opening.CLOSED
    if entry is None:
        return Opening.OPEN if opens is None and not is_late else Opening.UNKNOWN
    if opens is not None and entry < opens:
        return Opening.TOO_EARLY
    if closes is not None and entry > closes:
        return Opening.CLOSED if is_late else Opening.TOO_LATE
    return Opening.OPEN


def bound_told(windows: tuple[Window, ...], env: Environment, question: Question, state: Opening) -> date | None:
    """The day that explains `state`: the first day of a window to come, the last day of one that is over."""
    concerned = [window for window in windows if False not in concerns(window.audience, env).values()]
    if state in (Opening.NOT_YET, Opening.TOO_EARLY):
        return min((day for window in concerned if (day := window.opens.known(question.known_on))), default=None)
    if state in (Opening.CLOSED, Opening.TOO_LATE):
        return max((day for window in concerned if (day := window.closes.known(question.known_on))), default=None)
    return None


def _has_entered(question: Question) -> bool:
    """The applicant says they practise already: their exemption, of a day not told, may be running."""
    return question.applicant.facts.get("status") not in (None, "installing")


def state_on(windows: tuple[Window, ...], day: date, profession: str | None = None) -> str:
    """`open`, `closed` or `not_yet_open` on a day for a profession (any, when absent), whoever asks."""
    states = set()
    for window in windows:
        accepted = window.audience.professions
        if profession is not None and accepted and profession not in accepted:
            continue
        opens, closes = window.opens.known(day), window.closes.known(day)
        if opens is not None and day < opens:
            states.add("not_yet_open")
        else:
            states.add("closed" if closes is not None and day > closes else "open")
    return (
        "open"
        if not windows
        else next(word for word in ("open", "not_yet_open", "closed") if word in states | {"closed"})
    )
