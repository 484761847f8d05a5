"""``/console/rosters/{id}/pins``: whom the next plan must keep where they stand on a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Form, Response

from api.console import Desk, desk
from api.routes.console.board import (
    FormCode,
    Line,
    Number,
    RosterPath,
    Told,
    board_of,
    board_page,
    place_of,
)
from api.routes.v1.demand import put_pin, take_pin
from api.schemas.week import NewPin
from data.planning.errors import EditError, OutsideScopeError, WeekError
from data.planning.week import shift_pins

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/console/rosters", include_in_schema=False)

PinDesk = Annotated[Desk, Depends(desk("pin.write"))]


@router.post("/{roster_id}/pins")
def pin(
    office: PinDesk,
    roster_id: RosterPath,
    station: FormCode,
    shift: FormCode,
    step: Annotated[Literal["pin", "unpin"], Form()],
    person: Number = None,
    line: Line = "",
) -> Response:
    """Pin somebody where they stand, or let them go; the next plan and its repairs keep a pin."""
    texts = office.texts

    def work(session: Session) -> Told:
        found = board_of(session, office, roster_id, station, shift)
        number, beat, _, role = place_of(found, person, line)
        at = next(
            (post.beat_code, one.role_code, member.code)
            for post in found.posts
            for one in post.lines
            for member in one.members
            if (one.beat, one.role, member.number) == (beat, role, number)
        )
        there = [
            one
            for one in shift_pins(session, office.access.scope, shift)
            if (one.beat_id, one.role, one.person_id, one.kind) == (*at, "fixed")
        ]
        keys, access, now = office.keys, office.access, office.now
        if step == "pin" and not there:
            body = NewPin(person_id=at[2], beat_id=at[0], shift_id=shift, role=at[1], kind="fixed")
            put_pin(session, keys, access, body, now)
        elif step == "unpin":
            for one in there:
                take_pin(session, keys, access, one.pin_id, now)
        return Told("good", (texts("board.pinned" if step == "pin" else "board.unpinned"),))

    try:
        told = office.store.submit(work)
    except (EditError, WeekError, OutsideScopeError, StopIteration):
        told = Told("bad", (texts("board.cannot_pin"),))
    return board_page(office, roster_id, station, shift, told=told)
