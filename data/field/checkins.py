"""Check-in and check-out: one row a turn, by place, by the post's code or by an officer's word.

The server's clock counts. What a phone kept while it had no network comes with the phone's time,
is taken within limits and marked; it also undoes a no-show that was noted meanwhile. An officer
may confirm afterwards, from when on somebody was there. Checking out makes the service record and,
for volunteers, the points, in the same transaction and once (`data.field.served`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import bindparam, select

from data.field.checkin_places import Position, require_there, require_word
from data.field.dropouts import forget_no_show
from data.field.eligibility_facts import lock_people
from data.field.errors import FieldStateError, RefusedError
from data.field.lone import follow
from data.field.served import confirm_service, write_service
from data.field.wording import Refusal
from data.points.ledger import points_of_keys
from data.store.tables.checkins import CheckIn
from data.store.tables.service import ServiceRecord

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.duty_turns import DutyTurn
    from data.field.limits import Limits
    from data.store.keys import Keys

_ONE = (
    select(CheckIn)
    .where(CheckIn.source == bindparam("source"))
    .execution_options(populate_existing=True)
)
_BY_SOURCE = select(CheckIn).where(CheckIn.source.in_(bindparam("sources", expanding=True)))
LATE_S = 120
"""An entry that is older than this was waiting for a network."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody shows that they are there.

    Attributes
    ----------
    means : str
        ``geofence``, ``qr`` or ``officer``.
    position : Position or None
    word : str
        Of the post's QR code.
    witness : int or None
        The officer's own personal record: nobody confirms their own arrival.
    """

    means: Literal["geofence", "qr", "officer"]
    position: Position | None = None
    word: str = ""
    witness: int | None = None


@dataclass(frozen=True, slots=True)
class CheckInView:
    """A turn as it was kept."""

    check_in_id: int
    source: str
    state: str
    in_at: datetime | None
    in_means: str | None
    in_is_offline: bool
    out_at: datetime | None
    minutes: int
    points: int


def check_in(
    session: Session,
    keys: Keys,
    turn: DutyTurn,
    proof: Proof,
    limits: Limits,
    *,
    by: str,
    now: datetime,
    claimed_at: datetime | None = None,
) -> CheckInView:
    """Keep that somebody has come; the same again changes nothing.

    Parameters
    ----------
    claimed_at : datetime, optional
        When the phone kept the entry, or from when on the officer saw them there.

    Raises
    ------
    RefusedError
        Too early, too late, not there, or an officer's own.
    FieldStateError
        After a check-out; after a no-show unless a phone was offline or an officer says so.
    """
    _require_other(turn, proof)
    at, is_offline = _moment(claimed_at, proof, now, limits)
    row = _locked(session, turn)
    if row is not None and row.state == "in":
        return _view(session, row)
    may_undo = is_offline or proof.means == "officer"
    if row is not None and not (row.state == "no_show" and may_undo):
        raise FieldStateError(f"Expected a turn that goes on, got one that is {row.state}.")
    _require_time(turn, at, limits)
    if proof.means == "geofence":
        require_there(session, turn, proof.position, limits)
    elif proof.means == "qr":
        require_word(keys, turn.post, proof.word, at)
    if row is None:
        row = new_row(turn, now)
        session.add(row)
    elif turn.scenario_id is not None and turn.shift is not None:
        forget_no_show(session, turn.scenario_id, turn.person_id, turn.shift)
    row.state, row.in_at, row.in_means, row.in_is_offline = "in", at, proof.means, is_offline
    row.in_recorded_at, row.in_recorded_by = now, by
    if proof.position is not None:
        row.in_cell = proof.position.cell(limits.cell_resolution)
        row.in_accuracy_m = proof.position.accuracy_m
    session.flush()
    follow(session, row, limits, now)
    return _view(session, row)


def check_out(
    session: Session,
    keys: Keys,
    turn: DutyTurn,
    proof: Proof,
    limits: Limits,
    *,
    by: str,
    now: datetime,
    claimed_at: datetime | None = None,
) -> CheckInView:
    """Keep that somebody leaves: the service record and the points follow; again changes nothing.

    Who leaves need not be at the post: they may have been called away. Minutes count within the
    turn's own time.

    Raises
    ------
    FieldStateError
        Where nobody has checked in.
    RefusedError
        For an entry that is too old, or an officer's own.
    """
    _require_other(turn, proof)
    at, is_offline = _moment(claimed_at, proof, now, limits)
    row = _locked(session, turn)
    if row is None or row.in_at is None:
        raise FieldStateError("Expected a turn with a check-in, got one without.")
    # Whoever forgot to check out was checked out by the clock, without a means: an officer's word
    # or a phone that had no network says better.
    may_correct = row.out_means is None and (is_offline or proof.means == "officer")
    if row.state == "out" and not may_correct:
        return _view(session, row)
    row.state, row.out_at = "out", max(at, row.in_at)
    row.out_means, row.out_is_offline = proof.means, is_offline
    row.out_recorded_at, row.out_recorded_by = now, by
    if proof.position is not None:
        row.out_cell = proof.position.cell(limits.cell_resolution)
        row.out_accuracy_m = proof.position.accuracy_m
    session.flush()
    write_service(session, row, by=by, now=now)
    confirm_service(session, keys, turn, by=by, now=now)
    follow(session, row, limits, now)
    return _view(session, row)


def find_check_in(session: Session, turn: DutyTurn) -> CheckInView | None:
    """Read how a turn was kept; None where nobody has come yet."""
    row = session.scalars(select(CheckIn).where(CheckIn.source == turn.source)).one_or_none()
    return None if row is None else _view(session, row)


def check_ins_of(session: Session, sources: Iterable[str]) -> dict[str, CheckInView]:
    """Read how turns were kept, by their business keys; nothing of those to which nobody came."""
    wanted = list(sources)
    rows = session.scalars(_BY_SOURCE, {"sources": wanted}) if wanted else ()
    return {row.source: _view(session, row) for row in rows}


def new_row(turn: DutyTurn, now: datetime) -> CheckIn:
    """Give the row of a turn that nobody has come to yet."""
    return CheckIn(
        source=turn.source,
        kind=turn.kind,
        state="no_show",
        person_id=turn.person_id,
        signup_id=turn.signup_id,
        task_id=turn.task_id,
        scenario_id=turn.scenario_id,
        role=turn.role,
        beat_id=turn.beat_id,
        station_id=turn.station_id,
        starts_at=turn.starts_at,
        ends_at=turn.ends_at,
        in_is_offline=False,
        out_is_offline=False,
        created_at=now,
    )


def _moment(
    claimed: datetime | None, proof: Proof, now: datetime, limits: Limits
) -> tuple[datetime, bool]:
    """Give the time that counts, and whether it is that of a phone without a network."""
    if claimed is None or (now - claimed).total_seconds() <= LATE_S:
        return now, False
    if now - claimed > timedelta(hours=limits.offline_hours):
        raise RefusedError((Refusal("offline_too_old", {"hours": limits.offline_hours}),))
    return claimed, proof.means != "officer"


def _require_time(turn: DutyTurn, at: datetime, limits: Limits) -> None:
    opens = turn.starts_at - timedelta(minutes=limits.early_min)
    if at < opens:
        raise RefusedError((Refusal("too_early", {"opens": limits.words(opens)}),))
    if at >= turn.ends_at:
        raise RefusedError((Refusal("too_late", {"closed": limits.words(turn.ends_at)}),))


def _require_other(turn: DutyTurn, proof: Proof) -> None:
    if proof.means == "officer" and proof.witness == turn.person_id:
        raise RefusedError((Refusal("own_confirmation"),))


def _locked(session: Session, turn: DutyTurn) -> CheckIn | None:
    """Read the turn's row behind the person's lock, so that two phones make one row."""
    lock_people(session, [turn.person_id])
    return session.scalars(_ONE, {"source": turn.source}).one_or_none()


def _view(session: Session, row: CheckIn) -> CheckInView:
    served, points = None, 0
    if row.state != "in":  # what is served and earned is known at the end
        minutes = select(ServiceRecord.minutes).where(ServiceRecord.source == row.source)
        served = session.scalar(minutes)
        points = points_of_keys(session, f"service:{row.source}", f"event:{row.source}")
    return CheckInView(
        check_in_id=row.id,
        source=row.source,
        state=row.state,
        in_at=row.in_at,
        in_means=row.in_means,
        in_is_offline=row.in_is_offline,
        out_at=row.out_at,
        minutes=served or 0,
        points=points,
    )
