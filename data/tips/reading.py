"""Read tips: the verifying role those of its beats, authors their own progress and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.tips import Tip, TipCategory, TipPhoto, TipStep
from data.tips.authors import author_index, open_author
from data.tips.errors import TipMissingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.store.keys import Keys
    from data.store.scope import Scope

AUTHOR_STEPS: Final = ("submitted", "claimed", "verified", "unfounded", "unverifiable", "duplicate")


@dataclass(frozen=True, slots=True)
class TipSummary:
    """A tip in a list of the verifying role: no author, no words."""

    id: int
    code: str
    category: str
    state: str
    lat: float
    lng: float
    beat_id: int
    beat_code: str
    submitted_at: datetime
    dispatched_to: int | None
    claimed_by: int | None
    claim_until: datetime | None
    decided_at: datetime | None
    num_photos: int
    row_version: int


@dataclass(frozen=True, slots=True)
class StepView:
    """What happened to a tip."""

    at: datetime
    kind: str
    actor: str
    note: str | None


@dataclass(frozen=True, slots=True)
class TipCase:
    """A tip as the verifying role reads it: words, photos, steps; still no author."""

    summary: TipSummary
    text: str
    photos: tuple[int, ...]
    steps: tuple[StepView, ...]
    duplicate_of: str | None
    points: int | None


@dataclass(frozen=True, slots=True)
class OwnTip:
    """A tip as its author sees it: what they handed in and how far it is."""

    code: str
    category: str
    state: str
    submitted_at: datetime
    decided_at: datetime | None
    points: int | None
    text: str
    num_photos: int
    steps: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Author:
    """Who handed a tip in; asking is an audited action of its own."""

    person_id: int
    code: str
    name: str | None


def list_tips(
    session: Session,
    scope: Scope,
    *,
    states: Sequence[str] = (),
    dispatched_to: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[TipSummary]:
    """Return the tips of the beats of a scope, newest first."""
    query = _summaries(scope).order_by(Tip.id.desc()).limit(limit)
    if states:
        query = query.where(Tip.state.in_(states))
    if dispatched_to is not None:
        query = query.where(Tip.dispatched_to == dispatched_to)
    if before is not None:
        query = query.where(Tip.id < before)
    rows: Any = session.execute(query).all()
    counts = _photo_counts(session, [row[0] for row in rows])
    return [TipSummary(*(*row[:-1], counts.get(row[0], 0), row[-1])) for row in rows]


def find_tip(session: Session, scope: Scope, code: str) -> TipSummary:
    """Return a tip of the beats of a scope.

    Raises
    ------
    TipMissingError
        Where there is none.
    """
    row: Any = session.execute(_summaries(scope).where(Tip.code == code)).one_or_none()
    if row is None:
        raise TipMissingError(code)
    photos = _photo_counts(session, [row[0]]).get(row[0], 0)
    return TipSummary(*(*row[:-1], photos, row[-1]))


def read_case(session: Session, keys: Keys, scope: Scope, code: str) -> TipCase:
    """Return a tip with its words and steps."""
    summary = find_tip(session, scope, code)
    tip = session.get_one(Tip, summary.id)
    steps = session.execute(
        select(TipStep.at, TipStep.kind, TipStep.actor, TipStep.note)
        .where(TipStep.tip_id == tip.id)
        .order_by(TipStep.id)
    )
    first = session.scalar(select(Tip.code).where(Tip.id == tip.duplicate_of_id))
    photos = session.scalars(
        select(TipPhoto.position).where(TipPhoto.tip_id == tip.id).order_by(TipPhoto.position)
    )
    return TipCase(
        summary,
        keys.open(tip.text_sealed, f"tip.text:{tip.code}"),
        tuple(photos),
        tuple(StepView(*step) for step in steps),
        first,
        tip.points,
    )


def read_photo(session: Session, keys: Keys, scope: Scope, code: str, position: int) -> bytes:
    """Return a photo of a tip of the beats of a scope: JPEG."""
    return _photo(session, keys, find_tip(session, scope, code).id, code, position)


def read_own_photo(session: Session, keys: Keys, person_id: int, code: str, position: int) -> bytes:
    """Return a photo of a tip to its author: JPEG."""
    mine = Tip.author_index == author_index(keys, person_id)
    tip_id = session.scalar(select(Tip.id).where(Tip.code == code, mine))
    if tip_id is None:
        raise TipMissingError(code)
    return _photo(session, keys, tip_id, code, position)


def _photo(session: Session, keys: Keys, tip_id: int, code: str, position: int) -> bytes:
    sealed = session.scalar(
        select(TipPhoto.content_sealed).where(
            TipPhoto.tip_id == tip_id, TipPhoto.position == position
        )
    )
    if sealed is None:
        raise TipMissingError(f"{code}/{position}")
    return keys.open_bytes(sealed, f"tip.photo:{code}:{position}")


def own_tips(
    session: Session, keys: Keys, person_id: int, *, before: int | None = None, limit: int = 50
) -> tuple[list[OwnTip], int | None]:
    """Return a person's own tips, newest first, and where the next page begins."""
    query = (
        select(Tip)
        .where(Tip.author_index == author_index(keys, person_id))
        .order_by(Tip.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(Tip.id < before)
    tips = session.scalars(query).all()
    shown = tips[:limit]
    following = shown[-1].id if len(tips) > limit else None
    return [_as_own(session, keys, tip) for tip in shown], following


def own_tip(session: Session, keys: Keys, person_id: int, code: str) -> OwnTip:
    """Return a tip to its author.

    Raises
    ------
    TipMissingError
        For everybody else.
    """
    mine = Tip.author_index == author_index(keys, person_id)
    tip = session.scalars(select(Tip).where(Tip.code == code, mine)).one_or_none()
    if tip is None:
        raise TipMissingError(code)
    return _as_own(session, keys, tip)


def reveal_author(
    session: Session, keys: Keys, now: datetime, scope: Scope, code: str, *, actor: str
) -> Author | None:
    """Return who handed a tip in, and note in its steps that it was asked; audit it besides.

    None once the author is forgotten.
    """
    tip = session.get_one(Tip, find_tip(session, scope, code).id)
    session.add(TipStep(tip_id=tip.id, at=now, kind="author_read", actor=actor))
    session.flush()
    person_id = open_author(keys, tip)
    if person_id is None:
        return None
    row = session.execute(
        select(Person.id, Person.code, Person.name).where(Person.id == person_id)
    ).one_or_none()
    return None if row is None else Author(*row)


def categories(session: Session) -> list[tuple[str, str, str]]:
    """Return the categories in use: code, Chinese and English label."""
    columns = (TipCategory.code, TipCategory.label_zh, TipCategory.label_en)
    rows = session.execute(select(*columns).where(TipCategory.is_active).order_by(columns[0]))
    return [(code, zh, en) for code, zh, en in rows]


def _summaries(scope: Scope) -> Select[*tuple[Any, ...]]:
    names = ("id", "code", "category", "state", "lat", "lng", "beat_id")
    rest = ("submitted_at", "dispatched_to", "claimed_by", "claim_until", "decided_at")
    return (
        select(
            *(getattr(Tip, name) for name in names),
            Beat.code,
            *(getattr(Tip, name) for name in rest),
            Tip.row_version,
        )
        .join(Beat, Beat.id == Tip.beat_id)
        .where(scope.beats_())
    )


def _photo_counts(session: Session, tips: list[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for tip in session.scalars(select(TipPhoto.tip_id).where(TipPhoto.tip_id.in_(tips))):
        counts[tip] = counts.get(tip, 0) + 1
    return counts


def _as_own(session: Session, keys: Keys, tip: Tip) -> OwnTip:
    steps = session.execute(
        select(TipStep.at, TipStep.kind)
        .where(TipStep.tip_id == tip.id, TipStep.kind.in_(AUTHOR_STEPS))
        .order_by(TipStep.id)
    )
    return OwnTip(
        tip.code,
        tip.category,
        tip.state,
        tip.submitted_at,
        tip.decided_at,
        tip.points,
        keys.open(tip.text_sealed, f"tip.text:{tip.code}"),
        _photo_counts(session, [tip.id]).get(tip.id, 0),
        tuple((at, kind) for at, kind in steps),
    )
