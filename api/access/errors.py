"""Why somebody is not let in; `api.errors` has the statuses.

JinggeError
└── AccessError
    ├── NotLoggedInError      no session, or one that has ended
    ├── WrongLoginError       a wrong name, password or code: which is not told
    ├── SignOnError           what the bureau's own sign-on said cannot be used
    ├── SignOnOffError        there is no sign-on of the bureau
    ├── NotAllowedError       a role that does not have the action
    ├── FieldsNotAllowedError fields of a file that a role may not see or change
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


class WrongLoginError(AccessError):
    """A wrong name, password or code: which of them is not told."""

    def __init__(self) -> None:
        super().__init__("Expected a log-in name with its password and code, got others.")


class SignOnError(AccessError):
    """What the bureau's own sign-on said cannot be used, or opens no account."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Expected an answer of the sign-on that opens an account: {reason}.")


class SignOnOffError(AccessError):
    """There is no sign-on of the bureau."""

    def __init__(self) -> None:
        super().__init__("Expected JINGGE_OIDC_ISSUER to be set: there is no sign-on here.")


class NotAllowedError(AccessError):
    """A role that does not have the action."""

    def __init__(self, action: str) -> None:
        super().__init__(f"Expected a role that has the action {action}.")


class FieldsNotAllowedError(AccessError):
    """Fields of a member's file that none of one's roles may see, open or change."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(f"Expected fields that your role may use so, got {', '.join(fields)}.")


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
