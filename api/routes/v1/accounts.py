"""``/api/v1/accounts``: who may log in, with which roles, and where these hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.access.sign_on import SignOn
from api.cursors import Window, cursor_for
from api.dependencies import NowDep, ServiceDep, StoreDep
from api.errors import problems
from api.first_accounts import new_password
from api.once import OnceDep, answer
from api.responses import json_response
from api.routes.sign_on import SignOnDep
from api.routes.v1.session import granted
from api.schemas import access as schemas
from api.schemas.inputs import CLEANED
from api.versions import IfMatchDep, etag
from data.accounts import administration
from data.accounts.accounts import account_record, create_account, set_password
from data.accounts.errors import GrantError
from data.accounts.grants import Grant, place_of
from data.accounts.identities import remove_identity, set_identity, subject_of
from data.accounts.second_factor import remove_second_factor
from data.accounts.sessions import revoke_all
from data.records.finding import people_ids
from data.store.audit import append

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.service import Service
    from data.accounts.accounts import AccountRecord
    from data.store.idempotency import Answer

router = APIRouter(prefix="/accounts", tags=["access"])

Reader = Annotated[Access, Depends(allowed("account.read"))]
Writer = Annotated[Access, Depends(allowed("account.write"))]
AccountPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
LoginQuery = Annotated[
    str | None,
    Query(min_length=1, max_length=64, description="Log-in names that begin like this."),
    CLEANED,
]
ACCOUNTS = cursor_for("accounts", int)
EDITS = problems(401, 403, 404, 409, 412, 413, 422, 428)
PLAIN = problems(401, 403, 404, 409, 422)


@router.get(
    "",
    response_model=schemas.Accounts,
    responses=problems(401, 403, 422),
    summary="Accounts in order of their number",
)
def get_accounts(
    _: Reader,
    store: StoreDep,
    window: Annotated[Window, Depends(ACCOUNTS)],
    *,
    request: Request,
    role: Annotated[schemas.Role | None, Query()] = None,
    state: Annotated[schemas.AccountState | None, Query()] = None,
    login: LoginQuery = None,
) -> Response:
    """List who may log in."""
    after = window.after[0] if window.after else 0
    with store.read() as session:
        rows = administration.list_accounts(
            session, after=after, limit=window.fetch, role=role, state=state, login=login
        )
        items, following = window.cut(rows, lambda row: (row.account_id,))
        told = [_account(session, row, _issuer(request)) for row in items]
    return json_response({"items": told, "next": following}, request)


@router.post(
    "",
    status_code=201,
    response_model=schemas.Account,
    responses=problems(401, 403, 404, 409, 413, 422),
    summary="Make an account",
)
def post_account(
    body: schemas.NewAccount,
    access: Writer,
    service: ServiceDep,
    once: OnceDep,
    now: NowDep,
    request: Request,
) -> Response:
    """Make an account without a password: `first-password` makes one, or the bureau's sign-on."""

    def work(session: Session) -> Answer:
        made = make_account(session, service, access, body, now)
        record = account_record(session, made)
        return answer(
            _account(session, record, _issuer(request)),
            location=f"/api/v1/accounts/{made}",
            ETag=etag(record.version),
        )

    return once.submit(service.store, work)


@router.get(
    "/{account_id}",
    response_model=schemas.Account,
    responses=problems(401, 403, 404, 422),
    summary="An account",
)
def get_account(_: Reader, store: StoreDep, account_id: AccountPath, request: Request) -> Response:
    """Show an account; its `ETag` is for changes."""
    with store.read() as session:
        return _one(session, account_id, request)


@router.patch(
    "/{account_id}", response_model=schemas.Account, responses=EDITS, summary="Rename an account"
)
def patch_account(
    body: schemas.AccountName,
    access: Writer,
    service: ServiceDep,
    now: NowDep,
    *,
    account_id: AccountPath,
    seen: IfMatchDep,
    request: Request,
) -> Response:
    """Change what an account is shown as."""
    name = body.display_name
    return _edit(
        service,
        access,
        account_id,
        lambda work: administration.rename_account(work, account_id, name, seen=seen, now=now),
        now=now,
        request=request,
    )


@router.put(
    "/{account_id}/state",
    response_model=schemas.Account,
    responses=EDITS,
    summary="Lock, close or open an account",
)
def put_state(
    body: schemas.WantedState,
    access: Writer,
    service: ServiceDep,
    now: NowDep,
    *,
    account_id: AccountPath,
    seen: IfMatchDep,
    request: Request,
) -> Response:
    """Say whether an account may be used; all sessions of one that may not end at once."""
    state = body.state
    return _edit(
        service,
        access,
        account_id,
        lambda work: administration.change_state(work, account_id, state, seen=seen, now=now),
        now=now,
        request=request,
        state=state,
    )


@router.put(
    "/{account_id}/grants",
    response_model=schemas.Account,
    responses=EDITS,
    summary="Give an account its roles",
)
def put_grants(
    body: schemas.WantedGrants,
    access: Writer,
    service: ServiceDep,
    now: NowDep,
    *,
    account_id: AccountPath,
    seen: IfMatchDep,
    request: Request,
) -> Response:
    """Give an account these roles in these places and no others; they count at once."""

    def work(session: Session) -> Response:
        change_grants(session, service, access, account_id, body, seen=seen, now=now)
        return _one(session, account_id, request)

    return service.store.submit(work)


@router.post(
    "/{account_id}/first-password",
    response_model=schemas.FirstPassword,
    responses=PLAIN | problems(503),
    summary="Make a first password",
)
def post_password(
    access: Writer, service: ServiceDep, now: NowDep, account_id: AccountPath, request: Request
) -> Response:
    """Make a password that has to be changed at the first log-in, and tell it once.

    The one in force and all sessions end. Sent again, it makes another: no answer with a password
    is ever kept.
    """
    return json_response({"password": first_password(service, access, account_id, now)}, request)


@router.delete(
    "/{account_id}/second-factor",
    status_code=204,
    responses=PLAIN,
    summary="Take a second factor away",
)
def delete_factor(
    access: Writer, service: ServiceDep, now: NowDep, account_id: AccountPath
) -> Response:
    """Take away the second factor of somebody who lost it; all sessions end."""
    service.store.submit(lambda work: take_factor(work, service, access, account_id, now))
    return Response(status_code=204)


@router.delete(
    "/{account_id}/sessions", status_code=204, responses=PLAIN, summary="Log an account out"
)
def delete_sessions(
    access: Writer, service: ServiceDep, now: NowDep, account_id: AccountPath
) -> Response:
    """End all sessions of an account."""
    service.store.submit(lambda work: end_sessions(work, service, access, account_id, now))
    return Response(status_code=204)


@router.put(
    "/{account_id}/sign-on",
    response_model=schemas.Account,
    responses=PLAIN | problems(413),
    summary="Name the subject that opens an account",
)
def put_sign_on(
    body: schemas.WantedIdentity,
    access: Writer,
    service: ServiceDep,
    sign_on: SignOnDep,
    now: NowDep,
    *,
    account_id: AccountPath,
    request: Request,
) -> Response:
    """Let one identity of the bureau's own sign-on open an account, and no other."""
    issuer = sign_on.place.issuer

    def change(session: Session) -> None:
        account_record(session, account_id)
        set_identity(session, account_id, issuer, body.subject, now=now)

    return _edit(service, access, account_id, change, now=now, request=request, sign_on="set")


@router.delete(
    "/{account_id}/sign-on",
    status_code=204,
    responses=PLAIN,
    summary="Let no identity open an account",
)
def delete_sign_on(
    access: Writer, service: ServiceDep, sign_on: SignOnDep, now: NowDep, account_id: AccountPath
) -> Response:
    """Let no identity of the sign-on open an account; all its sessions end."""

    def work(session: Session) -> None:
        account_record(session, account_id)
        remove_identity(session, account_id, sign_on.place.issuer)
        revoke_all(session, account_id, now=now)
        event = access.event("account", str(account_id), sign_on="removed")
        append(session, service.keys, now, event)

    service.store.submit(work)
    return Response(status_code=204)


def make_account(
    session: Session, service: Service, access: Access, body: schemas.NewAccount, now: datetime
) -> int:
    """Make an account without a password, kept by the audit; return its number."""
    person = body.person
    number = people_ids(session, access.scope, [person])[person] if person else None
    made = create_account(
        session,
        login=body.login,
        display_name=body.display_name,
        password_hash=None,
        grants=_grants(session, body.grants),
        by=access.actor.key,
        now=now,
        person_id=number,
    )
    roles = sorted({grant.role for grant in body.grants})
    append(session, service.keys, now, access.event("account", str(made), roles=roles))
    return made


def change_grants(
    session: Session,
    service: Service,
    access: Access,
    account_id: int,
    body: schemas.WantedGrants,
    *,
    seen: int,
    now: datetime,
) -> None:
    """Give an account these roles and no others, kept by the audit."""
    grants = _grants(session, body.grants)
    by = access.actor.key
    administration.change_grants(session, account_id, grants, seen=seen, by=by, now=now)
    told = sorted(f"{one.role}@{one.kind}:{one.place}".rstrip(":") for one in body.grants)
    append(session, service.keys, now, access.event("account", str(account_id), grants=told))


def first_password(service: Service, access: Access, account_id: int, now: datetime) -> str:
    """Make a password that has to be changed at the first log-in, kept by the audit as such."""
    with service.store.read() as session:
        account_record(session, account_id)
    password = new_password()
    hashed = service.passwords.hash(password)

    def work(session: Session) -> None:
        set_password(session, account_id, hashed, must_change=True, now=now)
        append(session, service.keys, now, access.event("account", str(account_id), password=True))

    service.store.submit(work)
    return password


def take_factor(
    session: Session, service: Service, access: Access, account_id: int, now: datetime
) -> None:
    """Take a second factor away and end all sessions, kept by the audit."""
    account_record(session, account_id)
    remove_second_factor(session, account_id)
    revoke_all(session, account_id, now=now)
    event = access.event("account", str(account_id), second_factor="removed")
    append(session, service.keys, now, event)


def end_sessions(
    session: Session, service: Service, access: Access, account_id: int, now: datetime
) -> None:
    """End all sessions of an account, kept by the audit."""
    account_record(session, account_id)
    revoke_all(session, account_id, now=now)
    append(session, service.keys, now, access.event("account", str(account_id), ended="all"))


def _issuer(request: Request) -> str:
    sign_on: SignOn | None = request.app.state.sign_on
    return "" if sign_on is None else sign_on.place.issuer


def _edit(
    service: Service,
    access: Access,
    account_id: int,
    change: Callable[[Session], None],
    *,
    now: datetime,
    request: Request,
    **detail: Any,
) -> Response:
    """Change an account with its line of audit; return it as it is now."""

    def work(session: Session) -> Response:
        change(session)
        append(session, service.keys, now, access.event("account", str(account_id), **detail))
        return _one(session, account_id, request)

    return service.store.submit(work)


def _grants(session: Session, wanted: Iterable[schemas.GivenGrant]) -> list[Grant]:
    grants = []
    for one in wanted:
        has_place = one.kind not in {"city", "own"}
        if not has_place and one.place:
            raise GrantError(f"Expected no place with {one.kind}, got {one.place[:80]!r}.")
        place = place_of(session, one.kind, one.place) if has_place else 0
        grants.append(Grant(one.role, one.kind, place))
    return grants


def _one(session: Session, account_id: int, request: Request) -> Response:
    record = account_record(session, account_id)
    response = json_response(_account(session, record, _issuer(request)), request)
    response.headers["ETag"] = etag(record.version)
    return response


def _account(session: Session, record: AccountRecord, issuer: str) -> dict[str, Any]:
    return {
        "account_id": record.account_id,
        "login": record.login,
        "display_name": record.display_name,
        "person": record.person,
        "state": record.state,
        "has_password": record.has_password,
        "must_change_password": record.must_change_password,
        "has_second_factor": record.has_second_factor,
        "sign_on_subject": subject_of(session, record.account_id, issuer) if issuer else None,
        "last_login_at": record.last_login_at,
        "grants": granted(session, record.grants),
    }
