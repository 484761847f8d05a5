"""The errors of accounts.

JinggeError
└── AccountError              anything below
    ├── AccountMissingError   no account of that number or log-in name
    ├── LoginTakenError       a log-in name, or a person, that has an account already
    ├── GrantError            a role with a jurisdiction that it cannot have
    └── SecondFactorError     a step of the second factor that is not due
"""

from __future__ import annotations

from grid.errors import JinggeError


class AccountError(JinggeError):
    """Base of what can go wrong with accounts and is not a bug."""


class AccountMissingError(AccountError):
    """No account of that number or log-in name."""


class LoginTakenError(AccountError):
    """A log-in name, or a person, that has an account already."""


class GrantError(AccountError):
    """A role with a jurisdiction that it cannot have."""


class SecondFactorError(AccountError):
    """A step of the second factor that is not due."""
