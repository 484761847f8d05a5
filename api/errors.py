"""Errors at the edge: one table from what is raised to a status, told as RFC 9457 problems.

The core raises errors that know nothing of HTTP; nowhere else is a status chosen.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.access import errors as access
from api.access.passwords import PasswordError
from api.schemas.problem import Problem
from data.accounts import errors as accounts
from data.field import errors as field
from data.importers.living import batches as imports
from data.importers.living.taking import ImportChangedError
from data.notices import errors as notices
from data.planning import errors as planning
from data.points import errors as points
from data.records import errors as records
from data.store import errors as store
from data.store.city_box import OutsideError
from data.store.idempotency import KeyReusedError
from data.store.row_versions import StaleError
from data.tips import errors as tips
from grid.errors import CellError, JinggeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

_STEP_PAGES: Final = {
    "code": "/login/code",
    "password": "/account/password",
    "second_factor": "/account/second-factor",
}
MEDIA_TYPE: Final = "application/problem+json"


class UnknownIdError(JinggeError):
    """An id that names nothing in the city that is served."""

    def __init__(self, kind: str, given: str) -> None:
        super().__init__(f"Expected the id of a {kind} of this city, got {given[:80]!r}.")


class NoRosterError(JinggeError):
    """Nothing is published yet."""

    def __init__(self) -> None:
        super().__init__("Expected a published roster, got none yet.")


class ParameterError(JinggeError):
    """A parameter that is well-formed and yet cannot be used."""


class PreconditionRequiredError(JinggeError):
    """An edit that does not say which version it is of."""

    def __init__(self) -> None:
        super().__init__("Expected If-Match with the ETag of what was read.")


STATUS: Final[Mapping[type[JinggeError], HTTPStatus]] = {
    UnknownIdError: HTTPStatus.NOT_FOUND,
    CellError: HTTPStatus.NOT_FOUND,
    ParameterError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoRosterError: HTTPStatus.NOT_FOUND,
    access.NotLoggedInError: HTTPStatus.UNAUTHORIZED,
    access.WrongLoginError: HTTPStatus.UNAUTHORIZED,
    access.SignOnOffError: HTTPStatus.NOT_FOUND,
    access.AccessError: HTTPStatus.FORBIDDEN,
    access.TooManyTriesError: HTTPStatus.TOO_MANY_REQUESTS,
    PasswordError: HTTPStatus.UNPROCESSABLE_ENTITY,
    accounts.AccountError: HTTPStatus.UNPROCESSABLE_ENTITY,
    accounts.AccountMissingError: HTTPStatus.NOT_FOUND,
    accounts.SessionMissingError: HTTPStatus.NOT_FOUND,
    accounts.LoginTakenError: HTTPStatus.CONFLICT,
    accounts.IdentityTakenError: HTTPStatus.CONFLICT,
    accounts.SecondFactorError: HTTPStatus.CONFLICT,
    accounts.LastAdministratorError: HTTPStatus.CONFLICT,
    store.StoreError: HTTPStatus.INTERNAL_SERVER_ERROR,
    store.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    store.StoreClosedError: HTTPStatus.SERVICE_UNAVAILABLE,
    store.ScenarioMissingError: HTTPStatus.NOT_FOUND,
    store.RosterStateError: HTTPStatus.CONFLICT,
    KeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    OutsideError: HTTPStatus.UNPROCESSABLE_ENTITY,
    StaleError: HTTPStatus.PRECONDITION_FAILED,
    PreconditionRequiredError: HTTPStatus.PRECONDITION_REQUIRED,
    field.FieldError: HTTPStatus.UNPROCESSABLE_ENTITY,
    field.FieldMissingError: HTTPStatus.NOT_FOUND,
    field.FieldStateError: HTTPStatus.CONFLICT,
    field.FieldVersionError: HTTPStatus.PRECONDITION_FAILED,
    field.RefusedError: HTTPStatus.CONFLICT,
    tips.TipError: HTTPStatus.UNPROCESSABLE_ENTITY,
    tips.TipMissingError: HTTPStatus.NOT_FOUND,
    tips.TipStateError: HTTPStatus.CONFLICT,
    tips.OwnTipError: HTTPStatus.FORBIDDEN,
    tips.TooManyTipsError: HTTPStatus.TOO_MANY_REQUESTS,
    tips.PhotoSizeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    notices.NoticeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    notices.NoticeMissingError: HTTPStatus.NOT_FOUND,
    notices.TooManyCodesError: HTTPStatus.TOO_MANY_REQUESTS,
    points.PointsError: HTTPStatus.CONFLICT,
    points.KeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    points.RuleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    points.RuleMissingError: HTTPStatus.NOT_FOUND,
    points.TransferMissingError: HTTPStatus.NOT_FOUND,
    points.GiftMissingError: HTTPStatus.NOT_FOUND,
    points.RedemptionMissingError: HTTPStatus.NOT_FOUND,
    records.RecordError: HTTPStatus.UNPROCESSABLE_ENTITY,
    records.RecordMissingError: HTTPStatus.NOT_FOUND,
    records.StaleError: HTTPStatus.PRECONDITION_FAILED,
    records.StepError: HTTPStatus.CONFLICT,
    records.SafetyError: HTTPStatus.CONFLICT,
    records.DuplicateError: HTTPStatus.CONFLICT,
    planning.PlanningError: HTTPStatus.UNPROCESSABLE_ENTITY,
    planning.JobMissingError: HTTPStatus.NOT_FOUND,
    planning.RiskMissingError: HTTPStatus.NOT_FOUND,
    planning.OutsideScopeError: HTTPStatus.NOT_FOUND,
    planning.JobStateError: HTTPStatus.CONFLICT,
    planning.WeekError: HTTPStatus.CONFLICT,
    imports.ImportMissingError: HTTPStatus.NOT_FOUND,
    imports.ImportStateError: HTTPStatus.CONFLICT,
    imports.FileSizeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ImportChangedError: HTTPStatus.CONFLICT,
    JinggeError: HTTPStatus.BAD_REQUEST,
}


def status_of(error: JinggeError) -> HTTPStatus:
    """Return the status of the nearest class that the table lists."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_response(
    status: HTTPStatus,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem; ``errors`` names each parameter that is wrong."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    return Response(orjson.dumps(body), status.value, headers, MEDIA_TYPE)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the problems that a route can answer with."""
    reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
        for status in statuses
    }


def add_error_handlers(app: FastAPI) -> None:
    """Answer every error of an application with a problem."""
    app.add_exception_handler(JinggeError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, JinggeError)  # noqa: S101 - registered for this class
    status = status_of(error)
    if _wants_page(request) and request.method == "GET":
        if isinstance(error, access.NotLoggedInError):
            return RedirectResponse(f"/login?next={quote(_address(request))}", 303)
        if isinstance(error, access.StepDueError):
            return RedirectResponse(_STEP_PAGES[error.step], 303)
    return error_answer(request, status, str(error), headers=_headers(error, status))


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    found = [
        {"parameter": ".".join(str(part) for part in one["loc"][1:]), "detail": str(one["msg"])}
        for one in error.errors()
    ]
    detail = "Expected other parameters."
    return error_answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    status = HTTPStatus(error.status_code)
    return error_answer(request, status, str(error.detail), headers=error.headers)


async def _unexpected(request: Request, _: Exception) -> Response:
    detail = "Something went wrong here; it is in the server's log."
    return error_answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _headers(error: JinggeError, status: HTTPStatus) -> dict[str, str]:
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Cookie realm="jingge"'}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": "3"}
    waiting = access.TooManyTriesError | tips.TooManyTipsError | notices.TooManyCodesError
    if isinstance(error, waiting):
        return {"Retry-After": str(error.wait_s)}
    return {}


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _wants_page(request: Request) -> bool:
    accepts = "text/html" in request.headers.get("accept", "")
    return accepts and not request.url.path.startswith("/api/")


def error_answer(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a page to a reader, a problem to a program."""
    if _wants_page(request):
        templates = request.app.state.templates
        page: Response = templates.render(request, "error.html", status.value, code=status.value)
        page.headers.update(headers or {})
        return page
    return problem_response(status, detail, errors=errors, headers=headers)
