"""The immutable snapshot every answer is taken from: communes, classes, outlines, index, and the proof of each."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Hashable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import DataError
from app.zones.classes import ClassVintage, CommuneGroups, group_communes, read_class_vintages
from app.zones.communes import CommuneTable
from app.zones.index import ZoneIndex
from app.zones.layers import COMMUNE_LAYER, layer_of, open_index
from app.zones.manifest import check_files, complete_departments, datasets_of, read_manifest, vintages_of
from app.zones.outlines import OutlineVintage, ZoneClass, read_outline_vintages

if TYPE_CHECKING:
    from app.zones.index.neighbours import Neighbours

GEOMETRY_ROWS = 2_000
MEMORY_MAXIMUM = 2_048
T = TypeVar("T")


class Catalogue:
    """Everything the bundle says, in memory and by row; geometry stays in mapped files until it is asked for.

    `classes` and `outlines` are keyed by zoning key (`doctors`, `qpv-2024`); a key of the vocabulary that is in neither
    has no data installed. `zone_classes[zone zoning, zone code]` lists the classes given to a single zone.
    """

    def __init__(self, directory: Path, cache_dir: Path) -> None:
        """Read the tables of a bundle and map its index, building the index if the cache has none.

        Raises:
            DataError: a file is missing, is not the one of the manifest, or is laid out otherwise than this version reads.
        """
        manifest = read_manifest(directory)
        self.directory = directory
        self.bundle_id = str(manifest["id"])
        self.data_version = str(manifest["data_version"])
        self.territory = str(manifest.get("territory") or "")
        self.datasets = datasets_of(manifest)
        check_files(directory, self.datasets)
        by_kind = {dataset.kind: dataset for dataset in self.datasets}
        self.commune_precision_m = by_kind["communes"].precision_m or 0.0
        self._files = {dataset.kind: dataset.file for dataset in self.datasets}
        self.vintages = vintages_of(manifest)

        self.communes = CommuneTable(
            self._without_geometry("communes"), self.read("former_communes"), self.read("areas")
        )
        self.classes: dict[str, list[ClassVintage]] = read_class_vintages(self.read("classes"), self.vintages)
        self.outlines: dict[str, list[OutlineVintage]] = read_outline_vintages(
            self._without_geometry("outlines"), self.read("zone_communes"), self.vintages,
            complete_departments(manifest), first_layer=COMMUNE_LAYER + 1,
        )  # fmt: skip
        self.layers: dict[int, OutlineVintage] = {
            vintage.layer: vintage for vintages in self.outlines.values() for vintage in vintages
        }
        self.boxed_communes: frozenset[str] = frozenset(
            code
            for vintage in self.layers.values()
            for code, zones in vintage.zones_of_commune.items()
            if any(zone.bbox is not None and not zone.has_outline for zone in zones)
        )
        """Communes that list a zone known by its bounding box only: the position of each point there counts."""
        self.zone_labels: dict[tuple[str, str], str] = {
            (vintage.vintage.zoning, zone.code): zone.label
            for vintage in self.layers.values()
            for zone in vintage.zones
        }
        self.zone_classes: dict[tuple[str, str], dict[str, list[ZoneClass]]] = {}
        zone_classes = self.read("zone_classes")
        for zoning, vintage, zone_zoning, zone_code, code, state in zip(
            *(zone_classes[n].to_pylist() for n in ("zoning", "vintage", "zone_zoning", "zone_code", "code", "state")),
            strict=True,
        ):
            per_zoning = self.zone_classes.setdefault((zone_zoning, zone_code), {})
            per_zoning.setdefault(zoning, []).append(ZoneClass(vintage, code, state == "outside"))
        self._turning: dict[str, set[date]] = {}
        for (key, _), vintage in self.vintages.items():
            past = vintage.valid_to + timedelta(days=1) if vintage.valid_to else None
            self._turning.setdefault(key, set()).update(day for day in (vintage.valid_from, past) if day)
        for key, lists in self.classes.items():
            days = (entry.valid_from for given in lists for entry in given.entries)
            self._turning.setdefault(key, set()).update(day for day in days if day)
        self.turning_days: tuple[date, ...] = tuple(sorted(set().union(*self._turning.values())))
        """Days at which some vintage, or a region's part of one, begins or has just ended: between two, nothing changes."""
        self._groups: dict[str, CommuneGroups] = {}
        self._memory: dict[Hashable, object] = {}
        self._neighbours: dict[int, Neighbours] = {}
        self._lock = threading.RLock()
        self.index: ZoneIndex = open_index(self, cache_dir)
        pa.default_memory_pool().release_unused()  # what reading the tables took: 80 MB that Arrow would keep

    def read(self, kind: str, without: tuple[str, ...] = ()) -> pa.Table:
        """One table of the bundle, by kind (docs/bundle.md).

        Raises:
            DataError: the manifest does not name it, or the file is gone or unreadable.
        """
        with self._opened(kind) as file:
            return file.read(columns=[column for column in file.schema_arrow.names if column not in without])

    def _without_geometry(self, kind: str) -> pa.Table:
        """One table, `has_outline` in the place of `geometry`: outlines pass through memory a few at a time."""
        table = self.read(kind, without=("geometry",))
        with self._opened(kind) as file:
            batches = file.iter_batches(GEOMETRY_ROWS, columns=["geometry"])
            has_outline = [batch.column(0).is_valid() for batch in batches]
        return table.append_column("has_outline", pa.chunked_array(has_outline, pa.bool_()))

    @contextlib.contextmanager
    def _opened(self, kind: str) -> Iterator[pq.ParquetFile]:
        path = self.directory / self._files.get(kind, "")
        if kind not in self._files or not path.is_file():
            raise DataError(f"{kind} is missing from the bundle. Run `zonage data verify`, then build it again.")
        try:
            with pq.ParquetFile(path) as file:  # not `read_table`: it brings pandas, 0.2 s of start-up
                yield file
        except pa.ArrowInvalid as error:
            raise DataError(f"{path.name} is not a readable Parquet file. Build the bundle again.") from error

    def commune_groups(self, key: str) -> CommuneGroups:
        """Today's communes grouped by what every vintage of a commune zoning says of them."""
        with self._lock:
            groups = self._groups.get(key)
            if groups is None:
                groups = self._groups[key] = group_communes(self.classes.get(key, []), self.communes)
            return groups

    def turning_days_of(self, keys: Collection[str]) -> tuple[date, ...]:
        """Those of some zonings: between two, none of them changes. Classes given to zones change as the zones do."""
        if any(key in given for given in self.zone_classes.values() for key in keys):
            return self.turning_days
        return tuple(sorted(set().union(*(self._turning.get(key, set()) for key in keys))))

    def remember(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value computed for a key, kept for the next questions of the same dates; at most MEMORY_MAXIMUM of them."""
        found = self._memory.get(key)
        if found is None:
            found = compute()
            if len(self._memory) >= MEMORY_MAXIMUM:
                self._memory.clear()
            self._memory[key] = found
        return cast(T, found)

    def neighbours(self, layer: int) -> Neighbours:
        """Exact distances to the zones of a layer; its geometry is read at the first question."""
        with self._lock:
            found = self._neighbours.get(layer)
            if found is None:
                from app.zones.index.neighbours import Neighbours  # brings shapely: only when a distance is asked

                found = self._neighbours[layer] = Neighbours(layer_of(self, layer))
                pa.default_memory_pool().release_unused()
            return found
