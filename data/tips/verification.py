"""Verify a tip: claim it, then say what it was; never one's own, and one person at a time.

submitted → claimed → verified | unfounded | unverifiable | duplicate. A claim runs out after
`CLAIM_FOR`, or is released, and anybody of the role may claim the tip again. What is decided stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import select

from data.notices.telling import tell
from data.points.awards import Award, Merit, award
from data.records.errors import StaleError
from data.store.tables.tips import Tip, TipStep
from data.tips.authors import award_key, is_author, open_author
from data.tips.errors import ClaimError, OwnTipError, TipMissingError, TipStateError
from data.tips.words import clean_words

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.keys import Keys

CLOCK: Final = "tips"
"""Who awards for tips, in the ledger: no account, by which the tip could be found."""
CLAIM_FOR: Final = timedelta(minutes=30)
Outcome = Literal["verified", "unfounded", "unverifiable"]


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who verifies: the account, the person behind it, and the key for records."""

    account_id: int
    person_id: int | None

    @property
    def actor(self) -> str:
        """The key that steps and the audit name."""
        return f"account:{self.account_id}"


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a tip: its state, and the points that its author got."""

    tip_id: int
    state: str
    points: int
    row_version: int


def claim(
    session: Session,
    keys: Keys,
    now: datetime,
    tip_id: int,
    verifier: Verifier,
    *,
    row_version: int | None = None,
) -> Tip:
    """Claim a tip, or one's own claim for longer.

    Raises
    ------
    OwnTipError
        For a tip of one's own.
    ClaimError
        While somebody else's claim holds.
    TipStateError
        Once it is decided.
    StaleError
        Where it is not at `row_version` any more.
    """
    tip = _locked(session, tip_id, row_version)
    _require_others(session, keys, tip, verifier)
    if tip.state not in {"submitted", "claimed"}:
        raise TipStateError(f"Expected a tip to be claimed, got one that is {tip.state}.")
    if _is_held(tip, now) and tip.claimed_by != verifier.account_id:
        raise ClaimError(
            f"Expected a tip that nobody has claimed, got one held by another until {_clock(tip)}."
        )
    if tip.claimed_by != verifier.account_id or tip.state != "claimed":
        session.add(_step(tip, now, "claimed", verifier, None))
    tip.state, tip.claimed_by, tip.claim_until = "claimed", verifier.account_id, now + CLAIM_FOR
    return _stepped(session, tip)


def release(
    session: Session, now: datetime, tip_id: int, verifier: Verifier, row_version: int | None = None
) -> Tip:
    """Give one's claim back.

    Raises
    ------
    ClaimError
        Where one has none.
    """
    tip = _locked(session, tip_id, row_version)
    _require_claim(tip, now, verifier)
    session.add(_step(tip, now, "released", verifier, None))
    tip.state, tip.claimed_by, tip.claim_until = "submitted", None, None
    return _stepped(session, tip)


def decide(
    session: Session,
    keys: Keys,
    now: datetime,
    tip_id: int,
    *,
    verifier: Verifier,
    outcome: Outcome,
    note: str | None = None,
    row_version: int | None = None,
) -> Decided:
    """Say what a claimed tip was; verified earns its author points by the city's table, at once.

    Parameters
    ----------
    note : str or None
        For those who verify; its author does not see it.

    Raises
    ------
    ClaimError
        Without a claim that holds.
    OwnTipError
        For a tip of one's own.
    """
    tip = _locked(session, tip_id, row_version)
    _require_others(session, keys, tip, verifier)
    _require_claim(tip, now, verifier)
    session.add(_step(tip, now, outcome, verifier, note))
    _close(tip, now, outcome, verifier)
    points = 0
    if outcome == "verified":
        points = _award(session, keys, now, tip).points
        tip.points = points
    _stepped(session, tip)
    _tell_author(session, keys, now, tip)
    return Decided(tip.id, tip.state, points, tip.row_version)


def merge(
    session: Session,
    keys: Keys,
    now: datetime,
    tip_id: int,
    *,
    into_id: int,
    verifier: Verifier,
    note: str | None = None,
    row_version: int | None = None,
) -> Decided:
    """Call a claimed tip a duplicate of an earlier one; it leads to the first of them all.

    Raises
    ------
    TipStateError
        For a tip as a duplicate of itself, or of one that was handed in later.
    """
    if into_id == tip_id:
        raise TipStateError("Expected another tip to be the first, got the same.")
    # In ascending id, as accounts are: two merges at once do not wait for each other.
    locked = {one: _locked(session, one) for one in sorted((tip_id, into_id))}
    tip, into = locked[tip_id], locked[into_id]
    _require_version(tip, row_version)
    _require_others(session, keys, tip, verifier)
    _require_claim(tip, now, verifier)
    if into.duplicate_of_id is not None:
        into = _locked(session, into.duplicate_of_id)
    if into.id > tip.id:
        raise TipStateError("Expected the tip that came first to be kept, got the later one.")
    tip.duplicate_of_id = into.id
    session.add(_step(tip, now, "duplicate", verifier, note))
    _close(tip, now, "duplicate", verifier)
    _stepped(session, tip)
    # Whatever was merged into this one belongs to the first as well.
    for other in session.scalars(select(Tip).where(Tip.duplicate_of_id == tip.id)).all():
        other.duplicate_of_id = into.id
    session.flush()
    _tell_author(session, keys, now, tip)
    return Decided(tip.id, tip.state, 0, tip.row_version)


def _award(session: Session, keys: Keys, now: datetime, tip: Tip) -> Award:
    author = open_author(keys, tip)
    if author is None:
        return Award(None, 0, 0, is_new=False)
    merit = Merit(author, "tip", award_key(keys, tip.id), CLOCK, category=tip.category)
    return award(session, keys, _blurred(now), merit)


def _tell_author(session: Session, keys: Keys, now: datetime, tip: Tip) -> None:
    """Tell the author that there is news, and neither of which tip nor what came of it."""
    author = open_author(keys, tip)
    if author is not None:
        event = keys.blind(f"{tip.id}:{tip.row_version}", "tip.notice").hex()[:24]
        tell(session, "tip.progress", event, [author], {}, now=_blurred(now))


def _blurred(now: datetime) -> datetime:
    """Return the beginning of the hour: what is kept under the author's name tells no minute.

    To the microsecond, an award or a notice would be told from the tip's own times at a glance.
    """
    return now.replace(minute=0, second=0, microsecond=0)


def _locked(session: Session, tip_id: int, row_version: int | None = None) -> Tip:
    tip = session.scalars(
        select(Tip)
        .where(Tip.id == tip_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if tip is None:
        raise TipMissingError(str(tip_id))
    _require_version(tip, row_version)
    return tip


def _require_version(tip: Tip, row_version: int | None) -> None:
    if row_version is not None and tip.row_version != row_version:
        raise StaleError(
            f"Expected version {tip.row_version} of the tip, got {row_version}: read it again."
        )


def _require_others(session: Session, keys: Keys, tip: Tip, verifier: Verifier) -> None:
    if is_author(session, keys, tip.id, verifier.person_id):
        raise OwnTipError("Expected a tip of somebody else, got one's own.")


def _require_claim(tip: Tip, now: datetime, verifier: Verifier) -> None:
    if tip.state != "claimed":
        raise TipStateError(f"Expected a tip that is claimed, got one that is {tip.state}.")
    if tip.claimed_by != verifier.account_id or not _is_held(tip, now):
        raise ClaimError("Expected a claim of one's own that holds: claim the tip first.")


def _is_held(tip: Tip, now: datetime) -> bool:
    return tip.state == "claimed" and tip.claim_until is not None and tip.claim_until > now


def _close(tip: Tip, now: datetime, state: str, verifier: Verifier) -> None:
    tip.state, tip.claim_until = state, None
    tip.decided_by, tip.decided_at = verifier.account_id, now


def _step(tip: Tip, now: datetime, kind: str, verifier: Verifier, note: str | None) -> TipStep:
    words = clean_words(note, least=1) if note else None
    return TipStep(tip_id=tip.id, at=now, kind=kind, actor=verifier.actor, note=words)


def _stepped(session: Session, tip: Tip) -> Tip:
    tip.row_version += 1
    session.flush()
    return tip


def _clock(tip: Tip) -> str:
    return tip.claim_until.isoformat(timespec="minutes") if tip.claim_until else ""
