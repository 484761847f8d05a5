"""``/api/v1/teams`` and ``/api/v1/beats/…/team``: who is with whom, and who leads."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.person_answers import told_member
from api.schemas import teams as schemas
from api.schemas.inputs import CLEANED
from api.versions import IfMatchTagDep, etag
from data.records.team_edits import add_team, edit_team, team_tag
from data.records.teams import (
    beat_team,
    join_beat,
    join_team,
    leave_beat,
    leave_team,
    list_teams,
    read_team,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from data.records.teams import ListedTeam, Member
    from data.store.idempotency import Answer

router = APIRouter(tags=["teams"])

Reader = Annotated[Office, Depends(office("team.read"))]
Writer = Annotated[Office, Depends(office("team.write"))]
TeamPath = Annotated[str, Path(min_length=1, max_length=128, description="A team's code."), CLEANED]
BeatPath = Annotated[str, Path(min_length=1, max_length=128, description="A beat's code."), CLEANED]
PersonPath = Annotated[
    str, Path(min_length=1, max_length=128, description="A member's code."), CLEANED
]
READS = problems(401, 403, 404, 422)
CHANGES = problems(400, 401, 403, 404, 409, 413, 422)


@router.get(
    "/teams",
    response_model=schemas.Teams,
    responses=problems(401, 403, 422),
    summary="Teams and specialist groups",
)
def teams(at: Reader, wanted: Annotated[schemas.TeamQuery, Query()]) -> Response:
    """List the teams of one's jurisdiction by code."""
    with at.store.read() as session:
        page = list_teams(session, at.scope, today=at.today, **wanted.model_dump())
    return at.answer({"items": page.items, "next": page.next})


@router.post(
    "/teams",
    status_code=201,
    response_model=schemas.Team,
    responses=CHANGES,
    summary="Add a team",
)
def create(body: schemas.NewTeam, at: Writer, once: OnceDep) -> Response:
    """Add a team; one without a station only where one's jurisdiction is the city."""

    def work(session: Session) -> Answer:
        make_team(session, at, body)
        team, members = read_team(session, at.scope, body.code, today=at.today)
        told = _team(session, at, team, members)
        return answer(told, location=f"/api/v1/teams/{quote(team.code)}", ETag=etag(team_tag(team)))

    return once.submit(at.store, work)


@router.get(
    "/teams/{code}", response_model=schemas.Team, responses=READS, summary="One team's roll"
)
def team(at: Reader, code: TeamPath) -> Response:
    """Return a team with who is in it today."""
    with at.store.read() as session:
        found, members = read_team(session, at.scope, code, today=at.today)
        told = _team(session, at, found, members)
    at.note("team", code)
    return at.answer(told, tag=etag(team_tag(found)))


@router.patch(
    "/teams/{code}",
    response_model=schemas.Team,
    responses=problems(400, 401, 403, 404, 409, 412, 413, 422, 428),
    summary="Change a team",
)
def edit(body: schemas.TeamEdit, at: Writer, code: TeamPath, seen: IfMatchTagDep) -> Response:
    """Rename or move a team, give it a specialism, close it when it is empty, reopen it."""

    def work(session: Session) -> tuple[dict[str, Any], str]:
        change_team(session, at, code, body, seen)
        found, members = read_team(session, at.scope, code, today=at.today)
        told = _team(session, at, found, members)
        return told, team_tag(found)

    told, tag = at.store.submit(work)
    return at.answer(told, tag=etag(tag))


@router.put(
    "/teams/{code}/members/{person_code}",
    status_code=204,
    responses=CHANGES,
    summary="Put somebody into a team",
)
def join(body: schemas.Membership, at: Writer, code: TeamPath, person_code: PersonPath) -> Response:
    """Let a member join from today on, or say anew whether they lead."""
    at.store.submit(lambda session: put_into_team(session, at, code, person_code, body.is_leader))
    return Response(status_code=204)


@router.delete(
    "/teams/{code}/members/{person_code}",
    status_code=204,
    responses=READS,
    summary="Take somebody out of a team",
)
def quit_team(at: Writer, code: TeamPath, person_code: PersonPath) -> Response:
    """End a membership with yesterday; that it was stays in the file."""
    at.store.submit(lambda session: take_out_of_team(session, at, code, person_code))
    return Response(status_code=204)


@router.get(
    "/beats/{beat_id}/team",
    response_model=schemas.BeatTeam,
    responses=READS,
    summary="The three-tier team of a beat",
)
def of_beat(at: Reader, beat_id: BeatPath) -> Response:
    """Return a beat's community officer, auxiliaries and volunteers (三级警格)."""
    with at.store.read() as session:
        members = beat_team(session, at.scope, beat_id, today=at.today)
        told = _members(session, at, members)
    at.note("beat", beat_id, what="team")
    return at.answer({"beat": beat_id, "members": told})


@router.put(
    "/beats/{beat_id}/team/{person_code}",
    status_code=204,
    responses=CHANGES,
    summary="Put somebody into a beat's team",
)
def join_beat_team(
    body: schemas.BeatMembership, at: Writer, beat_id: BeatPath, person_code: PersonPath
) -> Response:
    """Let a member work a beat from today on, in the duty of their tier."""

    def work(session: Session) -> None:
        join_beat(session, at.scope, beat_id, person_code, duty=body.duty, today=at.today)
        at.keep(session, "person", person_code, beat=beat_id, duty=body.duty)

    at.store.submit(work)
    return Response(status_code=204)


@router.delete(
    "/beats/{beat_id}/team/{person_code}",
    status_code=204,
    responses=READS,
    summary="Take somebody out of a beat's team",
)
def quit_beat_team(at: Writer, beat_id: BeatPath, person_code: PersonPath) -> Response:
    """End a membership in a beat's team with yesterday."""

    def work(session: Session) -> None:
        leave_beat(session, at.scope, beat_id, person_code, today=at.today)
        at.keep(session, "person", person_code, left_beat=beat_id)

    at.store.submit(work)
    return Response(status_code=204)


def make_team(session: Session, at: Office, body: schemas.NewTeam) -> None:
    """Add a team, kept by the audit."""
    add_team(session, at.scope, **body.model_dump())
    at.keep(session, "team", body.code)


def change_team(session: Session, at: Office, code: str, body: schemas.TeamEdit, seen: str) -> None:
    """Change the fields of a team that a body names, kept by the audit."""
    values = body.model_dump(exclude_unset=True)
    edit_team(session, at.scope, code, values, seen=seen, today=at.today)
    at.keep(session, "team", code, fields=sorted(values))


def put_into_team(
    session: Session, at: Office, code: str, person_code: str, is_leader: bool
) -> None:
    """Let a member join a team, kept by the audit."""
    join_team(session, at.scope, code, person_code, leader=is_leader, today=at.today)
    at.keep(session, "person", person_code, team=code, is_leader=is_leader)


def take_out_of_team(session: Session, at: Office, code: str, person_code: str) -> None:
    """End a membership in a team, kept by the audit."""
    leave_team(session, at.scope, code, person_code, today=at.today)
    at.keep(session, "person", person_code, left_team=code)


def _team(
    session: Session, at: Office, team: ListedTeam, members: Iterable[Member]
) -> dict[str, Any]:
    return {**asdict(team), "members": _members(session, at, members)}


def _members(session: Session, at: Office, members: Iterable[Member]) -> list[dict[str, Any]]:
    """Tell who is in a team, to everybody who may read that team.

    Whoever is in a team knows who else is: so here the roles count, not each person's place.
    """
    listed = list(members)
    rights = rights_over(session, at.access, [one.code for one in listed], together=True)
    return [told_member(one, rights[one.code]) for one in listed]
