"""``/api/v1/me``: one's own file, who read it, a copy to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from api.access.fields import ONESELF, rights_of
from api.errors import UnknownIdError, problems
from api.office import Office, office
from api.routes.v1.people import change, file_answer, given_values
from api.schemas import audit as audit_schemas
from api.schemas import people as schemas
from api.schemas.pages import PageQuery
from api.versions import IfMatchDep, etag
from data.records.audit_reading import readers_of
from data.records.finding import code_of
from data.records.own_export import export_person
from data.records.person_file import read_file

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.records.audit_reading import Entry
    from data.records.person_edit import Edited

router = APIRouter(prefix="/me", tags=["me"])

Owner = Annotated[Office, Depends(office("file.own"))]
OwnWriter = Annotated[Office, Depends(office("person.write_own"))]
READS = problems(401, 403, 404)


@router.get("", response_model=schemas.PersonFile, responses=READS, summary="One's own file")
def me(at: Owner) -> Response:
    """Return one's own file (一人一档)."""
    with at.store.read() as session:
        code = own_code(session, at)
        file = read_file(session, at.scope, at.keys, code, today=at.today)
    at.note("person", code)
    return file_answer(at, file, rights_of(frozenset({ONESELF})))


@router.patch(
    "",
    response_model=schemas.Edited,
    responses=problems(400, 401, 403, 404, 409, 412, 413, 422, 428),
    summary="Change one's own file",
)
def edit(body: schemas.PersonEdit, at: OwnWriter, version: IfMatchDep) -> Response:
    """Change phone, address, home, employer and limits; the rest is the station's to change."""
    values = given_values(body)
    rights_of(frozenset({ONESELF})).require("w", values)

    def work(session: Session) -> Edited:
        code = own_code(session, at)
        done = change(session, at, code, values, version)
        at.keep(session, "person", code, fields=list(done.fields))
        return done

    done = at.store.submit(work)
    return at.answer(done, tag=etag(done.row_version))


@router.get(
    "/readers",
    response_model=audit_schemas.Readings,
    responses=problems(401, 403, 404, 422),
    summary="Who read one's file",
)
def readers(at: Owner, wanted: Annotated[PageQuery, Query()]) -> Response:
    """List who read, opened or changed one's file, when, and what for; the newest first."""
    with at.store.read() as session:
        page = readers_of(session, own_code(session, at), cursor=wanted.cursor, limit=wanted.limit)
    return at.answer({"items": [_reading(one) for one in page.items], "next": page.next})


@router.get(
    "/export",
    response_model=dict[str, Any],
    responses=READS,
    summary="All that is kept of oneself",
)
def export(at: Owner) -> Response:
    """Return everything that is kept of oneself, in the clear (查阅、复制个人信息)."""
    with at.store.read() as session:
        code = own_code(session, at)
        content = export_person(
            session, at.keys, at.access.actor.person_id or 0, now=at.now, today=at.today
        )
    at.note("person", code, what="export")
    response = at.answer(content)
    response.headers["Content-Disposition"] = f'attachment; filename="jingge-{at.today}.json"'
    return response


def own_code(session: Session, at: Office) -> str:
    """Return one's code.

    Raises
    ------
    UnknownIdError
        For an account without a personal record.
    """
    person = at.access.actor.person_id
    if person is None:
        raise UnknownIdError("personal record", at.by)
    return code_of(session, person)


def _reading(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "who": entry.actor_name or entry.actor,
        "action": entry.action,
        "purpose": entry.detail.get("purpose"),
        "fields": entry.detail.get("fields", []),
    }
