"""The author of a tip: encrypted, found by a keyed hash, opened for the verifying role alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import select, update

from data.store.tables.tips import Tip

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.keys import Keys


def author_index(keys: Keys, person_id: int) -> bytes:
    """Return what ``tip.author_index`` holds for a person: 32 bytes, of no use without the key."""
    return keys.blind(str(person_id), "tip.author")


def seal_author(keys: Keys, code: str, person_id: int) -> bytes:
    """Encrypt the author of the tip with this code."""
    return keys.seal(str(person_id), f"tip.author:{code}")


def open_author(keys: Keys, tip: Tip) -> int | None:
    """Return the id of the person who handed a tip in; None once that is forgotten.

    For awards and for the audited action of the verifying role; nobody else.
    """
    if tip.author_sealed is None:
        return None
    return int(keys.open(tip.author_sealed, f"tip.author:{tip.code}"))


def award_key(keys: Keys, tip_id: int) -> str:
    """Return the ledger's key of a tip's award, which tells nobody which tip it was."""
    return f"tip:{keys.blind(str(tip_id), 'tip.award').hex()[:40]}"


def forget_author(session: Session, keys: Keys, person_id: int) -> int:
    """Forget who handed a person's tips in; return how many there were. The tips stay."""
    done = session.execute(
        update(Tip)
        .where(Tip.author_index == author_index(keys, person_id))
        .values(author_sealed=None, author_index=None)
        .returning(Tip.id)
    )
    return len(done.all())


def is_author(session: Session, keys: Keys, tip_id: int, person_id: int | None) -> bool:
    """Say whether a person handed a tip in."""
    if person_id is None:
        return False
    index = cast("bytes | None", session.scalar(select(Tip.author_index).where(Tip.id == tip_id)))
    return index == author_index(keys, person_id)
