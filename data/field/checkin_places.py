"""Whether somebody is at their post: by the phone's position, or by the code that hangs there.

A position is bad by nature, so its own accuracy widens the fence, up to a cap: a phone that says it
may be anywhere proves nothing. What is kept of it is the cell. A post's QR code holds a word that
is signed and changes every five minutes; it is taken for the one before as well.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from data.field.errors import RefusedError
from data.field.wording import Refusal
from data.store.tables.ground import GroundCell
from grid.cells import cells_at
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.duty_turns import DutyTurn
    from data.field.limits import Limits
    from data.store.keys import Keys

WINDOW_S: Final = 300
"""How long a word of a QR code is the newest one."""
_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Position:
    """Where a phone says it is; ``accuracy_m`` is its own 68 % radius, metres."""

    lat: float
    lng: float
    accuracy_m: float

    def cell(self, resolution: int) -> int:
        """Give the cell of the position: all that is kept of it."""
        return int(cells_at([self.lat], [self.lng], resolution)[0])


def require_there(
    session: Session, turn: DutyTurn, position: Position | None, limits: Limits
) -> None:
    """Refuse a check-in from elsewhere.

    Raises
    ------
    RefusedError
        ``bad_position`` or ``wrong_place``, with the distance and what is allowed.
    """
    if position is None:
        raise RefusedError((Refusal("bad_position"),))
    away = float(great_circle_m(position.lat, position.lng, turn.lat, turn.lng))
    allowed = limits.radius_m + min(max(position.accuracy_m, 0.0), limits.accuracy_cap_m)
    if away <= allowed or (turn.is_beat_wide and _in_beat(session, turn, position, limits)):
        return
    values = {"distance_m": round(away), "limit_m": round(allowed)}
    raise RefusedError((Refusal("wrong_place", values),))


def post_word(keys: Keys, post: str, now: datetime) -> str:
    """Give the word that the QR code of a post holds now."""
    return _word(keys, post, int(now.timestamp()) // WINDOW_S)


def require_word(keys: Keys, post: str, word: str, now: datetime) -> None:
    """Refuse a word that is not the post's, or one that is too old.

    Raises
    ------
    RefusedError
        ``bad_code``.
    """
    window = int(now.timestamp()) // WINDOW_S
    given = word.strip().upper()
    if not any(
        hmac.compare_digest(given, _word(keys, post, number)) for number in (window, window - 1)
    ):
        raise RefusedError((Refusal("bad_code"),))


def _word(keys: Keys, post: str, window: int) -> str:
    digest = keys.blind(f"{post}\0{window}", "post.word")
    return base64.b32encode(digest).decode()[:_LETTERS]


def _in_beat(session: Session, turn: DutyTurn, position: Position, limits: Limits) -> bool:
    cell = position.cell(limits.cell_resolution)
    owner = session.scalar(select(GroundCell.beat_id).where(GroundCell.cell == cell))
    return owner is not None and owner == turn.beat_id
