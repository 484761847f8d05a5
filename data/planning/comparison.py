"""Two rosters side by side: figures, who changes, where more or fewer stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from data.planning.assignments import count_by_beat, list_assignments
from data.planning.rosters import moves_of, roster_view
from data.store.tables.rosters import Assignment

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.planning.rosters import Reader, RosterView

_POST = ("beat_id", "role")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What becomes of one roster in another.

    Attributes
    ----------
    before, after : RosterView
    figures : dict
        What each figure rises by.
    changes : list of dict
        A row for each person and shift that differs: ``person_id, name, shift_id``, where they
        stood (``before``), where they stand (``after``), and ``why`` where a repair tells.
    beats : list of dict
        ``beat_id, beat_name, before, after``: people a week, of beats in which that differs.
    num_people : int
        Different people who change.
    """

    before: RosterView
    after: RosterView
    figures: dict[str, float]
    changes: list[dict[str, Any]]
    beats: list[dict[str, Any]]
    num_people: int


def compare_rosters(session: Session, reader: Reader, before_id: int, after_id: int) -> Comparison:
    """Compare two rosters as far as the reader sees them.

    Raises
    ------
    ScenarioMissingError
        Where there is no such roster, or one that the reader may not see.
    """
    before, after = (roster_view(session, reader, one) for one in (before_id, after_id))
    # Rosters of one scenario have most turns in common, and those need not be read.
    alike = before.scenario_id == after.scenario_id
    old, new = (
        _by_turn(session, reader, one, _differing(one, other) if alike else None)
        for one, other in ((before_id, after_id), (after_id, before_id))
    )
    told = moves_of(session, after_id) if after.predecessor_id == before_id else None
    why = {(move["person_id"], move["shift_id"]): move for move in told or ()}
    changes = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is not None and now is not None and _post(was) == _post(now):
            continue
        one = now or was or {}
        reason = why.get(key, {})
        changes.append(
            {
                "person_id": key[0],
                "name": one["name"],
                "shift_id": key[1],
                "before": _post(was),
                "after": _post(now),
                "why": reason.get("reason") or reason.get("kind"),
            }
        )
    both = (before.figures or {}, after.figures or {})
    figures = {name: both[1][name] - both[0][name] for name in both[0] if name in both[1]}
    people = {change["person_id"] for change in changes}
    names = {row["beat_id"]: row["beat_name"] for row in (*old.values(), *new.values())}
    counts = [count_by_beat(session, reader, one, names) for one in (before_id, after_id)]
    return Comparison(before, after, figures, changes, _beats(names, *counts), len(people))


def _by_turn(
    session: Session, reader: Reader, roster_id: int, only: Select[int] | None
) -> dict[tuple[str, str], dict[str, Any]]:
    rows = list_assignments(session, reader, roster_id, only=only)
    return {(row["person_id"], row["shift_id"]): row for row in rows}


def _differing(one: int, other: int) -> Select[int]:
    """Select the positions of a roster's turns that another of the scenario has not, or not so."""
    mine, theirs = aliased(Assignment), aliased(Assignment)
    same = and_(theirs.roster_id == other, theirs.person == mine.person, theirs.shift == mine.shift)
    changed = or_(theirs.person.is_(None), theirs.beat != mine.beat, theirs.role != mine.role)
    return select(mine.position).outerjoin(theirs, same).where(mine.roster_id == one).where(changed)


def _post(row: dict[str, Any] | None) -> dict[str, str] | None:
    return None if row is None else {name: row[name] for name in _POST}


def _beats(
    names: dict[str, str], before: dict[str, int], after: dict[str, int]
) -> list[dict[str, Any]]:
    counts = {beat: (before.get(beat, 0), after.get(beat, 0)) for beat in sorted(names)}
    return [
        {"beat_id": beat, "beat_name": names[beat], "before": was, "after": now}
        for beat, (was, now) in counts.items()
        if was != now
    ]
