"""The errors of accounts.

JinggeError
└── AccountError                anything below
    ├── AccountMissingError     no account of that number or log-in name
    ├── SessionMissingError     no session of that name, or one that has ended
    ├── LoginTakenError         a log-in name, or a person, that has an account already
    ├── IdentityTakenError      an identity of the sign-on that opens another account
    ├── GrantError              a role with a jurisdiction that it cannot have
    ├── LastAdministratorError  what would leave nobody who can make accounts
    └── SecondFactorError       a step of the second factor that is not due
"""

from __future__ import annotations

from grid.errors import JinggeError


class AccountError(JinggeError):
    """Base of what can go wrong with accounts and is not a bug."""


class AccountMissingError(AccountError):
    """No account of that number or log-in name."""


class LoginTakenError(AccountError):
    """A log-in name, or a person, that has an account already."""


class IdentityTakenError(AccountError):
    """An identity of the sign-on that opens another account."""

    def __init__(self) -> None:
        super().__init__("Expected a subject that opens no other account.")


class GrantError(AccountError):
    """A role with a jurisdiction that it cannot have."""


class SecondFactorError(AccountError):
    """A step of the second factor that is not due."""


class LastAdministratorError(AccountError):
    """What would leave nobody who can make accounts."""

    def __init__(self) -> None:
        super().__init__("Expected another administrator who is active, got the last one.")


class SessionMissingError(AccountError):
    """No session of that name, or one that has ended."""

    def __init__(self) -> None:
        super().__init__("Expected the handle of a session of one's own that has not ended.")
