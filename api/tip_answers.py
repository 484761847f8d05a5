"""Tips over HTTP: taken in without a trace of their author, told to authors and to verifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.store.audit import Event, append
from data.tips.photos import MAX_BYTES, MAX_PHOTOS, Photo, prepare_photo
from data.tips.reading import categories
from data.tips.sending import dispatch_tip
from data.tips.submission import submit_tip
from data.tips.verification import Verifier

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import UploadFile
    from sqlalchemy.orm import Session

    from api.access.actor import Access
    from api.language import Texts
    from data.store.keys import Keys
    from data.tips.reading import OwnTip, TipCase, TipSummary
    from data.tips.submission import TipDraft


def take_tip(session: Session, keys: Keys, now: datetime, person: int, draft: TipDraft) -> str:
    """Keep a tip, send it to an officer, note it without its author; return its code.

    The same draft by the same key again changes nothing.
    """
    made = submit_tip(session, keys, now, person, draft)
    if made.is_new:
        dispatch_tip(session, keys, now, made.tip_id)
        append(session, keys, now, Event("author", "tip.give", "tip", made.code, {}))
    return made.code


def read_photos(files: list[UploadFile]) -> list[Photo]:
    """Read what was sent; one that is too large is found out by one byte more than allowed."""
    given = [file for file in files if file.filename][: MAX_PHOTOS + 1]
    return [prepare_photo(file.file.read(MAX_BYTES + 1)) for file in given]


def category_labels(session: Session, texts: Texts) -> dict[str, str]:
    """Return the label of each category of tips in a language."""
    is_chinese = texts.language == "zh"
    return {code: zh if is_chinese else en for code, zh, en in categories(session)}


def verifier_of(access: Access) -> Verifier:
    """Return who verifies."""
    return Verifier(access.actor.account_id, access.actor.person_id)


def states_of(word: str | None) -> tuple[str, ...]:
    """Return the states that a query's word stands for; none: all."""
    if word is None:
        return ()
    return ("submitted", "claimed") if word == "open" else (word,)


def told_own(tip: OwnTip, texts: Texts, labels: dict[str, str]) -> dict[str, Any]:
    """Return one's own tip: what was handed in and how far it is."""
    same = ("code", "category", "state", "submitted_at", "decided_at", "points", "text")
    address = f"/api/v1/tips/mine/{tip.code}/photos"
    return {
        **{name: getattr(tip, name) for name in same},
        "category_text": labels.get(tip.category, tip.category),
        "state_text": texts.label("label.tip_state", tip.state),
        "photos": [f"{address}/{number}" for number in range(tip.num_photos)],
        "steps": [{"at": at, "kind": kind} for at, kind in tip.steps],
    }


def told_tip(one: TipSummary, me: int, texts: Texts, labels: dict[str, str]) -> dict[str, Any]:
    """Return a tip of the queue; `me` is the reader's account."""
    same = ("code", "category", "state", "lat", "lng", "submitted_at", "claim_until", "decided_at")
    return {
        **{name: getattr(one, name) for name in same},
        "category_text": labels.get(one.category, one.category),
        "state_text": texts.label("label.tip_state", one.state),
        "beat_id": one.beat_code,
        "is_mine": one.state == "claimed" and one.claimed_by == me,
        "is_sent_to_me": one.dispatched_to == me,
        "is_sent": one.dispatched_to is not None,
        "is_claimed": one.state == "claimed",
        "num_photos": one.num_photos,
    }


def told_case(case: TipCase, me: int, texts: Texts, labels: dict[str, str]) -> dict[str, Any]:
    """Return a tip as it is verified."""
    address = f"/api/v1/tips/{case.summary.code}/photos"
    return {
        **told_tip(case.summary, me, texts, labels),
        "text": case.text,
        "photos": [f"{address}/{position}" for position in case.photos],
        "steps": [
            {
                "at": one.at,
                "kind": one.kind,
                "kind_text": texts.label("label.tip_step", one.kind),
                "actor": one.actor,
                "note": one.note,
            }
            for one in case.steps
        ],
        "duplicate_of": case.duplicate_of,
        "points": case.points,
    }
