"""Zonage Santé: which zones a place in France is in on a given day, and which aids it opens, for how much and why."""

__version__ = "0.1.0"
