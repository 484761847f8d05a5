"""``/m/points``: one's points and what they were for; gifts, reserved and given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from api.once import FormOnceDep
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.points import entry_line, gift_card, redemption_card
from api.views.phone.reader import reader_of
from data.points.accounts import balance_of, find_account
from data.points.awards import earned_since
from data.points.errors import PointsError
from data.points.gifts import list_gifts
from data.points.months import month_start
from data.points.redemptions import Wish, find_redemption, list_redemptions, reserve, void
from data.points.statements import statement
from data.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from grid.errors import JinggeError

router = APIRouter(prefix="/m", include_in_schema=False)


@router.get("/points")
def points(phone: PhoneDep) -> Response:
    """Show balance, reserved gifts, the catalogue and the statement."""
    return _page(phone)


@router.post("/gifts/{gift_id}/redeem")
def redeem(phone: PhoneDep, once: FormOnceDep, gift_id: int) -> Response:
    """Reserve a gift and set its points aside."""

    def work(session: Session) -> Answer:
        wish = Wish(phone.person, gift_id, 1, once.key)
        made = reserve(session, phone.keys, phone.now, wish, actor=phone.access.actor.key)
        phone.note(session, "redemption", str(made.id), gift=gift_id, state=made.state)
        return go_to("/m/points", "redeemed")

    try:
        return once.submit(phone.store, work)
    except PointsError as error:
        return _page(phone, error)


@router.post("/redemptions/{redemption_id}/void")
def give_back(phone: PhoneDep, once: FormOnceDep, redemption_id: int) -> Response:
    """Give a reserved gift back; its points return."""

    def work(session: Session) -> Answer:
        own = Scope(person=phone.person)
        found = find_redemption(session, redemption_id, own)
        actor = phone.access.actor.key
        void(session, phone.keys, phone.now, found.id, actor=actor, reason="withdrawn")
        phone.note(session, "redemption", str(found.id), state="void")
        return go_to("/m/points", "voided")

    try:
        return once.submit(phone.store, work)
    except PointsError as error:
        return _page(phone, error)


def _page(phone: Phone, error: JinggeError | None = None) -> Response:
    own = Scope(person=phone.person)
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        balance = balance_of(session, phone.person)
        account = find_account(session, phone.person)
        earned = 0
        if account is not None:
            earned = earned_since(session, account, month_start(phone.now))
        gifts = [gift_card(gift, balance, reader) for gift in list_gifts(session)]
        mine = [redemption_card(one, reader) for one in list_redemptions(session, own, limit=10)]
        entries = [entry_line(line, reader) for line in statement(session, phone.person)]
    return phone.render(
        "points.html",
        200 if error is None else 409,
        tab="me",
        back="/m/me",
        told=None if error is None else phone.trouble(error),
        balance=balance,
        month=reader.texts("phone.earned_this_month", points=earned),
        gifts=gifts,
        redemptions=mine,
        entries=entries,
    )
