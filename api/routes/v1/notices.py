"""``/api/v1/notices``: one's inbox, how one wants notices, the browsers that take web push."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import ParameterError, problems
from api.field_answers import json_answer, plain
from api.language import Texts, texts_of
from api.schemas import notices as schemas
from api.templating import page_language
from api.versions import IfMatchDep, etag
from data.notices.inbox import count_unread, list_inbox, mark_read
from data.notices.preferences import (
    Preference,
    keep_stops,
    preference_of,
    set_preference,
    stops_of,
)
from data.notices.subscriptions import Browser, subscribe, unsubscribe
from data.notices.words import TOPICS, topic_label
from data.store.audit import append

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(tags=["notices"])

Own = Annotated[Access, Depends(allowed("notice.own"))]
NoticePath = Annotated[int, Path(ge=1, lt=2**63, description="The number of a notice.")]
INBOX: Final = cursor_for("notices", int)


@router.get(
    "/notices",
    response_model=schemas.Notices,
    responses=problems(401, 403, 422),
    summary="One's notices",
)
def notices(
    request: Request, access: Own, store: StoreDep, window: Annotated[Window, Depends(INBOX)]
) -> Response:
    """List what one was told, the newest first, in the language of the request."""
    me, language = access.actor.account_id, texts_of(page_language(request)[0]).tag
    before = None if window.after is None else int(window.after[0])
    with store.read() as session:
        found = list_inbox(session, me, tag_of(language), before=before, limit=window.fetch)
        unread = count_unread(session, me)
    items, following = window.cut(found, lambda one: (one.id,))
    told = [{name: row[name] for name in schemas.Notice.model_fields} for row in map(plain, items)]
    return json_answer({"items": told, "next": following, "unread": unread})


@router.post(
    "/notices/{notice_id}/read",
    status_code=204,
    responses=problems(401, 403, 404, 422, 503),
    summary="Mark a notice as read",
)
def read(notice_id: NoticePath, access: Own, store: StoreDep, now: NowDep) -> Response:
    """Mark one of one's own notices as read; the first time counts."""
    store.submit(lambda session: mark_read(session, access.actor.account_id, notice_id, now))
    return Response(status_code=204)


@router.get(
    "/notice-preferences",
    response_model=schemas.Preference,
    responses=problems(401, 403),
    summary="How one wants notices",
)
def get_preference(request: Request, access: Own, store: StoreDep) -> Response:
    """Return language, push, quiet hours, mute and topics."""
    texts = texts_of(page_language(request)[0])
    with store.read() as session:
        return _preference(session, access.actor.account_id, texts)


@router.put(
    "/notice-preferences",
    response_model=schemas.Preference,
    responses=problems(400, 401, 403, 412, 422, 428, 503),
    summary="Choose how one wants notices",
)
def put_preference(
    body: schemas.NewPreference,
    request: Request,
    access: Own,
    version: IfMatchDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Keep one's choice; quiet hours hold at the server."""
    if (body.quiet_from is None) != (body.quiet_until is None):
        raise ParameterError("Expected quiet_from and quiet_until together, got one of them.")
    if unknown := set(body.off) - set(TOPICS):
        raise ParameterError(f"Expected topics of notices, got {sorted(unknown)[0]!r:.40}.")
    texts, me = texts_of(page_language(request)[0]), access.actor.account_id

    def work(session: Session) -> Response:
        changes = body.model_dump(exclude={"off"})
        set_preference(session, me, now, version, **changes)
        keep_stops(session, me, body.off, now)
        append(session, keys, now, access.event("account", str(me), what="notices"))
        return _preference(session, me, texts)

    return store.submit(work)


@router.get(
    "/push-key",
    response_model=schemas.PushKey,
    responses=problems(401, 403),
    summary="What a browser subscribes with",
)
def get_push_key(request: Request, _: Own) -> Response:
    """Return the public key of this server's web push; null where it sends none."""
    key = request.app.state.push_key
    return json_answer({"key": None if key is None else key.public})


@router.post(
    "/push-subscriptions",
    status_code=204,
    responses=problems(400, 401, 403, 409, 422, 503),
    summary="Turn web push on for a browser",
)
def post_subscription(
    body: schemas.Browser, access: Own, store: StoreDep, keys: KeysDep, now: NowDep
) -> Response:
    """Keep a browser of a known push service; the same again changes nothing."""
    me = access.actor.account_id

    def work(session: Session) -> None:
        subscribe(session, me, Browser(body.endpoint, body.p256dh, body.auth), now)
        append(session, keys, now, access.event("account", str(me), what="push"))

    store.submit(work)
    return Response(status_code=204)


@router.post(
    "/push-subscriptions/end",
    status_code=204,
    responses=problems(400, 401, 403, 422, 503),
    summary="Turn web push off for a browser",
)
def end_subscription(body: schemas.Endpoint, access: Own, store: StoreDep) -> Response:
    """Forget a browser of one's own."""
    store.submit(lambda session: unsubscribe(session, access.actor.account_id, body.endpoint))
    return Response(status_code=204)


def tag_of(language: str) -> Literal["zh-CN", "en"]:
    """Return the language of notices for the language of a page."""
    return "zh-CN" if language.startswith("zh") else "en"


def topics_of(stops: frozenset[str], language: str) -> list[dict[str, Any]]:
    """Return every topic, what it is called, and whether it is wanted."""
    return [
        {"code": code, "text": topic_label(code, tag_of(language)), "is_on": code not in stops}
        for code in TOPICS
    ]


def _preference(session: Session, account: int, texts: Texts) -> Response:
    found: Preference = preference_of(session, account)
    told = plain(found)
    version = told.pop("row_version")
    del told["message"]
    told["topics"] = topics_of(stops_of(session, account), texts.tag)
    return json_answer(told, ETag=etag(version))
