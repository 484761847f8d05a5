"""What can go wrong with plans and their jobs, and is no bug.

JinggeError
└── PlanningError
    ├── JobMissingError    no job of that number
    ├── RiskMissingError   no risk surface of that number
    ├── JobStateError      a step that a job's state does not allow
    ├── LeaseLostError     a job that somebody else has taken over, or nobody has any more
    ├── WeekError          an edit of shifts, demand or pins that does not fit what is there
    ├── EditError          a change of a draft by hand that does not fit it, or breaks a rule
    ├── OutsideScopeError  a person, beat or shift that is not there, or not theirs
    └── NothingToPlanError no shifts or no demand in the days that were asked for
"""

from __future__ import annotations

from grid.errors import JinggeError


class PlanningError(JinggeError):
    """Base of what can go wrong with plans."""


class JobMissingError(PlanningError):
    """No job of that number."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"Expected the number of a job, got {job_id}.")


class RiskMissingError(PlanningError):
    """No risk surface of that number."""

    def __init__(self, surface_id: int) -> None:
        super().__init__(f"Expected the number of a risk surface, got {surface_id}.")


class JobStateError(PlanningError):
    """A step that the state of a job does not allow."""


class LeaseLostError(PlanningError):
    """A job that is not this worker's any more."""


class NothingToPlanError(PlanningError):
    """No shifts or no demand in the days that were asked for."""


class OutsideScopeError(PlanningError):
    """A person, beat or shift that is not there, or not theirs."""

    def __init__(self, kind: str, code: str) -> None:
        super().__init__(f"Expected the code of a {kind} of your jurisdiction, got {code[:80]!r}.")


class WeekError(PlanningError):
    """An edit of shifts, demand or pins that does not fit what is there."""


class EditError(PlanningError):
    """A change of a draft by hand that does not fit it, or breaks a rule."""
