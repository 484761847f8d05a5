"""``/api/v1/session``: log in and out as a program does, with the same rules as the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from api.access.actor import Access
from api.access.authority import authority
from api.access.cookies import drop_session, session_token, set_session
from api.access.errors import WrongLoginError
from api.access.forgery import require_own_origin
from api.access.live_sessions import actor_of
from api.access.login import Try, log_in
from api.access.own import NewPassword, change_password, show_code
from api.access.policy import allowed
from api.dependencies import NowDep, ServiceDep, SettingsDep
from api.errors import problems
from api.responses import json_response
from api.schemas import access as schemas
from data.accounts.accounts import account_record
from data.accounts.errors import SessionMissingError
from data.accounts.grants import Grant, places_of
from data.accounts.sessions import end_session, revoke_all, revoke_session, sessions_of
from data.store.audit import append

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.access.actor import Actor
    from api.service import Service

router = APIRouter(tags=["access"])

OwnAccess = Annotated[Access, Depends(allowed("session.own"))]
PasswordAccess = Annotated[Access, Depends(allowed("password.own"))]
Handle = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=["0f3a5c7e9b1d2f40"])]


@router.post(
    "/session",
    status_code=201,
    response_model=schemas.Session,
    responses=problems(401, 403, 413, 422, 429, 503),
    summary="Log in",
)
def post_session(
    body: schemas.NewSession,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    request: Request,
) -> Response:
    """Begin a session, a cookie; with the code of the second factor at once, or by `code` later.

    Wrong tries of one name from one address have to wait longer and longer (429).
    """
    require_own_origin(request, settings.public_url)
    address = _address(request)
    attempt = Try(body.login, body.password, address, request.headers.get("user-agent", ""))
    found = log_in(service, attempt, now)
    if found is None:
        raise WrongLoginError
    token = found[0]
    actor = actor_of(service.store, settings, token, now)
    if actor is not None and actor.step == "code" and body.code is not None:
        if not show_code(service, actor, token, body.code, address=address, now=now):
            service.store.submit(lambda session: end_session(session, token, now=now))
            raise WrongLoginError
        actor = actor_of(service.store, settings, token, now)
    if actor is None:  # locked in this very moment
        raise WrongLoginError
    response = _told(service, actor, request, 201)
    set_session(response, request, token, settings.public_url)
    return response


@router.get(
    "/session",
    response_model=schemas.Session,
    responses=problems(401, 422),
    summary="Who is logged in",
)
def get_session(access: OwnAccess, service: ServiceDep, request: Request) -> Response:
    """Say who asks, with which roles, where, and what they may do."""
    return _told(service, access.actor, request)


@router.delete(
    "/session",
    status_code=204,
    responses=problems(401, 403, 422),
    summary="Log out",
)
def delete_session(
    _: OwnAccess, service: ServiceDep, settings: SettingsDep, now: NowDep, request: Request
) -> Response:
    """End the session."""
    token = session_token(request, settings.public_url)
    service.store.submit(lambda session: end_session(session, token, now=now))
    response = Response(status_code=204)
    drop_session(response, request, settings.public_url)
    return response


@router.put(
    "/session/code",
    response_model=schemas.Session,
    responses=problems(401, 403, 413, 422, 429),
    summary="Show the second factor",
)
def put_code(
    body: schemas.CodeShown,
    access: OwnAccess,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    request: Request,
) -> Response:
    """Take the code that the session waits for; each counts once."""
    token = session_token(request, settings.public_url)
    address = _address(request)
    if not show_code(service, access.actor, token, body.code, address=address, now=now):
        raise WrongLoginError
    return _told(service, actor_of(service.store, settings, token, now) or access.actor, request)


@router.put(
    "/session/password",
    response_model=schemas.Session,
    responses=problems(401, 403, 413, 422, 429, 503),
    summary="Change one's password",
)
def put_password(
    body: schemas.NewPassword,
    access: PasswordAccess,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    request: Request,
) -> Response:
    """Change the password: all sessions end, this one goes on as a new one."""
    agent = request.headers.get("user-agent", "")
    change = NewPassword(body.current, body.new, _address(request), agent)
    token = change_password(service, access, change, now)
    actor = actor_of(service.store, settings, token, now) or access.actor
    response = _told(service, actor, request)
    set_session(response, request, token, settings.public_url)
    return response


@router.get(
    "/sessions",
    response_model=schemas.OwnSessions,
    responses=problems(401, 422),
    summary="Where one is logged in",
)
def get_sessions(access: OwnAccess, service: ServiceDep, now: NowDep, request: Request) -> Response:
    """List one's own sessions that are valid now."""
    actor = access.actor
    with service.store.read() as session:
        found = [one for one in sessions_of(session, actor.account_id, now=now) if one.is_live]
    items = [
        {
            "handle": one.handle,
            "created_at": one.created_at,
            "last_seen_at": one.last_seen_at,
            "expires_at": one.expires_at,
            "device": one.user_agent,
            "is_this": one.handle == actor.session,
        }
        for one in found
    ]
    return json_response({"items": items, "next": None}, request)


@router.delete(
    "/sessions",
    status_code=204,
    responses=problems(401, 403, 422),
    summary="End all other sessions",
)
def delete_sessions(
    access: OwnAccess, service: ServiceDep, settings: SettingsDep, now: NowDep, request: Request
) -> Response:
    """End every session of one's own but this one."""
    token = session_token(request, settings.public_url)

    def work(session: Session) -> None:
        revoke_all(session, access.actor.account_id, now=now, keep=token)
        event = access.event("account", str(access.actor.account_id), ended="others")
        append(session, service.keys, now, event)

    service.store.submit(work)
    return Response(status_code=204)


@router.delete(
    "/sessions/{handle}",
    status_code=204,
    responses=problems(401, 403, 404, 422),
    summary="End one of one's sessions",
)
def delete_one(access: OwnAccess, service: ServiceDep, now: NowDep, handle: Handle) -> Response:
    """End a session of one's own, such as the one of a phone that was lost."""

    def work(session: Session) -> None:
        if not revoke_session(session, access.actor.account_id, handle, now=now):
            raise SessionMissingError
        append(session, service.keys, now, access.event("session", handle, ended=True))

    service.store.submit(work)
    return Response(status_code=204)


def granted(session: Session, grants: tuple[Grant, ...]) -> list[dict[str, str]]:
    """Return grants with the codes and names of their places."""
    return [
        {"role": grant.role, "kind": grant.kind, "place": place.code, "place_name": place.name}
        for grant, place in zip(grants, places_of(session, grants), strict=True)
    ]


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _told(service: Service, actor: Actor, request: Request, status: int = 200) -> Response:
    matrix = authority()
    actions = [one for one in matrix.widest if matrix.roles(one, actor.grants)]
    with service.store.read() as session:
        grants = granted(session, actor.grants)
        person = account_record(session, actor.account_id).person
    body: dict[str, Any] = {
        "account_id": actor.account_id,
        "login": actor.login,
        "display_name": actor.display_name,
        "person": person,
        "grants": grants,
        "actions": sorted(actions) if actor.step is None else [],
        "step": actor.step,
        "csrf": actor.csrf,
    }
    response = json_response(body, request)
    response.status_code = status
    return response
