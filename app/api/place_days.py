"""A located place on every day that rules read: its memberships, its facts, and the place they make for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.aids.facts import FactValue
from app.aids.place import Place
from app.aids.place_facts import place_facts
from app.aids.question import Question as AidQuestion
from app.aids.question import entry_days
from app.api.answer import Located
from app.api.dependencies import Service
from app.api.question import Question
from app.zones.decide import decide
from app.zones.distances import with_distances
from app.zones.models import Membership
from app.zones.near import is_in_zip_or_zac, km_to_nearest_zip_zac
from app.zones.vintages import first_alike

Memberships = tuple[Membership, ...]


class PlaceDays:
    """Each distinct day is worked out once: days between two turning days of the catalogue read alike."""

    def __init__(self, service: Service, question: Question, located: Located) -> None:
        self._catalogue = service.catalogue
        self._question = question
        self._classification = located.classification
        self.turning = tuple(day for day in service.catalogue.turning_days if day > question.on)
        """Days to come at which memberships may change, as far as installed vintages tell."""
        self.entries = entry_days(question.applicant, question.on)
        self._memberships: dict[date, Memberships] = {}
        self._facts: dict[date, Mapping[str, FactValue]] = {}
        self._questions: dict[date, AidQuestion] = {}

    def memberships(self, day: date) -> Memberships:
        """The place's memberships; on the day asked about, those of the answer itself."""
        if day == self._question.on:
            return self._classification.memberships
        day = first_alike(self._catalogue.turning_days, day)
        found = self._memberships.get(day)
        if found is None:
            found = self._memberships[day] = self._decided(day)
        return found

    def _decided(self, day: date) -> Memberships:
        catalogue, known_on = self._catalogue, self._question.known_on
        place, evidence = self._classification.place, self._classification.evidence
        decided = catalogue.remember((evidence, day, known_on), lambda: decide(catalogue, evidence, day, known_on))
        return with_distances(catalogue, place, evidence, decided, day, known_on)

    def facts(self, day: date) -> Mapping[str, FactValue]:
        """What rules may ask of the place; its distance to a ZIP or ZAC depends on the day."""
        found = self._facts.get(day)
        if found is None:
            place, resolution = self._classification.place, self._classification.resolution
            known = resolution is not None and not self._classification.evidence.is_ambiguous
            commune = resolution.commune if resolution is not None and known else None
            km = self._km_to_zip_zac(day)
            found = self._facts[day] = place_facts(commune, place.precision, place.uncertainty_m, km)
        return found

    def question(self) -> AidQuestion:
        """The question put to the rules; zones of the days of creation and installation are looked up too."""
        return self._question_on(self._question.on)

    def place(self, day: date) -> Place:
        """The place of the question, were it asked on another day."""
        if day != self._question.on:
            day = first_alike(self._catalogue.turning_days, day)
        return self._question_on(day).place

    def changes(self) -> dict[date, frozenset[str]]:
        """Days to come at which memberships change, with the zonings concerned."""
        days: dict[date, frozenset[str]] = {}
        before = self.memberships(self._question.on)
        for day in self.turning:
            after = self.memberships(day)
            changed = {
                new.zoning
                for old, new in zip(before, after, strict=True)
                if (old.state, old.codes, old.sub, old.boosted) != (new.state, new.codes, new.sub, new.boosted)
            }
            if changed:
                days[day] = frozenset(changed)
            before = after
        return days

    def _question_on(self, day: date) -> AidQuestion:
        found = self._questions.get(day)
        if found is None:
            found = self._questions[day] = AidQuestion.from_memberships(
                self.memberships(day),
                self._question.applicant,
                day,
                self._question.known_on,
                self.facts(day),
                dated_memberships={entry: self.memberships(entry) for entry in self.entries},
            )
        return found

    def _km_to_zip_zac(self, day: date) -> float | None:
        if is_in_zip_or_zac(self.memberships(day)):
            return 0.0
        place = self._classification.place
        if not place.has_point or place.lon is None or place.lat is None:
            return None
        return km_to_nearest_zip_zac(self._catalogue, place.lon, place.lat, day, self._question.known_on)
