"""The layers of a catalogue as the index wants them: outlines, doubtful bands, and where a commune border matters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.places import ARRONDISSEMENT_CITIES
from app.zones.index import Layer, ZoneIndex
from app.zones.index.store import FORMAT

if TYPE_CHECKING:
    from app.zones.catalogue import Catalogue

COMMUNE_LAYER = 0
AT_ONCE = 1_024
"""Outlines parsed together: their bytes then make room for the next ones instead of staying beside them (14 MB)."""


def layer_of(catalogue: Catalogue, number: int) -> Layer:
    """Layer `number` with its geometry, read from the bundle; rows as in the catalogue. Unsigned (`commune_signature`)."""
    import shapely

    if number == COMMUNE_LAYER:
        table = catalogue.read("communes")
        band_m = np.full(len(catalogue.communes), catalogue.commune_precision_m)
        column = table["geometry"]
        shapes: NDArray[np.object_] = np.concatenate(
            [shapely.from_wkb(column.slice(row, AT_ONCE).to_pylist()) for row in range(0, len(column), AT_ONCE)]
        )  # `to_numpy` brings pandas
        for city in ARRONDISSEMENT_CITIES:  # their arrondissements cover them, and are what lists name
            if city in catalogue.communes.row_of:
                shapes[catalogue.communes.row_of[city]] = None
        return Layer("communes", shapes, band_m)
    layer = catalogue.layers[number]
    table = catalogue.read("outlines")
    key = (layer.vintage.zoning, layer.vintage.id)
    names = zip(table["zoning"].to_pylist(), table["vintage"].to_pylist(), strict=True)  # filters of Arrow bring pandas
    shapes = shapely.from_wkb(
        [wkb for name, wkb in zip(names, table["geometry"].to_pylist(), strict=True) if name == key]
    )
    band_m = np.array([zone.precision_m for zone in layer.zones], np.float64)
    return Layer(f"{layer.vintage.zoning}@{layer.vintage.id}", shapes, band_m)


def indexed_layers(catalogue: Catalogue) -> list[Layer]:
    """The layers of the index: communes, signed, then zones."""
    communes = replace(layer_of(catalogue, COMMUNE_LAYER), signature=commune_signature(catalogue))
    return [communes, *(layer_of(catalogue, number) for number in catalogue.layers)]


def commune_signature(catalogue: Catalogue) -> NDArray[np.int64]:
    """One number per commune: equal when every vintage of every zoning says the same of both communes.

    Zones listed by commune without an outline count too, since their list is looked up by commune. A border between
    equal signatures needs no doubt: whichever side the point is on, the answer is the same.
    """
    columns: list[list[object]] = []
    for key in catalogue.classes:
        columns.append(catalogue.commune_groups(key).group_of_row.tolist())
    for layer in catalogue.layers.values():
        missing = {zone.code for zone in layer.zones if not zone.has_outline}
        columns.append(
            [
                (layer.is_complete_in(catalogue.communes.department_of(row)),
                 tuple(sorted(z.code for z in layer.listed_in(code, catalogue.communes.parent_of(row)) if z.code in missing)))
                for row, code in enumerate(catalogue.communes.codes)
            ]
        )  # fmt: skip
    columns.append([catalogue.communes.department_of(row) for row in range(len(catalogue.communes))])
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(signature, len(numbers)) for signature in zip(*columns, strict=True)], np.int64)


def open_index(catalogue: Catalogue, cache_dir: Path) -> ZoneIndex:
    """Map the index of a catalogue, building it first when the cache does not hold it (seconds; atomic rename)."""
    path = cache_dir / f"zones-{catalogue.data_version}-{FORMAT}.index"
    if not path.is_file():
        from app.zones.index.build import build_index  # brings shapely: only when there is something to build

        path.parent.mkdir(parents=True, exist_ok=True)
        build_index(indexed_layers(catalogue), path)
    return ZoneIndex.open(path)
