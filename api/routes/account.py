"""``/account``: one's own password, second factor and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.access.actor import Access
from api.access.cookies import session_token, set_session
from api.access.errors import WrongLoginError
from api.access.own import NewPassword, SamePasswordError, change_password
from api.access.passwords import PasswordError
from api.access.policy import allowed
from api.dependencies import NowDep, ServiceDep, SettingsDep, TemplatesDep
from api.language import texts_of
from api.routes.login import home_of
from api.templating import page_language
from data.accounts.accounts import account_record
from data.accounts.grants import place_names
from data.accounts.second_factor import (
    address_of,
    begin_second_factor,
    confirm_second_factor,
    mark_second_factor,
    num_recovery_codes,
)
from data.accounts.sessions import revoke_session, sessions_of
from data.store.audit import append

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/account", include_in_schema=False)

AccountAccess = Annotated[Access, Depends(allowed("session.own"))]
PasswordAccess = Annotated[Access, Depends(allowed("password.own"))]
FactorAccess = Annotated[Access, Depends(allowed("second_factor.own"))]
Secret = Annotated[str, Form(max_length=512)]


@router.get("")
def account(
    access: AccountAccess,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
) -> Response:
    """Show what the account may do, and where it is logged in."""
    actor = access.actor
    zone = ZoneInfo(settings.timezone)
    with service.store.read() as session:
        record = account_record(session, actor.account_id)
        sessions = [one for one in sessions_of(session, actor.account_id, now=now) if one.is_live]
        places = place_names(session, actor.grants)
        codes = num_recovery_codes(session, actor.account_id)
    return templates.render(
        request,
        "access/account.html",
        csrf=actor.csrf,
        owner=actor.display_name,
        login=actor.login,
        grants=[
            {"role": grant.role, "place": place}
            for grant, place in zip(actor.grants, places, strict=True)
        ],
        has_factor=record.has_second_factor,
        num_codes=codes,
        sessions=[
            {
                "handle": one.handle,
                "device": one.user_agent or "–",
                "when": f"{one.last_seen_at.astimezone(zone):%Y-%m-%d %H:%M}",
                "here": one.handle == actor.session,
            }
            for one in sessions
        ],
        back="/",
    )


@router.post("/sessions/{handle}/end")
def end(access: AccountAccess, service: ServiceDep, now: NowDep, handle: str) -> Response:
    """End one of one's own sessions."""

    def work(session: Session) -> None:
        if revoke_session(session, access.actor.account_id, handle, now=now):
            append(session, service.keys, now, access.event("session", handle, ended=True))

    service.store.submit(work)
    return RedirectResponse("/account", 303)


@router.get("/password")
async def password_page(
    access: PasswordAccess, templates: TemplatesDep, request: Request
) -> Response:
    """Ask for a new password."""
    return _password_page(access, templates, request)


@router.post("/password")
def post_password(
    access: PasswordAccess,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
    current: Secret,
    new: Secret,
    again: Secret,
) -> Response:
    """Change the password; every other session of the account ends."""
    actor = access.actor
    texts = texts_of(page_language(request)[0])
    if new != again:
        return _password_page(access, templates, request, texts("access.not_the_same"))
    address = request.client.host if request.client else ""
    change = NewPassword(current, new, address, request.headers.get("user-agent", ""))
    try:
        token = change_password(service, access, change, now)
    except WrongLoginError:
        return _password_page(access, templates, request, texts("access.wrong_current"))
    except SamePasswordError:
        return _password_page(access, templates, request, texts("access.not_another"))
    except PasswordError:
        return _password_page(access, templates, request, texts("access.password_rule"))
    # A first password stood in the way of something: go on to it.
    response = RedirectResponse("/account" if actor.step is None else home_of(actor.grants), 303)
    set_session(response, request, token, settings.public_url)
    return response


@router.get("/second-factor")
def factor_page(
    access: FactorAccess, service: ServiceDep, templates: TemplatesDep, request: Request
) -> Response:
    """Show the secret of a new second factor as a QR code."""
    return _factor_page(access, service, templates, request)


@router.post("/second-factor")
def post_factor(
    access: FactorAccess,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
    code: Annotated[str, Form(max_length=32)],
) -> Response:
    """Put the second factor in force; show the recovery codes, once."""
    actor = access.actor
    token = session_token(request, settings.public_url)

    def work(session: Session) -> list[str] | None:
        codes = confirm_second_factor(session, service.keys, actor.account_id, code, now=now)
        if codes is not None:
            mark_second_factor(session, token, now=now)
            append(session, service.keys, now, access.event("account", str(actor.account_id)))
        return codes

    codes = service.store.submit(work)
    if codes is None:
        texts = texts_of(page_language(request)[0])
        return _factor_page(access, service, templates, request, texts("access.wrong_code"))
    return templates.render(request, "access/second_factor.html", csrf=actor.csrf, codes=codes)


def _password_page(
    access: Access, templates: TemplatesDep, request: Request, trouble: str = ""
) -> Response:
    return templates.render(
        request,
        "access/password.html",
        422 if trouble else 200,
        csrf=access.actor.csrf,
        first=access.actor.step == "password",
        trouble=trouble,
    )


def _factor_page(
    access: Access,
    service: ServiceDep,
    templates: TemplatesDep,
    request: Request,
    trouble: str = "",
) -> Response:
    actor = access.actor
    secret = service.store.submit(
        lambda session: begin_second_factor(session, service.keys, actor.account_id)
    )
    code = segno.make(address_of(secret, actor.login), error="m")
    values: dict[str, Any] = {"qr": code.svg_data_uri(scale=6), "secret": secret, "codes": []}
    return templates.render(
        request,
        "access/second_factor.html",
        422 if trouble else 200,
        csrf=actor.csrf,
        trouble=trouble,
        **values,
    )
