"""``/login/sso``: to the bureau's own sign-on, and back from it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.access.cookies import is_secure, set_session
from api.access.errors import SignOnError, SignOnOffError
from api.access.login import log_in_signed_on
from api.access.sign_on import BACK, COOKIE, LONGEST_S, SignOn
from api.dependencies import NowDep, ServiceDep, SettingsDep, TemplatesDep
from api.language import texts_of
from api.routes.login import home_of, own_path
from api.templating import page_language

router = APIRouter(prefix="/login/sso", include_in_schema=False)


async def get_sign_on(request: Request) -> SignOn:
    """Return the sign-on of this application.

    Raises
    ------
    SignOnOffError
        Where there is none.
    """
    sign_on: SignOn | None = request.app.state.sign_on
    if sign_on is None:
        raise SignOnOffError
    return sign_on


SignOnDep = Annotated[SignOn, Depends(get_sign_on)]


@router.get("")
def leave(
    sign_on: SignOnDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
    next_: Annotated[str, Query(alias="next", max_length=2000)] = "",
) -> Response:
    """Send somebody to the provider."""
    try:
        leaving = sign_on.leave(own_path(next_), now)
    except SignOnError:
        return _refused(templates, request, 503, "access.sso_down")
    response = RedirectResponse(leaving.address, 303)
    response.set_cookie(
        COOKIE,
        leaving.cookie,
        max_age=LONGEST_S,
        path=BACK,
        secure=is_secure(request, settings.public_url),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/back")
def come_back(
    sign_on: SignOnDep,
    service: ServiceDep,
    settings: SettingsDep,
    now: NowDep,
    *,
    templates: TemplatesDep,
    request: Request,
) -> Response:
    """Begin the session of whom the provider vouches for."""
    device = request.headers.get("user-agent", "")
    try:
        who = sign_on.come_back(request.query_params, request.cookies.get(COOKIE, ""), now)
        token, record = log_in_signed_on(service, sign_on, who, device, now)
    except SignOnError:
        response = _refused(templates, request, 403, "access.sso_refused")
    else:
        response = RedirectResponse(who.next or home_of(record.grants), 303)
        set_session(response, request, token, settings.public_url)
    # What was asked with is used up, whatever came of it.
    response.delete_cookie(COOKIE, path=BACK)
    return response


def _refused(templates: TemplatesDep, request: Request, status: int, key: str) -> Response:
    trouble = texts_of(page_language(request)[0])(key)
    values = {"next": "", "login": "", "trouble": trouble, "has_sso": True}
    return templates.render(request, "access/login.html", status, **values)
