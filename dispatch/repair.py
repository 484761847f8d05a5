"""Repair of a published roster after dropouts and added demand, with proofs.

What is asked for, in this order:

1. No hard rule is broken: H1-H9 of the changed scenario hold; fixed pins hold but for those of
   people who are absent.
2. Demand: with W the weighted unmet, W of the repaired roster is at most ``goal + tolerance``,
   where goal is the published roster's W, or the least W that the region allows where that is
   more. (A repair makes good what the changes took; it does not plan anew.)
3. Fewest people disturbed. A person is *disturbed* when the set of their assignments differs from
   the published one without the shifts at which they are absent.
4. The lowest objective.

A repair works in a *region* (`dispatch.repair_region`) outside of which everybody keeps what they
have; it splits into independent parts, each an exact mixed-integer program
(`dispatch.repair_model`); curves of people against demand or objective are added up exactly
(`dispatch.repair_curve`). So all that is found is proven for the region; docs/repair.md says what
follows for the whole problem.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.check import check
from dispatch.repair_bound import fewest_anywhere
from dispatch.repair_changes import absent_pairs, changed_scenario, ended_pins
from dispatch.repair_kept import Ground, Kept, copy, seat, unmet
from dispatch.repair_kernel import assign_all
from dispatch.repair_model import UndecidedError
from dispatch.repair_part import cut_part, split
from dispatch.repair_parts import Choice, ImpossibleError, Parts, Target
from dispatch.repair_region import WHOLE_ARCS, Growth, grow
from dispatch.repair_tables import move_table, roster_table
from dispatch.seating import objective
from grid.errors import JinggeError

if TYPE_CHECKING:
    import pandas as pd

    from dispatch.repair_changes import Changes
    from dispatch.repair_model import Answer
    from dispatch.repair_part import Part, Region
    from dispatch.repair_parts import Point
    from dispatch.scenario import Scenario
    from dispatch.seating import Seating

_SMALLEST = 150
"""Arcs below which independent groups are solved together."""
_WIDER = Growth(chains=200, reach=2_000, depth=6, openings=12)
"""Second try where the first region has no plan that keeps the rules."""


class RepairError(JinggeError):
    """A repair that cannot be: the published roster or the wishes contradict the rules."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The best objective with at most so many people disturbed, and what is proven of it."""

    people: int
    objective: int
    bound: int
    weighted_unmet: int


@dataclass(frozen=True, slots=True)
class Repair:
    """A repaired roster and what is proven of it.

    Attributes
    ----------
    people, people_bound : int
        People disturbed; no plan within the region whose demand is as good disturbs fewer than
        `people_bound`.
    people_bound_anywhere : int
        No roster at all whose demand is as good disturbs fewer than this, in the region or not.
    whole : bool
        The region is the whole problem, so the bounds hold for every roster.
    weighted_unmet, weighted_unmet_bound : int
        Of the repaired roster against the changed demand; the least that the region allows.
    published_weight, tolerance : int
        Weighted unmet of the published roster against the published demand, and how much more
        than the goal was accepted.
    objective : int
    dropped : int
        Assignments that the absences took.
    curve : tuple of CurvePoint
        Empty unless asked for.
    arcs, parts : int
        Size of the region: arcs that may be taken or left, and independent parts.
    released : DataFrame
        Fixed pins that ended because their people are absent.
    """

    people: int
    people_bound: int
    people_bound_anywhere: int
    whole: bool
    weighted_unmet: int
    weighted_unmet_bound: int
    published_weight: int
    tolerance: int
    objective: int
    dropped: int
    curve: tuple[CurvePoint, ...]
    arcs: int
    parts: int
    released: pd.DataFrame
    _scenario: Scenario
    _published: pd.DataFrame
    _changes: Changes
    _ground: Ground
    _seating: Seating

    @property
    def goal(self) -> int:
        """Weighted unmet up to which demand counts as made good."""
        return max(self.published_weight, self.weighted_unmet_bound)

    def roster(self) -> pd.DataFrame:
        """Return the new roster, sorted by its columns."""
        return roster_table(self._ground, self._seating)

    def moves(self) -> pd.DataFrame:
        """Compare the rosters: a row for each (person, shift) that differs; see `move_table`."""
        absent = absent_pairs(self._scenario, self._changes)
        return move_table(self._published, self.roster(), absent)

    def scenario(self) -> Scenario:
        """Return the scenario with the changes applied, whose rules the new roster keeps."""
        return changed_scenario(self._scenario, self._changes)[0]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked of a repair besides the rules."""

    tolerance: int
    at_most: int | None
    curve: bool

    def __post_init__(self) -> None:
        if self.tolerance < 0:
            raise RepairError(f"Expected tolerance >= 0, got {self.tolerance}.")
        if self.at_most is not None and self.at_most < 0:
            raise RepairError(f"Expected at_most >= 0 people, got {self.at_most}.")


class RepairDesk:
    """A published roster, prepared to be repaired again and again.

    Parameters
    ----------
    scenario : Scenario
        That the roster was published for.
    roster : DataFrame
        Must keep H1-H9 of the scenario.
    workers : int
        Threads that search chains and solve parts; the result does not depend on them.

    Raises
    ------
    RepairError
        The roster breaks a rule.
    """

    def __init__(self, scenario: Scenario, roster: pd.DataFrame, *, workers: int = 2) -> None:
        report = check(scenario, roster)
        if not report.ok:
            raise RepairError(*(f"{rule}: {text}" for rule, _, text in report.details.to_numpy()))
        self._scenario, self._roster = scenario, roster
        self._ground = Ground.of(scenario)
        self._seating = seat(self._ground, *self._ground.arcs(roster))
        self._weight = unmet(self._ground, self._seating)
        self._threads = ThreadPoolExecutor(workers)
        self._workers = workers

    @property
    def large(self) -> bool:
        """Whether repairs work in a region rather than on the whole problem."""
        return self._ground.problem.arc_line.size > WHOLE_ARCS

    def repair(
        self,
        changes: Changes,
        *,
        tolerance: int = 0,
        at_most: int | None = None,
        curve: bool = False,
        growth: Growth | None = None,
    ) -> Repair:
        """Repair the roster after changes.

        Parameters
        ----------
        changes : Changes
        tolerance : int
            Weighted unmet that is accepted above the goal to disturb fewer people.
        at_most : int, optional
            The plan with the lowest objective that disturbs at most so many people, instead.
        curve : bool
            Also the whole trade-off of people against the objective.
        growth : Growth, optional
            How far the region grows; by default small problems are solved whole, and cities as
            far as time allows.

        Raises
        ------
        RepairError
            No plan keeps the rules, or none with `at_most` people.
        """
        wish = _Wish(tolerance, at_most, curve)
        kept = self._kept(changes)
        for tried in (growth, _WIDER) if growth is None else (growth,):
            try:
                return self._solve(changes, kept, wish, tried)
            except ImpossibleError:
                continue
            except UndecidedError:
                raise RepairError(
                    "Expected to find a plan within the limits of the search; "
                    "repair fewer changes at once."
                ) from None
        raise RepairError(_impossible(kept))

    def _solve(self, changes: Changes, kept: Kept, wish: _Wish, growth: Growth | None) -> Repair:
        region, whole = grow(kept, growth)
        problem, weight = kept.ground.problem, kept.ground.weight
        groups = (
            [np.arange(region.row.size)]
            if whole and region.row.size
            else split(problem, region, _SMALLEST)
        )
        cuts = [cut_part(problem, weight, kept.seating, region, arcs) for arcs in groups]
        parts = Parts(cuts, self._threads, exact=whole)
        rest = kept.weight - parts.kept_weight
        found: list[Point] = []
        fewest_bound = 0
        if wish.curve or wish.at_most is not None:
            found, fewest_bound = parts.curve()
        if wish.at_most is None:
            choice = parts.fewest(Target(self._weight - rest, wish.tolerance))
        elif wish.at_most < found[0].people:
            raise RepairError(
                f"Expected to disturb at most {wish.at_most} people, but without breaking a rule "
                f"at least {fewest_bound} have to change."
            )
        else:
            point = found[min(wish.at_most - found[0].people, len(found) - 1)]
            choice = Choice(point.answers, found[-1].weight, fewest_bound)
        answers = choice.answers
        outside = int(objective(problem, kept.seating)) - parts.kept_cost
        points = tuple(
            CurvePoint(p.people, outside + p.objective, outside + p.bound, rest + p.weight)
            for p in found
        )
        seating = _apply(kept, region, cuts, answers)
        reached = rest + sum(answer.weight for answer in answers)
        anywhere = fewest_anywhere(kept, reached)
        return Repair(
            people=sum(answer.people for answer in answers),
            people_bound=max(choice.people_bound, anywhere),
            people_bound_anywhere=choice.people_bound if whole else anywhere,
            whole=whole,
            weighted_unmet=reached,
            weighted_unmet_bound=rest + choice.weight_bound,
            published_weight=self._weight,
            tolerance=wish.tolerance,
            objective=int(objective(problem, seating)),
            dropped=int(kept.lost.sum()),
            curve=points if wish.curve else (),
            arcs=region.row.size,
            parts=len(cuts),
            released=kept.released,
            _scenario=self._scenario,
            _published=self._roster,
            _changes=changes,
            _ground=kept.ground,
            _seating=seating,
        )

    def _kept(self, changes: Changes) -> Kept:
        """Take the absences out of the published roster; encode anew only where arcs change."""
        ground, problem = self._ground, self._ground.problem
        blocked = np.zeros(problem.row_shift.size, np.bool_)
        names = self._scenario.shifts["shift_id"].to_numpy()[ground.shift_of]
        rank = {name: n for n, name in enumerate(names)}
        whole = set()
        for name, shift in changes.absent.itertuples(index=False, name=None):
            person = ground.person_at.get(name)
            if not shift:
                whole.add(name)
            if person is None:
                continue
            rows = slice(problem.row_start[person], problem.row_start[person + 1])
            blocked[rows] |= (problem.row_shift[rows] == rank[shift]) if shift else True
        released = ended_pins(self._scenario, changes)
        # Without the pin, somebody absent at one shift might work another too close to it.
        if len(changes.demand) or not whole.issuperset(released["person_id"]):
            return self._anew(changes)
        seating = copy(self._seating)
        gone = np.flatnonzero(blocked & (seating.row_line >= 0))
        lost = np.bincount(seating.row_line[gone], minlength=problem.num_lines)
        assign_all(problem, seating, gone, np.full(gone.size, -1), np.zeros(gone.size, np.int64))
        none = np.zeros(problem.num_lines, np.int64)
        return Kept(ground, seating, blocked, lost, none, released)

    def _anew(self, changes: Changes) -> Kept:
        scenario, released = changed_scenario(self._scenario, changes)
        ground = Ground.of(scenario)
        row, line, cost = ground.arcs(self._roster)
        here = row >= 0
        seating = seat(ground, row[here], line[here], cost[here])
        num_lines = ground.problem.num_lines
        lost = np.bincount(line[~here & (line >= 0)], minlength=num_lines)
        added = np.zeros(num_lines, np.int64)
        at = ground.lines(changes.demand)
        np.add.at(added, at[at >= 0], changes.demand["required"].to_numpy(np.int64)[at >= 0])
        blocked = np.zeros(ground.problem.row_shift.size, np.bool_)
        return Kept(ground, seating, blocked, lost, added, released)


def _apply(kept: Kept, region: Region, cuts: list[Part], answers: tuple[Answer, ...]) -> Seating:
    """Put the answers of all parts into a copy of the kept roster."""
    problem, seating = kept.ground.problem, copy(kept.seating)
    for step in ("leave", "take"):
        for part, answer in zip(cuts, answers, strict=True):
            change = (part.now & ~answer.taken) if step == "leave" else (answer.taken & ~part.now)
            arc = part.arc[change]
            leaving = np.full(arc.size, -1)
            line, cost = (
                (leaving, leaving * 0) if step == "leave" else (region.line[arc], region.cost[arc])
            )
            assign_all(problem, seating, region.row[arc], line, cost)
    return seating


def _impossible(kept: Kept) -> str:
    """Name the people whom fixed pins hold on posts that cannot be kept."""
    ground, broken = kept.ground, kept.broken_posts()
    rows = kept.stranded_rows(broken)
    rows = rows[ground.problem.row_forced[rows]]
    people = ground.scenario.people["person_id"].to_numpy()
    names = people[ground.problem.person_of[ground.problem.row_person[rows]]]
    return (
        "Expected a roster that keeps the rules after the changes, but there is none: fixed pins "
        f"hold people on posts that lost their supervisor or company: {', '.join(names[:10])}."
    )
