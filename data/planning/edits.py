"""Changes of a draft by hand: checked by all rules, priced, kept, undone.

`dispatch.walk_check` judges the part of the roster that a change touches (`data.planning.slices`).
A change that breaks a rule of a person (who may stand where, rest, turns, pins) is refused. Rules
of a post (H6, H7) may break for a moment, because a post is filled one by one; the draft is then
not published until they hold again.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, or_, select

from data.planning.errors import EditError
from data.planning.slices import slice_around
from data.store.bundle_rows import weight_tuples
from data.store.scenario_reading import find_scenario
from data.store.tables.roster_edits import RosterEdit
from data.store.tables.rosters import Assignment, Roster, RosterGap, RosterReport
from data.store.tables.scenarios import ScenarioDemand
from dispatch.walk_check import walk_check

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.planning.slices import Slice
    from dispatch.walk_check import Place, Violation, WalkReport

POST_RULES: Final = frozenset({"H6", "H7"})
"""Rules of a whole post, which may break until the post is complete."""
EDITED: Final = "edited"
"""The cause of a shortfall that a change by hand made; no funnel has been counted for it."""
_COSTS: Final = ("weighted_unmet", "unmet", "travel_cost", "fairness_cost", "dislike_cost")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change would do, or did.

    Attributes
    ----------
    cost : int
        By how much the objective rises; less is better.
    filled : int
        How many more places are filled.
    weight : int
        How much more weighted demand is filled.
    travel, fairness, dislike : int
        Parts of `cost`.
    broken : tuple of Violation
        Rules that hold no more.
    mended : tuple of str
        Rules that hold again, or are broken less.
    """

    cost: int
    filled: int
    weight: int
    travel: int
    fairness: int
    dislike: int
    broken: tuple[Violation, ...]
    mended: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        """Whether a rule of a person would break."""
        return any(one.rule not in POST_RULES for one in self.broken)


class RefusedEditError(EditError):
    """A change that breaks a rule of a person; `outcome` has the words."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        words = "; ".join(f"{one.rule}: {one.words('en')}" for one in outcome.broken)
        super().__init__(f"Expected a change that keeps the rules, got one that does not: {words}")


def try_change(
    session: Session, roster: Roster, taken: Iterable[Place], given: Iterable[Place]
) -> Outcome:
    """Tell what taking some places away and giving others would do to a roster.

    Raises
    ------
    EditError
        For a place to be taken away that is not of the roster.
    """
    return _try(session, roster, tuple(taken), tuple(given))[0]


def change_draft(
    session: Session,
    roster: Roster,
    taken: Iterable[Place],
    given: Iterable[Place],
    *,
    by: str,
    now: datetime,
) -> tuple[int, Outcome]:
    """Change a draft; return the step's number and what it did.

    Raises
    ------
    EditError
        For a roster that is no draft, or a change that breaks a rule of a person.
    """
    taken, given = tuple(taken), tuple(given)
    outcome = _apply(session, roster, taken, given)
    row = RosterEdit(
        roster_id=roster.id,
        at=now,
        by=by,
        content={"taken": [list(one) for one in taken], "given": [list(one) for one in given]},
    )
    session.add(row)
    session.flush()
    return row.id, outcome


def undo_last(session: Session, roster: Roster, *, now: datetime) -> Outcome:
    """Undo the last step of a draft that stands.

    Raises
    ------
    EditError
        Where there is nothing to undo.
    """
    last = session.scalars(
        select(RosterEdit)
        .where(RosterEdit.roster_id == roster.id, RosterEdit.undone_at.is_(None))
        .order_by(RosterEdit.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if last is None:
        raise EditError(f"Expected a change of roster {roster.id} to undo, got none.")
    taken, given = (
        tuple((p, b, s, r) for p, b, s, r in last.content[name]) for name in ("given", "taken")
    )
    last.undone_at = now
    return _apply(session, roster, taken, given, backwards=True)


def num_edits(session: Session, roster_id: int) -> int:
    """Count the steps of a draft that stand."""
    query = select(func.count()).where(
        RosterEdit.roster_id == roster_id, RosterEdit.undone_at.is_(None)
    )
    return session.scalar(query) or 0


def _try(
    session: Session, roster: Roster, taken: tuple[Place, ...], given: tuple[Place, ...]
) -> tuple[Outcome, WalkReport, WalkReport]:
    people = {place[0] for place in (*taken, *given)}
    posts = {place[1:3] for place in (*taken, *given)}
    found = slice_around(session, roster.scenario_id, roster.id, people, posts)
    return outcome_of(found, taken, given)


def outcome_of(
    found: Slice, taken: Iterable[Place], given: Iterable[Place]
) -> tuple[Outcome, WalkReport, WalkReport]:
    """Tell what a change of a part would do: the outcome, and the part before and after.

    Raises
    ------
    EditError
        For a place to be taken away that is not of the roster.
    """
    if missing := set(taken) - set(found.places):
        raise EditError(f"Expected places of the roster, got {len(missing)} that are not.")
    before = walk_check(found.part, found.places)
    after = walk_check(found.part, [*(set(found.places) - set(taken)), *given])
    was, now = before.violations, after.violations
    worse = {rule for rule in now if now[rule] > was[rule]}
    outcome = Outcome(
        cost=after.objective - before.objective,
        filled=before.unmet - after.unmet,
        weight=before.weighted_unmet - after.weighted_unmet,
        travel=after.travel_cost - before.travel_cost,
        fairness=after.fairness_cost - before.fairness_cost,
        dislike=after.dislike_cost - before.dislike_cost,
        broken=tuple(one for one in after.broken if one.rule in worse),
        mended=tuple(rule for rule in now if now[rule] < was[rule]),
    )
    return outcome, before, after


def _apply(
    session: Session,
    roster: Roster,
    taken: tuple[Place, ...],
    given: tuple[Place, ...],
    *,
    backwards: bool = False,
) -> Outcome:
    if roster.state != "draft":
        raise EditError(f"Expected a draft, got roster {roster.id}, which is {roster.state}.")
    outcome, before, after = _try(session, roster, taken, given)
    if outcome.is_refused and not backwards:
        raise RefusedEditError(outcome)
    _move(session, roster.id, taken, given)
    recount(session, roster, before, after)
    _refresh_gaps(session, roster, {(b, s, r) for _, b, s, r in (*taken, *given)})
    session.flush()
    return outcome


def _move(
    session: Session, roster_id: int, taken: tuple[Place, ...], given: tuple[Place, ...]
) -> None:
    if taken:
        rows = [and_(Assignment.person == p, Assignment.shift == s) for p, _, s, _ in taken]
        session.execute(delete(Assignment).where(Assignment.roster_id == roster_id, or_(*rows)))
    if not given:
        return
    last = session.scalar(
        select(func.max(Assignment.position)).where(Assignment.roster_id == roster_id)
    )
    behind = 0 if last is None else last + 1
    for n, (person, beat, shift, role) in enumerate(given):
        session.add(
            Assignment(
                roster_id=roster_id,
                person=person,
                shift=shift,
                beat=beat,
                role=role,
                position=behind + n,
            )
        )
    session.flush()


def recount(session: Session, roster: Roster, before: WalkReport, after: WalkReport) -> None:
    """Bring a draft's report up to date with what a change did to a part of it."""
    report = session.get_one(RosterReport, roster.id)
    for name in _COSTS:
        setattr(report, name, getattr(report, name) + getattr(after, name) - getattr(before, name))
    report.assigned += after.assigned - before.assigned
    settings = json.loads(find_scenario(session, roster.scenario_id).settings)
    costs = report.travel_cost + report.fairness_cost + report.dislike_cost
    objective = int(settings["costs"]["unmet"]) * report.weighted_unmet + costs
    # Only a roster that breaks a rule can cost less than the bound of those that break none.
    report.objective = max(objective, report.bound)
    report.gap = (report.objective - report.bound) / report.objective if report.objective else 0.0
    counts = Counter(json.loads(report.violations))
    counts.update({r: after.violations[r] - before.violations[r] for r in after.violations})
    report.violations = json.dumps(dict(counts), ensure_ascii=False)


def _refresh_gaps(session: Session, roster: Roster, lines: set[tuple[int, int, int]]) -> None:
    for beat, shift, role in sorted(lines):
        d, a, g = ScenarioDemand, Assignment, RosterGap
        demand = session.execute(
            select(d.required, d.weights).where(
                d.scenario_id == roster.scenario_id,
                d.beat == beat,
                d.shift == shift,
                d.role == role,
            )
        ).one_or_none()
        if demand is None:
            continue
        filled = session.scalar(
            select(func.count()).where(
                a.roster_id == roster.id, a.beat == beat, a.shift == shift, a.role == role
            )
        )
        weights = _weights(demand.weights, demand.required)
        unfilled = weights[filled or 0 :]
        row = session.get(g, (roster.id, beat, shift, role))
        if row is None and unfilled:
            session.add(_gap(session, roster.id, (beat, shift, role), unfilled))
        elif row is not None and unfilled:
            row.missing, row.weight = len(unfilled), sum(unfilled)
        elif row is not None:
            session.delete(row)


def _weights(text: str, required: int) -> tuple[int, ...]:
    found: tuple[int, ...] = weight_tuples([text], [required]).iloc[0]
    return found


def _gap(
    session: Session, roster_id: int, line: tuple[int, int, int], unfilled: tuple[int, ...]
) -> RosterGap:
    beat, shift, role = line
    last = session.scalar(
        select(func.max(RosterGap.position)).where(RosterGap.roster_id == roster_id)
    )
    return RosterGap(
        roster_id=roster_id,
        beat=beat,
        shift=shift,
        role=role,
        position=0 if last is None else last + 1,
        missing=len(unfilled),
        weight=sum(unfilled),
        cause=EDITED,
        in_reach=0,
        qualified=0,
        insured=0,
        available=0,
        free=0,
        supervised=0,
        remedy="",
        remedy_en="",
    )
