"""A part of the benchmark cannot run here: a peer is not installed, or what it measures does not exist yet."""


class Unavailable(Exception):
    """Says what is missing and the command that installs it."""
