"""``/api/v1/notice-ways``, ``/notice-mail``: by which ways one wants notices; one's own mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import ParameterError, problems
from api.field_answers import json_answer, plain
from api.language import Texts, texts_of
from api.notice_ways import require_mail, ways_there_are
from api.once import OnceDep, answer
from api.schemas import notice_ways as schemas
from api.templating import page_language
from api.versions import IfMatchDep, etag
from data.notices.addresses import ask_mail, confirm_mail, forget_mail, own_addresses
from data.notices.errors import CodeError
from data.notices.preferences import preference_of, set_preference
from data.notices.ways import KINDS, keep_ways, ways_of
from data.store.audit import append

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from data.store.keys import Keys

router = APIRouter(tags=["notices"])

Own = Annotated[Access, Depends(allowed("notice.own"))]


@router.get(
    "/notice-ways",
    response_model=schemas.Ways,
    responses=problems(401, 403),
    summary="By which ways one wants notices",
)
def get_ways(
    request: Request, access: Own, store: StoreDep, keys: KeysDep, now: NowDep
) -> Response:
    """Return the ways that there are, one's own addresses, masked, and what one wants by which."""
    with store.read() as session:
        return _ways(request, session, keys, access.actor.account_id, now)


@router.put(
    "/notice-ways",
    response_model=schemas.Ways,
    responses=problems(400, 401, 403, 412, 422, 428, 503),
    summary="Choose by which ways one wants notices",
)
def put_ways(
    body: schemas.NewWays,
    request: Request,
    access: Own,
    version: IfMatchDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Keep one's choice; a way that this server has not, or without an address, sends nothing."""
    if unknown := set(body.kinds) - set(KINDS):
        raise ParameterError(f"Expected kinds of notices, got {sorted(unknown)[0]!r:.40}.")
    me = access.actor.account_id

    def work(session: Session) -> Response:
        set_preference(session, me, now, version)
        keep_ways(session, me, body.kinds)
        append(session, keys, now, access.event("account", str(me), what="notice_ways"))
        return _ways(request, session, keys, me, now)

    return store.submit(work)


@router.post(
    "/notice-mail",
    status_code=202,
    response_model=schemas.OwnMail,
    responses=problems(400, 401, 403, 422, 429, 503),
    summary="Add a mail address of one's own",
)
def post_mail(
    body: schemas.NewMail,
    request: Request,
    access: Own,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Send a code to an address; it is used once the code was entered, the old one until then."""
    me = access.actor.account_id

    def work(session: Session) -> Answer:
        require_mail(request)
        ask_mail(session, keys, me, body.address, now)
        append(session, keys, now, access.event("account", str(me), what="mail_asked"))
        return answer(_mail(session, keys, me, now), 202)

    return once.submit(store, work)


@router.post(
    "/notice-mail/confirmation",
    response_model=schemas.OwnMail,
    responses=problems(400, 401, 403, 422, 503),
    summary="Confirm one's mail address",
)
def confirm(
    body: schemas.Code, access: Own, store: StoreDep, keys: KeysDep, now: NowDep
) -> Response:
    """Put the address in use whose code this is; 422 for another, after five the code is spent."""
    me = access.actor.account_id

    def work(session: Session) -> bool:
        is_right = confirm_mail(session, keys, me, body.code, now)
        what = "mail_confirmed" if is_right else "mail_code_wrong"
        append(session, keys, now, access.event("account", str(me), what=what))
        return is_right

    if not store.submit(work):
        raise CodeError
    with store.read() as session:
        return json_answer(_mail(session, keys, me, now))


@router.delete(
    "/notice-mail",
    status_code=204,
    responses=problems(401, 403, 503),
    summary="Forget one's mail address",
)
def delete_mail(access: Own, store: StoreDep, keys: KeysDep, now: NowDep) -> Response:
    """Forget the address in use and the one asked for."""
    me = access.actor.account_id

    def work(session: Session) -> None:
        forget_mail(session, me)
        append(session, keys, now, access.event("account", str(me), what="mail_forgotten"))

    store.submit(work)
    return Response(status_code=204)


def _ways(request: Request, session: Session, keys: Keys, me: int, now: datetime) -> Response:
    texts: Texts = texts_of(page_language(request)[0])
    wanted = ways_of(session, me)
    told = {
        "there_are": ways_there_are(request),
        "phone": own_addresses(session, keys, me, now).phone,
        "mail": _mail(session, keys, me, now),
        "kinds": [
            {"code": kind, "text": texts.label("label.notice_kind", kind), "ways": sorted(ways)}
            for kind, ways in wanted.items()
        ],
    }
    return json_answer(told, ETag=etag(preference_of(session, me).row_version))


def _mail(session: Session, keys: Keys, me: int, now: datetime) -> dict[str, object]:
    own = plain(own_addresses(session, keys, me, now))
    return {"in_use": own["mail"], "asked": own["asked"], "asked_until": own["asked_until"]}
