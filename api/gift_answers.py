"""Redemptions over HTTP: their owners see the code for the counter, the staff do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.language import Texts
    from data.points.redemptions import RedemptionView


def told_own(one: RedemptionView, texts: Texts) -> dict[str, Any]:
    """Return one's own redemption."""
    return {**_told(one, texts), "code": one.code}


def told_redemption(one: RedemptionView, texts: Texts) -> dict[str, Any]:
    """Return a redemption to the staff: its owner shows the code."""
    same = ("needs_two", "handed_at", "voided_at", "void_reason")
    return {
        **_told(one, texts),
        **{name: getattr(one, name) for name in same},
        "person": one.person_code,
        "has_first_consent": one.approved_by is not None,
    }


def _told(one: RedemptionView, texts: Texts) -> dict[str, Any]:
    same = ("id", "quantity", "points", "state", "reserved_at", "expires_at")
    return {
        **{name: getattr(one, name) for name in same},
        "gift": one.label_zh if texts.language == "zh" else one.label_en,
        "state_text": texts.label("label.redemption_state", one.state),
    }
