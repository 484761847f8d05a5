"""The errors of tasks and turns; each message states the expectation and the value.

JinggeError
└── FieldError            anything below
    ├── FieldMissingError   no task, sign-up, turn or exchange of that number (in one's scope)
    ├── FieldValueError     a task, place or time that cannot be
    ├── FieldStateError     a step that the state does not allow
    ├── FieldVersionError   an edit of a row that has changed since it was read
    └── RefusedError        a hard rule says no; carries every rule that does, in words
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grid.errors import JinggeError

if TYPE_CHECKING:
    from data.field.wording import Refusal


class FieldError(JinggeError):
    """Base of what can go wrong with tasks and turns and is not a bug."""


class FieldMissingError(FieldError):
    """No such row, or none in the reader's scope."""


class FieldValueError(FieldError):
    """A value with which no task, turn or check-in can be."""


class FieldStateError(FieldError):
    """A step that the state of a row does not allow."""


class FieldVersionError(FieldError):
    """An edit of a row that somebody else has changed in the meantime."""


class RefusedError(FieldError):
    """A hard rule says no.

    Attributes
    ----------
    refusals : tuple of Refusal
        Every rule that says no, the first one first.
    """

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        self.refusals = refusals
        super().__init__(" ".join(refusal.words("en") for refusal in refusals))
