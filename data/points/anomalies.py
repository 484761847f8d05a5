"""What looks strange in tips, check-ins and awards: somebody should look at it; it proves nothing.

- the same picture in two tips (same file, or 64-bit difference hashes that differ in few bits);
- two tips of one author, or two check-ins of one person, further apart than anybody travels;
- rings: people of the staff who award or hand over to each other, directly or around.

An author is told apart by the keyed hash of their tips alone: nobody learns who it is.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from data.store.tables.accounts import Account
from data.store.tables.checkins import CheckIn
from data.store.tables.gifts import Redemption
from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.points import PointAccount, PointTransfer
from data.store.tables.tips import Tip, TipPhoto
from grid.cells import cell_centres
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

NEAR_BITS: Final = 4
"""Bits of 64 in which the hashes of what looks the same may differ."""
FASTEST_MPS: Final = 34.0
"""120 km/h over the beeline."""
NEAR_M: Final = 500.0
"""Less far apart, a place is too coarse to tell a speed."""
FEW_TONES: Final = 8
"""Fewest bits of either kind in a hash that tells anything: all even surfaces look alike."""
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something to look at: the tips by code, the people by code, and figures."""

    kind: str
    at: datetime
    tips: tuple[str, ...]
    people: tuple[str, ...]
    detail: str


def find_anomalies(
    session: Session, scope: Scope, since: datetime, limit: int = 200
) -> list[Anomaly]:
    """Return what looks strange since a moment within a scope, newest first."""
    found = [
        *_same_photos(session, scope, since),
        *_fast_tips(session, scope, since),
        *_fast_check_ins(session, scope, since),
        *_rings(session, scope, since),
    ]
    return heapq.nlargest(limit, found, key=lambda one: (one.at, one.kind, one.tips, one.people))


def _same_photos(session: Session, scope: Scope, since: datetime) -> Iterable[Anomaly]:
    """Compare every photo since then with all: by file, and by eye through bands of the hash.

    Hashes that differ in at most `NEAR_BITS` bits agree in one of five bands at least.
    """
    rows: Any = session.execute(
        select(TipPhoto.tip_id, TipPhoto.sha256, TipPhoto.dhash, Tip.code, Tip.submitted_at)
        .join(Tip, Tip.id == TipPhoto.tip_id)
        .join(Beat, Beat.id == Tip.beat_id)
        .where(scope.beats_())
        .order_by(TipPhoto.id)
    ).all()
    drawers: dict[Any, list[Any]] = defaultdict(list)
    told: set[tuple[int, int]] = set()
    for row in rows:
        keys = [("file", row.sha256), *_bands(row.dhash)]
        seen = {id(one): one for key in keys for one in drawers[key]}
        for other in seen.values():
            pair = (other.tip_id, row.tip_id)
            if other.tip_id == row.tip_id or pair in told or row.submitted_at < since:
                continue
            differ = _differ(row.dhash, other.dhash)
            if row.sha256 == other.sha256 or differ <= NEAR_BITS:
                told.add(pair)
                bits = "sha256" if row.sha256 == other.sha256 else f"{differ}/64"
                tips = (other.code, row.code)
                yield Anomaly("same_photo", row.submitted_at, tips, (), bits)
        for key in keys:
            drawers[key].append(row)


def _bands(dhash: int) -> list[tuple[int, int]]:
    bits = dhash & _MASK
    if not FEW_TONES <= bits.bit_count() <= 64 - FEW_TONES:
        return []
    edges = (0, 13, 26, 39, 52, 64)
    return [(low, bits >> low & ((1 << (high - low)) - 1)) for low, high in pairwise(edges)]


def _differ(one: int, other: int) -> int:
    if not (_bands(one) and _bands(other)):
        return 64
    return ((one ^ other) & _MASK).bit_count()


def _fast_tips(session: Session, scope: Scope, since: datetime) -> Iterable[Anomaly]:
    rows: Any = session.execute(
        select(Tip.author_index, Tip.code, Tip.submitted_at, Tip.lat, Tip.lng)
        .join(Beat, Beat.id == Tip.beat_id)
        .where(scope.beats_(), Tip.submitted_at >= since, Tip.author_index.is_not(None))
        .order_by(Tip.author_index, Tip.submitted_at, Tip.id)
    ).all()
    for one, two in pairwise(rows):
        if one.author_index != two.author_index:
            continue
        way = float(great_circle_m(one.lat, one.lng, two.lat, two.lng))
        if told := _too_fast(way, one.submitted_at, two.submitted_at):
            yield Anomaly("speed_of_tips", two.submitted_at, (one.code, two.code), (), told)


def _fast_check_ins(session: Session, scope: Scope, since: datetime) -> Iterable[Anomaly]:
    rows: Any = session.execute(
        select(CheckIn.person_id, Person.code, CheckIn.in_at, CheckIn.in_cell)
        .join(Person, Person.id == CheckIn.person_id)
        .where(scope.people(), CheckIn.in_at >= since, CheckIn.in_cell.is_not(None))
        .order_by(CheckIn.person_id, CheckIn.in_at, CheckIn.id)
    ).all()
    if not rows:
        return
    lat, lng = cell_centres([row.in_cell for row in rows])
    for place, (one, two) in enumerate(pairwise(rows)):
        if one.person_id != two.person_id:
            continue
        way = float(great_circle_m(lat[place], lng[place], lat[place + 1], lng[place + 1]))
        if told := _too_fast(way, one.in_at, two.in_at):
            yield Anomaly("speed_of_check_ins", two.in_at, (), (two.code,), told)


def _too_fast(way_m: float, first: datetime, then: datetime) -> str:
    """Return distance and time where nobody travels like that, else nothing."""
    seconds = (then - first).total_seconds()
    if way_m <= NEAR_M or way_m - NEAR_M <= FASTEST_MPS * seconds:
        return ""
    return f"{way_m / 1000:.1f} km / {seconds / 60:.1f} min"


def _rings(session: Session, scope: Scope, since: datetime) -> Iterable[Anomaly]:
    """Find people who give to each other in a circle: awards by hand, gifts consented to."""
    edges, last = _favours(session, since)
    circles = [circle for circle in _circles(edges) if len(circle) > 1]
    if not circles:
        return
    members = sorted({person for circle in circles for person in circle})
    rows = session.execute(
        select(Person.id, Person.code).where(Person.id.in_(members), scope.people())
    ).all()
    seen = dict(rows)
    for circle in circles:
        if not circle <= seen.keys():
            continue
        at = max(moment for pair, moment in last.items() if set(pair) <= circle)
        codes = tuple(sorted(seen[person] for person in circle))
        count = sum(1 for giver in circle for taker in edges[giver] if taker in circle)
        yield Anomaly("ring", at, (), codes, f"{count}")


def _favours(
    session: Session, since: datetime
) -> tuple[dict[int, set[int]], dict[tuple[int, int], datetime]]:
    """Return who gave to whom, and when last."""
    person_of = {
        f"account:{account}": person
        for account, person in session.execute(
            select(Account.id, Account.person_id).where(Account.person_id.is_not(None))
        )
    }
    awards = session.execute(
        select(PointTransfer.actor, PointAccount.person_id, PointTransfer.created_at)
        .join(PointAccount, PointAccount.id == PointTransfer.subject_id)
        .where(PointTransfer.kind == "award", PointTransfer.created_at >= since)
    ).all()
    gifts = session.execute(
        select(
            Redemption.approved_by,
            Redemption.handed_by,
            PointAccount.person_id,
            Redemption.reserved_at,
        )
        .join(PointAccount, PointAccount.id == Redemption.account_id)
        .where(Redemption.needs_two, Redemption.reserved_at >= since)
    ).all()
    favours: list[tuple[str | None, int | None, datetime]]
    favours = [(actor, taker, at) for actor, taker, at in awards]
    favours += [
        (actor, taker, at) for first, second, taker, at in gifts for actor in (first, second)
    ]
    edges: dict[int, set[int]] = defaultdict(set)
    last: dict[tuple[int, int], datetime] = {}
    for actor, taker, at in favours:
        giver = person_of.get(actor or "")
        if giver is not None and taker is not None and giver != taker:
            edges[giver].add(taker)
            last[giver, taker] = max(at, last.get((giver, taker), at))
    return edges, last


def _circles(edges: Mapping[int, set[int]]) -> list[set[int]]:
    """Return the strongly connected parts: who reaches each other is in one part."""
    forth = {one: _reached(edges, one) for one in list(edges)}
    parts: list[set[int]] = []
    placed: set[int] = set()
    for one in sorted(forth):
        if one not in placed:
            part = {one} | {other for other in forth[one] if one in forth.get(other, frozenset())}
            placed |= part
            parts.append(part)
    return parts


def _reached(edges: Mapping[int, set[int]], start: int) -> set[int]:
    found: set[int] = set()
    ahead = [start]
    while ahead:
        for other in edges.get(ahead.pop(), ()):
            if other not in found:
                found.add(other)
                ahead.append(other)
    return found
