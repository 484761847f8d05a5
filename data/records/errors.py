"""The errors of the records; each message states the expectation and the value.

JinggeError
└── RecordError           anything below
    ├── RecordMissingError  nothing of that name within the scope
    ├── StaleError          the record has changed since it was read
    ├── StepError           a step that the state of a record does not allow
    │   ├── OwnAwardError      an award of one's own, given or taken back
    │   └── TeamNotEmptyError  a team that somebody is still in
    ├── SafetyError         something that the rules of safety forbid
    ├── DuplicateError      what may stand once only stands there already
    └── ValueRefusedError   a value that cannot be kept
"""

from __future__ import annotations

from grid.errors import JinggeError


class RecordError(JinggeError):
    """Base of what can go wrong with the records and is not a bug."""


class RecordMissingError(RecordError):
    """Nothing of that name within the scope; whether there is one outside is not told."""

    def __init__(self, kind: str, given: object) -> None:
        super().__init__(f"Expected the code of a {kind} within your scope, got {given!r:.80}.")


class StaleError(RecordError):
    """The record has changed since it was read."""


class StepError(RecordError):
    """A step that the state of a record does not allow."""


class OwnAwardError(StepError):
    """An award that somebody would give to themselves, or take back from themselves."""


class TeamNotEmptyError(StepError):
    """A team that is to be dissolved while somebody is still in it."""


class SafetyError(RecordError):
    """Something that the rules of safety forbid: under age, uninsured, untrained, hazardous."""


class DuplicateError(RecordError):
    """What may stand once only stands there already."""


class ValueRefusedError(RecordError):
    """A value that cannot be kept."""
