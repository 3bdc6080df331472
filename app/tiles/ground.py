"""The drawn ground: commune outlines by zoom, the areas dissolved from them, and the outlines of zones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from app.tiles.grid import EXTENT, MAX_ZOOM, UNITS_PER_PIXEL, to_world
from app.tiles.rings import Shapes
from app.zones.catalogue import Catalogue
from app.zones.layers import COMMUNE_LAYER, layer_of

COMMUNES_FROM_ZOOM = 7
"""Below it 35,000 communes do not fit a tile (research/performance.md § C): larger areas are drawn instead."""

_DETAIL_UNITS = 10
"""Triangles of less than this many units squared are dropped: 1.25 pixel; at zoom 7 the fullest tile stays under 200 KB."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas dissolved from communes; `codes` and world `shapes` correspond."""

    codes: tuple[str, ...]
    shapes: Shapes


class Ground:
    """Geometry of a catalogue in world coordinates. Each part is made at its first use and kept; safe for threads.

    Arrondissements stand for Paris, Lyon and Marseille. Communes without outline are not on the ground.
    `rows` gives the catalogue's commune row of each drawn commune.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._kept: dict[tuple[object, ...], object] = {}
        self._lock = threading.RLock()

    @property
    def rows(self) -> NDArray[np.int64]:
        return self._drawn()[0]

    @property
    def communes(self) -> Shapes:
        return self._drawn()[1]

    def _drawn(self) -> tuple[NDArray[np.int64], Shapes]:
        def make() -> tuple[NDArray[np.int64], Shapes]:
            outlines = layer_of(self.catalogue, COMMUNE_LAYER).geometries
            rows = np.flatnonzero(~shapely.is_missing(outlines))
            return rows, shapely.transform(outlines[rows], to_world)

        return self.keep(("drawn",), make)

    @property
    def mean_edge(self) -> float:
        """Mean length of an edge of a commune outline, world units."""

        def make() -> float:
            edges = max(int(shapely.get_num_coordinates(self.communes).sum()), 1)
            return float(shapely.length(self.communes).sum()) / edges

        return self.keep(("mean edge",), make)

    def is_simplified_at(self, zoom: int) -> bool:
        """Whether outlines are finer than a tile of this zoom can show: an edge is less than two pixels on average."""
        return self.mean_edge * (EXTENT << zoom) < 2 * UNITS_PER_PIXEL

    def simplified(self, shapes: Shapes, zoom: int) -> Shapes:
        """Outlines for a zoom: shared borders stay shared, detail of about a pixel goes."""
        if not len(shapes) or not self.is_simplified_at(zoom):
            return shapes
        return _valid(shapely.coverage_simplify(shapes, _DETAIL_UNITS / (EXTENT << zoom)))

    def communes_at(self, zoom: int) -> tuple[Shapes, NDArray[np.float64]]:
        """Drawn communes at a zoom, with their boxes (n, 4)."""

        def make() -> tuple[Shapes, NDArray[np.float64]]:
            shapes = self.simplified(self.communes, zoom)
            return shapes, np.asfortranarray(shapely.bounds(shapes))  # compared column by column

        return self.keep(("communes", self._level(zoom)), make)

    def areas_at(self, kind: str, zoom: int) -> Areas:
        """Departments, regions or EPCI (`kind`) at a zoom; communes that belong to none are left out."""

        def group_of_communes() -> list[str | None]:
            return [getattr(commune, kind) for commune in self.catalogue.communes.many(self.rows.tolist())]

        groups = self.keep(("groups", kind), group_of_communes)
        return self.keep(("areas", kind, self._level(zoom)), lambda: self.dissolve(groups, zoom))

    def dissolve(self, groups: Sequence[str | None], zoom: int) -> Areas:
        """One area per distinct group of the drawn communes (None: left out), in order of code, for a zoom.

        From zoom 7 an area is the union of the communes as drawn there, so that their borders coincide; below, that of
        zoom 7 simplified further.
        """
        codes = sorted({group for group in groups if group is not None})
        number = {code: position for position, code in enumerate(codes)}
        of_row = np.array([-1 if group is None else number[group] for group in groups], np.int64)
        order = np.argsort(of_row, kind="stable")
        cuts = np.searchsorted(of_row[order], np.arange(len(codes) + 1))
        communes, _ = self.communes_at(max(zoom, COMMUNES_FROM_ZOOM))
        shapes = np.array([self._union(communes[order[start:end]]) for start, end in pairwise(cuts)], np.object_)
        return Areas(tuple(codes), self.simplified(shapes, zoom) if zoom < COMMUNES_FROM_ZOOM else shapes)

    def outlines(self, layer: int) -> Shapes:
        """Zones of an outline layer in world coordinates, rows as in the catalogue; missing outlines are None."""

        def make() -> Shapes:
            shapes = layer_of(self.catalogue, layer).geometries.copy()
            known = ~shapely.is_missing(shapes)
            if known.any():
                shapes[known] = shapely.transform(shapes[known], to_world)
            return shapes

        return self.keep(("outlines", layer), make)

    def lonlat(self, layer: int, rows: NDArray[np.int64]) -> Shapes:
        """Outlines of some rows of a layer as the bundle holds them, WGS 84 degrees; None where there is none.

        Layer 0 is the communes, whole cities included.
        """
        shapes: Shapes = shapely.from_wkb(self._wkb(layer)[0][rows])
        return shapes

    def lonlat_bounds(self, layer: int) -> NDArray[np.float64]:
        """West, south, east, north of each row of a layer, WGS 84 degrees; NaN where there is no outline."""
        return self._wkb(layer)[1]

    def _wkb(self, layer: int) -> tuple[Shapes, NDArray[np.float64]]:
        def make() -> tuple[Shapes, NDArray[np.float64]]:
            if layer == COMMUNE_LAYER:
                column = self.catalogue.read("communes")["geometry"].to_numpy(zero_copy_only=False)
            else:
                column = shapely.to_wkb(layer_of(self.catalogue, layer).geometries)
            return column, shapely.bounds(shapely.from_wkb(column))

        return self.keep(("wkb", layer), make)

    def keep(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """The value of `make`, called once per key."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]  # type: ignore[return-value]

    def _level(self, zoom: int) -> int:
        return zoom if self.is_simplified_at(zoom) else MAX_ZOOM

    @staticmethod
    def _union(shapes: Shapes) -> shapely.Geometry:
        """Union of communes, valid. The fast one needs borders to match: a few real ones do not, and it then fails, or
        leaves slivers that make it invalid."""
        try:
            union = shapely.coverage_union_all(shapes)
        except shapely.GEOSException:
            union = shapely.union_all(shapes)
        return union if union.is_valid else shapely.make_valid(union, method="structure", keep_collapsed=False)


def _valid(shapes: Shapes) -> Shapes:
    """The same shapes, mended where they are not valid: cutting an invalid one by a tile can lose most of it."""
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes
