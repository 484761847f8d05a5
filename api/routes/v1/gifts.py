"""``/api/v1/gifts``, ``/redemptions``: what points buy, on its way from reserved to handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import problems
from api.field_answers import json_answer, own_person, plain
from api.gift_answers import told_own, told_redemption
from api.language import texts_of
from api.once import OnceDep, answer
from api.schemas import points as schemas
from api.templating import page_language
from api.versions import IfMatchDep, etag
from data.points import redemptions as way
from data.points.errors import WrongCodeError
from data.points.gifts import GiftView, add_gift, edit_gift, find_gift, list_gifts, restock
from data.points.redemptions import RedemptionView, Staff, Wish
from data.store.audit import append
from data.store.row_versions import StaleError
from data.store.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from data.store.keys import Keys

router = APIRouter(tags=["points"])

Writer = Annotated[Access, Depends(allowed("gift.write"))]
Own = Annotated[Access, Depends(allowed("redemption.own"))]
Reader = Annotated[Access, Depends(allowed("redemption.read"))]
Counter = Annotated[Access, Depends(allowed("redemption.hand_over"))]
GiftPath = Annotated[int, Path(ge=1, lt=2**63, description="The number of a gift.")]
RedemptionPath = Annotated[int, Path(ge=1, lt=2**63, description="The number of a redemption.")]
MINE: Final = cursor_for("my-redemptions", int)
ALL: Final = cursor_for("redemptions", int)


@router.get(
    "/gifts",
    response_model=schemas.Gifts,
    responses=problems(401, 403, 422),
    summary="What points buy",
)
def gifts(
    _: Annotated[Access, Depends(allowed("gift.read"))],
    store: StoreDep,
    *,
    with_inactive: Annotated[
        bool, Query(alias="inactive", description="Those no longer offered as well.")
    ] = False,
) -> Response:
    """List the gifts, cheapest first."""
    with store.read() as session:
        found = list_gifts(session, with_inactive=with_inactive)
    return json_answer({"items": [_told(one) for one in found]})


@router.get(
    "/gifts/{gift_id}",
    response_model=schemas.Gift,
    responses=problems(401, 403, 404, 422),
    summary="One gift",
)
def one_gift(
    gift_id: GiftPath,
    _: Annotated[Access, Depends(allowed("gift.read"))],
    store: StoreDep,
) -> Response:
    """Return a gift."""
    with store.read() as session:
        return _gift(find_gift(session, gift_id))


@router.post(
    "/gifts",
    status_code=201,
    response_model=schemas.Gift,
    responses=problems(400, 401, 403, 409, 422, 503),
    summary="Offer a gift",
)
def new_gift(
    body: schemas.NewGift,
    access: Writer,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Add a gift to the catalogue."""

    def work(session: Session) -> Answer:
        made = offer_gift(session, keys, access, body, now)
        return answer(_told(made), location=f"/api/v1/gifts/{made.id}")

    return once.submit(store, work)


@router.patch(
    "/gifts/{gift_id}",
    response_model=schemas.Gift,
    responses=problems(400, 401, 403, 404, 412, 422, 428, 503),
    summary="Change a gift",
)
def change_gift(
    gift_id: GiftPath,
    body: schemas.GiftEdit,
    access: Writer,
    version: IfMatchDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Change words, price, cap or whether it is offered; what is reserved keeps its price."""

    def work(session: Session) -> GiftView:
        return change_offer(session, keys, access, gift_id, body, version=version, now=now)

    return _gift(store.submit(work))


@router.post(
    "/gifts/{gift_id}/stock",
    response_model=schemas.Gift,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Add to a gift's stock",
)
def stock(
    gift_id: GiftPath,
    body: schemas.Restock,
    access: Writer,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Add pieces, or take some out that nobody has reserved; once a key."""

    def work(session: Session) -> Answer:
        made = add_stock(session, keys, access, gift_id, body.pieces, now=now)
        return answer(_told(made), 200)

    return once.submit(store, work)


@router.post(
    "/redemptions",
    status_code=201,
    response_model=schemas.MyRedemption,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Reserve a gift",
)
def reserve(
    body: schemas.NewRedemption,
    request: Request,
    access: Own,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Set a gift and its points aside, until it is fetched or lapses."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> Answer:
        wish = Wish(person, body.gift_id, body.quantity, once.key)
        made = way.reserve(session, keys, now, wish, actor=access.actor.key)
        append(session, keys, now, access.event("redemption", str(made.id), state=made.state))
        return answer(told_own(made, texts))

    return once.submit(store, work)


@router.get(
    "/redemptions/mine",
    response_model=schemas.MyRedemptions,
    responses=problems(401, 403, 404, 422),
    summary="One's own gifts",
)
def my_redemptions(
    request: Request, access: Own, store: StoreDep, window: Annotated[Window, Depends(MINE)]
) -> Response:
    """List one's own redemptions with the codes for the counter, the newest first."""
    texts, own = texts_of(page_language(request)[0]), Scope(person=own_person(access))
    found, following = _page(store, own, window)
    return json_answer({"items": [told_own(one, texts) for one in found], "next": following})


@router.post(
    "/redemptions/mine/{redemption_id}/void",
    response_model=schemas.MyRedemption,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Give a reserved gift back",
)
def give_back(
    redemption_id: RedemptionPath,
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Give one's own reserved gift back; its points return."""
    texts, own = texts_of(page_language(request)[0]), Scope(person=own_person(access))

    def work(session: Session) -> RedemptionView:
        found = way.find_redemption(session, redemption_id, own)
        actor = access.actor.key
        made = way.void(session, keys, now, found.id, actor=actor, reason="withdrawn")
        append(session, keys, now, access.event("redemption", str(made.id), state=made.state))
        return made

    return json_answer(told_own(store.submit(work), texts))


@router.get(
    "/redemptions",
    response_model=schemas.Redemptions,
    responses=problems(401, 403, 422),
    summary="Gifts on their way",
)
def redemptions(
    request: Request,
    access: Reader,
    store: StoreDep,
    window: Annotated[Window, Depends(ALL)],
    *,
    state: Annotated[
        Literal["reserved", "handed_over", "void"] | None, Query(description="Only these.")
    ] = None,
) -> Response:
    """List the redemptions of the people of one's jurisdiction, the newest first."""
    texts = texts_of(page_language(request)[0])
    found, following = _page(store, access.scope, window, state)
    return json_answer({"items": [told_redemption(one, texts) for one in found], "next": following})


@router.post(
    "/redemptions/{redemption_id}/approval",
    response_model=schemas.Redemption,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Give the first of two consents",
)
def approve(
    redemption_id: RedemptionPath,
    request: Request,
    access: Counter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Consent to a hand-over above the city's limit; another person hands over."""

    def step(session: Session, found: RedemptionView) -> RedemptionView:
        return way.approve(session, now, found.id, staff_of(access))

    return _stepped(redemption_id, step, request=request, access=access, tools=(store, keys, now))


@router.post(
    "/redemptions/{redemption_id}/hand-over",
    response_model=schemas.Redemption,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Hand a gift over",
)
def hand_over(
    redemption_id: RedemptionPath,
    body: schemas.HandOver,
    request: Request,
    access: Counter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Hand the gift to whoever shows its code; never one's own."""

    def step(session: Session, found: RedemptionView) -> RedemptionView:
        if body.code.strip().upper() != found.code:
            raise WrongCodeError(found.id)
        return way.hand_over(session, keys, now, found.id, staff_of(access))

    return _stepped(redemption_id, step, request=request, access=access, tools=(store, keys, now))


@router.post(
    "/redemptions/{redemption_id}/void",
    response_model=schemas.Redemption,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Take a reservation back",
)
def void(
    redemption_id: RedemptionPath,
    body: schemas.Void,
    request: Request,
    access: Counter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Take a reservation back: the points return to its owner, the pieces to the stock."""

    def step(session: Session, found: RedemptionView) -> RedemptionView:
        actor = access.actor.key
        return way.void(session, keys, now, found.id, actor=actor, reason=body.reason)

    return _stepped(redemption_id, step, request=request, access=access, tools=(store, keys, now))


def staff_of(access: Access) -> Staff:
    """Return who stands at the counter."""
    return Staff(access.actor.key, access.actor.person_id)


def _page(
    store: StoreDep, scope: Scope, window: Window, state: str | None = None
) -> tuple[Any, str | None]:
    before = None if window.after is None else int(window.after[0])
    with store.read() as session:
        found = way.list_redemptions(session, scope, state=state, before=before, limit=window.fetch)
    return window.cut(found, lambda one: (one.id,))


def _stepped(
    number: int,
    step: Callable[[Session, RedemptionView], RedemptionView],
    *,
    request: Request,
    access: Access,
    tools: tuple[Any, Any, Any],
) -> Response:
    texts, (store, keys, now) = texts_of(page_language(request)[0]), tools

    def work(session: Session) -> RedemptionView:
        made = step(session, way.find_redemption(session, number, access.scope))
        event = access.event("redemption", str(made.id), state=made.state)
        append(session, keys, now, event)
        return made

    return json_answer(told_redemption(store.submit(work), texts))


def offer_gift(
    session: Session, keys: Keys, access: Access, body: schemas.NewGift, now: datetime
) -> GiftView:
    """Add a gift to the catalogue, kept by the audit."""
    made = add_gift(session, now, **body.model_dump())
    append(session, keys, now, access.event("gift", made.code, points=made.points))
    return made


def change_offer(
    session: Session,
    keys: Keys,
    access: Access,
    gift_id: int,
    body: schemas.GiftEdit,
    *,
    version: int,
    now: datetime,
) -> GiftView:
    """Change a gift that was seen in a version, kept by the audit.

    Raises
    ------
    StaleError
    """
    given = body.model_dump(exclude_unset=True)
    changes = {name: new for name, new in given.items() if new is not None or name == "monthly_cap"}
    made = edit_gift(session, gift_id, version, **changes)
    if made is None:
        raise StaleError
    append(session, keys, now, access.event("gift", made.code, fields=sorted(changes)))
    return made


def add_stock(
    session: Session, keys: Keys, access: Access, gift_id: int, pieces: int, *, now: datetime
) -> GiftView:
    """Add pieces to a gift's stock, kept by the audit."""
    made = restock(session, gift_id, pieces)
    append(session, keys, now, access.event("gift", made.code, pieces=pieces))
    return made


def _told(gift: GiftView) -> dict[str, Any]:
    told = plain(gift)
    del told["row_version"]
    return told


def _gift(gift: GiftView) -> Response:
    return json_answer(_told(gift), ETag=etag(gift.row_version))
