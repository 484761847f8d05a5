"""Swaps (换班) and replacements (顶班) of turns of the published roster.

Somebody gives a turn: for another's in a swap, to whoever takes it in a replacement. Saying yes
checks the living records and, by the independent checker, the roster that would come of it, and
publishes that roster as the successor. Until then nothing changes and either side can say no.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from data.field.dropouts import mark_handled
from data.field.eligibility import Offer, PersonFacts, refusals
from data.field.eligibility_facts import lock_people, person_facts, role_facts
from data.field.errors import FieldMissingError, FieldStateError, FieldValueError, RefusedError
from data.field.roster_turns import RosterTurn, find_turns, published_roster, turn_of
from data.field.stand_by import call_stand_by
from data.field.swaps_successor import check_moves, publish_successor
from data.notices.telling import tell
from data.store.tables.people import Person
from data.store.tables.scenarios import Scenario, ScenarioPerson, ScenarioShift
from data.store.tables.turns import Dropout, Exchange, ShiftReply

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from dispatch.walk_check import Place

OPEN_FOR: Final = timedelta(hours=24)
"""How long an offer stands, at most until the first of its turns begins."""


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """An exchange as it stands; the taker of an open replacement is not known yet."""

    exchange_id: int
    kind: str
    state: str
    scenario_id: int
    giver_id: int
    giver_code: str
    giver_shift: str
    taker_id: int | None
    taker_code: str | None
    taker_shift: str | None
    reason: str | None
    expires_at: datetime
    created_at: datetime
    roster_id: int | None
    row_version: int


def offer_swap(
    session: Session,
    giver: tuple[int, str],
    taker: tuple[int, str],
    scenario_id: int,
    limits: Limits,
    *,
    now: datetime,
    reason: str | None = None,
) -> ExchangeView:
    """Offer a person one's turn for theirs; each given as person id and shift code.

    Raises
    ------
    RefusedError
        Where a rule would be broken: said now, not after the other has agreed.
    FieldStateError
        For a turn that has begun, or that is on offer already.
    """
    lock_people(session, [giver[0], taker[0]])
    given, wanted = (turn_of(session, scenario_id, *side) for side in (giver, taker))
    if giver[0] == taker[0]:
        raise FieldValueError("Expected a turn of another person, got one's own.")
    moves = _swapped(given, wanted)
    _require_fit(session, given, wanted, limits)
    check_moves(session, published_roster(session, scenario_id), moves)
    row = _new("swap", given, _expiry(now, given, wanted), reason, now)
    row.taker_id = wanted.person_id
    row.taker_shift, row.taker_beat, row.taker_role = wanted.shift, wanted.beat, wanted.role
    made = _insert(session, row)
    told = {"shift": given.shift_code, "for_shift": wanted.shift_code}
    tell(session, "turn.swap_offered", str(made.exchange_id), [taker[0]], told, now=now)
    return made


def offer_replacement(
    session: Session,
    giver: tuple[int, str],
    scenario_id: int,
    *,
    now: datetime,
    taker_id: int | None = None,
    reason: str | None = None,
) -> ExchangeView:
    """Offer one's turn to one person, or to everybody who may take it.

    Raises
    ------
    FieldStateError
        For a turn that has begun, or that is on offer already.
    """
    lock_people(session, [giver[0]])
    given = turn_of(session, scenario_id, *giver)
    row = _new("replacement", given, _expiry(now, given), reason, now)
    row.taker_id = taker_id
    made = _insert(session, row)
    if taker_id is not None:
        told = {"shift": given.shift_code}
        tell(session, "turn.replacement_offered", str(made.exchange_id), [taker_id], told, now=now)
    return made


def accept_exchange(
    session: Session, exchange_id: int, person_id: int, limits: Limits, *, by: str, now: datetime
) -> ExchangeView:
    """Say yes: check everything again, publish the successor roster, and tell both.

    Raises
    ------
    FieldStateError
        For an exchange that is over or meant for somebody else.
    RefusedError
        With every rule that says no.
    """
    found = find_exchange(session, exchange_id)
    lock_people(session, [found.giver_id, person_id])
    # One exchange of a plan at a time: each must start from the roster that the last one made.
    plan = select(Scenario.id).where(Scenario.id == found.scenario_id)
    session.execute(plan.with_for_update(key_share=True)).all()
    row = _live(session, exchange_id, now)
    if person_id == row.giver_id or row.taker_id not in {None, person_id}:
        raise FieldStateError(f"Expected an exchange offered to person {person_id}, got another.")
    given = _turn_at(session, row.scenario_id, row.giver_id, row.giver_shift)
    moves = _moves(session, row, given, person_id, limits)
    roster = published_roster(session, row.scenario_id)
    label = f"{roster.label.split(' · ')[0]} · {row.kind} {exchange_id}"
    roster_id = publish_successor(session, roster, moves, label=label, by=by, now=now)
    _applied(session, row, person_id, roster_id, now)
    _settle(session, row, given, moves, roster_id, now=now)
    return find_exchange(session, exchange_id)


def refuse_exchange(
    session: Session, exchange_id: int, person_id: int, *, now: datetime
) -> ExchangeView:
    """Say no: the giver takes the offer back, or the one who was asked declines it.

    Raises
    ------
    FieldStateError
        For an exchange that is over or is neither side's.
    """
    row = _live(session, exchange_id, now)
    if person_id not in {row.giver_id, row.taker_id}:
        raise FieldStateError(f"Expected an exchange of person {person_id}, got another.")
    state = "withdrawn" if person_id == row.giver_id else "declined"
    _change(session, row.id, state=state, changed_at=now)
    if state == "declined":
        tell(session, "turn.exchange_declined", str(row.id), [row.giver_id], {}, now=now)
    return find_exchange(session, exchange_id)


def lapse_exchanges(session: Session, now: datetime) -> int:
    """End offers whose time has passed and tell their givers; return how many."""
    ended = session.execute(
        update(Exchange)
        .where(Exchange.state == "offered", Exchange.expires_at <= now)
        .values(state="lapsed", changed_at=now, row_version=Exchange.row_version + 1)
        .returning(Exchange.id, Exchange.giver_id)
    ).all()
    for exchange_id, giver in ended:
        tell(session, "turn.exchange_lapsed", str(exchange_id), [giver], {}, now=now)
    return len(ended)


def find_exchange(session: Session, exchange_id: int) -> ExchangeView:
    """Read an exchange.

    Raises
    ------
    FieldMissingError
        Where there is none of this number.
    """
    found = _views(session, Exchange.id == exchange_id)
    if not found:
        raise FieldMissingError(f"Expected the number of an exchange, got {exchange_id}.")
    return found[0]


def exchanges_of(session: Session, person_id: int, *, since: datetime) -> list[ExchangeView]:
    """List what a person offered or was offered since a moment, the last first."""
    mine = (Exchange.giver_id == person_id) | (Exchange.taker_id == person_id)
    return _views(session, mine & (Exchange.created_at > since))[::-1]


def open_replacements(
    session: Session, person_id: int, limits: Limits, now: datetime, limit: int = 20
) -> list[ExchangeView]:
    """List the turns on offer to everybody that a person may take by the living records, by age.

    What the post itself asks for is checked when they take it.
    """
    mine = Exchange.scenario_id.in_(
        select(ScenarioPerson.scenario_id).where(ScenarioPerson.person_id == person_id)
    )
    open_to_all = (
        (Exchange.kind == "replacement")
        & (Exchange.state == "offered")
        & (Exchange.expires_at > now)
        & Exchange.taker_id.is_(None)
        & (Exchange.giver_id != person_id)
    )
    found = []
    for one in _views(session, open_to_all & mine):
        turns = find_turns(
            session,
            ScenarioPerson.scenario_id == one.scenario_id,
            ScenarioPerson.person_id == one.giver_id,
            ScenarioShift.code == one.giver_shift,
        )
        if turns and not _no(session, person_id, turns[0], limits):
            found.append(one)
    return found[:limit]


def _moves(
    session: Session, row: Exchange, given: RosterTurn, person_id: int, limits: Limits
) -> dict[Place, Place]:
    """Give what the exchange moves, where the living records allow it."""
    if row.kind == "swap":
        assert row.taker_shift is not None  # noqa: S101 - a check of the table
        wanted = _turn_at(session, row.scenario_id, person_id, row.taker_shift)
        _require_fit(session, given, wanted, limits)
        return _swapped(given, wanted)
    taker = _position(session, row.scenario_id, person_id)
    if no := _no(session, person_id, given, limits):
        raise RefusedError(no)
    return {_place(given): (taker, given.beat, given.shift, given.role)}


def _require_fit(session: Session, given: RosterTurn, wanted: RosterTurn, limits: Limits) -> None:
    no = (
        *_no(session, wanted.person_id, given, limits, gives=wanted),
        *_no(session, given.person_id, wanted, limits, gives=given),
    )
    if no:
        raise RefusedError(no)


def _no(
    session: Session,
    person_id: int | None,
    turn: RosterTurn,
    limits: Limits,
    *,
    gives: RosterTurn | None = None,
) -> tuple[Any, ...]:
    """Give what keeps a person from a turn by the living records, their sign-ups included."""
    assert person_id is not None  # noqa: S101 - found by it
    person = person_facts(session, person_id, turn.starts_at, turn.ends_at)
    if gives is not None:
        person = without_turn(person, gives)
    return refusals(person, offer_of_turn(session, turn), limits)


def offer_of_turn(session: Session, turn: RosterTurn) -> Offer:
    """Give a turn of a roster as one that somebody else could take."""
    found = role_facts(session, turn.role_code).get(turn.role_code)
    if found is None:
        raise FieldMissingError(f"Expected the duty role {turn.role_code!r}, got none.")
    return Offer("", found, turn.starts_at, turn.ends_at, turn.lat, turn.lng)


def without_turn(person: PersonFacts, turn: RosterTurn) -> PersonFacts:
    """Give a person as they would be without a turn that they give."""
    return replace(person, turns=tuple(t for t in person.turns if t.source != _source(turn)))


def _source(turn: RosterTurn) -> str:
    return f"roster:{turn.scenario_id}:{turn.shift_code}"


def _place(turn: RosterTurn) -> Place:
    return turn.person, turn.beat, turn.shift, turn.role


def _swapped(given: RosterTurn, wanted: RosterTurn) -> dict[Place, Place]:
    return {
        _place(given): (wanted.person, given.beat, given.shift, given.role),
        _place(wanted): (given.person, wanted.beat, wanted.shift, wanted.role),
    }


def _turn_at(session: Session, scenario_id: int, person_id: int, shift: int) -> RosterTurn:
    found = find_turns(
        session,
        ScenarioPerson.scenario_id == scenario_id,
        ScenarioPerson.person_id == person_id,
        ScenarioShift.position == shift,
    )
    if not found:
        raise FieldStateError("Expected the turn to be as it was offered, got it changed.")
    return found[0]


def _position(session: Session, scenario_id: int, person_id: int) -> int:
    query = select(ScenarioPerson.position).where(
        ScenarioPerson.scenario_id == scenario_id, ScenarioPerson.person_id == person_id
    )
    found = session.scalar(query)
    if found is None:
        raise FieldStateError(f"Expected a person of plan {scenario_id}, got {person_id}.")
    return found


def _expiry(now: datetime, *turns: RosterTurn) -> datetime:
    starts = min(turn.starts_at for turn in turns)
    if starts <= now:
        raise FieldStateError("Expected a shift to come, got one that has begun.")
    return min(now + OPEN_FOR, starts)


def _new(
    kind: str, given: RosterTurn, expires_at: datetime, reason: str | None, now: datetime
) -> Exchange:
    return Exchange(
        kind=kind,
        state="offered",
        scenario_id=given.scenario_id,
        giver_id=given.person_id,
        giver_shift=given.shift,
        giver_beat=given.beat,
        giver_role=given.role,
        reason=reason,
        expires_at=expires_at,
        created_at=now,
        changed_at=now,
    )


def _insert(session: Session, row: Exchange) -> ExchangeView:
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise FieldStateError("Expected a turn that is not on offer, got one that is.") from None
    return find_exchange(session, row.id)


def _live(session: Session, exchange_id: int, now: datetime) -> Exchange:
    query = select(Exchange).where(Exchange.id == exchange_id).with_for_update(key_share=True)
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected the number of an exchange, got {exchange_id}.")
    if row.state != "offered" or row.expires_at <= now:
        raise FieldStateError(f"Expected an exchange on offer, got one that is {row.state}.")
    return row


def _applied(
    session: Session, row: Exchange, person_id: int, roster_id: int, now: datetime
) -> None:
    done = {"state": "applied", "changed_at": now, "applied_at": now, "roster_id": roster_id}
    _change(session, row.id, taker_id=person_id, **done)


def _change(session: Session, exchange_id: int, **values: Any) -> None:
    version = Exchange.row_version + 1
    session.execute(
        update(Exchange).where(Exchange.id == exchange_id).values(row_version=version, **values)
    )


def _settle(
    session: Session,
    row: Exchange,
    given: RosterTurn,
    moves: dict[Place, Place],
    roster_id: int,
    *,
    now: datetime,
) -> None:
    """Take the new turns for confirmed, the given one's dropout for dealt with; tell both."""
    dropped = session.scalars(
        select(Dropout.id).where(
            Dropout.scenario_id == row.scenario_id,
            Dropout.person_id == row.giver_id,
            Dropout.shift == row.giver_shift,
            Dropout.handled_at.is_(None),
        )
    )
    mark_handled(session, list(dropped), roster_id, now=now)
    taker_id = session.scalars(select(Exchange.taker_id).where(Exchange.id == row.id)).one()
    assert taker_id is not None  # noqa: S101 - written just now
    for (_, beat, shift, role), person in zip(
        moves.values(), (taker_id, row.giver_id), strict=False
    ):
        _confirm(session, row.scenario_id, person, (beat, shift, role), now)
    call_stand_by(session, taker_id, given.starts_at, given.ends_at, now=now)
    told = {"shift": given.shift_code}
    people = [row.giver_id, taker_id]
    tell(session, "turn.exchanged", str(row.id), people, told, now=now)


def _confirm(
    session: Session, scenario_id: int, person_id: int, at: tuple[int, int, int], now: datetime
) -> None:
    beat, shift, role = at
    same = {"scenario_id": scenario_id, "person_id": person_id}
    same |= {"beat": beat, "shift": shift, "role": role}
    known = session.scalars(select(ShiftReply).filter_by(**same)).one_or_none()
    reply = known or ShiftReply(**same)
    reply.state, reply.reason, reply.replied_at = "confirmed", None, now
    session.add(reply)
    session.flush()


def _views(session: Session, condition: Any) -> list[ExchangeView]:
    giver, taker = Person.__table__.alias("giver"), Person.__table__.alias("taker")
    gives = ScenarioShift.__table__.alias("gives")
    takes = ScenarioShift.__table__.alias("takes")
    query = (
        select(
            Exchange,
            giver.c.code.label("giver_code"),
            taker.c.code.label("taker_code"),
            gives.c.code.label("giver_shift_code"),
            takes.c.code.label("taker_shift_code"),
        )
        .join(giver, giver.c.id == Exchange.giver_id)
        .join(taker, taker.c.id == Exchange.taker_id, isouter=True)
        .join(
            gives,
            (gives.c.scenario_id == Exchange.scenario_id)
            & (gives.c.position == Exchange.giver_shift),
        )
        .join(
            takes,
            (takes.c.scenario_id == Exchange.scenario_id)
            & (takes.c.position == Exchange.taker_shift),
            isouter=True,
        )
        .where(condition)
        .order_by(Exchange.id)
        .execution_options(populate_existing=True)
    )
    return [
        ExchangeView(
            exchange_id=row.id,
            kind=row.kind,
            state=row.state,
            scenario_id=row.scenario_id,
            giver_id=row.giver_id,
            giver_code=giver_code,
            giver_shift=giver_shift,
            taker_id=row.taker_id,
            taker_code=taker_code,
            taker_shift=taker_shift,
            reason=row.reason,
            expires_at=row.expires_at,
            created_at=row.created_at,
            roster_id=row.roster_id,
            row_version=row.row_version,
        )
        for row, giver_code, taker_code, giver_shift, taker_shift in session.execute(query)
    ]
