"""``/login``, ``/logout``: with a password, then the code of a second factor where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.access.actor import Access
from api.access.cookies import drop_session, session_token, set_session
from api.access.errors import TooManyTriesError
from api.access.forgery import require_own_origin
from api.access.login import Try, log_in
from api.access.own import show_code
from api.access.policy import allowed
from api.dependencies import NowDep, ServiceDep, SettingsDep, TemplatesDep
from api.language import texts_of
from api.templating import page_language
from data.accounts.grants import STAFF, Grant
from data.accounts.sessions import end_session

router = APIRouter(include_in_schema=False)

SessionAccess = Annotated[Access, Depends(allowed("session.own"))]
Next = Annotated[str, Form(alias="next", max_length=2000)]
_WRONG: Final = 401
CONSOLE: Final = "/console"
"""Leads to the first place of the reader's menu."""


@router.get("/login")
async def page(
    templates: TemplatesDep,
    request: Request,
    next_: Annotated[str, Query(alias="next", max_length=2000)] = "",
) -> Response:
    """Ask who it is."""
    values: dict[str, Any] = {"next": own_path(next_), "login": ""}
    values["has_sso"] = has_sign_on(request)
    return templates.render(request, "access/login.html", **values)


@router.post("/login")
def post_login(
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
    login: Annotated[str, Form(max_length=128)],
    password: Annotated[str, Form(max_length=512)],
    next_: Next = "",
) -> Response:
    """Begin a session and go to where its owner works."""
    require_own_origin(request, settings.public_url)
    texts = texts_of(page_language(request)[0])
    address = request.client.host if request.client else ""
    attempt = Try(login, password, address, request.headers.get("user-agent", ""))
    wait = 0
    try:
        found = log_in(service, attempt, now)
    except TooManyTriesError as error:
        found, wait = None, error.wait_s
    if found is None:
        trouble = texts("access.wait", seconds=wait) if wait else texts("access.wrong")
        status = 429 if wait else _WRONG
        values: dict[str, Any] = {"next": own_path(next_), "login": login, "trouble": trouble}
        values["has_sso"] = has_sign_on(request)
        return templates.render(request, "access/login.html", status, **values)
    token, record = found
    response = RedirectResponse(own_path(next_) or home_of(record.grants), 303)
    set_session(response, request, token, settings.public_url)
    return response


@router.get("/login/code")
async def code_page(
    access: SessionAccess,
    templates: TemplatesDep,
    request: Request,
    next_: Annotated[str, Query(alias="next", max_length=2000)] = "",
) -> Response:
    """Ask for the code of the second factor."""
    csrf = access.actor.csrf
    return templates.render(request, "access/code.html", csrf=csrf, next=own_path(next_))


@router.post("/login/code")
def post_code(
    access: SessionAccess,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
    code: Annotated[str, Form(max_length=64)],
    next_: Next = "",
) -> Response:
    """Take a code: each once, and after wrong ones only with patience."""
    actor = access.actor
    address = request.client.host if request.client else ""
    token = session_token(request, settings.public_url)
    if show_code(service, actor, token, code, address=address, now=now):
        return RedirectResponse(own_path(next_) or CONSOLE, 303)
    texts = texts_of(page_language(request)[0])
    values = {"csrf": actor.csrf, "next": own_path(next_), "trouble": texts("access.wrong_code")}
    return templates.render(request, "access/code.html", _WRONG, **values)


@router.post("/logout")
def logout(
    _: SessionAccess, service: ServiceDep, settings: SettingsDep, now: NowDep, request: Request
) -> Response:
    """End the session."""
    token = session_token(request, settings.public_url)
    service.store.submit(lambda session: end_session(session, token, now=now))
    response = RedirectResponse("/login", 303)
    drop_session(response, request, settings.public_url)
    return response


def has_sign_on(request: Request) -> bool:
    """Return whether the bureau's own sign-on can be used here."""
    return request.app.state.sign_on is not None


def own_path(text: str) -> str:
    """Return an address if it is a path of ours, else an empty text."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_own and "\\" not in text else ""


def home_of(grants: Iterable[Grant]) -> str:
    """Return where the owner of an account begins: the console's start, or the phone's."""
    return CONSOLE if any(grant.role in STAFF for grant in grants) else "/m"
