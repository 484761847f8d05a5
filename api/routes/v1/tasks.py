"""``/api/v1/tasks``: stations publish them, members look at them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from api.cursors import Window, cursor_for
from api.errors import ParameterError, UnknownIdError, problems
from api.field_answers import json_answer, sight, told_task
from api.language import texts_of
from api.office import Office, office
from api.once import OnceDep, answer
from api.schemas import field as schemas
from api.schemas.inputs import text_query
from api.schemas.week import Moment
from api.templating import page_language
from api.versions import IfMatchDep, etag
from data.field import tasks as field
from data.field.errors import FieldMissingError
from data.field.limits import limits_of
from data.field.places import place_ids
from data.field.task_values import TaskValues
from data.store.audit import append
from data.store.city_box import city_box

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.field.task_values import TaskView
    from data.store.idempotency import Answer
    from data.store.scope import Scope

router = APIRouter(prefix="/tasks", tags=["tasks"])

TASKS: Final = cursor_for("tasks", datetime, int)
TaskPath = Annotated[int, Path(ge=1, lt=2**63, description="The number of a task.")]
Reader = Annotated[Office, Depends(office("task.read"))]
Writer = Annotated[Office, Depends(office("task.write"))]
Step = Literal["open", "close", "cancel", "end"]
_STATES: Final = {"open": "open", "close": "closed", "cancel": "cancelled", "end": "done"}


@router.get(
    "",
    response_model=schemas.Tasks,
    responses=problems(401, 403, 404, 422),
    summary="Tasks, by their start",
)
def list_tasks(
    at: Reader,
    window: Annotated[Window, Depends(TASKS)],
    *,
    state: Annotated[schemas.TaskState | None, Query()] = None,
    kind: Annotated[schemas.TaskKind | None, Query()] = None,
    since: Annotated[Moment | None, Query(description="That end later.")] = None,
    until: Annotated[Moment | None, Query(description="That start before.")] = None,
    station_id: text_query("Those of a station.") = None,  # type: ignore[valid-type]
) -> Response:
    """List the tasks of one's jurisdiction; a member sees every published one."""
    texts = texts_of(page_language(at.request)[0])
    scope, drafts = sight(at.access)
    with at.store.read() as session:
        station, _ = place_ids(session, scope, station_id, None)
        found = field.list_tasks(
            session,
            scope,
            state=state,
            kind=kind,
            begin=since,
            end=until,
            station_id=station,
            after=window.after,
            limit=window.fetch,
            drafts=drafts,
        )
    items, following = window.cut(found, lambda one: (one.starts_at, one.task_id))
    return json_answer({"items": [told_task(one, texts) for one in items], "next": following})


@router.post(
    "",
    status_code=201,
    response_model=schemas.Task,
    responses=problems(401, 403, 409, 422, 503),
    summary="Publish a task",
)
def create_task(body: schemas.NewTask, at: Writer, once: OnceDep) -> Response:
    """Make a task and open it for sign-up, or keep it as a draft."""
    texts = texts_of(page_language(at.request)[0])

    def work(session: Session) -> Answer:
        made = make_task(session, at, body)
        told = told_task(made, texts)
        location = f"/api/v1/tasks/{made.task_id}"
        return answer(told, location=location, ETag=etag(made.row_version))

    return once.submit(at.store, work)


@router.get(
    "/{task_id}",
    response_model=schemas.Task,
    responses=problems(401, 403, 404, 422),
    summary="One task",
)
def one_task(task_id: TaskPath, at: Reader) -> Response:
    """Return a task; its ETag is what an edit has to name."""
    texts = texts_of(page_language(at.request)[0])
    with at.store.read() as session:
        found = seen_task(session, at, task_id)
    return json_answer(told_task(found, texts), ETag=etag(found.row_version))


@router.patch(
    "/{task_id}",
    response_model=schemas.Task,
    responses=problems(401, 403, 404, 409, 412, 422, 428, 503),
    summary="Edit a task",
)
def edit_task(
    task_id: TaskPath, body: schemas.TaskChanges, at: Writer, version: IfMatchDep
) -> Response:
    """Change a draft or an open task; whoever holds a place keeps what they agreed to."""
    texts, changes = texts_of(page_language(at.request)[0]), schemas.without_none(body)
    _require_whole(changes)

    def work(session: Session) -> TaskView:
        if changes.get("lat") is not None:
            city_box(session).require(changes["lat"], changes["lng"])
        made = field.edit_task(
            session,
            task_id,
            limits_of(session),
            row_version=version,
            now=at.now,
            scope=at.scope,
            **changes,
        )
        at.keep(session, "task", made.code, changed=sorted(changes))
        return made

    made = at.store.submit(work)
    return json_answer(told_task(made, texts), ETag=etag(made.row_version))


@router.post(
    "/{task_id}/{step}",
    response_model=schemas.Task,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Open, close, cancel or end a task",
)
def step_task(
    task_id: TaskPath, step: Annotated[Step, Path()], body: schemas.Why, at: Writer
) -> Response:
    """Take a task one step; a cancellation needs a reason and tells everybody who signed up."""
    texts = texts_of(page_language(at.request)[0])
    made = at.store.submit(lambda session: move_task(session, at, task_id, step, body.reason))
    return json_answer(told_task(made, texts), ETag=etag(made.row_version))


def make_task(session: Session, at: Office, body: schemas.NewTask) -> TaskView:
    """Make a task in one's jurisdiction and open it for sign-up, or keep it as a draft.

    Raises
    ------
    ParameterError
        For half a place, neither a station nor a beat, or a place outside the jurisdiction.
    """
    if (body.lat is None) != (body.lng is None):
        raise ParameterError("Expected lat and lng together, got one of them.")
    values = _values(session, at.scope, body)
    made = field.create_task(session, values, limits_of(session), by=at.by, now=at.now)
    made = _own(session, at.scope, made.task_id)
    if body.publish:
        made = field.step_task(session, made.task_id, "open", now=at.now)
    event = at.access.event("task", made.code, kind=made.kind, state=made.state)
    append(session, at.keys, at.now, event)
    return made


def seen_task(session: Session, at: Office, task_id: int) -> TaskView:
    """Return a task that one may see: a draft only where one publishes.

    Raises
    ------
    FieldMissingError, UnknownIdError
    """
    scope, drafts = sight(at.access)
    found = field.find_task(session, task_id, scope)
    if found.state == "draft" and not drafts:
        raise UnknownIdError("task", str(task_id))
    return found


def move_task(
    session: Session, at: Office, task_id: int, step: Step, reason: str | None
) -> TaskView:
    """Take a task one step.

    Raises
    ------
    FieldStateError
        For a step that its state does not allow, or a cancellation without a reason.
    """
    made = field.step_task(
        session, task_id, _STATES[step], now=at.now, reason=reason, scope=at.scope
    )
    at.keep(session, "task", made.code, state=made.state)
    return made


def _values(session: Session, scope: Scope, body: schemas.NewTask) -> TaskValues:
    station, beat = place_ids(session, scope, body.station_id, body.beat_id)
    if station is None:
        raise ParameterError("Expected a station or a beat, got neither.")
    if body.lat is not None and body.lng is not None:
        city_box(session).require(body.lat, body.lng)
    given = body.model_dump(exclude={"publish", "station_id", "beat_id", "signup_until"})
    until = body.signup_until or body.starts_at
    return TaskValues(**given, station_id=station, beat_id=beat, signup_until=until)


def _own(session: Session, scope: Scope, task_id: int) -> TaskView:
    """Return a task that was made just now, where it lies in one's jurisdiction."""
    try:
        return field.find_task(session, task_id, scope)
    except FieldMissingError:
        raise ParameterError(
            "Expected a place in your own jurisdiction, got one outside."
        ) from None


def _require_whole(changes: dict[str, Any]) -> None:
    """Refuse null where a task needs a value, and half a place."""
    optional = {"place", "note", "lat", "lng"}
    missing = sorted(name for name, value in changes.items() if value is None)
    if missing := [name for name in missing if name not in optional]:
        raise ParameterError(f"Expected a value of {missing[0]}, got null.")
    if ("lat" in changes) != ("lng" in changes) or (
        (changes.get("lat") is None) != (changes.get("lng") is None)
    ):
        raise ParameterError("Expected lat and lng together, got one of them.")
