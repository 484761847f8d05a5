"""``/api/v1/catalogue``: professions, qualifications, duty roles, shift templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.schemas import catalogue as schemas
from api.schemas.inputs import CLEANED
from api.versions import IfMatchTagDep, etag
from data.records.catalogue import add_entry, edit_entry, entry_tag, list_entries, read_entry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(prefix="/catalogue", tags=["catalogue"])

Reader = Annotated[Office, Depends(office("catalogue.read"))]
Writer = Annotated[Office, Depends(office("catalogue.write"))]
EntryPath = Annotated[
    str, Path(min_length=1, max_length=128, description="An entry's code."), CLEANED
]
TOPICS: dict[str, tuple[str, Any, Any, Any, Any]] = {
    "professions": (
        *("profession", schemas.NewWord, schemas.WordEdit, schemas.Word, schemas.Words),
    ),
    "qualifications": (
        *("qualification", schemas.NewWord, schemas.WordEdit, schemas.Word, schemas.Words),
    ),
    "duty-roles": (*("duty role", schemas.NewRole, schemas.RoleEdit, schemas.Role, schemas.Roles),),
    "shift-templates": (
        "shift template",
        *(schemas.NewTemplate, schemas.TemplateEdit, schemas.Template, schemas.Templates),
    ),
}
"""Topic → its name, and the bodies that make, change, tell and list an entry."""


def add_routes(topic: str) -> None:
    """Add the four routes of a topic."""
    kind, new, change, entry, entries = TOPICS[topic]

    def many(at: Reader) -> Response:
        """List the entries by code; those out of use stay in the files that name them."""
        with at.store.read() as session:
            return at.answer({"items": list_entries(session, topic)})

    def one(at: Reader, code: EntryPath) -> Response:
        """Return an entry; its ETag is what an edit has to name."""
        with at.store.read() as session:
            found = read_entry(session, topic, code)
        return at.answer(found, tag=etag(entry_tag(found)))

    def create(body: Any, at: Writer, once: OnceDep) -> Response:
        """Add an entry that is in use from now on."""

        def work(session: Session) -> Answer:
            made = make_entry(session, at, topic, body)
            place = f"/api/v1/catalogue/{topic}/{body.code}"
            return answer(made, location=place, ETag=etag(entry_tag(made)))

        return once.submit(at.store, work)

    def edit(body: Any, at: Writer, code: EntryPath, seen: IfMatchTagDep) -> Response:
        """Change an entry, or put it out of use."""
        found = at.store.submit(lambda session: change_entry(session, at, topic, code, body, seen))
        return at.answer(found, tag=etag(entry_tag(found)))

    # The bodies are known only here; FastAPI takes types in place of their names.
    create.__annotations__["body"] = new
    edit.__annotations__["body"] = change
    add, place = router.add_api_route, f"/{topic}/{{code}}"
    plain = problems(401, 403)
    add(f"/{topic}", many, response_model=entries, responses=plain, summary=f"Each {kind}")
    add(
        place, one, response_model=entry, responses=problems(401, 403, 404, 422),
        summary=f"One {kind}",
    )  # fmt: skip
    add(
        f"/{topic}",
        create,
        methods=["POST"],
        status_code=201,
        response_model=entry,
        responses=problems(400, 401, 403, 404, 409, 413, 422),
        summary=f"Add a {kind}",
    )
    add(
        place,
        edit,
        methods=["PATCH"],
        response_model=entry,
        responses=problems(400, 401, 403, 404, 409, 412, 413, 422, 428),
        summary=f"Change a {kind}",
    )


def make_entry(session: Session, at: Office, topic: str, body: Any) -> dict[str, Any]:
    """Add an entry, kept by the audit."""
    made = add_entry(session, topic, body.code, body.model_dump(exclude={"code"}))
    at.keep(session, "catalogue", f"{topic}:{body.code}")
    return made


def change_entry(
    session: Session, at: Office, topic: str, code: str, body: Any, seen: str
) -> dict[str, Any]:
    """Change an entry that was seen with this tag, kept by the audit."""
    values = body.model_dump(exclude_unset=True)
    found = edit_entry(session, topic, code, values, seen=seen)
    at.keep(session, "catalogue", f"{topic}:{code}", fields=sorted(values))
    return found


for _topic in TOPICS:
    add_routes(_topic)
