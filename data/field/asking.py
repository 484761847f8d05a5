"""Ask people for their word on turns of the roster that begin soon, once each, by day.

The notice leads to the turn's own page, where yes and no are one tap each. Whoever has said either
is not asked, and what still waits to be sent is called off when they do (`my_shifts`).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, and_, cast, exists, literal, select

from data.field.limits import limits_of
from data.field.my_shifts import ASKED
from data.field.roster_turns import RosterTurn, find_turns
from data.notices.telling import tell
from data.store.tables.accounts import Account
from data.store.tables.outbox import OutboxNotice
from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.turns import ShiftReply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from data.store.engine import Store

AHEAD: Final = timedelta(days=3)
"""So long before a turn its owner is asked: time enough to find somebody else."""
FIRST_HOUR, LAST_HOUR = 8, 20
"""Local hours between which people are asked; nobody is woken for this."""
BATCH: Final = 20
"""Most turns of one transaction: others write between."""
MOST: Final = 400
"""Most turns of one look: lone people's timers must not wait for this."""


def ask_for_words(store: Store, now: datetime) -> int:
    """Ask whoever has not said whether they come, the next turns first; return how many were.

    As many as `MOST`: there may be more, to be asked at the next look.
    """
    with store.read() as session:
        limits = limits_of(session)
        if not FIRST_HOUR <= limits.local(now).hour < LAST_HOUR:
            return 0
        turns = unasked(session, now)[:MOST]
    asked = 0
    for start in range(0, len(turns), BATCH):
        some = turns[start : start + BATCH]
        asked += store.submit(partial(ask, turns=some, limits=limits, now=now))
    return asked


def unasked(session: Session, now: datetime) -> list[RosterTurn]:
    """List the turns that begin soon, whose people can be told and were not, and said nothing."""
    mine = ScenarioPerson.person_id
    said = exists().where(
        ShiftReply.scenario_id == ScenarioPerson.scenario_id,
        ShiftReply.person_id == mine,
        ShiftReply.shift == ScenarioShift.position,
    )
    return find_turns(
        session,
        ScenarioShift.starts_at > now,
        ScenarioShift.starts_at <= now + AHEAD,
        exists().where(and_(Account.person_id == mine, Account.state == "active")),
        ~said,
        ~exists().where(OutboxNotice.event_id == _event_id()),
    )


def ask(session: Session, turns: Sequence[RosterTurn], limits: Limits, now: datetime) -> int:
    """Tell the people of some turns; return how many. Who has said a word meanwhile is not told."""
    people = {turn.person_id for turn in turns}
    replies = select(ShiftReply.scenario_id, ShiftReply.person_id, ShiftReply.shift)
    said = {tuple(row) for row in session.execute(replies.where(ShiftReply.person_id.in_(people)))}
    silent = [one for one in turns if (one.scenario_id, one.person_id, one.shift) not in said]
    for (scenario, shift, _), group in groupby(sorted(silent, key=_place), _place):
        alike = list(group)
        values = {
            "when": limits.words(alike[0].starts_at),
            "place": alike[0].beat_name or alike[0].beat_code,
            "scenario_id": scenario,
            "shift": shift,
        }
        tell(
            session,
            ASKED,
            f"{scenario}:{shift}",
            [one.person_id for one in alike if one.person_id is not None],
            values,
            now=now,
            expires_at=alike[0].starts_at,
        )
    return len(silent)


def _place(turn: RosterTurn) -> tuple[int, str, str]:
    return turn.scenario_id, turn.shift_code, turn.beat_code


def _event_id() -> ColumnElement[str]:
    """Give the event id that `tell` makes of a turn and its person, in SQL."""
    parts = (
        literal(f"{ASKED}:"),
        cast(ScenarioPerson.scenario_id, Text),
        literal(":"),
        ScenarioShift.code,
        literal(":"),
        cast(ScenarioPerson.person_id, Text),
    )
    first, *others = parts
    whole: ColumnElement[str] = first
    for one in others:
        whole = whole.concat(one)
    return whole
