"""The sheets of a gift: its words, price and cap; its stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Sheet

if TYPE_CHECKING:
    from api.language import Texts
    from data.points.gifts import GiftView

HERE: Final = "/console/gifts"
_PIECES: Final = {"min": 0, "max": 1_000_000}
_PRICE: Final = {"min": 1, "max": 1_000_000}


def gift_sheet(texts: Texts, gift: GiftView | None = None) -> Sheet:
    """Return the form of a new gift, or of one that is there."""
    words: dict[str, Any] = {"is_required": True, "limits": {"maxlength": 64}}
    zh, en, price, cap = "", "", "", ""
    if gift is not None:
        zh, en, price = gift.label_zh, gift.label_en, str(gift.points)
        cap = "" if gift.monthly_cap is None else str(gift.monthly_cap)
    fields = [
        Field("label_zh", texts("settings.label_zh"), value=zh, **words),
        Field("label_en", texts("settings.label_en"), value=en, **words),
        Field(
            *("points", texts("rewards.points"), "number", price),
            hint=texts("gifts.price_hint"),
            is_required=True,
            limits=_PRICE,
        ),
        Field(
            *("monthly_cap", texts("gifts.cap"), "number", cap),
            hint=texts("gifts.cap_hint"),
            limits=_PRICE,
        ),
    ]
    if gift is None:
        code = Field("code", texts("console.code"), is_required=True, limits={"maxlength": 128})
        stock = Field(
            *("stock", texts("rewards.stock"), "number", "0"), is_required=True, limits=_PIECES
        )
        button = texts("gifts.new")
        return Sheet("gift", HERE, button, (code, *fields, stock), is_once=True)
    active = "true" if gift.is_active else ""
    fields.append(
        Field("is_active", texts("rewards.offered"), "check", active, texts("gifts.offer_hint"))
    )
    version = str(gift.row_version)
    return Sheet("gift", f"{HERE}/{gift.id}", texts("forms.save"), tuple(fields), version=version)


def stock_sheet(texts: Texts, gift: GiftView) -> Sheet:
    """Return the form that adds pieces, or takes some out."""
    limits = {"min": -gift.stock, "max": 1_000_000}
    pieces = Field(
        *("pieces", texts("gifts.pieces"), "number"),
        hint=texts("gifts.pieces_hint"),
        is_required=True,
        limits=limits,
    )
    place = f"{HERE}/{gift.id}/stock"
    return Sheet("stock", place, texts("gifts.restock"), (pieces,), is_once=True)
