"""The errors of notices; each message states the expectation and the value.

JinggeError
└── NoticeError
    ├── TargetError         a configured address that is not allowed
    ├── SubscriptionError   a browser's push address that is not allowed
    ├── AddressError        what is no mail address, or no way that this server has
    │   └── CodeError       a code that is not the one that was sent
    ├── TooManyCodesError   more codes than an account may ask for in that time
    └── NoticeMissingError  no notice of that number in one's inbox
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.errors import JinggeError

if TYPE_CHECKING:
    from datetime import timedelta


class NoticeError(JinggeError):
    """Base of what can go wrong with notices and is not a bug."""


class TargetError(NoticeError):
    """A configured address that is not allowed."""


class SubscriptionError(NoticeError):
    """A browser's push address that is not allowed."""


class AddressError(NoticeError):
    """What is no mail address of one mailbox, or no way that this server has; never tells it."""

    def __init__(self, expected: str = "a mail address such as name@example.cn") -> None:
        super().__init__(f"Expected {expected}, got something else.")


class CodeError(AddressError):
    """A code that is not the one that was sent, has run out, or was tried too often."""

    def __init__(self) -> None:
        super().__init__("the code that was sent last, within 15 minutes and five tries")


class TooManyCodesError(NoticeError):
    """More codes than an account may ask for in that time."""

    def __init__(self, wait: timedelta) -> None:
        self.wait_s = max(1, round(wait.total_seconds()))
        super().__init__(f"Expected no further code so soon, got one more: wait {self.wait_s} s.")


class NoticeMissingError(NoticeError):
    """No notice of that number in one's inbox."""
