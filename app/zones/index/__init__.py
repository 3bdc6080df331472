"""Points to zones: one immutable, memory-mapped file that says which outlines a point touches, exactly."""

from app.zones.index.layer import Hit, Layer, Relation

__all__ = ["Hit", "Layer", "Relation"]
