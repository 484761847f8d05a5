"""How many text messages go out in a day: each costs the bureau money, and a member patience.

Whoever is over the cap has the notice in the inbox, and by push. Urgent ones (help is called for,
somebody is alone) are sent all the same, and count.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

DAY: Final = timedelta(days=1)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TextCaps:
    """Text messages in 24 hours: to one member, and to all together."""

    member: int = 6
    city: int = 5_000


@dataclass(slots=True)
class TextsOfDay:
    """What was sent in the last 24 hours, counted on while more is written.

    Attributes
    ----------
    sent : Counter
        Account → how many.
    held_back : int
        How many were not sent for the caps since it was read.
    """

    caps: TextCaps
    sent: Counter[int]
    held_back: int = 0

    @classmethod
    def read(cls, session: Session, caps: TextCaps, now: datetime) -> TextsOfDay:
        """Count what was written in the last 24 hours."""
        count = (
            select(OutboxNotice.account_id, func.count())
            .where(
                OutboxNotice.channel == "message",
                OutboxNotice.target == "sms",
                OutboxNotice.created_at > now - DAY,
            )
            .group_by(OutboxNotice.account_id)
        )
        found = session.execute(count).all()
        return cls(caps, Counter({account or 0: number for account, number in found}))

    def take(self, account: int, *, urgent: bool) -> bool:
        """Return whether one more may go to an account, and count it."""
        is_over = self.sent[account] >= self.caps.member or self.sent.total() >= self.caps.city
        if is_over and not urgent:
            self.held_back += 1
            return False
        self.sent[account] += 1
        return True

    def tell(self) -> None:
        """Say in the log how many were held back."""
        if self.held_back:
            _LOG.warning("%d text messages were held back: a day's cap.", self.held_back)
