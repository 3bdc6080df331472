"""TileJSON 3: what a set of tiles holds and where it is served."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from app.zones.catalogue import Catalogue

if TYPE_CHECKING:
    from app.tiles.tilesets import TileSet

FRANCE_BOUNDS = (-61.9, -21.5, 55.9, 51.2)
"""West, south, east, north, WGS 84 degrees: the mainland, Corsica and the five overseas departments."""
_CENTRE = (2.5, 46.6, 5)


def tilejson(tileset: TileSet, catalogue: Catalogue, tiles_url: str) -> dict[str, object]:
    """The document of one set; `tiles_url` is the template of its tiles.

    `version` names the data after the `+`, as semantic versions allow; `attribution` is HTML, as front ends expect, with
    everything that comes from data escaped.
    """
    return {
        "tilejson": "3.0.0",
        "name": tileset.name,
        "description": tileset.title,
        "version": f"1.0.0+{catalogue.data_version}",
        "attribution": " | ".join(escape(text) for text in credits_of(tileset, catalogue)),
        "scheme": "xyz",
        "tiles": [tiles_url],
        "minzoom": tileset.min_zoom,
        "maxzoom": tileset.max_zoom,
        "bounds": list(FRANCE_BOUNDS),
        "center": list(_CENTRE),
        "vector_layers": vector_layers(tileset),
    }


def vector_layers(tileset: TileSet) -> list[dict[str, object]]:
    """Layers and fields, as TileJSON and the metadata of an archive describe them."""
    return [
        {"id": name, "fields": fields, "minzoom": tileset.min_zoom, "maxzoom": tileset.max_zoom}
        for name, fields in tileset.fields.items()
    ]


def credits_of(tileset: TileSet, catalogue: Catalogue) -> list[str]:
    """Who is to be named: the producer of the outlines, then those of the zoning's lists."""
    named = [f"{dataset.producer} ({dataset.licence})" for dataset in catalogue.datasets if dataset.kind == "communes"]
    for (key, _), vintage in catalogue.vintages.items():
        source = vintage.source
        if key == tileset.name and source.producer:
            named.append(source.producer if source.licence is None else f"{source.producer} ({source.licence})")
    return list(dict.fromkeys(named))
