"""``/api/v1/tips/mine``: hand a tip in, and see how far one's own tips are.

No record links a tip to its author: the audit names ``author``, the key that comes with a tip is
kept with it as a keyed hash (never in the table of answers), and reading one's own leaves nothing.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Form, Header, Path, Request, Response, UploadFile

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for, encode
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import problems
from api.field_answers import json_answer, own_person
from api.language import texts_of
from api.once import PATTERN
from api.schemas import tips as schemas
from api.templating import page_language
from api.tip_answers import category_labels, read_photos, take_tip, told_own
from data.tips.photos import MAX_PHOTOS
from data.tips.reading import own_tip, own_tips, read_own_photo
from data.tips.submission import TipDraft

router = APIRouter(tags=["tips"])

Own = Annotated[Access, Depends(allowed("tip.own"))]
CodePath = Annotated[str, Path(min_length=1, max_length=32, description="The code of a tip.")]
PhotoPath = Annotated[int, Path(ge=0, lt=MAX_PHOTOS, description="Which of its photos.")]
TipKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=PATTERN,
        description="A new one for each tip; the same when sending it again.",
    ),
]
MINE: Final = cursor_for("my-tips", int)
_NO_PHOTOS: Final[list[UploadFile]] = []


@router.post(
    "/tips",
    status_code=201,
    response_model=schemas.GivenTip,
    responses=problems(400, 401, 403, 404, 413, 422, 429, 503),
    summary="Hand a tip in",
)
def give_tip(
    access: Annotated[Access, Depends(allowed("tip.give"))],
    key: TipKey,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    category: Annotated[str, Form(max_length=64)],
    text: Annotated[str, Form(max_length=4000)],
    lat: Annotated[float, Form(ge=-90, le=90, allow_inf_nan=False)],
    lng: Annotated[float, Form(ge=-180, le=180, allow_inf_nan=False)],
    photos: Annotated[
        list[UploadFile], File(description="JPEG, PNG or WebP, four at most, 10 MiB each.")
    ] = _NO_PHOTOS,
) -> Response:
    """Keep a tip and send it to the nearest officer; photos lose what a camera writes beside."""
    draft = TipDraft(category, text, lat, lng, read_photos(photos), key)
    person = own_person(access)
    code = store.submit(lambda session: take_tip(session, keys, now, person, draft))
    response = json_answer({"code": code, "state": "submitted"})
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/tips/mine/{code}"
    return response


@router.get(
    "/tips/mine",
    response_model=schemas.MyTips,
    responses=problems(401, 403, 404, 422),
    summary="One's own tips",
)
def my_tips(
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    window: Annotated[Window, Depends(MINE)],
) -> Response:
    """List one's own tips, the newest first."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)
    before = None if window.after is None else int(window.after[0])
    with store.read() as session:
        found, following = own_tips(session, keys, person, before=before, limit=window.limit)
        labels = category_labels(session, texts)
    cursor = None if following is None else encode(window.name, (following,))
    items = [told_own(one, texts, labels) for one in found]
    return json_answer({"items": items, "next": cursor})


@router.get(
    "/tips/mine/{code}",
    response_model=schemas.MyTip,
    responses=problems(401, 403, 404, 422),
    summary="One of one's own tips",
)
def my_tip(
    code: CodePath, request: Request, access: Own, store: StoreDep, keys: KeysDep
) -> Response:
    """Return one's own tip and its progress; anybody else's is not there."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)
    with store.read() as session:
        found = own_tip(session, keys, person, code)
        labels = category_labels(session, texts)
    return json_answer(told_own(found, texts, labels))


@router.get(
    "/tips/mine/{code}/photos/{position}",
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The photo."},
        **problems(401, 403, 404, 422),
    },
    response_class=Response,
    summary="A photo of one's own tip",
)
def my_photo(
    code: CodePath, position: PhotoPath, access: Own, store: StoreDep, keys: KeysDep
) -> Response:
    """Return a photo as it is kept."""
    with store.read() as session:
        content = read_own_photo(session, keys, own_person(access), code, position)
    return Response(content, media_type="image/jpeg")
