"""Alerts by the clock: one step in one transaction, of which `dispatch.alerts_step` is the mind.

Whoever runs it needs no memory of its own: everything is in the tables. Two that run at once meet
at the alert's lock, and the second one finds nothing to do.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import bindparam, select

from data.field.alerts_calls import call, callable_people, calls_of, stand_down
from data.field.alerts_values import Wanted, alert_of, alert_query
from data.store.tables.alerts import Alert, AlertCall
from dispatch.alerts import AlertState, CallState, Duty
from dispatch.alerts_response import ResponseModel
from dispatch.alerts_step import (
    Call,
    Candidates,
    OpenAlert,
    Step,
    advance,
    is_any_of_use,
    reach_min,
    wants_wave,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.alerts_calls import Reachable
    from data.field.alerts_values import AlertView, CallView, Finder
    from data.field.limits import Limits

OBSERVERS: Final = 2
"""How many volunteers are asked to observe where observers are wanted."""

FAR_FUTURE: Final = timedelta(days=3650)
_ALERT: Final = alert_query().where(Alert.id == bindparam("alert"))


def due_alerts(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """List the alerts that have to be looked at, the longest due first."""
    due = select(Alert.id).where(Alert.state == "open", Alert.next_step_at <= now)
    return list(session.scalars(due.order_by(Alert.next_step_at).limit(limit)))


def step_alert(
    session: Session,
    alert_id: int,
    find: Finder,
    limits: Limits,
    *,
    now: datetime,
    model: ResponseModel | None = None,
) -> bool:
    """Do what an alert needs at a moment; return whether anything happened.

    Parameters
    ----------
    find : Finder
        Asked only where the chance is short of the target.
    """
    locked = select(Alert).where(Alert.id == alert_id).with_for_update(skip_locked=True)
    row = session.scalars(locked.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.state != AlertState.OPEN:
        return False
    alert = alert_of(session.execute(_ALERT, {"alert": alert_id}).one())
    calls = calls_of(session, alert_id)
    return step_row(session, row, alert, calls, find=find, limits=limits, now=now, model=model)


def step_row(
    session: Session,
    row: Alert,
    alert: AlertView,
    calls: Sequence[CallView],
    *,
    find: Finder,
    limits: Limits,
    now: datetime,
    model: ResponseModel | None = None,
) -> bool:
    """Do as `step_alert`, with what its caller has read and holds the lock of."""
    model, seen = model or ResponseModel(), _seen(alert, calls)
    excluded = frozenset(one.person_id for one in calls)
    passing: list[Reachable] = []
    if wants_wave(seen, now, model):
        passing = _passing(
            session, alert, seen, excluded, find=find, limits=limits, now=now, model=model
        )
    step = advance(seen, _candidates(passing, model), now, model)
    _silence(session, step)
    stand_down(session, alert, step.stood_down, now)
    wave = [passing[at] for at, _ in step.wave]
    if alert.wants_observers and row.waves == 0:
        wave += _observers(session, alert, excluded, find, limits=limits, now=now)
    row.waves += bool(wave)
    row.state = step.state
    row.next_step_at = step.look_again_at if step.state == AlertState.OPEN else now + FAR_FUTURE
    if step.state == AlertState.EXPIRED:
        row.ended_at, row.ended_by = now, "clock"
    session.flush()
    if wave:
        call(session, alert, wave, wave=row.waves, now=now, model=model)
    return bool(wave or step.silent or step.stood_down or step.state != AlertState.OPEN)


def _passing(
    session: Session,
    alert: AlertView,
    seen: OpenAlert,
    excluded: frozenset[int],
    *,
    find: Finder,
    limits: Limits,
    now: datetime,
    model: ResponseModel,
) -> list[Reachable]:
    """Return who may be called to act: those who can be there in time, or whoever is nearest.

    Reading people again takes time that everybody waits for: who cannot be of use is not read.
    """
    passing: list[Reachable] = []
    for within in (reach_min(seen, now, model), math.inf):
        near = find(alert, Wanted(excluded=excluded, within_min=within))
        found, _ = callable_people(session, alert, near, limits, now)
        passing += [one for one in found if one.duty == Duty.ACT]
        if is_any_of_use(seen, _candidates(passing, model), now, model):
            break
        excluded |= frozenset(near)  # who was read just now is not read again
    return passing


def _seen(alert: AlertView, calls: Sequence[CallView]) -> OpenAlert:
    return OpenAlert(
        state=alert.state,
        mode=alert.mode,
        created_at=alert.created_at,
        target_min=alert.target_min,
        target_chance=alert.target_chance,
        needed=alert.needed,
        most_calls=alert.most_calls,
        answer_s=alert.answer_s,
        calls=tuple(
            Call(
                number=one.call_id,
                state=one.state,
                duty=one.duty,
                accept=one.chance,
                minutes=one.minutes,
                called_at=one.called_at,
                answer_by=one.answer_by,
                answered_at=one.answered_at,
                set_out_at=one.set_out_at,
            )
            for one in calls
        ),
    )


def _candidates(passing: Sequence[Reachable], model: ResponseModel) -> Candidates:
    return Candidates(
        np.array([one.acceptance(model) for one in passing], float),
        np.array([one.minutes for one in passing], float),
        np.array([one.person.recent for one in passing], float),
    )


def _observers(
    session: Session,
    alert: AlertView,
    excluded: frozenset[int],
    find: Finder,
    *,
    limits: Limits,
    now: datetime,
) -> list[Reachable]:
    near = find(alert, Wanted(observers=True, excluded=excluded))
    found, _ = callable_people(session, alert, near, limits, now)
    return [one for one in found if one.duty == Duty.OBSERVE][:OBSERVERS]


def _silence(session: Session, step: Step) -> None:
    if not step.silent:
        return
    for row in session.scalars(select(AlertCall).where(AlertCall.id.in_(step.silent))):
        row.state = CallState.SILENT
    session.flush()
