"""Calling people to an alert, and what they answer; every write asks the rules again.

Whoever is called is read again in the transaction that calls them (`callable_people`): danger,
cover, duty, other calls, mute, quiet hours and budget hold whatever the caller believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from data.field.alerts_values import call_of, call_query
from data.field.eligibility_facts import lock_people
from data.field.errors import FieldMissingError, FieldStateError
from data.field.live import live_people
from data.notices.preferences import stop
from data.notices.telling import tell
from data.store.tables.accounts import Account
from data.store.tables.alerts import Alert, AlertCall
from dispatch.alerts import (
    GUARDED_ROLE,
    OPEN_ALERTS,
    THERE,
    AlertState,
    CallState,
    Duty,
    duty_of,
    require_call_step,
)
from dispatch.alerts import AlertError as StepError
from dispatch.nearest_rules import Refusal
from dispatch.rules import Tier
from grid.travel import SPEEDS_KMH, great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.alerts_values import AlertView, CallView
    from data.field.limits import Limits
    from data.field.live import LivePerson
    from dispatch.alerts_response import ResponseModel

ANSWERS: Final = {
    "accept": CallState.ACCEPTED,
    "decline": CallState.DECLINED,
    "on_the_way": CallState.ON_THE_WAY,
    "arrived": CallState.ARRIVED,
    "done": CallState.DONE,
}
NOTICE_KEPT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reachable:
    """A person who may be called, how far away, and to do what.

    Attributes
    ----------
    minutes, distance_m : float
        Travel time; great-circle metres.
    """

    person: LivePerson
    minutes: float
    distance_m: float
    duty: Duty

    def acceptance(self, model: ResponseModel) -> float:
        """Return the chance that they accept, more or less by how surely they come to turns.

        The model has everybody who accepts come with the same chance, ``keeps``; where a person's
        own show-up rate is known it takes that one's place.
        """
        one = self.person
        pool = (one.tier, one.is_on_duty)
        accept = float(model.acceptance(pool, one.accepted, one.called, one.recent))
        return accept if one.show_up is None else min(1.0, accept * one.show_up / model.keeps)


def refusal_of(alert: AlertView, person: LivePerson, *, by_name: bool = False) -> Refusal | None:
    """Return the first rule by which a person may not be called; None: they may.

    Parameters
    ----------
    by_name : bool
        A dispatcher chose them: the month's budget does not count, and staff may be off duty.
    """
    checks = (
        (_duty(alert, person) is None, Refusal.HAZARDOUS),
        (alert.role is not None and alert.role not in person.roles, Refusal.ROLE),
        (
            alert.qualification is not None and alert.qualification not in person.qualifications,
            Refusal.QUALIFICATION,
        ),
        (not person.is_insured, Refusal.UNINSURED),
        (not _is_present(alert, person, by_name=by_name), Refusal.OFF_DUTY),
        (person.is_busy, Refusal.BUSY),
        (person.is_muted, Refusal.MUTED),
        (person.is_spent and not by_name, Refusal.SPENT),
    )
    return next((rule for fails, rule in checks if fails), None)


def callable_people(
    session: Session,
    alert: AlertView,
    people: Sequence[int],
    limits: Limits,
    now: datetime,
    *,
    by_name: bool = False,
) -> tuple[list[Reachable], dict[str, Refusal]]:
    """Read people again; return who may be called, and by which rule others may not, by code.

    The first list keeps the order of the ids.
    """
    if not people:
        return [], {}
    lock_people(session, people)
    found = {one.person_id: one for one in live_people(session, limits, now, list(people))}
    passing, refused = [], {}
    for person in (found[number] for number in people if number in found):
        rule = refusal_of(alert, person, by_name=by_name)
        duty = _duty(alert, person)
        if rule is not None or duty is None:
            refused[person.code] = rule or Refusal.HAZARDOUS
        else:
            metres = float(great_circle_m(alert.lat, alert.lng, person.lat, person.lng))
            minutes = metres * limits.travel_factor / (SPEEDS_KMH[person.mode] * 1000 / 60)
            passing.append(Reachable(person, minutes, metres, duty))
    return passing, refused


def call(
    session: Session,
    alert: AlertView,
    chosen: Iterable[Reachable],
    *,
    wave: int,
    now: datetime,
    model: ResponseModel,
) -> None:
    """Call people of `callable_people` in one wave and tell them, in the same transaction."""
    told: dict[Duty, list[int]] = {Duty.ACT: [], Duty.OBSERVE: []}
    for one in chosen:
        session.add(
            AlertCall(
                alert_id=alert.alert_id,
                person_id=one.person.person_id,
                wave=wave,
                duty=one.duty,
                state="called",
                chance=one.acceptance(model),
                minutes=one.minutes,
                distance_m=one.distance_m,
                called_at=now,
                answer_by=now + timedelta(seconds=alert.answer_s),
            )
        )
        told[one.duty].append(one.person.person_id)
    session.flush()
    for duty, people in told.items():
        if not people:
            continue
        topic = "alert.call" if duty == Duty.ACT else "alert.observe"
        _tell(session, topic, alert, people, now)


def answer(
    session: Session,
    alert_id: int,
    person_id: int,
    word: str,
    *,
    now: datetime,
    reason: str | None = None,
) -> CallView:
    """Take a person's call one step: one of `ANSWERS`. The same answer again changes nothing.

    Whoever declines is sent no more of the alert, and nothing that still waits.

    Raises
    ------
    FieldMissingError
        Where the person was not called to it.
    FieldStateError
        For a step that the call's state does not allow: others came first, the alert is over.
    """
    alert = _locked(session, alert_id)
    mine = (AlertCall.alert_id == alert_id, AlertCall.person_id == person_id)
    row = session.scalars(select(AlertCall).where(*mine).with_for_update()).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected an alert to which one was called, got {alert_id}.")
    state = ANSWERS[word]
    if row.state != state:
        _step(row, state, now)
        row.reason = reason if reason is not None else row.reason
        session.flush()
        if state == CallState.DECLINED:
            _hush(session, alert_id, person_id, now)
        _settle(session, alert, now)
    return call_view(session, alert_id, person_id)


def stand_down(session: Session, alert: AlertView, calls: Iterable[int], now: datetime) -> None:
    """Stand calls down by their numbers, and tell those who had not declined."""
    wanted = list(calls)
    if not wanted:
        return
    rows = session.scalars(select(AlertCall).where(AlertCall.id.in_(wanted))).all()
    for row in rows:
        row.state, row.ended_at = "stood_down", now
    session.flush()
    _tell(session, "alert.stand_down", alert, [row.person_id for row in rows], now)


def calls_of(session: Session, alert_id: int) -> list[CallView]:
    """List the calls of an alert in the order in which people were called."""
    return [call_of(row) for row in session.execute(_OF_ALERT, {"alert": alert_id})]


_OF_ALERT: Final = call_query().where(AlertCall.alert_id == bindparam("alert"))
_MINE: Final = call_query().where(
    AlertCall.alert_id == bindparam("alert"), AlertCall.person_id == bindparam("person")
)


def call_view(session: Session, alert_id: int, person_id: int) -> CallView:
    """Read one call.

    Raises
    ------
    FieldMissingError
        Where the person was not called to it.
    """
    row = session.execute(_MINE, {"alert": alert_id, "person": person_id}).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected an alert to which one was called, got {alert_id}.")
    return call_of(row)


def _duty(alert: AlertView, person: LivePerson) -> Duty | None:
    return duty_of(
        alert.danger,
        person.tier,
        is_trained=GUARDED_ROLE in person.roles,
        wants_observers=alert.wants_observers,
    )


def _is_present(alert: AlertView, person: LivePerson, *, by_name: bool) -> bool:
    if person.is_on_duty:
        return True
    if by_name and person.tier != Tier.VOLUNTEER:
        return True
    return person.is_willing and not alert.on_duty_only


def _locked(session: Session, alert_id: int) -> Alert:
    found = session.scalars(
        select(Alert)
        .where(Alert.id == alert_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise FieldMissingError(f"Expected the number of an alert, got {alert_id}.")
    return found


def _step(row: AlertCall, state: CallState, now: datetime) -> None:
    try:
        require_call_step(CallState(row.state), state)
    except StepError as error:
        raise FieldStateError(str(error)) from None
    row.state = state
    if state in {CallState.ACCEPTED, CallState.DECLINED} and row.answered_at is None:
        row.answered_at = now
    if state == CallState.ON_THE_WAY:
        row.set_out_at = now
    if state == CallState.ARRIVED:
        row.set_out_at = row.set_out_at or row.answered_at
        row.arrived_at = now
    if state in {CallState.DONE, CallState.DECLINED}:
        row.ended_at = now


def _hush(session: Session, alert_id: int, person_id: int, now: datetime) -> None:
    """Send whoever declined no more of the alert, nor what still waits to be sent."""
    account = session.scalar(select(Account.id).where(Account.person_id == person_id))
    if account is not None:
        stop(session, account, f"alert:{alert_id}", now)


def _settle(session: Session, alert: Alert, now: datetime) -> None:
    """Have the clock look at the alert at once; close it when all who came are done."""
    calls = calls_of(session, alert.id)
    there = [one for one in calls if one.state in THERE and one.duty == Duty.ACT]
    if AlertState(alert.state) not in OPEN_ALERTS:
        return
    alert.next_step_at = now
    over = there and all(one.state == CallState.DONE for one in there)
    if alert.state == AlertState.ATTENDED and over:
        alert.state, alert.ended_at = "closed", now
        alert.outcome = alert.outcome or there[-1].reason
    session.flush()


def _tell(
    session: Session, topic: str, alert: AlertView, people: Iterable[int], now: datetime
) -> None:
    values = {"alert": alert.code, "kind": alert.kind, "alert_id": alert.alert_id}
    tell(
        session,
        topic,
        str(alert.alert_id),
        people,
        values,
        now=now,
        matter=f"alert:{alert.alert_id}",
        urgent=True,
        expires_at=now + NOTICE_KEPT,
    )
