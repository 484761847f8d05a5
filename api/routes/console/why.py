"""``/console/rosters/{id}/why``: why a post is short, what would help, why these people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.console import Desk, desk
from api.routes.console.rosters import HERE
from api.routes.v1.rosters import EXPLAINER, reader_of
from api.views.console.weeks import day_words, hours
from data.planning.rosters import roster_view
from data.planning.week_fill import find_turn
from data.planning.within import require_beats, require_people
from data.store.result_io import find_roster

if TYPE_CHECKING:
    from api.language import Texts

router = APIRouter(prefix="/console/rosters", include_in_schema=False)

ExplainerDesk = Annotated[Desk, Depends(desk("roster.explain"))]
Code = Annotated[str, Query(min_length=1, max_length=128)]


@router.get("/{roster_id}/why")
def why(
    office: ExplainerDesk,
    roster_id: Annotated[int, Path(ge=1, lt=2**63)],
    beat: Code,
    shift: Code,
    person: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Explain a post: every short line with its remedies, every person; the reading is kept."""
    with office.store.read() as session:
        roster_view(session, reader_of(office.access), roster_id)
        require_beats(session, office.access.scope, [beat])
        if person:
            require_people(session, office.access.scope, [person])
        turn = find_turn(session, find_roster(session, roster_id).scenario_id, shift)
    texts, zone = office.texts, office.zone
    document = EXPLAINER.explain(
        office.store,
        roster_id,
        beat,
        shift,
        role=None,
        person=person or None,
        language=texts.language,
    )
    office.note("roster", str(roster_id), beat=beat, shift=shift)
    return office.render(
        "why.html",
        here=HERE,
        roster_id=roster_id,
        beat=beat,
        shift=shift,
        person=person,
        when=f"{day_words(turn.starts_at, texts, zone)} "
        f"{hours(turn.starts_at, turn.ends_at, zone)}",
        lines=[_line(one, texts) for one in document["lines"]],
        about=[one["text"] for one in document["person"]],
    )


def _line(line: dict[str, Any], texts: Texts) -> dict[str, Any]:
    return {
        "role": texts.label("role", line["line"][2]),
        "short": line.get("text") or [],
        "remedies": [{"text": one["text"], "effects": one["effects"]} for one in line["remedies"]],
        "people": [one["text"] for one in line["people"]],
    }
