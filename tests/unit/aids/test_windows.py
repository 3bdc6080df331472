"""Windows: both ends included, what they bear on, audiences, and bounds as they were published."""

from __future__ import annotations

from datetime import date

import pytest

from app.aids.environment import Environment, known_facts
from app.aids.models import Audience, BearsOn, Bound, Window
from app.aids.question import Question, read_question
from app.aids.windows import Opening, concerns, entry_day, law_day, opening, state_on

FIRST, LAST = date(2020, 1, 10), date(2021, 12, 31)
BEFORE, AFTER = date(2020, 1, 9), date(2022, 1, 1)


def window(
    opens: date | None = FIRST,
    closes: date | None = LAST,
    bears_on: BearsOn = BearsOn.SIGNATURE,
    published_on: date | None = None,
    **audience: frozenset[str],
) -> Window:
    bounds = [Bound() if day is None else Bound(((None, day),)) for day in (opens, closes)]
    return Window(Audience(**audience), bears_on, bounds[0], bounds[1], published_on)


def question(on: date, known_on: date | None = None, **facts: str) -> Question:
    body = {"date": on.isoformat(), "applicant": facts}
    if known_on is not None:
        body["known_on"] = known_on.isoformat()
    return read_question(body, date(2026, 1, 1))


def asked(windows: tuple[Window, ...], on: date, known_on: date | None = None, **facts: str) -> Opening:
    one = question(on, known_on, **facts)
    known = known_facts(one)
    entry = entry_day(windows[0].bears_on, known, on) if windows else on
    return opening(windows, Environment(one, known, entry), one, entry)


@pytest.mark.parametrize(
    ("on", "state"),
    [(BEFORE, Opening.NOT_YET), (FIRST, Opening.OPEN), (LAST, Opening.OPEN), (AFTER, Opening.CLOSED)],
)
@pytest.mark.parametrize("bears_on", [BearsOn.SIGNATURE, BearsOn.PRACTICE])
def test_a_signature_window_includes_both_ends(on: date, state: Opening, bears_on: BearsOn) -> None:
    assert asked((window(bears_on=bears_on),), on) is state


def test_no_window_or_no_bound_is_open() -> None:
    assert asked((), BEFORE) is Opening.OPEN
    assert asked((window(None, None),), BEFORE) is Opening.OPEN
    assert asked((window(None),), BEFORE) is Opening.OPEN
    assert asked((window(closes=None),), AFTER) is Opening.OPEN


@pytest.mark.parametrize(
    ("installed", "on", "state"),
    [
        ("2020-01-09", FIRST, Opening.TOO_EARLY),
        ("2020-01-10", FIRST, Opening.OPEN),
        ("2021-12-31", LAST, Opening.OPEN),
        ("2021-12-31", AFTER, Opening.CLOSED),
        ("2020-01-10", BEFORE, Opening.NOT_YET),
    ],
)
def test_an_installation_must_fall_inside_and_the_question_too(installed: str, on: date, state: Opening) -> None:
    lump_sum = (window(bears_on=BearsOn.INSTALLATION),)
    assert asked(lump_sum, on, status="installed", installed_since=installed) is state


@pytest.mark.parametrize(
    ("created", "on", "state"),
    [
        ("2020-01-09", LAST, Opening.TOO_EARLY),
        ("2020-01-10", AFTER, Opening.OPEN),
        ("2021-12-31", date(2030, 1, 1), Opening.OPEN),
        ("2022-01-01", AFTER, Opening.CLOSED),
    ],
)
def test_a_creation_in_time_runs_on_after_the_last_day(created: str, on: date, state: Opening) -> None:
    assert asked((window(bears_on=BearsOn.CREATION),), on, status="installed", activity_created_on=created) is state


def test_a_creation_to_come_after_the_last_day_is_too_late() -> None:
    tax = (window(bears_on=BearsOn.CREATION),)
    assert asked(tax, LAST, status="installing", activity_created_on="2022-01-01") is Opening.TOO_LATE


def test_an_unknown_creation_day_is_told_only_where_it_matters() -> None:
    tax = (window(bears_on=BearsOn.CREATION),)
    assert asked(tax, LAST, status="installed") is Opening.UNKNOWN
    assert asked((window(None, bears_on=BearsOn.CREATION),), LAST, status="installed") is Opening.OPEN
    assert asked(tax, AFTER, status="installed") is Opening.UNKNOWN, "an exemption begun in time may be running"
    assert asked((window(None, bears_on=BearsOn.CREATION),), AFTER, status="installed") is Opening.UNKNOWN
    assert asked(tax, AFTER, status="installing") is Opening.CLOSED
    assert asked(tax, AFTER) is Opening.CLOSED
    assert asked(tax, BEFORE, status="installed") is Opening.NOT_YET


def test_the_day_that_counts() -> None:
    day, installed, created = date(2025, 5, 5), date(2020, 2, 2), date(2019, 1, 1)
    facts = {"status": "installed", "installed_since": installed, "activity_created_on": created}
    assert entry_day(BearsOn.SIGNATURE, dict(facts), day) == day
    assert entry_day(BearsOn.PRACTICE, dict(facts), day) == day
    assert entry_day(BearsOn.INSTALLATION, dict(facts), day) == installed
    assert entry_day(BearsOn.CREATION, dict(facts), day) == created
    assert entry_day(BearsOn.CREATION, {"status": "installed", "installed_since": installed}, day) == installed
    assert entry_day(BearsOn.INSTALLATION, {"status": "installed", "activity_created_on": created}, day) is None
    assert entry_day(BearsOn.INSTALLATION, {"status": "installing"}, day) == day
    assert entry_day(BearsOn.CREATION, {}, day) is None


def test_a_lump_sum_follows_the_law_of_its_installation() -> None:
    day, installed = date(2022, 6, 1), date(2022, 4, 1)
    one = question(day, status="installed", installed_since="2022-04-01")
    env = Environment(one, known_facts(one), installed)
    assert law_day(BearsOn.INSTALLATION, env, day) == installed
    assert law_day(BearsOn.CREATION, env, day) == day, "a running exemption follows the law of the day asked about"
    assert law_day(BearsOn.INSTALLATION, Environment(one, known_facts(one), None), day) == day


DOCTORS = window(professions=frozenset({"medecin"}))
DENTISTS = window(date(2021, 1, 1), None, professions=frozenset({"chirurgien-dentiste"}))


def test_each_profession_follows_its_own_window() -> None:
    both = (DOCTORS, DENTISTS)
    assert asked(both, FIRST, profession="medecin") is Opening.OPEN
    assert asked(both, FIRST, profession="chirurgien-dentiste") is Opening.NOT_YET
    assert asked(both, AFTER, profession="medecin") is Opening.CLOSED
    assert asked(both, AFTER, profession="chirurgien-dentiste") is Opening.OPEN
    assert asked(both, FIRST, profession="infirmier") is Opening.NOBODY
    assert asked(both, date(2021, 6, 1)) is Opening.OPEN
    assert asked(both, AFTER) is Opening.UNKNOWN
    assert asked((DOCTORS,), FIRST) is Opening.OPEN
    assert asked((window(), DENTISTS), AFTER) is Opening.UNKNOWN
    assert asked((window(), DENTISTS), FIRST) is Opening.OPEN


def test_open_in_one_window_is_open() -> None:
    later = window(date(2023, 1, 1), date(2023, 12, 31))
    assert asked((window(), later), date(2023, 5, 1)) is Opening.OPEN
    assert asked((later, window()), date(2022, 5, 1)) is Opening.NOT_YET
    assert asked((window(), later), date(2024, 1, 1)) is Opening.CLOSED


def test_a_window_not_yet_published_does_not_exist() -> None:
    hidden = window(published_on=date(2020, 6, 1))
    assert asked((hidden,), LAST, date(2020, 5, 31)) is Opening.UNPUBLISHED
    assert asked((hidden,), LAST, date(2020, 6, 1)) is Opening.OPEN
    assert asked((hidden, window(date(2022, 1, 1), None)), LAST, date(2020, 5, 31)) is Opening.NOT_YET
    assert asked((hidden, DENTISTS), LAST, date(2020, 5, 31), profession="medecin") is Opening.UNPUBLISHED
    assert asked((DENTISTS, hidden), LAST, date(2020, 5, 31), profession="medecin") is Opening.UNPUBLISHED


def test_a_bound_extended_later_was_the_first_one_before() -> None:
    closes = Bound(((date(2019, 1, 1), LAST), (date(2021, 12, 1), date(2022, 6, 30))))
    extended = (Window(Audience(), BearsOn.SIGNATURE, Bound(((None, FIRST),)), closes),)
    assert asked(extended, AFTER, date(2021, 11, 30)) is Opening.CLOSED
    assert asked(extended, AFTER, date(2021, 12, 1)) is Opening.OPEN
    assert asked(extended, LAST, date(2018, 1, 1)) is Opening.OPEN


def test_an_audience_tells_each_of_its_tests() -> None:
    audience = Audience(frozenset({"medecin"}), frozenset({"mg"}), frozenset({"installing", "installed"}), recent=True)

    def tell(**facts: str) -> dict[str, bool | None]:
        one = question(LAST, **facts)
        return concerns(audience, Environment(one, known_facts(one), LAST))

    assert tell(profession="medecin", status="installing") == {
        "profession": True, "specialty": None, "status": True, "recent": True,
    }  # fmt: skip
    assert tell(profession="infirmier", status="intern") == {"profession": False, "specialty": None, "status": False}
    assert tell(status="installed", specialty="other", installed_since="2020-12-31") == {
        "profession": None, "specialty": False, "status": True, "recent": False,
    }  # fmt: skip
    assert tell(status="installed", installed_since="2021-01-01")["recent"] is True
    assert tell()["recent"] is None


@pytest.mark.parametrize(
    ("on", "profession", "state"),
    [
        (BEFORE, None, "not_yet_open"),
        (FIRST, None, "open"),
        (LAST, "medecin", "open"),
        (AFTER, "medecin", "closed"),
        (FIRST, "chirurgien-dentiste", "not_yet_open"),
        (date(2021, 1, 1), "chirurgien-dentiste", "open"),
        (AFTER, None, "open"),
        (FIRST, "infirmier", "closed"),
    ],
)
def test_the_state_of_a_rule_on_a_day_whoever_asks(on: date, profession: str | None, state: str) -> None:
    assert state_on((DOCTORS, DENTISTS), on, profession) == state


def test_the_state_without_audience_or_window() -> None:
    assert state_on((), BEFORE) == state_on((), BEFORE, "infirmier") == "open"
    assert state_on((window(),), LAST, "infirmier") == "open"
    assert state_on((window(),), AFTER, "infirmier") == "closed"
    assert state_on((window(None, None),), BEFORE) == "open"
    assert state_on((DENTISTS, DOCTORS), FIRST, "medecin") == "open"
    late = Bound(((date(2019, 1, 1), LAST), (date(2022, 2, 1), date(2022, 6, 30))))
    extended = Window(Audience(), BearsOn.SIGNATURE, Bound(), late)
    assert state_on((extended,), date(2022, 1, 15)) == "closed"
    assert state_on((extended,), date(2022, 2, 1)) == "open"


def test_an_opening_brought_forward_counts_once_published() -> None:
    opens = Bound(((date(2019, 1, 1), FIRST), (date(2019, 12, 1), date(2020, 1, 1))))
    moved = Window(Audience(), BearsOn.SIGNATURE, opens, Bound())
    assert asked((moved,), BEFORE, date(2019, 11, 30)) is Opening.NOT_YET
    assert asked((moved,), BEFORE, date(2019, 12, 1)) is Opening.OPEN
    assert state_on((moved,), BEFORE) == "open"
    assert state_on((moved,), date(2019, 11, 30)) == "not_yet_open"
