"""``/api/v1/tips``: the queue of those who verify; claim, decide, merge, send, ask who it was.

Nobody takes a step with a tip of their own. Who handed a tip in is told to the verifying officer
who asks with a purpose, and the audit keeps the asking with the tip, never with the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import problems
from api.field_answers import json_answer
from api.language import texts_of
from api.routes.v1.tips import CodePath, PhotoPath
from api.schemas import tips as schemas
from api.templating import page_language
from api.tip_answers import category_labels, states_of, told_case, told_tip, verifier_of
from api.versions import IfMatchDep, etag
from data.store.audit import append
from data.tips import verification
from data.tips.reading import (
    find_tip,
    list_tips,
    read_case,
    read_photo,
    reveal_author,
)
from data.tips.sending import dispatch_tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.tips.reading import Author, TipCase
    from data.tips.verification import Decided

router = APIRouter(tags=["tips"])

Reader = Annotated[Access, Depends(allowed("tip.read"))]
Checker = Annotated[Access, Depends(allowed("tip.verify"))]
TIPS: Final = cursor_for("tips", int)
StateQuery = Annotated[
    Literal["open", "submitted", "claimed", "verified", "unfounded", "unverifiable", "duplicate"]
    | None,
    Query(description="Only tips in this state; `open`: submitted and claimed."),
]


@router.get(
    "/tips",
    response_model=schemas.Tips,
    responses=problems(401, 403, 422),
    summary="The queue of those who verify",
)
def tips(
    request: Request,
    access: Reader,
    store: StoreDep,
    window: Annotated[Window, Depends(TIPS)],
    *,
    state: StateQuery = None,
    mine: Annotated[bool, Query(description="Only those that were sent to the reader.")] = False,
) -> Response:
    """List the tips of one's beats, the newest first: no words, no author."""
    texts, me = texts_of(page_language(request)[0]), access.actor.account_id
    with store.read() as session:
        found = list_tips(
            session,
            access.scope,
            states=states_of(state),
            dispatched_to=me if mine else None,
            before=None if window.after is None else int(window.after[0]),
            limit=window.fetch,
        )
        labels = category_labels(session, texts)
    items, following = window.cut(found, lambda one: (one.id,))
    return json_answer(
        {"items": [told_tip(one, me, texts, labels) for one in items], "next": following}
    )


@router.get(
    "/tips/{code}",
    response_model=schemas.TipCase,
    responses=problems(401, 403, 404, 422, 503),
    summary="One tip with its words",
)
def tip(
    code: CodePath, request: Request, access: Reader, store: StoreDep, keys: KeysDep, now: NowDep
) -> Response:
    """Return a tip as it is verified; the audit keeps that it was read."""
    texts = texts_of(page_language(request)[0])

    def work(session: Session) -> tuple[TipCase, dict[str, str]]:
        found = read_case(session, keys, access.scope, code)
        append(session, keys, now, access.event("tip", code))
        return found, category_labels(session, texts)

    found, labels = store.submit(work)
    response = json_answer(told_case(found, access.actor.account_id, texts, labels))
    response.headers["ETag"] = etag(found.summary.row_version)
    return response


@router.get(
    "/tips/{code}/photos/{position}",
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The photo."},
        **problems(401, 403, 404, 422, 503),
    },
    response_class=Response,
    summary="A photo of a tip",
)
def photo(
    code: CodePath,
    position: PhotoPath,
    access: Reader,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Return a photo as it is kept; the audit keeps that it was seen."""

    def work(session: Session) -> bytes:
        content = read_photo(session, keys, access.scope, code, position)
        append(session, keys, now, access.event("tip", code, photo=position))
        return content

    return Response(store.submit(work), media_type="image/jpeg")


@router.post(
    "/tips/{code}/claim",
    response_model=schemas.TipCase,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Claim a tip",
)
def claim(
    code: CodePath, request: Request, access: Checker, store: StoreDep, keys: KeysDep, now: NowDep
) -> Response:
    """Claim a tip for half an hour, or one's own claim for longer."""

    def step(session: Session, number: int) -> None:
        verification.claim(session, keys, now, number, verifier_of(access))

    return _stepped(code, "claim", step, request=request, access=access, tools=(store, keys, now))


@router.post(
    "/tips/{code}/release",
    response_model=schemas.TipCase,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Give a claim back",
)
def release(
    code: CodePath, request: Request, access: Checker, store: StoreDep, keys: KeysDep, now: NowDep
) -> Response:
    """Give one's claim back, so that anybody of the role may claim the tip."""

    def step(session: Session, number: int) -> None:
        verification.release(session, now, number, verifier_of(access))

    return _stepped(code, "release", step, request=request, access=access, tools=(store, keys, now))


@router.post(
    "/tips/{code}/decision",
    response_model=schemas.Decided,
    responses=problems(400, 401, 403, 404, 409, 412, 422, 428, 503),
    summary="Say what a claimed tip was",
)
def decide(
    code: CodePath,
    body: schemas.Decision,
    request: Request,
    access: Checker,
    version: IfMatchDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Decide; a verified tip earns its author points by the city's table at once."""

    def work(session: Session) -> Decided:
        made = verification.decide(
            session,
            keys,
            now,
            find_tip(session, access.scope, code).id,
            verifier=verifier_of(access),
            outcome=body.outcome,
            note=body.note or None,
            row_version=version,
        )
        append(session, keys, now, access.event("tip", code, state=made.state))
        return made

    return _decided(code, store.submit(work), request)


@router.post(
    "/tips/{code}/merge",
    response_model=schemas.Decided,
    responses=problems(400, 401, 403, 404, 409, 412, 422, 428, 503),
    summary="Call a claimed tip a duplicate",
)
def merge(
    code: CodePath,
    body: schemas.Merge,
    request: Request,
    access: Checker,
    version: IfMatchDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Merge a tip into one that was there first."""

    def work(session: Session) -> Decided:
        made = verification.merge(
            session,
            keys,
            now,
            find_tip(session, access.scope, code).id,
            into_id=find_tip(session, access.scope, body.into).id,
            verifier=verifier_of(access),
            note=body.note or None,
            row_version=version,
        )
        append(session, keys, now, access.event("tip", code, state=made.state, into=body.into))
        return made

    return _decided(code, store.submit(work), request)


@router.post(
    "/tips/{code}/dispatch",
    response_model=schemas.Sent,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Send a tip to the nearest officer",
)
def send(
    code: CodePath,
    access: Annotated[Access, Depends(allowed("tip.dispatch"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Choose the officer of the beat, else the nearest of its station, and tell them."""

    def work(session: Session) -> bool:
        sent = dispatch_tip(session, keys, now, find_tip(session, access.scope, code).id)
        append(session, keys, now, access.event("tip", code, sent=sent is not None))
        return sent is not None

    return json_answer({"code": code, "is_sent": store.submit(work)})


@router.post(
    "/tips/{code}/author",
    response_model=schemas.Author,
    responses=problems(400, 401, 403, 404, 422, 503),
    summary="Ask who handed a tip in",
)
def author(
    code: CodePath,
    body: schemas.Purpose,
    access: Annotated[Access, Depends(allowed("tip.author"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Tell the verifying officer who it was; the asking stays with the tip and in the audit."""

    def work(session: Session) -> Author | None:
        found = reveal_author(session, keys, now, access.scope, code, actor=access.actor.key)
        append(session, keys, now, access.event("tip", code, purpose=body.purpose))
        return found

    found = store.submit(work)
    told = (None, None) if found is None else (found.code, found.name)
    return json_answer({"person": told[0], "name": told[1]})


def _stepped(
    code: str,
    word: str,
    step: Callable[[Session, int], None],
    *,
    request: Request,
    access: Access,
    tools: tuple[Any, Any, Any],
) -> Response:
    """Take a step with a tip and return the tip."""
    texts, (store, keys, now) = texts_of(page_language(request)[0]), tools

    def work(session: Session) -> tuple[TipCase, dict[str, str]]:
        step(session, find_tip(session, access.scope, code).id)
        found = read_case(session, keys, access.scope, code)
        append(session, keys, now, access.event("tip", code, step=word))
        return found, category_labels(session, texts)

    found, labels = store.submit(work)
    response = json_answer(told_case(found, access.actor.account_id, texts, labels))
    response.headers["ETag"] = etag(found.summary.row_version)
    return response


def _decided(code: str, made: Decided, request: Request) -> Response:
    texts = texts_of(page_language(request)[0])
    told = {
        "code": code,
        "state": made.state,
        "state_text": texts.label("label.tip_state", made.state),
        "points": made.points,
    }
    response = json_answer(told)
    response.headers["ETag"] = etag(made.row_version)
    return response
