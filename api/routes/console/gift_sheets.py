"""``/console/gifts/…``: offer a gift, change it, add to its stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.forms import FormDep, fill
from api.once import FormOnceDep
from api.routes.console.settings import seen_version
from api.routes.v1.gifts import add_stock, change_offer, offer_gift
from api.schemas.points import GiftEdit, NewGift, Restock
from api.views.console.gifts import HERE, gift_sheet, stock_sheet
from api.views.console.sheets import Panel, Trouble, answered
from data.points.gifts import find_gift

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix=HERE, include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("gift.read"))]
WriterDesk = Annotated[Desk, Depends(desk("gift.write"))]
GiftPath = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/new")
def new(office: WriterDesk) -> Response:
    """Show the form of a new gift."""
    return _new(office)


@router.post("")
def create(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Add a gift to the catalogue."""

    def work(session: Session) -> str:
        offer_gift(session, office.keys, office.access, fill(NewGift, form), office.now)
        return f"{HERE}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new(office, trouble))


@router.get("/{gift}")
def one(office: ReaderDesk, gift: GiftPath) -> Response:
    """Show a gift; with the forms to change it where the reader may."""
    return _one(office, gift)


@router.post("/{gift}")
def edit(office: WriterDesk, gift: GiftPath, form: FormDep) -> Response:
    """Change words, price, cap or whether it is offered; what is reserved keeps its price."""
    needs = ("label_zh", "label_en", "points")

    def act() -> None:
        body = fill(GiftEdit, form, clears=("monthly_cap",), needs=needs)
        seen, keys, access = seen_version(form), office.keys, office.access
        office.store.submit(
            lambda session: change_offer(
                session, keys, access, gift, body, version=seen, now=office.now
            )
        )

    return carry_out(
        office, form, act, lambda trouble: _one(office, gift, trouble), back=f"{HERE}?done=saved"
    )


@router.post("/{gift}/stock")
def stock(office: WriterDesk, gift: GiftPath, form: FormDep, once: FormOnceDep) -> Response:
    """Add pieces, or take some out that nobody has reserved."""

    def work(session: Session) -> str:
        pieces = fill(Restock, form).pieces
        add_stock(session, office.keys, office.access, gift, pieces, now=office.now)
        return f"{HERE}/{gift}?done=saved"

    return make_once(office, form, once, work, lambda trouble: _one(office, gift, trouble))


def _new(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    panel = Panel(sheets=answered([gift_sheet(texts)], trouble), is_wide=True)
    up = (texts("rewards.gifts"), HERE)
    return office.sheet(texts("gifts.new"), [panel], here=HERE, trouble=trouble, up=up)


def _one(office: Desk, number: int, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        found = find_gift(session, number)
    state = texts("rewards.offered" if found.is_active else "rewards.not_offered")
    terms = [
        (texts("console.code"), found.code),
        (texts("rewards.points"), f"{found.points:,}"),
        (texts("rewards.stock"), f"{found.stock:,}"),
        (texts("gifts.cap"), found.monthly_cap or "–"),
        (texts("console.state"), state),
    ]
    panels = [Panel(texts("gifts.one"), terms=terms)]
    if may(office.access.actor, "gift.write"):
        sheets = answered([gift_sheet(texts, found), stock_sheet(texts, found)], trouble)
        panels = [
            Panel(texts("gifts.change"), sheets=sheets[:1]),
            Panel(texts("gifts.restock"), terms=terms[2:3], sheets=sheets[1:]),
        ]
    heading = found.label_zh if texts.language == "zh" else found.label_en
    up = (texts("rewards.gifts"), HERE)
    return office.sheet(heading, panels, here=HERE, trouble=trouble, up=up)
