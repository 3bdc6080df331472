"""What aids already held change: exclusions while they run, once in a career, the ten-year rule."""

from __future__ import annotations

from app.aids import calendar, french
from app.aids.environment import Environment
from app.aids.models import Rule, RuleBook
from app.aids.question import Question
from app.aids.reading import Held
from app.aids.verdict import Verdict


def is_running(held: Held, book: RuleBook, question: Question) -> bool | None:
    """The aid runs on the day asked about unless its term, `ends` or `ended_on` is before; None: a renewal decides."""
    day = question.date
    if held.granted_on > day:
        return False
    ends = [end for end in (held.ends, held.ended_on) if end is not None]
    rule = book.aids.get(held.aid)
    if ends or rule is None or rule.term is None:
        return all(day <= end for end in ends)
    return rule.term.runs(held.granted_on, day)


def judge_held(rule: Rule, book: RuleBook, question: Question, env: Environment, verdict: Verdict) -> None:
    conflicts = book.conflicts.get(rule.id, {})
    family = book.families.get(rule.family or "")
    applies = family is not None and family.since <= question.date and family.published_on <= question.known_on
    for held in question.applicant.held:
        runs = is_running(held, book, question) if held.aid in conflicts else False
        if runs is not False and _tie_applies(rule, held.aid, env):
            because = conflicts[held.aid] or f"Non cumulable avec {held.aid}, en cours."
            if runs is None:
                verdict.doubt(
                    "excluded", f"{because} Fin du contrat détenu à préciser : sa reconduction est incertaine."
                )
            elif any(tie.is_doubtful for tie in rule.excludes if tie.aid == held.aid):
                verdict.doubt("excluded", f"{because} À vérifier.")
            else:
                verdict.excluded_by[held.aid] = None
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
