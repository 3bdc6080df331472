"""What geography says of a place before any list is read: the communes and the zones it is in, or may be in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app.zones.models import Basis, Reason, State


class Knowledge(NamedTuple):
    """How a place is known: by a point or by its commune alone; its commune by outlines or by a code; how finely."""

    basis: Basis
    has_point: bool
    coarse: bool = False


POINT = Knowledge(Basis.OUTLINE, True)
DOOR = Knowledge(Basis.INSEE_CODE, True)
STREET = Knowledge(Basis.INSEE_CODE, True, coarse=True)
COMMUNE = Knowledge(Basis.INSEE_CODE, False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What geography says of a place, hashable.

    `codes` are the INSEE codes it may lie in, likeliest first (one when the code is known, several when a point is within
    the outlines' tolerance of a border or an address names several places); empty, `lost` says why. `zone_codes` are
    the communes whose lists of zones count: those of the point where there is one. `inside` and `near` are (layer, row)
    of zones that surely hold the place, and of those that may; `ruled_out` are codes of zones without outline that its
    position excludes. `has_point` is False when only communes are known; `coarse` when the place is a street or a locality.
    """

    codes: tuple[str, ...]
    basis: Basis
    has_point: bool
    zone_codes: tuple[str, ...]
    coarse: bool = False
    lost: Reason | None = None
    inside: tuple[tuple[int, int], ...] = ()
    near: tuple[tuple[int, int], ...] = ()
    ruled_out: frozenset[str] = frozenset()

    @classmethod
    def of_candidates(cls, codes: tuple[str, ...]) -> Evidence:
        """An address that names several places: their communes, likeliest first; none of the points is the place."""
        return cls(codes, Basis.INSEE_CODE, False, codes)

    @classmethod
    def of_communes(cls, codes: tuple[str, ...], known: Knowledge = POINT) -> Evidence:
        """A place in the first of these communes, or near its border with the others, and in or near no zone."""
        return cls(codes, known.basis, known.has_point, codes, known.coarse)

    @property
    def known(self) -> Knowledge:
        return Knowledge(self.basis, self.has_point, self.coarse)

    @property
    def is_ambiguous(self) -> bool:
        """Whether the place is one of several communes, and no point says which."""
        return not self.has_point and len(self.codes) > 1

    @property
    def doubt(self) -> tuple[State, Reason]:
        """How an undecided outline reads for this place: a point is near the border, anything wider is too coarse."""
        if self.has_point and not self.coarse:
            return State.NEAR_BORDER, Reason.NEAR_BORDER
        return State.UNKNOWN, Reason.PLACE_TOO_COARSE
