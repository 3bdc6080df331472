"""One rule, one question, one offer: every failing condition, every fact that is missing (aids.md § 0)."""

from __future__ import annotations

from dataclasses import dataclass

from app.aids import french
from app.aids.environment import Environment
from app.aids.facts import FACTS
from app.aids.held_aids import judge_held
from app.aids.models import BearsOn, Kind, Offer, Rule, RuleBook, Status
from app.aids.needs import unknown_facts, unknown_place_facts
from app.aids.offers import make_offer
from app.aids.question import Question
from app.aids.rule_facts import UNDERLYING
from app.aids.verdict import Verdict
from app.aids.windows import Opening, bound_told, concerns, law_day, opening

_KIND_WORDS = {
    "profession": "Profession non concernée.",
    "specialty": "Spécialité non concernée.",
    "status": "Situation d'exercice non concernée.",
    "region": "Région non concernée.",
    "recent": "Réservé à un projet d'installation ou à une installation de moins d'un an.",
}
_KIND_QUESTIONS = {
    "profession": "Profession à préciser.",
    "specialty": "Spécialité à préciser.",
    "status": "Situation d'exercice à préciser.",
    "region": "Région à préciser.",
    "recent": "À préciser : projet d'installation, ou installation de moins d'un an.",
}
_OPENING_WORDS = {
    Opening.CLOSED: "Dispositif fermé à cette date{}.",
    Opening.NOT_YET: "Dispositif pas encore ouvert à cette date{}.",
    Opening.TOO_EARLY: "Installation ou création antérieure à l'ouverture du dispositif{}, sans rétroactivité.",
    Opening.TOO_LATE: "Installation ou création postérieure à la fermeture du dispositif{}.",
    Opening.UNPUBLISHED: "Dispositif non publié à la date de connaissance.",
    Opening.NOBODY: "Dispositif non ouvert à cette profession ou à cette situation.",
}
_OPENING_STATUS = {
    Opening.CLOSED: Status.CLOSED,
    Opening.NOT_YET: Status.NOT_YET_OPEN,
    Opening.TOO_EARLY: Status.NOT_AVAILABLE,
    Opening.TOO_LATE: Status.NOT_AVAILABLE,
    Opening.UNPUBLISHED: Status.NOT_AVAILABLE,
    Opening.NOBODY: Status.NOT_AVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Rival:
    """Another rule's answer to the same question, for rules that give way to it."""

    aid: str
    status: Status


def evaluate_rule(rule: Rule, book: RuleBook, question: Question, env: Environment, rivals: tuple[Rival, ...]) -> Offer:
    """Answer one question for one rule. `env` reads zones on the rule's entry day; `rivals` answer `yields_to`."""
    verdict = Verdict()
    if rule.published_on is not None and rule.published_on > question.known_on:
        verdict.fail("unpublished", f"Règle publiée le {french.day(rule.published_on)} seulement.")
    _judge_kind(rule, env, verdict)
    _judge_window(rule, question, env, verdict)
    _judge_territory(rule, env, verdict)
    _judge_conditions(rule, question, env, verdict)
    judge_held(rule, book, question, env, verdict)
    _judge_rivals(rule, env, rivals, verdict)
    if rule.kind is Kind.HISTORY:
        verdict.fail("history", "Cadre historique : ce n'est pas une aide.")
    if verdict.decided is None:
        _judge_doubts(rule, question, env, verdict)
    return make_offer(rule, book, question, env, verdict)


def _judge_kind(rule: Rule, env: Environment, verdict: Verdict) -> None:
    for name, holds in concerns(rule.audience, env).items():
        if holds is False:
            verdict.fail(name, _KIND_WORDS[name], facts=(name,))
        elif holds is None:
            facts = tuple(fact for fact in UNDERLYING.get(name, (name,)) if env.get(fact) is None)
            verdict.doubt(name, _KIND_QUESTIONS[name], facts)


def _judge_window(rule: Rule, question: Question, env: Environment, verdict: Verdict) -> None:
    entry = None if rule.windows and env.entry_unknown else env.on
    state = opening(rule.windows, env, question, entry)
    if state is Opening.OPEN:
        return
    if state is not Opening.UNKNOWN:
        code = "retroactive" if state is Opening.TOO_EARLY else "window"
        day = bound_told(rule.windows, env, question, state)
        which = "premier jour" if state in (Opening.NOT_YET, Opening.TOO_EARLY) else "dernier jour"
        told = "" if day is None else f" ({which} : {french.day(day)})"
        verdict.fail(code, _OPENING_WORDS[state].format(told), _OPENING_STATUS[state])
        return
    names = [name for window in rule.windows for name, holds in concerns(window.audience, env).items() if holds is None]
    if env.entry_unknown:
        names.append("activity_created_on" if rule.bears_on is BearsOn.CREATION else "installed_since")
    facts = tuple(name for name in dict.fromkeys(names) if name in FACTS)
    verdict.doubt("window", "La date d'entrée ou le profil ne permet pas de savoir si le dispositif est ouvert.", facts)


def _judge_territory(rule: Rule, env: Environment, verdict: Verdict) -> None:
    if rule.where is None:
        return
    truth = env.over_worlds(rule.where)
    if truth is True:
        return
    if truth is False:
        verdict.fail("territory", f"Territoire requis : {rule.where.describe(env)}.")
        return
    facts = unknown_place_facts(rule.where, env)
    doubts = list(dict.fromkeys(rule.where.doubts(env))) or ["le lieu peut relever de plusieurs classements"]
    verdict.doubt("territory", f"Territoire à vérifier : {' ; '.join(doubts)}.", facts)


def _judge_conditions(rule: Rule, question: Question, env: Environment, verdict: Verdict) -> None:
    day = law_day(rule.bears_on, env, question.date)
    for condition in rule.conditions:
        since, until = condition.since, condition.until
        if (since is not None and day < since) or (until is not None and day > until):
            continue
        holds = condition.that.value(env)
        if holds is None:
            verdict.doubt(condition.id, condition.otherwise, unknown_facts(condition.that, env))
        elif not holds and condition.waivable:
            verdict.doubt(condition.id, f"{condition.otherwise} (dérogation possible).")
        elif not holds:
            verdict.fail(condition.id, condition.otherwise, facts=tuple(dict.fromkeys(condition.that.names())))
    given = env.get("commitment_years")
    for promise in rule.promises:
        years = promise.commitment_years
        if years is not None and isinstance(given, (int, float)) and given < years:
            verdict.fail("commitment_years", f"Engagement trop court : {promise.text}", facts=("commitment_years",))


def _judge_rivals(rule: Rule, env: Environment, rivals: tuple[Rival, ...], verdict: Verdict) -> None:
    for tie in rule.yields_to:
        applies = True if tie.when is None else tie.when.value(env)
        for rival in rivals:
            if rival.aid != tie.aid or applies is False:
                continue
            because = tie.because or f"Remplacée par {tie.aid}."
            if rival.status is Status.AVAILABLE and applies:
                verdict.excluded_by[tie.aid] = None
                verdict.fail("replaced", because)
            elif rival.status in (Status.AVAILABLE, Status.TO_CHECK):
                verdict.doubt("replaced", because)


def _judge_doubts(rule: Rule, question: Question, env: Environment, verdict: Verdict) -> None:
    """Declared uncertainties matter only when nothing fails for certain."""
    for doubt in rule.doubts:
        since, until = doubt.since, doubt.until
        if (since is not None and question.date < since) or (until is not None and question.date > until):
            continue
        applies = True if doubt.when is None else doubt.when.value(env)
        if applies is not False and doubt.when is not None:
            verdict.doubt("to_check", doubt.because, unknown_facts(doubt.when, env) if applies is None else ())
        elif applies is not False:
            verdict.doubt("to_check", doubt.because)
