"""A directory of rule files to one immutable `RuleBook`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from app.aids.amount_reader import read_references
from app.aids.example_reader import read_examples
from app.aids.models import Contact, Family, Rule, RuleBook
from app.aids.rule_facts import facts_of, predicates_of
from app.aids.rule_reader import read_rule
from app.aids.timetable import timetable_of
from app.aids.yaml_text import Cursor, parse_yaml
from app.errors import RuleError

FAMILIES_FILE = "_families.yaml"
CONTACTS_FILE = "_contacts.yaml"
CATALOGUE_FILE = "_catalogue.yaml"
FILE_MAXIMUM_BYTES = 200_000


def load_rules(directory: Path, *, with_examples: bool = True) -> RuleBook:
    """Read every rule of a directory; the first mistake stops.

    Worked examples decide no answer: a service that starts leaves them (`with_examples=False`) to whoever shows them.

    Raises:
        RuleError: names file, key and fix.
    """
    book, errors = check_rules(directory, with_examples=with_examples)
    if errors or book is None:
        raise errors[0]
    return book


def check_rules(directory: Path, *, with_examples: bool = True) -> tuple[RuleBook | None, tuple[RuleError, ...]]:
    """Read every rule and collect every file's first mistake; the book is None when there is any."""
    if not directory.is_dir():
        return None, (
            RuleError(f"{directory.name}: no such directory of rules; give the one that holds the YAML files."),
        )
    errors: list[RuleError] = []
    rules: dict[str, Rule] = {}
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.yaml")):
        try:
            text = _read_text(path)
            digest.update(f"{path.name}\0{text}\0".encode())
            if not path.name.startswith("_"):
                rule = read_rule(parse_yaml(text, path.name), path.name)
                if with_examples:
                    read_examples(rule)
                rules[rule.id] = rule
        except RuleError as error:
            errors.append(error)
    try:
        families, contacts = _read_families(directory), _read_contacts(directory)
        planned = _read_planned(directory)
    except RuleError as error:
        return None, (*errors, error)
    if not rules and not errors:
        errors.append(RuleError(f"{directory.name}: holds no rule file; rules are <id>.yaml.", field="id"))
    known = planned | {path.stem for path in directory.glob("*.yaml")}
    errors.extend(_check_ties(rules, families, contacts, known))
    if errors:
        return None, tuple(errors)
    return _build(rules, families, contacts, planned, digest.hexdigest()[:16]), ()


def _read_text(path: Path) -> str:
    raw = path.read_bytes()
    if len(raw) > FILE_MAXIMUM_BYTES:
        raise RuleError(f"{path.name}: is larger than {FILE_MAXIMUM_BYTES} bytes; split it.", field=path.name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RuleError(f"{path.name}: is not UTF-8; save it as UTF-8.", field=path.name) from error


def _optional_file(directory: Path, name: str) -> Cursor | None:
    path = directory / name
    return Cursor(parse_yaml(_read_text(path), name), name) if path.is_file() else None


def _read_families(directory: Path) -> dict[str, Family]:
    cursor = _optional_file(directory, FAMILIES_FILE)
    families: dict[str, Family] = {}
    for family_id in cursor.content if cursor else ():
        assert cursor is not None
        inner = cursor.inner(family_id)
        years = inner.integer("years", 1, 50)
        if years is None:
            raise inner.fail("years", "is missing; add it")
        references = tuple(reference for _, group in read_references(inner) for reference in group)
        families[family_id] = Family(
            family_id, inner.text("label"), inner.day("since"), years, inner.day("published_on"), references
        )
        inner.done()
    return families


def _read_contacts(directory: Path) -> dict[str, Contact]:
    cursor = _optional_file(directory, CONTACTS_FILE)
    contacts: dict[str, Contact] = {}
    for contact_id in cursor.content if cursor else ():
        assert cursor is not None
        inner = cursor.inner(contact_id)
        regions: dict[str, Contact] = {}
        if inner.has("by_region"):
            by_region = inner.inner("by_region")
            for region in by_region.content:
                regions[region] = _read_contact(by_region.inner(region), contact_id, {})
        inner.take("by_region")
        contacts[contact_id] = _read_contact(inner, contact_id, regions)
    return contacts


def _read_contact(cursor: Cursor, contact_id: str, regions: Mapping[str, Contact]) -> Contact:
    contact = Contact(contact_id, cursor.text("label"), cursor.optional_text("url"), MappingProxyType(dict(regions)))
    cursor.done()
    if contact.url is not None and not contact.url.startswith("https://"):
        raise cursor.fail("url", "must start with https://, or be left out")
    return contact


def _read_planned(directory: Path) -> set[str]:
    cursor = _optional_file(directory, CATALOGUE_FILE)
    if cursor is None:
        return set()
    planned = set(cursor.words("planned"))
    cursor.done()
    return planned


def _check_ties(
    rules: Mapping[str, Rule], families: Mapping[str, Family], contacts: Mapping[str, Contact], known: set[str]
) -> Iterator[RuleError]:
    """Names that one file uses and another must declare."""
    for rule in rules.values():
        file = f"{rule.id}.yaml"
        if rule.contact not in contacts:
            listed = ", ".join(sorted(contacts)) or "none yet"
            yield RuleError(f"{file}: `contact` must be one of {CONTACTS_FILE}: {listed}.", field="contact")
        if rule.family is not None and rule.family not in families:
            listed = ", ".join(sorted(families)) or "none yet"
            yield RuleError(f"{file}: `family` must be one of {FAMILIES_FILE}: {listed}.", field="family")
        if rule.about_held is not None and rule.about_held not in known:
            yield RuleError(f"{file}: `about_held` names no aid of the catalogue; correct the id.", field="about_held")
        for key, relations in (("excludes", rule.excludes), ("yields_to", rule.yields_to)):
            for relation in relations:
                if relation.aid not in known or relation.aid == rule.id:
                    yield RuleError(
                        f"{file}: `{key}` names {relation.aid}, no other aid of the catalogue; correct the id.",
                        field=key,
                    )
    if _order(rules) is None:
        yield RuleError("catalogue: `yields_to` goes round in a circle; remove one link.", field="yields_to")


def _order(rules: Mapping[str, Rule]) -> tuple[str, ...] | None:
    """Ids such that an aid comes after those it yields to; None when that is impossible."""
    placed: list[str] = []
    waiting = list(rules)
    while waiting:
        ready = [
            aid for aid in waiting if all(tie.aid in placed or tie.aid not in rules for tie in rules[aid].yields_to)
        ]
        if not ready:
            return None
        placed.extend(ready)
        waiting = [aid for aid in waiting if aid not in ready]
    return tuple(placed)


def _conflicts(rules: Mapping[str, Rule]) -> Mapping[str, Mapping[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {aid: {} for aid in rules}
    for rule in rules.values():
        for relation in rule.excludes:
            found[rule.id][relation.aid] = relation.because
            found.setdefault(relation.aid, {}).setdefault(rule.id, relation.because)
    return MappingProxyType({aid: MappingProxyType(others) for aid, others in found.items()})


def _build(
    rules: dict[str, Rule],
    families: Mapping[str, Family],
    contacts: Mapping[str, Contact],
    planned: set[str],
    version: str,
) -> RuleBook:
    return RuleBook(
        version=version,
        aids=MappingProxyType(rules),
        families=MappingProxyType(dict(families)),
        contacts=MappingProxyType(dict(contacts)),
        planned=frozenset(planned - set(rules)),
        order=_order(rules) or (),
        conflicts=_conflicts(rules),
        predicates=frozenset(predicate for rule in rules.values() for predicate in predicates_of(rule)),
        facts_asked=frozenset(name for rule in rules.values() for name in facts_of(rule)),
        timetables=MappingProxyType({rule.id: timetable_of(rule) for rule in rules.values()}),
    )
