"""What aids already held change: exclusions while they run, once in a career, the ten-year rule."""

from __future__ import annotations

from app.aids import calendar, french
from app.aids.environment import Environment
from app.aids.models import Rule, RuleBook
from app.aids.question import Question
from app.aids.reading import Held
from app.aids.verdict import Verdict


def is_running(held: Held, book: RuleBook, question: Question) -> bool:
    """The aid runs on the day asked about unless its term, `ends` or `ended_on` is before it."""
    day = question.date
    if held.granted_on > day:
        return False
    rule = book.aids.get(held.aid)
    ends = [end for end in (held.ends, held.ended_on) if end is not None]
    if not ends and rule is not None and rule.term_months is not None:
        ends.append(calendar.day_before(calendar.add_months(held.granted_on, rule.term_months)))
    return all(day <= end for end in ends)


def judge_held(rule: Rule, book: RuleBook, question: Question, env: Environment, verdict: Verdict) -> None:
    conflicts = book.conflicts.get(rule.id, {})
    family = book.families.get(rule.family or "")
    applies = family is not None and family.since <= question.date and family.published_on <= question.known_on
    for held in question.applicant.held:
        if held.aid in conflicts and is_running(held, book, question) and _tie_applies(rule, held.aid, env):
            verdict.excluded_by[held.aid] = None
            because = conflicts[held.aid] or f"Non cumulable avec {held.aid}, en cours."
            verdict.fail("excluded", because, facts=("held",))
        if held.aid == rule.id and rule.once_in_career and held.granted_on <= question.date:
            verdict.excluded_by[held.aid] = None
            verdict.fail("already_held", "Une seule fois : déjà obtenue.", facts=("held",))
        other = book.aids.get(held.aid)
        if family is not None and applies and other is not None and other.family == family.id:
            free_on = calendar.add_years(held.granted_on, family.years)
            if held.granted_on <= question.date < free_on:
                verdict.excluded_by[held.aid] = None
                text = f"{family.label} : aide du {french.day(held.granted_on)}, possible le {french.day(free_on)}."
                verdict.fail("rule-10-years", text, facts=("held",))


def _tie_applies(rule: Rule, aid: str, env: Environment) -> bool:
    return all(tie.when is None or tie.when.value(env) is not False for tie in rule.excludes if tie.aid == aid)
