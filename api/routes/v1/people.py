"""``/api/v1/people``: find members, read a file (一人一档), change it, open what is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over, search_rights
from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.person_answers import told_file, told_person
from api.schemas import people as schemas
from api.schemas.inputs import CLEANED
from api.versions import IfMatchDep, etag
from data.records.duty_roles import give_up_role, take_role
from data.records.finding import find_person
from data.records.person_edit import add_award, edit_person, open_sealed, withdraw_award
from data.records.person_file import PersonFile, read_file
from data.records.person_search import PersonFilter, search_people
from data.store.city_box import city_box

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.access.fields import Rights
    from data.records.person_edit import Edited
    from data.store.idempotency import Answer

router = APIRouter(prefix="/people", tags=["people"])

Reader = Annotated[Office, Depends(office("person.read"))]
Opener = Annotated[Office, Depends(office("person.open"))]
Writer = Annotated[Office, Depends(office("person.write"))]
CodePath = Annotated[
    str, Path(min_length=1, max_length=128, description="A member's code.", examples=["v00017"]),
    CLEANED,
]  # fmt: skip
BY_FIELD: Final = ("name", "phone", "id_number", "profession")
READS = problems(401, 403, 404, 422)
EDITS = problems(400, 401, 403, 404, 409, 412, 413, 422, 428)
MAKES = problems(400, 401, 403, 404, 409, 413, 422)


@router.get(
    "", response_model=schemas.People, responses=problems(401, 403, 422), summary="Find people"
)
def people(at: Reader, wanted: Annotated[schemas.PersonQuery, Query()]) -> Response:
    """List people of one's jurisdiction; a search by a field needs the right to see it."""
    given = wanted.model_dump(exclude_none=True)
    search_rights(at.access).require("r", [name for name in BY_FIELD if name in given])
    states = tuple(given.pop("state", ()))
    page_of = {name: given.pop(name) for name in ("cursor", "limit", "with_total") if name in given}
    with at.store.read() as session:
        page = search_people(
            session,
            at.scope,
            at.keys,
            PersonFilter(**given, states=states),
            today=at.today,
            **page_of,
        )
        rights = rights_over(session, at.access, [one.code for one in page.items])
    at.note("people", "list", filters=sorted(given))
    items = [told_person(one, rights[one.code]) for one in page.items]
    return at.answer({"items": items, "next": page.next, "total": page.total})


@router.get(
    "/{code}", response_model=schemas.PersonFile, responses=READS, summary="One member's file"
)
def person(at: Reader, code: CodePath) -> Response:
    """Return a whole file; that it was read is kept, and the member can see by whom."""
    with at.store.read() as session:
        file = read_file(session, at.scope, at.keys, code, today=at.today)
        rights = rights_over(session, at.access, [code])[code]
    at.note("person", code)
    return file_answer(at, file, rights)


@router.patch(
    "/{code}", response_model=schemas.Edited, responses=EDITS, summary="Change fields of a file"
)
def edit(body: schemas.PersonEdit, at: Writer, code: CodePath, version: IfMatchDep) -> Response:
    """Change what is named; whatever else a file holds has a step of its own."""
    done = at.store.submit(lambda session: edit_file(session, at, code, body, version))
    return at.answer(done, tag=etag(done.row_version))


@router.post(
    "/{code}/opened",
    response_model=schemas.Opened,
    responses=MAKES,
    summary="Open sealed fields for a purpose",
)
def opened(body: schemas.Opening, at: Opener, code: CodePath) -> Response:
    """Return phone, ID number, address or home in the clear; who asked and why is kept."""

    def work(session: Session) -> dict[str, Any]:
        find_person(session, at.scope, code)
        rights_over(session, at.access, [code])[code].require("o", body.fields)
        found = open_sealed(session, at.scope, at.keys, code, body.fields)
        at.keep(session, "person", code, fields=sorted(set(body.fields)), purpose=body.purpose)
        return found

    return at.answer(at.store.submit(work))


@router.post(
    "/{code}/awards",
    status_code=201,
    response_model=schemas.Made,
    responses=MAKES,
    summary="Put an award into a file",
)
def award(body: schemas.NewAward, at: Writer, code: CodePath, once: OnceDep) -> Response:
    """Add an award or commendation."""

    def work(session: Session) -> Answer:
        number = give_award(session, at, code, body)
        return answer({"id": number}, location=f"/api/v1/people/{code}")

    return once.submit(at.store, work)


@router.post(
    "/{code}/awards/{number}/withdrawal",
    status_code=204,
    responses=MAKES,
    summary="Take an award back",
)
def withdraw(
    body: schemas.AwardWithdrawal,
    at: Writer,
    code: CodePath,
    number: Annotated[int, Path(ge=1, lt=2**63, examples=[1])],
) -> Response:
    """Take an award out of a file; who did so and why stays there."""
    at.store.submit(lambda session: take_award_back(session, at, code, number, body.reason))
    return Response(status_code=204)


@router.post(
    "/{code}/roles",
    status_code=201,
    response_model=schemas.Made,
    responses=MAKES,
    summary="Take on a duty role",
)
def take(body: schemas.NewRole, at: Writer, code: CodePath, once: OnceDep) -> Response:
    """Let a member have a duty role: of their tier, qualified, never hazardous for volunteers."""

    def work(session: Session) -> Answer:
        number = give_role(session, at, code, body.role)
        return answer({"id": number}, location=f"/api/v1/people/{code}")

    return once.submit(at.store, work)


@router.delete(
    "/{code}/roles/{role}", status_code=204, responses=READS, summary="Give up a duty role"
)
def give_up(
    at: Writer, code: CodePath, role: Annotated[str, Path(min_length=1, max_length=128), CLEANED]
) -> Response:
    """End a duty role; what was done in it stays in the file."""
    at.store.submit(lambda session: end_role(session, at, code, role))
    return Response(status_code=204)


def file_answer(at: Office, file: PersonFile, rights: Rights) -> Response:
    """Return a file as far as it may be seen, tagged with its version."""
    return at.answer(told_file(file, rights), tag=etag(file.profile["row_version"]))


def edit_file(
    session: Session, at: Office, code: str, body: schemas.Values, version: int
) -> Edited:
    """Change the fields of a file that a body names, kept by the audit."""
    values = given_values(body)
    find_person(session, at.scope, code)
    rights_over(session, at.access, [code])[code].require("w", values)
    done = change(session, at, code, values, version)
    at.keep(session, "person", code, fields=list(done.fields))
    return done


def give_award(session: Session, at: Office, code: str, body: schemas.NewAward) -> int:
    """Put an award into the file of somebody else, kept by the audit."""
    by_person = at.access.actor.person_id
    values = body.model_dump()
    number = add_award(session, at.scope, code, by_person=by_person, today=at.today, **values)
    at.keep(session, "person", code, award=number)
    return number


def take_award_back(session: Session, at: Office, code: str, number: int, reason: str) -> None:
    """Take an award out of a file, kept by the audit; the reason stays in the file alone."""
    withdraw_award(
        session,
        at.scope,
        code,
        number,
        reason=reason,
        by=at.by,
        by_person=at.access.actor.person_id,
        now=at.now,
    )
    at.keep(session, "person", code, withdrawn_award=number)


def give_role(session: Session, at: Office, code: str, role: str) -> int:
    """Let a member have a duty role, kept by the audit."""
    number = take_role(session, at.scope, code, role, today=at.today)
    at.keep(session, "person", code, role=role)
    return number


def end_role(session: Session, at: Office, code: str, role: str) -> None:
    """End a duty role, kept by the audit."""
    give_up_role(session, at.scope, code, role, today=at.today)
    at.keep(session, "person", code, ended_role=role)


def given_values(body: schemas.Values) -> dict[str, Any]:
    """Return the fields that a body names, as the records take them."""
    values = body.model_dump(exclude_unset=True)
    if values.get("home") is not None:
        values["home"] = (values["home"]["lat"], values["home"]["lng"])
    return values


def require_in_city(session: Session, values: dict[str, Any]) -> None:
    """Refuse a home that lies outside the city."""
    if values.get("home") is not None:
        city_box(session).require(*values["home"])


def change(session: Session, at: Office, code: str, values: dict[str, Any], version: int) -> Edited:
    """Change fields of a file in a transaction."""
    require_in_city(session, values)
    return edit_person(
        session, at.scope, at.keys, code, values, version=version, now=at.now, today=at.today
    )
