"""Precise commune outlines: the IRIS of IGN and INSEE (GeoParquet), dissolved by commune."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from app.errors import DataError
from app.ingest.readers.features import polygons_of, read_features
from app.ingest.readers.text_tables import Column
from app.ingest.reference import Reference

COLUMNS = (Column("commune", ("code_insee", "insee_com", "depcom")),)


def read_commune_outlines(path: Path, reference: Reference) -> Mapping[str, BaseGeometry]:
    """INSEE code of today -> outline in WGS 84, lon first, at the full precision of the file.

    IRIS of communes merged since are joined with those of the commune of today.

    Raises:
        DataError: the column of the commune is missing, or a code is no commune of today or before.
    """
    parts: defaultdict[str, list[BaseGeometry]] = defaultdict(list)
    for feature in read_features(path, COLUMNS):
        code = feature.cells["commune"]
        commune = reference.today(code)
        if commune is None:
            if reference.is_known(code):
                continue
            raise DataError(f"{path.name}, feature {feature.number}: {code[:20]!r} is no commune of today or before.")
        parts[commune].append(feature.geometry)
    outlines = {commune: polygons_of(shapely.union_all(pieces)) for commune, pieces in parts.items()}
    return {commune: outline for commune, outline in outlines.items() if outline is not None}
