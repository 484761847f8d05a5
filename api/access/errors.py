"""Why somebody is not let in; `api.errors` has the statuses.

JinggeError
└── AccessError
    ├── NotLoggedInError      no session, or one that has ended
    ├── NotAllowedError       a role that does not have the action
    ├── StepDueError          a first password, a code or a second factor comes first
    ├── ForgedRequestError    a request that another site may have made
    └── TooManyTriesError     wrong passwords or codes: wait
"""

from __future__ import annotations

from typing import Literal

from grid.errors import JinggeError

Step = Literal["code", "password", "second_factor"]


class AccessError(JinggeError):
    """Base of what keeps somebody out."""


class NotLoggedInError(AccessError):
    """No session, or one that has ended."""

    def __init__(self) -> None:
        super().__init__("Expected a session: log in first.")


class NotAllowedError(AccessError):
    """A role that does not have the action."""

    def __init__(self, action: str) -> None:
        super().__init__(f"Expected a role that has the action {action}.")


class StepDueError(AccessError):
    """Something that has to be done before anything else."""

    def __init__(self, step: Step) -> None:
        self.step = step
        wanted = {
            "code": "the code of the second factor",
            "password": "a password of one's own in place of the first one",
            "second_factor": "a second factor to be set up",
        }
        super().__init__(f"Expected {wanted[step]} first.")


class ForgedRequestError(AccessError):
    """A request that another site may have made."""


class TooManyTriesError(AccessError):
    """Wrong passwords or codes: wait."""

    def __init__(self, wait_s: int) -> None:
        self.wait_s = max(1, wait_s)
        super().__init__(f"Expected fewer wrong tries: wait {self.wait_s} s.")
