"""The errors of the store; each message states the expectation and the value.

JinggeError
└── StoreError              anything below
    ├── StoreRefusedError   an address, setting or schema with which the store is not opened
    ├── SchemaError         a schema that is not the one this version works with
    ├── Busy                more writes are waiting than the queue holds
    ├── StoreClosedError    a write after the store was closed
    ├── KeyMissingError     no secret key, or not the one the records were encrypted with
    ├── ScenarioMissingError  no scenario or roster of that number
    ├── RosterStateError    a step that a roster's state does not allow
    └── BackupError         a backup that is not whole, or no place to restore to
"""

from __future__ import annotations

from grid.errors import JinggeError


class StoreError(JinggeError):
    """Base of what can go wrong with the store and is not a bug."""


class StoreRefusedError(StoreError):
    """An address or a setting with which the store is not opened."""


class SchemaError(StoreError):
    """A schema that is not the one this version works with."""


class Busy(StoreError):  # noqa: N818 - it is no fault
    """More writes are waiting than the queue holds: try again later."""


class StoreClosedError(StoreError):
    """A write after the store was closed."""


class KeyMissingError(StoreError):
    """No secret key, or not the one with which the records were encrypted."""


class ScenarioMissingError(StoreError):
    """No scenario or roster of that number."""


class RosterStateError(StoreError):
    """A step that the state of a roster does not allow."""


class BackupError(StoreError):
    """A backup that is not whole, or a place that cannot be restored to."""
