"""Points to zones: one immutable, memory-mapped file that says which outlines a point touches, exactly.

`build.build_index` writes it (shapely, numpy); `ZoneIndex` reads it; `neighbours.Neighbours` measures distances.
"""

from app.zones.index.layer import Hit, Layer, Relation
from app.zones.index.lookup import ZoneIndex

__all__ = ["Hit", "Layer", "Relation", "ZoneIndex"]
