"""The errors of points; each message states the expectation and the value.

JinggeError
└── PointsError
    ├── KeyReusedError           a business key that stands for something else already
    ├── ShortOfPointsError       an account that would go below zero
    ├── TransferMissingError     no transfer of that key
    ├── NotReversibleError       a transfer that has no counter-entry
    ├── RuleError                a row of the city's table that cannot be
    ├── RuleMissingError         no row of the table of that code
    ├── GiftMissingError, RedemptionMissingError
    ├── OutOfStockError          more than nobody has reserved yet
    ├── MonthlyCapError          more than one person may have a month
    └── RedemptionStateError     a step that a redemption's state does not allow
        └── TwoPersonsError      a hand-over that needs a second person, or somebody else
"""

from __future__ import annotations

from grid.errors import JinggeError


class PointsError(JinggeError):
    """Base of what can go wrong with points and is not a bug."""


class KeyReusedError(PointsError):
    """A business key that stands for something else already."""


class ShortOfPointsError(PointsError):
    """An account that would go below zero."""


class TransferMissingError(PointsError):
    """No transfer of that key."""


class NotReversibleError(PointsError):
    """A transfer that moved nothing, is a counter-entry itself, or belongs to a redemption."""


class RuleError(PointsError):
    """A row of the city's table that cannot be."""


class RuleMissingError(PointsError):
    """No row of the city's table of that code."""


class GiftMissingError(PointsError):
    """No gift of that number."""


class RedemptionMissingError(PointsError):
    """No redemption of that number."""


class OutOfStockError(PointsError):
    """More of a gift than nobody has reserved yet."""


class MonthlyCapError(PointsError):
    """More than one person may have in a month."""


class RedemptionStateError(PointsError):
    """A step that the state of a redemption does not allow."""


class TwoPersonsError(RedemptionStateError):
    """A hand-over that needs a second person, or somebody other than the one who gets the gift."""


class WrongCodeError(RedemptionStateError):
    """Another code than the one that the gift's owner has."""

    def __init__(self, redemption_id: int) -> None:
        super().__init__(
            f"Expected the code of redemption {redemption_id} as its owner shows it, got another."
        )
