"""The head of a gazetteer while it is being filled: communes, their names, the postcodes they are served by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.geocoding.arrondissements import arrondissement_ranks
from app.geocoding.communes import Box
from app.geocoding.head import HeadColumns
from app.geocoding.normalise import commune_words, compact, fold, without_article
from app.places import ARRONDISSEMENT_CITIES, LonLat, department_of_insee, distance_m

NO_OUTLINE_RADIUS_M = 5_000.0


@dataclass(slots=True)
class Head:
    """Columns of the head while it is being filled; one entry per commune, one per alias."""

    insee: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    department: list[str] = field(default_factory=list)
    population: list[int] = field(default_factory=list)
    postcodes: list[list[str]] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    radius_m: list[float] = field(default_factory=list)
    box: list[Box | None] = field(default_factory=list)
    parent: list[str | None] = field(default_factory=list)
    alias_commune: list[int] = field(default_factory=list)
    alias_words: list[str] = field(default_factory=list)
    alias_name: list[str] = field(default_factory=list)
    alias_old: list[str] = field(default_factory=list)
    keys: dict[str, int | list[int]] = field(default_factory=dict)
    former: dict[str, int] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, str] = field(default_factory=dict)
    _at: dict[str, int] = field(default_factory=dict)
    _from_addresses: list[str] = field(default_factory=list)

    def index_of(self, code: str) -> int | None:
        index = self._at.get(code)
        return index if index is not None else self.former.get(code)

    def add(
        self, code: str, name: str, kind: str, department: str, population: int, postcodes: Iterable[str], point: LonLat,
        box: Box | None, parent: str | None,
    ) -> int:  # fmt: skip
        """One commune with its names of today."""
        index = self._at[code] = len(self.insee)
        self.insee.append(code)
        self.name.append(name)
        self.kind.append(kind)
        self.department.append(department)
        self.population.append(population)
        self.postcodes.append(list(postcodes))
        self.lon.append(round(point.lon, 6))
        self.lat.append(round(point.lat, 6))
        self.radius_m.append(round(_radius_m(point, box)))
        self.box.append(box)
        self.parent.append(parent)
        self._name(index, name, parent)
        return index

    def _name(self, index: int, name: str, parent: str | None) -> None:
        if parent is None:
            self.add_alias(index, name, "")
            return
        number = int(self.insee[index][-3:]) - int(ARRONDISSEMENT_CITIES[parent][0]) % 1000 + 1
        city = name.split(" ")[0]
        entry = self.add_alias(index, name, "")
        stem = compact(commune_words(fold(city)))
        for rank in arrondissement_ranks(number):
            for tail in ("", "arrondissement", "arr", "ardt", "arrdt"):
                self._key(stem + rank + tail, entry)
        self.alias_commune.append(index)  # the bare city name: valid only beside the arrondissement's postcode
        self.alias_words.append(commune_words(fold(city)))
        self.alias_name.append(name)
        self.alias_old.append("")

    def add_alias(self, index: int, name: str, old: str) -> int:
        """One more name of a commune, with and without its article."""
        words = commune_words(fold(name))
        entry = len(self.alias_commune)
        self.alias_commune.append(index)
        self.alias_words.append(words)
        self.alias_name.append(name)
        self.alias_old.append(old)
        written = fold(name)
        for form in dict.fromkeys((words, without_article(words), written, without_article(written))):
            self._key(compact(form), entry)
        return entry

    def _key(self, key: str, entry: int) -> None:
        known = self.keys.get(key)
        if known is None:
            self.keys[key] = entry
        elif isinstance(known, int):
            if known != entry:
                self.keys[key] = [known, entry]
        elif entry not in known:
            known.append(entry)

    def add_from_addresses(self, code: str, name: str, lon: float, lat: float, postcodes: Sequence[str]) -> None:
        """Postcodes met in the address files; a commune the bundle does not know is added from them."""
        index = self.index_of(code)
        if index is None:
            index = self.add(code, name or code, "COM", department_of_insee(code), 0, [], LonLat(lon, lat), None, None)
        self._from_addresses.append(code)
        known = self.postcodes[index]
        known.extend(postcode for postcode in postcodes if postcode not in known)

    def sources_of(self) -> dict[int, int]:
        """How many codes of the address files lead to each commune."""
        counts: dict[int, int] = {}
        for code in self._from_addresses:
            index = self.index_of(code)
            if index is not None:
                counts[index] = counts.get(index, 0) + 1
        return counts

    def columns(self) -> HeadColumns:
        """What `CommuneTable` reads."""
        by_postcode: dict[str, list[int]] = {}
        parents = {parent for parent in self.parent if parent}
        for index, postcodes in enumerate(self.postcodes):
            if self.insee[index] not in parents:  # Paris itself: its arrondissements stand for it
                for postcode in postcodes:
                    by_postcode.setdefault(postcode, []).append(index)
        return HeadColumns(
            insee=self.insee, name=self.name, kind=self.kind, department=self.department, population=self.population,
            postcodes=[" ".join(postcodes) for postcodes in self.postcodes], lon=self.lon, lat=self.lat,
            radius_m=self.radius_m, box=[value for box in self.box for value in box or (0.0, 0.0, 0.0, 0.0)],
            parent=self.parent, alias_commune=self.alias_commune, alias_words=self.alias_words, alias_name=self.alias_name,
            alias_old=self.alias_old, keys=self.keys, former=self.former, departments=self.departments,
            contexts=self.contexts, by_postcode=by_postcode,
        )  # fmt: skip


def _radius_m(point: LonLat, box: Box | None) -> float:
    """Radius around the point that holds the whole commune."""
    if box is None:
        return NO_OUTLINE_RADIUS_M
    west, south, east, north = box
    corners = (LonLat(lon, lat) for lon in (west, east) for lat in (south, north))
    return max(distance_m(point, corner) for corner in corners)
