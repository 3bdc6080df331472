"""The reasons that gather while one rule is judged, and the status they make."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.aids.models import Reason, Status


@dataclass(slots=True)
class Verdict:
    """Reasons gathered in the order of evaluation, and the status the first decisive step gave."""

    reasons: list[Reason] = field(default_factory=list)
    missing: dict[str, None] = field(default_factory=dict)
    excluded_by: dict[str, None] = field(default_factory=dict)
    decided: Status | None = None

    def fail(self, code: str, text: str, status: Status = Status.NOT_AVAILABLE, facts: tuple[str, ...] = ()) -> None:
        self.reasons.append(Reason(code, text, False, facts))
        self.decided = self.decided or status

    def doubt(self, code: str, text: str, facts: tuple[str, ...] = ()) -> None:
        self.reasons.append(Reason(code, text, None, facts))
        self.missing.update(dict.fromkeys(facts))

    def status(self) -> Status:
        if self.decided is not None:
            return self.decided
        return Status.TO_CHECK if self.reasons else Status.AVAILABLE
