"""The errors of tips; each message states the expectation and the value.

JinggeError
└── TipError
    ├── TipMissingError      no tip of that code within the scope
    ├── TipTextError         words, a place or a category that are not taken
    ├── PhotoError           a picture that is not taken
    │   └── PhotoSizeError   one that is too large
    ├── TooManyTipsError     more than one author may hand in in that time
    ├── TipKeyReusedError    a key that stands for another tip
    ├── TipStateError        a step that the state of a tip does not allow
    │   └── ClaimError       somebody else's claim, or one that has run out
    └── OwnTipError          a step that nobody takes with a tip of their own
"""

from __future__ import annotations

from grid.errors import JinggeError


class TipError(JinggeError):
    """Base of what can go wrong with tips and is not a bug."""


class TipMissingError(TipError):
    """No tip of that code within the scope; whether there is one outside is not told."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Expected the code of a tip within your scope, got {code!r:.40}.")


class TipTextError(TipError):
    """Words, a place or a category that are not taken."""


class PhotoError(TipError):
    """A picture that is not taken."""


class PhotoSizeError(PhotoError):
    """A picture that is too large."""


class TooManyTipsError(TipError):
    """More than one author may hand in in that time."""

    def __init__(self, limit: int, period: str, wait_s: int) -> None:
        self.wait_s = max(1, wait_s)
        super().__init__(
            f"Expected at most {limit} tips {period}, got one more: wait {self.wait_s} s."
        )


class TipKeyReusedError(TipError):
    """A key that stands for another tip."""


class TipStateError(TipError):
    """A step that the state of a tip does not allow."""


class ClaimError(TipStateError):
    """Somebody else's claim, or one that has run out."""


class OwnTipError(TipError):
    """A step that nobody takes with a tip of their own."""
