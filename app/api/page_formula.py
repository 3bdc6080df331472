"""Amount formulas in French words, for the pages of the catalogue: the rule's own tree, with names in place of values."""

from __future__ import annotations

from datetime import date

from app.aids import french
from app.aids.facts import FACTS
from app.aids.held_fields import HeldField
from app.aids.logic import AllOf, AnyOf, Compare, NotOf
from app.aids.territory import InTerritory
from app.aids.tree import Arithmetic, Call, Choice, Const, Let, Name, Negative, Node, Value, text_of
from app.api.page_words import ANSWERS

SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
COMPARISONS = {
    "==": "est",
    "!=": "n'est pas",
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "in": "est",
    "not in": "n'est pas",
}
FACT_WORDS = {
    "activity_month": "le mois d'activité",
    "allowance_months": "mois d'allocation",
    "consultations_month": "consultations par mois",
    "contract_year": "l'année du contrat",
    "days_per_week": "jours par semaine",
    "entry": "l'entrée dans le dispositif",
    "fees_in_zip_year": "honoraires annuels en ZIP",
    "fees_month": "honoraires du mois",
    "fees_quarter": "honoraires du trimestre",
    "fees_year": "honoraires opposables de l'année",
    "fmt_base": "forfait médecin traitant de base",
    "group": "exercice en groupe",
    "half_days_per_week": "demi-journées par semaine",
    "hospital_proximity": "activité en hôpital de proximité",
    "mission_days": "jours de mission",
    "months": "mois",
    "opposable_share": "part de l'activité aux tarifs opposables",
    "pdsa": "participation à la permanence des soins",
    "pdsa_days": "jours de garde par an",
    "pdsa_pay": "rémunération de la permanence des soins",
    "practice_year": "l'année d'exercice",
    "profit": "bénéfice annuel",
    "sector": "le secteur",
    "specialty": "la spécialité",
    "status": "la situation",
    "trainee_months": "mois de stagiaire",
    "unknown": "à vérifier",
}
"""Facts and derived names inside a formula; a fact without words here is quoted by its question."""
HELD_WORDS = {
    "received": "somme déjà reçue",
    "months": "mois tenus",
    "granted_on": "date d'octroi",
    "ended_on": "date de fin",
    "ends": "fin prévue",
}


def formula_words(formula: Node) -> str:
    """`10 000 €` for a plain figure, else the calculation: `12 500 × jours par semaine si …, sinon 0`."""
    plain = _unwrapped(formula)
    if isinstance(plain, Const) and isinstance(plain.content, int | float) and not isinstance(plain.content, bool):
        return french.euros(float(plain.content))
    return _say(formula)


def _unwrapped(node: Node) -> Node:
    while isinstance(node, Let):
        node = node.inner
    return node


def _say(node: Node) -> str:
    node = _unwrapped(node)
    match node:
        case Const():
            return _value(node.content)
        case Name():
            return name_words(node.name)
        case Arithmetic():
            return _arithmetic(node)
        case Negative():
            return f"−{_inside(node.inner)}"
        case Choice():
            inner = _unwrapped(node.then)
            is_loose = isinstance(inner, Choice) or (isinstance(inner, Arithmetic) and _ends_with_a_test(inner))
            then = f"({_say(inner)})" if is_loose else _say(inner)
            if _is_zero(node.otherwise):
                return f"{then} si {_say(node.test)}, sinon rien"
            return f"{then} si {_say(node.test)}, sinon {_say(node.otherwise)}"
        case Compare():
            return _comparison(node)
        case AllOf():
            return " et ".join(_inside(part) if isinstance(part, AnyOf) else _say(part) for part in node.parts)
        case AnyOf():
            return " ou ".join(_say(part) for part in node.parts)
        case NotOf():
            return f"pas {_inside(node.inner)}"
        case Call():
            return _call(node)
        case InTerritory():
            return node.territory.describe()
        case HeldField():
            return HELD_WORDS[node.field]
    return "…"


def _value(value: Value) -> str:
    if isinstance(value, str):
        return f"« {ANSWERS.get(value, value)} »"
    if isinstance(value, tuple):
        return " ou ".join(_value(each) for each in value)
    return text_of(value)


def name_words(name: str) -> str:
    """A fact or a derived name inside a sentence."""
    if name in FACT_WORDS:
        return FACT_WORDS[name]
    fact = FACTS.get(name)
    return f"« {fact.question} »" if fact is not None else name.replace("_", " ")


def _inside(node: Node) -> str:
    """In parentheses when it is a calculation of its own."""
    text = _say(node)
    return f"({text})" if isinstance(_unwrapped(node), Choice | Arithmetic | AnyOf | AllOf) else text


def _arithmetic(node: Arithmetic) -> str:
    left, right = _unwrapped(node.left), _unwrapped(node.right)
    if node.sign == "+" and isinstance(right, Choice) and _is_zero(right.otherwise):
        return f"{_term(left)}, plus {_say(right.then)} si {_say(right.test)}"
    if node.sign == "+" and isinstance(left, Arithmetic) and _ends_with_a_test(left):
        return f"{_say(left)}, plus {_say(right)}"
    parts = []
    for side in (left, right):
        looser = "+-*/" if node.sign == "/" and side is right else "+-" if node.sign != "+" else ""
        is_loose = isinstance(side, Choice) or (isinstance(side, Arithmetic) and side.sign in looser)
        parts.append(f"({_say(side)})" if is_loose else _say(side))
    return f"{parts[0]} {SIGNS[node.sign]} {parts[1]}"


def _ends_with_a_test(node: Arithmetic) -> bool:
    right = _unwrapped(node.right)
    return node.sign == "+" and isinstance(right, Choice) and _is_zero(right.otherwise)


def _term(node: Node) -> str:
    """The first term of a sum whose second one depends on a test: a choice that gives nothing otherwise loses its end."""
    if isinstance(node, Choice) and _is_zero(node.otherwise):
        return f"{_say(node.then)} si {_say(node.test)}"
    return _say(node)


def _is_zero(node: Node) -> bool:
    inner = _unwrapped(node)
    return isinstance(inner, Const) and inner.content == 0 and not isinstance(inner.content, bool)


def _comparison(node: Compare) -> str:
    right = _unwrapped(node.right)
    if isinstance(right, Const) and isinstance(right.content, bool):
        return _say(node.left) if right.content else f"pas {_say(node.left)}"
    bound = f"({_say(right)})" if isinstance(right, Choice) else _say(right)
    return f"{_say(node.left)} {COMPARISONS[node.sign]} {bound}"


def _call(node: Call) -> str:
    first, *rest = node.arguments
    match node.name:
        case "min" | "max":
            which = "le plus petit" if node.name == "min" else "le plus grand"
            return f"{which} de ({' ; '.join(_say(argument) for argument in node.arguments)})"
        case "percent":
            return _percent(first)
        case "half_day_floor":
            return f"{_say(first)} (arrondis à la demi-journée)"
        case "floor":
            return f"{_say(first)} (arrondi à l'unité)"
        case "steps" | "schedule":
            return f"({_table(node, '')})"
        case "given_or":
            return _say(first)
        case "is_known":
            return (
                f"le nombre de {_say(first)} est donné" if _say(first).startswith("mois") else f"{_say(first)} : donné"
            )
        case "any_in":
            return f"{_say(first)} : {' ou '.join(_say(argument) for argument in rest)}"
        case "day":
            return french.day(date.fromisoformat(str(first.content))) if isinstance(first, Const) else _say(first)
        case "months_since" | "years_since":
            return f"{'mois' if node.name == 'months_since' else 'années'} depuis {_say(first)}"
    return f"{node.name.replace('_', ' ')} ({', '.join(_say(argument) for argument in node.arguments)})"


def _percent(rate: Node) -> str:
    inner = _unwrapped(rate)
    if isinstance(inner, Const) and isinstance(inner.content, int | float):
        return french.percent(float(inner.content))
    if isinstance(inner, Call) and inner.name in ("steps", "schedule"):
        return f"({_table(inner, f'{french.NO_BREAK}%')})"
    return f"{_inside(rate)}{french.NO_BREAK}%"


def _table(node: Call, unit: str) -> str:
    """`steps` start at their bound, `schedule` ends at it; beyond the last bound of a schedule there is nothing."""
    first, *pairs = node.arguments
    word = "à partir de" if node.name == "steps" else "jusqu'à"
    rows = [f"{_say(result)}{unit} {word} {_say(bound)}" for bound, result in zip(pairs[::2], pairs[1::2], strict=True)]
    return f"selon {_say(first)} : {', '.join(rows)}"
