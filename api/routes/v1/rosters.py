"""``/api/v1/rosters``: read, compared, published, archived; each within one's jurisdiction."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, ServiceDep, StoreDep
from api.errors import problems
from api.roster_explaining import RosterExplainer
from api.schemas import planning as schemas
from api.schemas.inputs import CLEANED
from api.versions import IfMatchDep, etag
from data.planning.assignments import list_assignments
from data.planning.comparison import compare_rosters
from data.planning.repairing import settle_dropouts
from data.planning.rosters import (
    Reader,
    RosterView,
    list_gaps,
    list_prices,
    list_rosters,
    roster_view,
)
from data.planning.within import require_beats, require_people
from data.store.audit import append
from data.store.roster_states import archive, delete_draft, publish
from data.store.row_versions import StaleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.store.engine import Store
    from data.store.keys import Keys

router = APIRouter(prefix="/rosters", tags=["rosters"])

ROSTERS: Final = cursor_for("rosters", int)
ASSIGNMENTS: Final = cursor_for("assignments", int)
GAPS: Final = cursor_for("roster_gaps", int)
PRICES: Final = cursor_for("roster_prices", int)
DRAFT_READERS: Final = frozenset({"administrator", "city_dispatcher", "reviewer", "auditor"})
RosterPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
RosterReader = Annotated[Access, Depends(allowed("roster.read"))]
Publisher = Annotated[Access, Depends(allowed("roster.publish"))]
BeatQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A beat's code."), CLEANED
]
ShiftQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A shift's code."), CLEANED
]
PersonQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A person's code."), CLEANED
]
RoleQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="One of its lines only."), CLEANED
]
WhyPersonQuery = Annotated[
    str | None,
    Query(min_length=1, max_length=128, description="Why this person is there, or not."),
    CLEANED,
]
EXPLAINER: Final = RosterExplainer()


@router.get(
    "",
    response_model=schemas.Rosters,
    responses=problems(401, 403, 422),
    summary="Rosters, the newest first",
)
def rosters(
    access: RosterReader,
    store: StoreDep,
    window: Annotated[Window, Depends(ROSTERS)],
    state: Annotated[schemas.RosterState | None, Query()] = None,
    scenario_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """List rosters with their figures; drafts for those who answer for the city, and one's own."""
    with store.read() as session:
        found = list_rosters(
            session,
            reader_of(access),
            state=state,
            scenario_id=scenario_id,
            before=window.after,
            limit=window.fetch,
        )
    items, following = window.cut(found, lambda one: (one.roster_id,))
    return _json({"items": [_told(one) for one in items], "next": following})


@router.get(
    "/{roster_id}",
    response_model=schemas.Roster,
    responses=problems(401, 403, 404, 422),
    summary="One roster",
)
def roster(access: RosterReader, store: StoreDep, roster_id: RosterPath) -> Response:
    """Return a roster with its figures; its ETag is what publishing it has to name."""
    with store.read() as session:
        found = roster_view(session, reader_of(access), roster_id)
    return _json(_told(found), ETag=etag(found.version))


@router.get(
    "/{roster_id}/assignments",
    response_model=schemas.Rows,
    responses=problems(401, 403, 404, 422),
    summary="Who stands where",
)
def assignments(
    access: RosterReader,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    roster_id: RosterPath,
    window: Annotated[Window, Depends(ASSIGNMENTS)],
    *,
    beat: BeatQuery = None,
    shift: ShiftQuery = None,
    person: PersonQuery = None,
) -> Response:
    """List the assignments of one's jurisdiction, with names; the reading is kept."""
    reader = reader_of(access)
    with store.read() as session:
        roster_view(session, reader, roster_id)
        found = list_assignments(
            session,
            reader,
            roster_id,
            beat=beat,
            shift=shift,
            person=person,
            behind=window.after,
            limit=window.fetch,
        )
    items, following = window.cut(found, lambda one: (one["position"],))
    event = access.event("roster", str(roster_id), rows=len(items))
    store.submit(lambda session: append(session, keys, now, event))
    return _json(
        {"items": [_row(one, "record_id", "lng", "lat") for one in items], "next": following}
    )


@router.get(
    "/{roster_id}/gaps",
    response_model=schemas.Rows,
    responses=problems(401, 403, 404, 422),
    summary="What is short, and what would help",
)
def gaps(
    access: RosterReader,
    store: StoreDep,
    roster_id: RosterPath,
    window: Annotated[Window, Depends(GAPS)],
) -> Response:
    """List the short lines of the beats that one answers for."""
    return _lines(access, store, roster_id, window, list_gaps)


@router.get(
    "/{roster_id}/prices",
    response_model=schemas.Rows,
    responses=problems(401, 403, 404, 422),
    summary="What one more person would be worth",
)
def prices(
    access: RosterReader,
    store: StoreDep,
    roster_id: RosterPath,
    window: Annotated[Window, Depends(PRICES)],
) -> Response:
    """List the price of each line of the beats that one answers for."""
    return _lines(access, store, roster_id, window, list_prices)


@router.get(
    "/{roster_id}/changes",
    response_model=schemas.Comparison,
    responses=problems(401, 403, 404, 422),
    summary="Compared with another roster",
)
def changes(
    access: RosterReader,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    roster_id: RosterPath,
    since: Annotated[int, Query(ge=1, lt=2**63, description="The roster before.")],
) -> Response:
    """Tell figures, who changes and why, and where more or fewer stand; the reading is kept."""
    with store.read() as session:
        found = compare_rosters(session, reader_of(access), since, roster_id)
    event = access.event("roster", str(roster_id), since=since, rows=len(found.changes))
    store.submit(lambda session: append(session, keys, now, event))
    body = {
        "before": _told(found.before),
        "after": _told(found.after),
        "figures": found.figures,
        "num_people": found.num_people,
        "changes": found.changes,
        "beats": found.beats,
    }
    return _json(body)


@router.get(
    "/{roster_id}/explanation",
    response_model=dict[str, Any],
    responses=problems(400, 401, 403, 404, 422),
    summary="Why a post is short, or why somebody stands there or not",
)
def explanation(
    access: Annotated[Access, Depends(allowed("roster.explain"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    service: ServiceDep,
    roster_id: RosterPath,
    *,
    beat: Annotated[str, Query(min_length=1, max_length=128)],
    shift: Annotated[str, Query(min_length=1, max_length=128)],
    role: RoleQuery = None,
    person: WhyPersonQuery = None,
    language: Annotated[Literal["zh", "en"], Query()] = "zh",
) -> Response:
    """Explain a post of one's jurisdiction; the reading is kept."""
    with store.read() as session:
        roster_view(session, reader_of(access), roster_id)
        require_beats(session, access.scope, [beat])
        if person is not None:
            require_people(session, access.scope, [person])
    document = EXPLAINER.explain(
        *(store, roster_id, beat, shift),
        role=role,
        person=person,
        language=language,
        served=service.cities.held(),
    )
    event = access.event("roster", str(roster_id), beat=beat, shift=shift)
    store.submit(lambda session: append(session, keys, now, event))
    return _json(document)


@router.post(
    "/{roster_id}/publish",
    response_model=schemas.Roster,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
    summary="Publish a draft",
)
def publish_(
    access: Publisher, service: ServiceDep, now: NowDep, roster_id: RosterPath, version: IfMatchDep
) -> Response:
    """Publish a checked draft; the roster that it repairs is archived with it."""

    def work(session: Session) -> None:
        publish(session, roster_id, by=access.actor.key, now=now)
        settle_dropouts(session, roster_id, now=now)

    return _step(access, service.store, service.keys, now, roster_id, version, work)


@router.post(
    "/{roster_id}/archive",
    response_model=schemas.Roster,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
    summary="Archive the published roster",
)
def archive_(
    access: Publisher, service: ServiceDep, now: NowDep, roster_id: RosterPath, version: IfMatchDep
) -> Response:
    """Take a roster out of use; it stays to be read."""

    def work(session: Session) -> None:
        archive(session, roster_id, by=access.actor.key, now=now)

    return _step(access, service.store, service.keys, now, roster_id, version, work)


@router.delete(
    "/{roster_id}",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
    summary="Delete a draft",
)
def delete(
    access: Publisher,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    roster_id: RosterPath,
    version: IfMatchDep,
) -> Response:
    """Delete a draft with everything that belongs to it."""

    def work(session: Session) -> None:
        _require(roster_view(session, reader_of(access), roster_id), version)
        delete_draft(session, roster_id)
        append(session, keys, now, access.event("roster", str(roster_id), deleted=True))

    store.submit(work)
    return Response(status_code=204)


def _step(
    access: Access,
    store: Store,
    keys: Keys,
    now: Any,
    roster_id: int,
    version: int,
    step: Callable[[Session], None],
) -> Response:
    def work(session: Session) -> RosterView:
        _require(roster_view(session, reader_of(access), roster_id), version)
        step(session)
        session.expire_all()
        found = roster_view(session, reader_of(access), roster_id)
        append(session, keys, now, access.event("roster", str(roster_id), state=found.state))
        return found

    found = store.submit(work)
    return _json(_told(found), ETag=etag(found.version))


def _require(found: RosterView, version: int) -> None:
    if found.version != version:
        raise StaleError


def reader_of(access: Access) -> Reader:
    """Return what an access shows of rosters."""
    drafts = bool(access.roles & DRAFT_READERS)
    return Reader(access.scope, drafts, access.actor.key)


def _lines(
    access: Access, store: Store, roster_id: int, window: Window, read: Callable[..., Any]
) -> Response:
    reader = reader_of(access)
    with store.read() as session:
        roster_view(session, reader, roster_id)
        found = read(session, reader, roster_id, behind=window.after, limit=window.fetch)
    items, following = window.cut(found, lambda one: (one["position"],))
    return _json({"items": [_row(one) for one in items], "next": following})


def _row(row: dict[str, Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"position", *without}}


def _told(found: RosterView) -> dict[str, Any]:
    return asdict(found)


def _json(body: Any, **headers: str) -> Response:
    content = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, headers=headers, media_type="application/json")
