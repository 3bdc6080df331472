"""Domain errors. Each carries a stable `code`, a message that says what to do, and knows nothing of HTTP."""

from __future__ import annotations


class ZoningError(Exception):
    """Base of every error this project raises on purpose.

    `code` is stable and public (it ends the problem type URI); `field` names the faulty input, if one is to blame.
    The message never repeats what the caller sent.
    """

    code = "internal"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(ZoningError):
    """The question is malformed: a value out of range, a field that contradicts another, a missing place."""

    code = "invalid-input"


class PlaceNotFound(ZoningError):
    """The question is well formed but no place answers to it."""

    code = "place-not-found"


class PlaceOutsideFrance(PlaceNotFound):
    """The point lies in no territory covered by the catalogue."""

    code = "place-outside-france"


class NotInCatalogue(ZoningError):
    """No zoning, zone, aid, commune or dataset has this id."""

    code = "not-found"


class DataError(ZoningError):
    """A data file is missing, broken, or laid out otherwise than its reader knows. Names file and column."""

    code = "data-error"


class RuleError(ZoningError):
    """A rule file is wrong. The message names file, key and fix."""

    code = "rule-error"


class SettingError(ZoningError):
    """A setting of the environment is out of its bounds. Names the variable."""

    code = "setting-error"


class DownloadError(ZoningError):
    """A download failed; the previous file is untouched."""

    code = "download-error"
