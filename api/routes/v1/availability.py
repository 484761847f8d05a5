"""``/api/v1/people/…/availability``: when somebody can come."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.dependencies import SettingsDep
from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.routes.v1.people import CodePath
from api.schemas import availability as schemas
from api.schemas.people import Made
from api.versions import IfMatchDep, etag
from data.records.finding import find_person
from data.records.habits import (
    Habit,
    add_exception,
    preview_shifts,
    remove_exception,
    set_habits,
)
from data.records.person_file import read_file

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(prefix="/people/{code}/availability", tags=["availability"])

Reader = Annotated[Office, Depends(office("availability.read"))]
Writer = Annotated[Office, Depends(office("availability.write"))]


@router.get(
    "",
    response_model=schemas.Availability,
    responses=problems(401, 403, 404, 422),
    summary="When somebody can come",
)
def read(
    at: Reader,
    code: CodePath,
    settings: SettingsDep,
    days: Annotated[int, Query(ge=1, le=62, description="How far ahead.")] = 14,
) -> Response:
    """Return habits, exceptions, and the coming shifts that these mean."""
    with at.store.read() as session:
        file = read_file(session, at.scope, at.keys, code, today=at.today)
        rights = rights_over(session, at.access, [code])[code]
        shifts = preview_shifts(
            session, at.scope, code, now=at.now, days=days, timezone=settings.timezone
        )
    at.note("person", code)
    version = file.profile["row_version"]
    told: dict[str, Any] = {
        "code": code,
        "row_version": version,
        "habits": file.habits,
        "shifts": [asdict(shift) for shift in shifts],
    }
    if rights.sees("exceptions"):
        told["exceptions"] = file.exceptions
    return at.answer(told, tag=etag(version))


@router.put(
    "/habits",
    response_model=schemas.Version,
    responses=problems(400, 401, 403, 404, 409, 412, 413, 422, 428),
    summary="Replace somebody's habits",
)
def put_habits(body: schemas.Habits, at: Writer, code: CodePath, version: IfMatchDep) -> Response:
    """Keep to which shifts of a week somebody usually can come."""
    habits = [Habit(one.weekday, one.template, one.dislike) for one in body.habits]

    def work(session: Session) -> int:
        _require(session, at, code, "habits")
        new = set_habits(session, at.scope, code, habits, version=version, now=at.now)
        at.keep(session, "person", code, fields=["habits"])
        return new

    new = at.store.submit(work)
    return at.answer({"code": code, "row_version": new}, tag=etag(new))


@router.post(
    "/exceptions",
    status_code=201,
    response_model=Made,
    responses=problems(400, 401, 403, 404, 409, 413, 422),
    summary="Add days on which a habit does not hold",
)
def post_exception(
    body: schemas.NewException, at: Writer, code: CodePath, once: OnceDep
) -> Response:
    """Keep days on which somebody cannot come, or can after all."""

    def work(session: Session) -> Answer:
        _require(session, at, code, "exceptions")
        number = add_exception(session, at.scope, code, **body.model_dump(), now=at.now)
        at.keep(session, "person", code, fields=["exceptions"])
        return answer({"id": number}, location=f"/api/v1/people/{code}/availability")

    return once.submit(at.store, work)


@router.delete(
    "/exceptions/{number}",
    status_code=204,
    responses=problems(401, 403, 404, 422),
    summary="Take an exception back",
)
def delete_exception(
    at: Writer, code: CodePath, number: Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
) -> Response:
    """Let the habit hold again."""

    def work(session: Session) -> None:
        _require(session, at, code, "exceptions")
        remove_exception(session, at.scope, code, number, now=at.now)
        at.keep(session, "person", code, fields=["exceptions"])

    at.store.submit(work)
    return Response(status_code=204)


def _require(session: Session, at: Office, code: str, field: str) -> None:
    find_person(session, at.scope, code)
    rights_over(session, at.access, [code])[code].require("w", [field])
