"""Tips, redemptions, gifts and what looks strange, as rows of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.points.anomalies import Anomaly
    from data.points.gifts import GiftView
    from data.points.redemptions import RedemptionView
    from data.tips.reading import TipCase, TipSummary

TIPS: Final = (
    Column("code", "rewards.tip"),
    Column("category", "rewards.category"),
    Column("state", "console.state"),
    Column("beat", "rewards.beat"),
    Column("submitted", "rewards.submitted"),
    Column("sent", "rewards.sent"),
    Column("claim", "rewards.claim"),
    Column("photos", "rewards.photos", is_number=True),
)
REDEMPTIONS: Final = (
    Column("number", "console.number"),
    Column("gift", "rewards.gift"),
    Column("person", "rewards.person"),
    Column("state", "console.state"),
    Column("points", "rewards.points", is_number=True),
    Column("reserved", "rewards.reserved"),
    Column("expires", "rewards.expires"),
    Column("consent", "rewards.consent"),
)
GIFTS: Final = (
    Column("name", "console.name"),
    Column("code", "console.code"),
    Column("points", "rewards.points", is_number=True),
    Column("stock", "rewards.stock", is_number=True),
    Column("cap", "rewards.monthly_cap", is_number=True),
    Column("state", "console.state"),
)
ANOMALIES: Final = (
    Column("kind", "rewards.anomaly"),
    Column("at", "console.at"),
    Column("tips", "rewards.tips"),
    Column("people", "console.people"),
    Column("detail", "console.detail"),
)
TIP_TONES: Final = {"submitted": "warn", "claimed": "calm", "verified": "good"}
GIFT_TONES: Final = {"reserved": "warn", "handed_over": "good"}


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Return a time as a table shows it."""
    return "–" if at is None else f"{at.astimezone(zone):%m-%d %H:%M}"


def tip_rows(
    tips: Iterable[TipSummary], me: int, names: Mapping[str, str], texts: Texts, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Return the rows of the queue.

    Parameters
    ----------
    me : int
        The reader's account.
    names : mapping
        What categories and beats are called.
    """
    return [
        {
            "url": f"/console/tips/{one.code}",
            "code": one.code,
            "category": names.get(one.category, one.category),
            "state": texts.label("label.tip_state_staff", one.state),
            "tone": TIP_TONES.get(one.state, "off"),
            "beat": names.get(one.beat_code, one.beat_code),
            "submitted": moment(one.submitted_at, zone),
            "sent": _whose(one.dispatched_to, me, texts),
            "claim": _whose(one.claimed_by if one.state == "claimed" else None, me, texts),
            "photos": one.num_photos,
        }
        for one in tips
    ]


def tip_page(
    case: TipCase, me: int, names: Mapping[str, str], texts: Texts, zone: ZoneInfo
) -> dict[str, Any]:
    """Return what the page of one tip shows, and the reader's steps; names of beat and actors."""
    one = case.summary
    mine = one.state == "claimed" and one.claimed_by == me
    return {
        "code": one.code,
        "state": texts.label("label.tip_state_staff", one.state),
        "tone": TIP_TONES.get(one.state, "off"),
        "text": case.text,
        "photos": [f"/api/v1/tips/{one.code}/photos/{place}" for place in case.photos],
        "facts": [
            (texts("rewards.beat"), names.get(one.beat_code, one.beat_code)),
            (texts("rewards.place"), f"{one.lat:.5f}, {one.lng:.5f}"),
            (texts("rewards.submitted"), moment(one.submitted_at, zone)),
            (texts("rewards.claim_until"), moment(one.claim_until, zone)),
            (texts("rewards.duplicate_of"), case.duplicate_of or "–"),
            (texts("rewards.points"), "–" if case.points is None else case.points),
        ],
        "steps": [
            {
                "at": moment(step.at, zone),
                "kind": texts.label("label.tip_step", step.kind),
                "actor": texts("rewards.author")
                if step.actor == "author"
                else names.get(step.actor, step.actor),
                "note": step.note or "",
            }
            for step in case.steps
        ],
        "is_mine": mine,
        "can_claim": one.state in {"submitted", "claimed"} and not mine,
        "version": one.row_version,
    }


def redemption_rows(
    found: Iterable[RedemptionView], names: Mapping[str, str], texts: Texts, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Return the rows of gifts on their way, for people of those names."""
    return [
        {
            "url": f"/console/redemptions/{one.id}",
            "number": one.id,
            "gift": f"{_gift_name(one, texts)} × {one.quantity}",
            "person": named(one.person_code, names),
            "state": texts.label("label.redemption_state", one.state),
            "tone": GIFT_TONES.get(one.state, "off"),
            "points": f"{one.points:,}",
            "reserved": moment(one.reserved_at, zone),
            "expires": moment(one.expires_at, zone),
            "consent": _consent(one, texts),
        }
        for one in found
    ]


def named(code: str | None, names: Mapping[str, str]) -> str:
    """Return a person's name with their code; a dash for nobody."""
    if code is None:
        return "–"
    name = names.get(code, code)
    return code if name == code else f"{name} {code}"


def redemption_page(
    one: RedemptionView, names: Mapping[str, str], texts: Texts, zone: ZoneInfo
) -> dict[str, Any]:
    """Return what the page of one redemption shows, and which steps may come next."""
    is_open = one.state == "reserved"
    waits = one.needs_two and one.approved_by is None
    return {
        "number": one.id,
        "gift": f"{_gift_name(one, texts)} × {one.quantity}",
        "state": texts.label("label.redemption_state", one.state),
        "tone": GIFT_TONES.get(one.state, "off"),
        "facts": [
            (texts("rewards.person"), named(one.person_code, names)),
            (texts("rewards.points"), f"{one.points:,}"),
            (texts("rewards.reserved"), moment(one.reserved_at, zone)),
            (texts("rewards.expires"), moment(one.expires_at, zone)),
            (texts("rewards.handed"), moment(one.handed_at, zone)),
            (texts("rewards.consent"), _consent(one, texts)),
        ],
        "can_approve": is_open and waits,
        "can_hand_over": is_open and not waits,
        "can_void": is_open,
    }


def gift_rows(gifts: Iterable[GiftView], texts: Texts) -> list[dict[str, Any]]:
    """Return the rows of the catalogue."""
    return [
        {
            "url": f"/console/gifts/{one.id}",
            "name": one.label_zh if texts.language == "zh" else one.label_en,
            "code": one.code,
            "points": f"{one.points:,}",
            "stock": f"{one.stock:,}",
            "cap": one.monthly_cap or "–",
            "state": texts("rewards.offered" if one.is_active else "rewards.not_offered"),
            "tone": "good" if one.is_active else "off",
        }
        for one in gifts
    ]


def anomaly_rows(found: Iterable[Anomaly], texts: Texts, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the rows of what looks strange."""
    return [
        {
            "url": f"/console/tips/{one.tips[-1]}" if one.tips else "",
            "kind": texts.label("label.anomaly", one.kind),
            "at": moment(one.at, zone),
            "tips": " ".join(one.tips) or "–",
            "people": " ".join(one.people) or "–",
            "detail": one.detail,
        }
        for one in found
    ]


def _gift_name(one: RedemptionView, texts: Texts) -> str:
    return one.label_zh if texts.language == "zh" else one.label_en


def _consent(one: RedemptionView, texts: Texts) -> str:
    if not one.needs_two:
        return texts("rewards.one_person")
    return texts("rewards.consent_given" if one.approved_by else "rewards.consent_waits")


def _whose(account: int | None, me: int, texts: Texts) -> str:
    if account is None:
        return "–"
    return texts("rewards.mine" if account == me else "rewards.others")
