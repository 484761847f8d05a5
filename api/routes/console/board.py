"""``/console/rosters/{id}/board``: one shift of one station, changed place by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.routes.console.rosters import HERE, powers
from api.routes.v1.rosters import reader_of
from api.views.console.boards import board_parts, outcome_words, suggestion_rows
from data.planning.board import names_of, read_board
from data.planning.edits import (
    RefusedEditError,
    change_draft,
    num_edits,
    undo_last,
)
from data.planning.errors import EditError
from data.planning.rosters import roster_view
from data.planning.suggestions import suggest
from data.planning.week import shift_pins
from data.planning.within import require_beats
from data.store.audit import append
from data.store.result_io import find_roster
from data.store.scenario_reading import find_scenario

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.planning.board import Board
    from data.planning.edits import Outcome

router = APIRouter(prefix="/console/rosters", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("roster.read"))]
EditorDesk = Annotated[Desk, Depends(desk("roster.edit"))]
RosterPath = Annotated[int, Path(ge=1, lt=2**63)]
Code = Annotated[str, Query(min_length=1, max_length=128)]
FormCode = Annotated[str, Form(min_length=1, max_length=128)]
Number = Annotated[int | None, Form(ge=0, lt=2**31)]
Line = Annotated[str, Form(pattern=r"^(\d{1,9}-\d{1,4})?$")]


@dataclass(frozen=True, slots=True)
class Told:
    """What the board says first: sentences, rules that break, and how it looks."""

    tone: str = ""
    said: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@router.get("/{roster_id}/board")
def board(office: ReaderDesk, roster_id: RosterPath, station: Code, shift: Code) -> Response:
    """Show who stands where in a shift of a station; the reading is kept."""
    page = board_page(office, roster_id, station, shift, whole=True)
    office.note("roster", str(roster_id), station=station, shift=shift)
    return page


@router.get("/{roster_id}/board/people")
def people(
    office: EditorDesk,
    roster_id: RosterPath,
    station: Code,
    shift: Code,
    line: Annotated[str, Query(pattern=r"^\d{1,9}-\d{1,4}$")],
) -> Response:
    """Suggest the best people for an open place, each with reason and price."""
    beat, role = (int(part) for part in line.split("-"))
    with office.store.read() as session:
        found = board_of(session, office, roster_id, station, shift)
        at = next((one for post in found.posts for one in post.lines if one.beat == beat), None)
        if at is None:
            raise EditError(f"Expected a line of the board, got {line!r}.")
        roster = find_roster(session, roster_id)
        scenario = find_scenario(session, roster.scenario_id)
        best = suggest(session, roster, scenario, (beat, found.shift, role))
        edits = num_edits(session, roster_id)
    return office.render(
        "board_people.html",
        rows=suggestion_rows(best, office.texts),
        line=line,
        board={"station": station, "shift": shift},
        roster_id=roster_id,
        edits=edits,
    )


@router.post("/{roster_id}/board")
def change(
    office: EditorDesk,
    roster_id: RosterPath,
    station: FormCode,
    shift: FormCode,
    step: Annotated[Literal["give", "take", "move", "undo"], Form()],
    seen: Annotated[int, Form(ge=0)],
    person: Number = None,
    line: Line = "",
    to: Line = "",
) -> Response:
    """Change a place: checked by all rules at once, priced, and kept to be undone.

    `seen` is how many changes the reader has seen: where others have been made since, the board
    is shown anew in place of a change that its reader could not foresee.
    """

    def work(session: Session) -> Told:
        found = board_of(session, office, roster_id, station, shift)
        if num_edits(session, roster_id) != seen:
            return Told("bad", (office.texts("board.changed_meanwhile"),))
        outcome = _step(session, office, roster_id, found, step, person, line, to)
        names = _names(session, roster_id, found, outcome)
        said, broken = outcome_words(outcome, office.texts, names)
        event = office.access.event("roster", str(roster_id), step=step, shift=shift)
        append(session, office.keys, office.now, event)
        return Told("warn" if broken else "good", tuple(said), tuple(broken))

    try:
        told = office.store.submit(work)
    except RefusedEditError as error:
        with office.store.read() as session:
            found = board_of(session, office, roster_id, station, shift)
            names = _names(session, roster_id, found, error.outcome)
        _, broken = outcome_words(error.outcome, office.texts, names)
        told = Told("bad", (office.texts("board.refused"),), tuple(broken))
    except EditError as error:
        told = Told("bad", (office.texts.label("label.edit_trouble", type(error).__name__),))
    return board_page(office, roster_id, station, shift, told=told)


def _step(
    session: Session,
    office: Desk,
    roster_id: int,
    found: Board,
    step: str,
    person: int | None,
    line: str,
    to: str,
) -> Outcome:
    roster = find_roster(session, roster_id)
    if step == "undo":
        return undo_last(session, roster, now=office.now)
    taken = [place_of(found, person, line)] if step in {"take", "move"} else []
    given = [place_of(found, person, to)] if step in {"give", "move"} else []
    by = office.access.actor.key
    return change_draft(session, roster, taken, given, by=by, now=office.now)[1]


def place_of(found: Board, person: int | None, line: str) -> tuple[int, int, int, int]:
    """Return the place that a form of a board names.

    Raises
    ------
    EditError
        For a line of another board.
    """
    mine = {f"{one.beat}-{one.role}": one for post in found.posts for one in post.lines}
    if person is None or line not in mine:
        raise EditError("Expected a person and a line of this board.")
    one = mine[line]
    return person, one.beat, found.shift, one.role


def board_of(session: Session, office: Desk, roster_id: int, station: str, shift: str) -> Board:
    """Return the board of a station and a shift, as far as the reader answers for it."""
    reader = reader_of(office.access)
    roster_view(session, reader, roster_id)
    roster = find_roster(session, roster_id)
    scenario = find_scenario(session, roster.scenario_id)
    found = read_board(session, reader, roster, scenario, station=station, shift=shift)
    require_beats(session, office.access.scope, [post.beat_code for post in found.posts])
    return found


def _names(session: Session, roster_id: int, found: Board, outcome: Outcome) -> dict[str, str]:
    """Return the names of whoever and whatever a broken rule is about."""
    names = {post.beat_code: post.beat_name for post in found.posts}
    for post in found.posts:
        for line in post.lines:
            names |= {one.code: one.name for one in line.members}
    codes = {str(one.values.get("person_id")) for one in outcome.broken} - names.keys()
    if codes:
        names |= names_of(session, find_roster(session, roster_id).scenario_id, codes)
    return names


def pins_of(session: Session, office: Desk, shift: str) -> frozenset[tuple[str, str, str]]:
    """Return who the next plan must keep where in a shift, for those who may know: codes."""
    if not may(office.access.actor, "pin.read"):
        return frozenset()
    found = shift_pins(session, office.access.scope, shift)
    return frozenset((one.person_id, one.beat_id, one.role) for one in found if one.kind == "fixed")


def board_page(
    office: Desk,
    roster_id: int,
    station: str,
    shift: str,
    *,
    whole: bool = False,
    told: Told | None = None,
) -> Response:
    """Return the board, or the part of it that changes, with what to say first."""
    texts, zone = office.texts, office.zone
    with office.store.read() as session:
        found = board_of(session, office, roster_id, station, shift)
        view = roster_view(session, reader_of(office.access), roster_id)
        edits = num_edits(session, roster_id)
        pins = pins_of(session, office, shift)
    return office.render(
        "board.html" if whole else "board_part.html",
        here=HERE,
        board=board_parts(found, texts, zone, pins),
        may_pin=view.state == "draft" and may(office.access.actor, "pin.write"),
        roster_id=roster_id,
        is_draft=view.state == "draft",
        may_edit=view.state == "draft" and powers(office)["roster_edit"],
        broken={rule: count for rule, count in view.violations.items() if count},
        edits=edits,
        said=told,
    )
