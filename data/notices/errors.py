"""The errors of notices; each message states the expectation and the value.

JinggeError
└── NoticeError
    ├── TargetError         a configured address that is not allowed
    ├── SubscriptionError   a browser's push address that is not allowed
    └── NoticeMissingError  no notice of that number in one's inbox
"""

from __future__ import annotations

from grid.errors import JinggeError


class NoticeError(JinggeError):
    """Base of what can go wrong with notices and is not a bug."""


class TargetError(NoticeError):
    """A configured address that is not allowed."""


class SubscriptionError(NoticeError):
    """A browser's push address that is not allowed."""


class NoticeMissingError(NoticeError):
    """No notice of that number in one's inbox."""
