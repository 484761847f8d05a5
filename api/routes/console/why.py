"""``/console/rosters/{id}/why``: why a post is short, what would help, why these people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import make_once
from api.forms import Form, FormDep
from api.once import FormOnceDep
from api.routes.console.rosters import HERE
from api.routes.v1.rosters import EXPLAINER, reader_of
from api.views.console.why import explained_line, names_for, turn_words
from data.planning.edits import num_edits
from data.planning.errors import EditError
from data.planning.remedies import Row, make_moves
from data.planning.rosters import roster_view
from data.planning.successors import copy_to_draft
from data.planning.week_fill import all_turns, beat_names, find_turn
from data.planning.within import require_beats, require_people
from data.store.audit import append
from data.store.result_io import find_roster

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.views.console.sheets import Trouble

router = APIRouter(prefix="/console/rosters", include_in_schema=False)

ExplainerDesk = Annotated[Desk, Depends(desk("roster.explain"))]
EditorDesk = Annotated[Desk, Depends(desk("roster.edit"))]
RosterPath = Annotated[int, Path(ge=1, lt=2**63)]
Code = Annotated[str, Query(min_length=1, max_length=128)]
MOST_MOVES: Final = 50


@router.get("/{roster_id}/why")
def why(
    office: ExplainerDesk,
    roster_id: RosterPath,
    beat: Code,
    shift: Code,
    person: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Explain a post: every short line with its remedies, every person; the reading is kept."""
    return _page(office, roster_id, beat, shift, person=person)


def _page(
    office: Desk,
    roster_id: int,
    beat: str,
    shift: str,
    *,
    person: str = "",
    trouble: Trouble | None = None,
) -> Response:
    with office.store.read() as session:
        view = roster_view(session, reader_of(office.access), roster_id)
        require_beats(session, office.access.scope, [beat])
        if person:
            require_people(session, office.access.scope, [person])
        scenario_id = find_roster(session, roster_id).scenario_id
        turn = find_turn(session, scenario_id, shift)
        called = beat_names(session, scenario_id)
        turns = all_turns(session, scenario_id)
        seen = num_edits(session, roster_id)
    texts, zone = office.texts, office.zone
    told: dict[str, Any] = {}
    document: dict[str, Any] = {"lines": [], "person": []}
    if any(view.violations.values()):
        told = {"told": {"kind": "bad", "text": texts("why.not_yet")}}
    else:
        document = EXPLAINER.explain(
            office.store,
            roster_id,
            beat,
            shift,
            role=None,
            person=person or None,
            language=texts.language,
            served=office.request.app.state.service.cities.held(),
        )
    office.note("roster", str(roster_id), beat=beat, shift=shift)
    names = names_for(called, turns, texts, zone)
    if trouble is not None:
        told = {"told": {"kind": "bad", "text": trouble.text}}
    return office.render(
        "why.html",
        200 if trouble is None else trouble.status,
        here=HERE,
        roster_id=roster_id,
        beat=beat,
        beat_name=called.get(beat, beat),
        shift=shift,
        person=person,
        seen=seen,
        is_draft=view.state == "draft",
        may_edit=view.state != "archived" and may(office.access.actor, "roster.edit"),
        when=turn_words(turn, texts, zone),
        lines=[explained_line(one, names, texts) for one in document["lines"]],
        about=[names.told(one["text"]) for one in document["person"]],
        **told,
    )


@router.post("/{roster_id}/remedy")
def remedy(office: EditorDesk, roster_id: RosterPath, form: FormDep, once: FormOnceDep) -> Response:
    """Make a remedy that moves people: in the draft itself, else in a copy of the roster."""

    def work(session: Session) -> str:
        view = roster_view(session, reader_of(office.access), roster_id)
        taken, given = (_rows(form.all(name)) for name in ("taken", "given"))
        beats = {row[1] for row in (*taken, *given)}
        require_beats(session, office.access.scope, beats)
        require_people(session, office.access.scope, {row[0] for row in (*taken, *given)})
        number, by = roster_id, office.access.actor.key
        if view.state != "draft":
            label = office.texts("rosters.edited_label", number=roster_id)
            found = find_roster(session, roster_id)
            number = copy_to_draft(session, found, label=label, by=by, now=office.now)
        elif form.text("seen") != str(num_edits(session, roster_id)):
            raise EditError("Expected the draft as it was seen, got one that was changed since.")
        make_moves(session, find_roster(session, number), taken, given, by=by, now=office.now)
        event = office.access.event("roster", str(number), step="remedy", moved=len(given))
        append(session, office.keys, office.now, event)
        return f"{HERE}/{number}?done=remedy"

    return make_once(
        office, form, once, work, lambda trouble: _again(office, roster_id, form, trouble)
    )


def _again(office: Desk, roster_id: int, form: Form, trouble: Trouble) -> Response:
    beat, shift = form.text("beat"), form.text("shift")
    return _page(office, roster_id, beat, shift, trouble=trouble)


def _rows(texts: list[str]) -> list[Row]:
    """Return the places that a form names as JSON: person, beat, shift, role.

    Raises
    ------
    EditError
        For what no page of ours has sent.
    """
    found: list[Row] = []
    for text in texts[:MOST_MOVES]:
        try:
            person, beat, shift, role = orjson.loads(text)
        except ValueError:
            raise EditError("Expected a person, a beat, a shift and a role.") from None
        if not all(isinstance(part, str) for part in (person, beat, shift, role)):
            raise EditError("Expected a person, a beat, a shift and a role.")
        found.append((person, beat, shift, role))
    return found
