"""Points on the phone: what one has, what it was for, and what it buys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.phone.moments import day_words, moment_words

if TYPE_CHECKING:
    from api.views.phone.reader import Reader
    from data.points.gifts import GiftView
    from data.points.redemptions import RedemptionView
    from data.points.statements import Line

_TONES: Final = {"reserved": "calm", "handed_over": "good", "void": "warn"}


def gift_card(gift: GiftView, balance: int, reader: Reader) -> dict[str, Any]:
    """Return what a card shows of a gift, and why it cannot be had where it cannot."""
    texts = reader.texts
    short = gift.points - balance
    why_not = ""
    if gift.stock < 1:
        why_not = texts("phone.gift_gone")
    elif short > 0:
        why_not = texts("phone.gift_short", points=short)
    return {
        "id": gift.id,
        "name": gift.label_zh if texts.language == "zh" else gift.label_en,
        "price": gift.points,
        "stock": texts("phone.gift_stock", stock=gift.stock),
        "can_redeem": not why_not,
        "why_not": why_not,
    }


def redemption_card(one: RedemptionView, reader: Reader) -> dict[str, Any]:
    """Return what a card shows of a reserved gift: the code for the counter."""
    texts = reader.texts
    state = texts.label("label.redemption_state", one.state)
    if one.state == "reserved":
        until = day_words(one.expires_at, reader.now, reader.limits.zone, texts)
        state = texts("phone.reserved_until", until=until)
    return {
        "id": one.id,
        "gift": one.label_zh if texts.language == "zh" else one.label_en,
        "state": state,
        "tone": _TONES.get(one.state, ""),
        "code": one.code,
        "can_void": one.state == "reserved",
    }


def entry_line(line: Line, reader: Reader) -> dict[str, str]:
    """Return a line of the statement."""
    texts = reader.texts
    label = texts.label("label.point_kind", line.kind)
    if line.rule:
        label = texts.label("label.point_rule", line.rule)
    return {
        "label": label,
        "when": moment_words(line.at, reader.now, reader.limits.zone, texts),
        "amount": f"{line.amount:+,}",
    }
