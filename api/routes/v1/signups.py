"""``/api/v1/tasks/…/signups``: sign up, wait, confirm, withdraw; the station assigns, releases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import problems
from api.field_answers import json_answer, own_person, told_signup, told_task
from api.language import texts_of
from api.office import Office, office
from api.once import OnceDep, answer
from api.routes.v1.tasks import TaskPath
from api.schemas import field as schemas
from api.templating import page_language
from api.writing import written
from data.field import signups as field
from data.field.limits import limits_of
from data.field.places import person_id_of
from data.field.tasks import find_task
from data.store.audit import append

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.field.signups import SignupView
    from data.store.idempotency import Answer

router = APIRouter(tags=["tasks"])

Own = Annotated[Access, Depends(allowed("signup.own"))]
Station = Annotated[Office, Depends(office("signup.assign"))]
PersonPath = Annotated[str, Path(min_length=1, max_length=128)]
BACK: Final = timedelta(days=1)


@router.get(
    "/signups",
    response_model=schemas.MySignups,
    responses=problems(401, 403, 404),
    summary="One's own sign-ups",
)
def my_signups(request: Request, access: Own, store: StoreDep, now: NowDep) -> Response:
    """List the reader's sign-ups with their tasks, by start, from yesterday on."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)
    with store.read() as session:
        found = field.signups_of_person(session, person, since=now - BACK)
    items = [
        {"signup": told_signup(one, texts), "task": told_task(task, texts)} for one, task in found
    ]
    return json_answer({"items": items})


@router.get(
    "/tasks/{task_id}/signups",
    response_model=schemas.Signups,
    responses=problems(401, 403, 404, 422),
    summary="Who signed up for a task",
)
def signups(task_id: TaskPath, at: Annotated[Office, Depends(office("signup.read"))]) -> Response:
    """List a task's sign-ups in the order in which they came, the waiting list included."""
    texts = texts_of(page_language(at.request)[0])
    found = at.store.submit(lambda session: read_signups(session, at, task_id))
    return json_answer({"items": [told_signup(one, texts) for one in found]})


@router.post(
    "/tasks/{task_id}/signups",
    status_code=201,
    response_model=schemas.Signup,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Sign up for a task",
)
async def sign_up(
    task_id: TaskPath,
    body: schemas.SignUp,
    request: Request,
    access: Own,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Take a place, or with `wait` one in the waiting list; 409 tells every rule that says no."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> Answer:
        made = field.sign_up(
            session,
            task_id,
            person,
            limits_of(session),
            by=access.actor.key,
            now=now,
            wait=body.wait,
        )
        append(session, keys, now, access.event("task", made.task_code, signup=made.state))
        return answer(told_signup(made, texts))

    return await once.submitted(store, work)


@router.post(
    "/tasks/{task_id}/signups/mine/confirm",
    response_model=schemas.Signup,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Take a place that came free",
)
async def confirm(
    task_id: TaskPath,
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Confirm the place that was offered from the waiting list."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> SignupView:
        made = field.confirm_offer(session, task_id, person, limits_of(session), now=now)
        append(session, keys, now, access.event("task", made.task_code, signup=made.state))
        return made

    return json_answer(told_signup(await written(store, work), texts))


@router.post(
    "/tasks/{task_id}/signups/mine/withdraw",
    response_model=schemas.Signup,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Give a place back",
)
async def withdraw(
    task_id: TaskPath,
    body: schemas.Why,
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Give a place back, decline one on offer, leave the waiting list; the next one is asked."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> SignupView:
        limits = limits_of(session)
        made = field.withdraw(session, task_id, person, limits, now=now, reason=body.reason)
        append(session, keys, now, access.event("task", made.task_code, signup=made.state))
        return made

    return json_answer(told_signup(await written(store, work), texts))


@router.post(
    "/tasks/{task_id}/signups/assigned",
    status_code=201,
    response_model=schemas.Signup,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Give somebody a place",
)
def assign(task_id: TaskPath, body: schemas.Assign, at: Station, once: OnceDep) -> Response:
    """Assign a person by the same rules as if they had signed up; also after the deadline."""
    texts = texts_of(page_language(at.request)[0])

    def work(session: Session) -> Answer:
        return answer(told_signup(give_place(session, at, task_id, body.person_id), texts))

    return once.submit(at.store, work)


@router.post(
    "/tasks/{task_id}/signups/{person_code}/release",
    response_model=schemas.Signup,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Release somebody from a place",
)
def release(task_id: TaskPath, person_code: PersonPath, body: schemas.Why, at: Station) -> Response:
    """Take a place back before the start; the next one in line is asked."""
    texts = texts_of(page_language(at.request)[0])
    made = at.store.submit(
        lambda session: take_place(session, at, task_id, person_code, body.reason)
    )
    return json_answer(told_signup(made, texts))


def read_signups(session: Session, at: Office, task_id: int) -> list[SignupView]:
    """Return a task's sign-ups in the order in which they came; the reading is kept."""
    task = find_task(session, task_id, at.scope)
    found = field.signups_of_task(session, task_id)
    at.keep(session, "task", task.code, people=len(found))
    return found


def give_place(session: Session, at: Office, task_id: int, person: str) -> SignupView:
    """Give somebody of one's jurisdiction a place.

    Raises
    ------
    FieldMissingError, RefusedError
    """
    find_task(session, task_id, at.scope)
    made = field.sign_up(
        session,
        task_id,
        person_id_of(session, person, at.scope),
        limits_of(session),
        by=at.by,
        now=at.now,
        assigned=True,
        scope=at.scope,
    )
    at.keep(session, "person", made.person_code, task=made.task_code, signup=made.state)
    return made


def take_place(
    session: Session, at: Office, task_id: int, person: str, reason: str | None
) -> SignupView:
    """Take somebody's place back.

    Raises
    ------
    FieldMissingError, RefusedError
    """
    find_task(session, task_id, at.scope)  # another's task is not there, whoever holds it
    made = field.withdraw(
        session,
        task_id,
        person_id_of(session, person),
        limits_of(session),
        now=at.now,
        reason=reason,
        by_station=True,
        scope=at.scope,
    )
    at.keep(session, "person", made.person_code, task=made.task_code, signup=made.state)
    return made
