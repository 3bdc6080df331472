"""The vintages of commune classes that the files of a build give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from app.ingest.content import Vintage
from app.ingest.files import Files
from app.ingest.frr import frr_vintages
from app.ingest.lists import class_rows
from app.ingest.readers.class_lists import CLASS_LAYOUTS, ClassLayout, read_class_list, stated_on
from app.ingest.readers.text_tables import TextTable, read_text_table
from app.ingest.readers.zones import read_zone_classes
from app.ingest.reference import Reference
from app.ingest.sources import DatasetSpec, VintageSpec

_QPV_OF_DOCTORS = "qpv-2024"


def vintage_of(dataset: DatasetSpec, spec: VintageSpec) -> Vintage:
    """A vintage as data/sources.yaml describes it, without its rows."""
    return Vintage(
        zoning=spec.zoning,
        id=spec.id,
        valid_from=spec.valid_from,
        valid_to=spec.valid_to,
        published_on=spec.published_on,
        observed_on=spec.observed_on,
        confidence=spec.confidence,
        source=dataset.source,
        caveats=spec.caveats,
        departments=spec.departments,
    )


def _start(spec: VintageSpec, reference: Reference) -> Callable[[str], date | None]:
    return lambda insee_code: spec.valid_from_by_region.get(reference.region(insee_code) or "")


def _list_vintages(
    dataset: DatasetSpec, spec: VintageSpec, layout: ClassLayout, table: TextTable, reference: Reference
) -> list[Vintage]:
    part = next(part for part in layout.classes if part.list_id == (spec.list or spec.zoning))
    state = stated_on(table.titles[part.column.id])
    if state is not None and state != spec.published_on:  # another list of the same producer, in the same layout
        own_id = f"{spec.zoning}-{state:%Y-%m}"
        spec = spec.model_copy(update={"id": own_id, "published_on": state, "observed_on": state})
    rows = class_rows(read_class_list(table, layout, part, spec.generation), reference, _start(spec, reference))
    starts = [row.valid_from for row in rows if row.valid_from is not None]
    whole = replace(vintage_of(dataset, spec), classes=rows, valid_from=min([spec.valid_from, *starts]))
    return frr_vintages(whole) if spec.zoning == "frr" else [whole]


def class_vintages(files: Files, reference: Reference) -> list[Vintage]:
    """Every list of commune classes among the files, and the classes given to single zones.

    Raises:
        DataError: a recognised file has another layout, a class outside the spelling table, or an unknown code.
    """
    vintages: list[Vintage] = []
    for layout in CLASS_LAYOUTS.values():
        dataset = files.sources.by_reader(layout.id)
        path = files.one(layout.id)
        if path is not None:
            table = read_text_table(path, layout.columns, layout.sheet)
            for spec in dataset.vintages:
                vintages.extend(_list_vintages(dataset, spec, layout, table, reference))
    path = files.one("doctors-qpv")
    if path is not None:
        dataset = files.sources.by_reader("doctors-qpv")
        (spec,) = dataset.vintages
        rows = read_zone_classes(path, spec.zoning, _QPV_OF_DOCTORS)
        vintages.append(replace(vintage_of(dataset, spec), zone_classes=rows))
    return vintages
