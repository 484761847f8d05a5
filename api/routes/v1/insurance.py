"""``/api/v1/insurance``: policies, whom they cover, and whose cover runs out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.dependencies import SettingsDep
from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.person_answers import told_warning
from api.routes.v1.people import CodePath
from api.schemas import insurance as schemas
from data.records.insurance import (
    add_policy,
    cover_people,
    end_cover,
    find_policy,
    list_policies,
)
from data.records.insurance_warnings import insurance_warnings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.records.insurance import Renewed
    from data.store.idempotency import Answer

router = APIRouter(tags=["insurance"])

Reader = Annotated[Office, Depends(office("insurance.read"))]
Writer = Annotated[Office, Depends(office("insurance.write"))]
NumberPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
CHANGES = problems(400, 401, 403, 404, 409, 413, 422)


@router.get(
    "/insurance/policies",
    response_model=schemas.Policies,
    responses=problems(401, 403, 422),
    summary="Policies, the newest first",
)
def policies(at: Reader, wanted: Annotated[schemas.PolicyQuery, Query()]) -> Response:
    """List policies; whoever answers for no station sees those that cover their own people."""
    scope = at.scope
    narrow = not (scope.city or scope.sub_bureaus or scope.stations)
    with at.store.read() as session:
        page = list_policies(session, scope, only_covering=narrow, **wanted.model_dump())
    return at.answer({"items": page.items, "next": page.next})


@router.post(
    "/insurance/policies",
    status_code=201,
    response_model=schemas.Policy,
    responses=CHANGES,
    summary="Add a policy",
)
def create(body: schemas.NewPolicy, at: Writer, once: OnceDep) -> Response:
    """Add a policy with the days on which it runs; it covers nobody yet."""

    def work(session: Session) -> Answer:
        number = make_policy(session, at, body)
        found: dict[str, Any] = asdict(find_policy(session, at.scope, number))
        return answer(found)

    return once.submit(at.store, work)


@router.post(
    "/insurance/policies/{policy}/covers",
    status_code=201,
    response_model=schemas.Renewed,
    responses=CHANGES,
    summary="Cover people by a policy",
)
def cover(body: schemas.NewCovers, at: Writer, policy: NumberPath, once: OnceDep) -> Response:
    """Cover people for all days of a policy or some: what renews a whole station at once."""

    def work(session: Session) -> Answer:
        return answer(asdict(cover_many(session, at, policy, body)))

    return once.submit(at.store, work)


@router.put(
    "/people/{code}/covers/{cover}/end",
    status_code=204,
    responses=CHANGES,
    summary="Let a cover end earlier",
)
def end(body: schemas.LastDay, at: Writer, code: CodePath, cover: NumberPath) -> Response:
    """Shorten a cover of somebody's file; the policy stays as it is."""

    def work(session: Session) -> None:
        end_cover(session, at.scope, code, cover, last_day=body.last_day)
        at.keep(session, "person", code, cover=cover)

    at.store.submit(work)
    return Response(status_code=204)


@router.get(
    "/insurance/warnings",
    response_model=schemas.Warnings,
    responses=problems(401, 403, 422),
    summary="Whose insurance runs out, and what that leaves uncovered",
)
def warnings(
    at: Reader, settings: SettingsDep, wanted: Annotated[schemas.WarningQuery, Query()]
) -> Response:
    """List volunteers not insured within N days, or on a shift that they are planned for."""
    with at.store.read() as session:
        page = insurance_warnings(
            session, at.scope, now=at.now, timezone=settings.timezone, **wanted.model_dump()
        )
        rights = rights_over(session, at.access, [one.code for one in page.items])
    at.note("people", "insurance")
    items = [told_warning(one, rights[one.code]) for one in page.items]
    return at.answer({"items": items, "next": page.next, "total": page.total})


def make_policy(session: Session, at: Office, body: schemas.NewPolicy) -> int:
    """Add a policy, kept by the audit; return its number."""
    number = add_policy(session, **body.model_dump())
    at.keep(session, "policy", str(number))
    return number


def cover_many(session: Session, at: Office, policy: int, body: schemas.NewCovers) -> Renewed:
    """Cover people by a policy, kept by the audit."""
    done = cover_people(session, at.scope, policy, **_covers(body))
    at.keep(session, "policy", str(policy), num_added=done.num_added)
    return done


def _covers(body: schemas.NewCovers) -> dict[str, Any]:
    return {"codes": body.people, "starts_on": body.starts_on, "ends_on": body.ends_on}
