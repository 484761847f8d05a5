"""Hand a tip in: once a key, within limits a person, to the beat that answers for the place."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from data.store.audit_seals import canonical
from data.store.tables.ground import Beat, GroundCell
from data.store.tables.people import Person
from data.store.tables.tips import Tip, TipCategory, TipPhoto, TipStep
from data.tips.authors import author_index, seal_author
from data.tips.errors import TipKeyReusedError, TipTextError, TooManyTipsError
from data.tips.photos import MAX_PHOTOS
from data.tips.words import clean_words
from grid.cells import cells_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.keys import Keys
    from data.tips.photos import Photo

LIMITS: Final = ((6, timedelta(hours=1), "an hour"), (20, timedelta(days=1), "a day"))
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH: Final = 10
_RESOLUTION: Final = 9


@dataclass(frozen=True, slots=True)
class TipDraft:
    """What an author hands in; `key` is theirs, the same sent again has no effect."""

    category: str
    text: str
    lat: float
    lng: float
    photos: Sequence[Photo]
    key: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A tip that was handed in, now or by the same key before."""

    tip_id: int
    code: str
    is_new: bool


def submit_tip(
    session: Session, keys: Keys, now: datetime, person_id: int, draft: TipDraft
) -> Submitted:
    """Store a tip in the session's transaction.

    Raises
    ------
    TipTextError
        For words, a place or a category that are not taken.
    TooManyTipsError
        Over `LIMITS`.
    TipKeyReusedError
        Where the key stands for another tip.
    """
    text = clean_words(draft.text)
    digest = _digest(draft, text)
    index = keys.blind(f"{person_id}\0{draft.key}", "tip.submission")
    # The author's row stands for their limit: two tips at once are counted one after the other.
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    if (already := _already(session, index, digest)) is not None:
        return already
    if len(draft.photos) > MAX_PHOTOS:
        raise TipTextError(f"Expected at most {MAX_PHOTOS} photos, got {len(draft.photos)}.")
    _keep_limits(session, keys, now, person_id)
    cell, beat_id = _place(session, draft.lat, draft.lng)
    if (
        session.scalar(
            select(TipCategory.code).where(
                TipCategory.code == draft.category, TipCategory.is_active
            )
        )
        is None
    ):
        raise TipTextError(f"Expected a category of tips, got {draft.category!r:.40}.")
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    tip = Tip(
        code=code,
        submission_index=index,
        request_sha256=digest,
        author_sealed=seal_author(keys, code, person_id),
        author_index=author_index(keys, person_id),
        category=draft.category,
        text_sealed=keys.seal(text, f"tip.text:{code}"),
        lat=draft.lat,
        lng=draft.lng,
        cell=cell,
        beat_id=beat_id,
        submitted_at=now,
        state="submitted",
    )
    session.add(tip)
    session.flush()
    session.add(TipStep(tip_id=tip.id, at=now, kind="submitted", actor="author"))
    session.add_all(
        _photo_row(keys, tip, place, photo, now) for place, photo in enumerate(draft.photos)
    )
    session.flush()
    return Submitted(tip.id, code, is_new=True)


def _photo_row(keys: Keys, tip: Tip, position: int, photo: Photo, now: datetime) -> TipPhoto:
    return TipPhoto(
        tip_id=tip.id,
        position=position,
        sha256=photo.sha256,
        dhash=photo.dhash,
        width=photo.width,
        height=photo.height,
        content_sealed=keys.seal_bytes(photo.content, f"tip.photo:{tip.code}:{position}"),
        created_at=now,
    )


def _already(session: Session, index: bytes, digest: bytes) -> Submitted | None:
    row = session.execute(
        select(Tip.id, Tip.code, Tip.request_sha256).where(Tip.submission_index == index)
    ).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != digest:
        raise TipKeyReusedError(
            "Expected the key with the tip it was first sent with, got another tip."
        )
    return Submitted(row.id, row.code, is_new=False)


def _keep_limits(session: Session, keys: Keys, now: datetime, person_id: int) -> None:
    mine = Tip.author_index == author_index(keys, person_id)
    for limit, period, words in LIMITS:
        since = now - period
        count, first = session.execute(
            select(func.count(), func.min(Tip.submitted_at)).where(mine, Tip.submitted_at > since)
        ).one()
        if count >= limit:
            raise TooManyTipsError(limit, words, int((first - since).total_seconds()) + 1)


def _place(session: Session, lat: float, lng: float) -> tuple[int, int]:
    """Return the cell of a place and the beat that answers for it."""
    if not (-90 <= lat <= 90 and -180 <= lng <= 180):
        raise TipTextError(f"Expected degrees, got {lat}, {lng}.")
    cell = int(cells_at([lat], [lng], _RESOLUTION)[0])
    beat_id = session.scalar(
        select(GroundCell.beat_id)
        .join(Beat, Beat.id == GroundCell.beat_id)
        .where(GroundCell.cell == cell)
    )
    if beat_id is None:
        raise TipTextError("Expected a place within the city's beats, got one outside.")
    return cell, beat_id


def _digest(draft: TipDraft, text: str) -> bytes:
    photos = [photo.sha256.hex() for photo in draft.photos]
    request = [draft.category, text, repr(draft.lat), repr(draft.lng), photos]
    return hashlib.sha256(canonical(request).encode()).digest()
