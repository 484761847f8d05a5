"""``/api/v1/people``: a membership's way from the application to leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Response

from api.access.fields import rights_of
from api.access.policy import may
from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.person_answers import told_move
from api.routes.v1.people import CodePath, given_values, require_in_city
from api.schemas import people as schemas
from api.versions import IfMatchDep, etag
from data.records.finding import find_person, find_station
from data.records.membership import add_person, possible_steps, take_step, transfer_person
from data.records.membership_steps import STEPS
from data.records.team_transfer import move_between_teams

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.once import Once
    from data.records.membership import Moved
    from data.store.idempotency import Answer

router = APIRouter(tags=["people"])

Reader = Annotated[Office, Depends(office("person.read"))]
Recruiter = Annotated[Office, Depends(office("person.create"))]
Employer = Annotated[Office, Depends(office("person.enlist"))]
Vetter = Annotated[Office, Depends(office("person.vet"))]
Activator = Annotated[Office, Depends(office("person.activate"))]
Suspender = Annotated[Office, Depends(office("person.suspend"))]
Mover = Annotated[Office, Depends(office("person.transfer"))]
Leaver = Annotated[Office, Depends(office("person.leave"))]
MAKES = problems(400, 401, 403, 404, 409, 413, 422)
STEP = problems(400, 401, 403, 404, 409, 412, 413, 422, 428)


@router.post(
    "/people",
    status_code=201,
    response_model=schemas.Moved,
    responses=MAKES,
    summary="Take in an application",
)
def apply(body: schemas.NewPerson, at: Recruiter, once: OnceDep) -> Response:
    """Begin the file of a volunteer who applies (报名); a community officer vets it."""
    return _begin(body, at, once, "volunteer", "applied")


@router.post(
    "/staff",
    status_code=201,
    response_model=schemas.Moved,
    responses=MAKES,
    summary="Enlist an officer or auxiliary",
)
def enlist(body: schemas.NewStaff, at: Employer, once: OnceDep) -> Response:
    """Begin the file of staff who are hired already: active at once."""
    return _begin(body, at, once, body.tier, "active")


@router.get(
    "/people/{code}/steps",
    response_model=schemas.PossibleSteps,
    responses=problems(401, 403, 404, 422),
    summary="What may come next in a membership",
)
def steps(at: Reader, code: CodePath) -> Response:
    """Return the steps that the state allows, and what each of them still lacks."""
    actor = at.access.actor
    with at.store.read() as session:
        state = find_person(session, at.scope, code).state
        found = possible_steps(session, at.scope, code, by_person=actor.person_id, today=at.today)
    at.note("person", code, what="steps")
    told = [
        {
            "step": name,
            "target": STEPS[name].target,
            "needs_reason": STEPS[name].needs_reason,
            "lacking": lacking,
            "is_allowed": may(actor, STEPS[name].action),
        }
        for name, lacking in found.items()
    ]
    return at.answer({"state": state, "steps": told})


@router.post("/people/{code}/vetting", response_model=schemas.Moved, responses=STEP, summary="Vet")
def vet(body: schemas.Vetting, at: Vetter, code: CodePath, version: IfMatchDep) -> Response:
    """Pass an application, refuse it with a reason, or reopen one that was refused."""
    return _step(at, code, body.step, version, body.reason)


@router.post(
    "/people/{code}/activation",
    response_model=schemas.Moved,
    responses=STEP,
    summary="Train, or serve",
)
def activate(
    body: schemas.Activation, at: Activator, code: CodePath, version: IfMatchDep
) -> Response:
    """Begin the training of who was vetted; let who is of age, trained and insured serve."""
    return _step(at, code, body.step, version, None)


@router.post(
    "/people/{code}/suspension",
    response_model=schemas.Moved,
    responses=STEP,
    summary="Suspend, or reinstate",
)
def suspend(
    body: schemas.Suspension, at: Suspender, code: CodePath, version: IfMatchDep
) -> Response:
    """Suspend a member, or let them serve again; the answer names the shifts to be refilled."""
    return _step(at, code, body.step, version, body.reason)


@router.post(
    "/people/{code}/leaving", response_model=schemas.Moved, responses=STEP, summary="Leave"
)
def leave(at: Leaver, code: CodePath, version: IfMatchDep) -> Response:
    """Erase a member's personal data, for good; hours, turns and what was trained stay."""
    return _step(at, code, "leave", version, None)


@router.post(
    "/people/{code}/transfer",
    response_model=schemas.Moved,
    responses=STEP,
    summary="Move to another station",
)
def transfer(body: schemas.Transfer, at: Mover, code: CodePath, version: IfMatchDep) -> Response:
    """Move a member to another station of one's jurisdiction."""
    return _told(at, at.store.submit(lambda session: to_station(session, at, code, body, version)))


@router.post(
    "/people/{code}/team-transfer",
    response_model=schemas.Moved,
    responses=STEP,
    summary="Move to another team",
)
def transfer_team(
    body: schemas.TeamTransfer, at: Mover, code: CodePath, version: IfMatchDep
) -> Response:
    """Move a member from a team to another, in one step."""
    return _told(at, at.store.submit(lambda session: to_team(session, at, code, body, version)))


def _begin(body: schemas.NewPerson, at: Office, once: Once, tier: str, state: str) -> Response:
    def work(session: Session) -> Answer:
        made = begin_file(session, at, body, tier, state)
        return answer(
            told_move(made),
            location=f"/api/v1/people/{made.code}",
            ETag=etag(made.row_version),
        )

    return once.submit(at.store, work)


def begin_file(
    session: Session, at: Office, body: schemas.NewPerson, tier: str, state: str
) -> Moved:
    """Begin somebody's file, kept by the audit."""
    values = given_values(body.values)
    rights_of(at.access.roles).require("w", values)
    require_in_city(session, values)
    made = add_person(
        session,
        at.keys,
        values,
        station=find_station(session, at.scope, body.station),
        tier=tier,
        state=state,
        consents={one.purpose: one.wording for one in body.consents},
        by=at.by,
        now=at.now,
        today=at.today,
    )
    # Whoever is responsible for a beat takes in who lives there: nobody else would vet them.
    find_person(session, at.scope, made.code)
    at.keep(session, "person", made.code, tier=tier, state=state)
    return made


def step_to(
    session: Session, at: Office, code: str, name: str, version: int, reason: str | None
) -> Moved:
    """Take a step of a membership, kept by the audit."""
    moved = take_step(
        session,
        at.scope,
        code,
        name,
        version=version,
        reason=reason,
        by=at.by,
        by_person=at.access.actor.person_id,
        now=at.now,
        today=at.today,
    )
    at.keep(session, "person", code, step=name)
    return moved


def to_station(
    session: Session, at: Office, code: str, body: schemas.Transfer, version: int
) -> Moved:
    """Move a member to another station, kept by the audit."""
    moved = transfer_person(
        session,
        at.scope,
        code,
        body.station,
        version=version,
        reason=body.reason,
        by=at.by,
        now=at.now,
        today=at.today,
    )
    at.keep(session, "person", code, station=body.station)
    return moved


def to_team(
    session: Session, at: Office, code: str, body: schemas.TeamTransfer, version: int
) -> Moved:
    """Move a member from a team to another, kept by the audit."""
    moved = move_between_teams(
        session,
        at.scope,
        code,
        (body.from_team, body.to_team),
        leader=body.is_leader,
        version=version,
        reason=body.reason,
        by=at.by,
        now=at.now,
        today=at.today,
    )
    at.keep(session, "person", code, teams=[body.from_team, body.to_team])
    return moved


def _step(at: Office, code: str, name: str, version: int, reason: str | None) -> Response:
    return _told(at, at.store.submit(lambda work: step_to(work, at, code, name, version, reason)))


def _told(at: Office, moved: Moved) -> Response:
    return at.answer(told_move(moved), tag=etag(moved.row_version))
