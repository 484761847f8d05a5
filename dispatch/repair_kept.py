"""The kept roster: what is left of the published one, and what the changes took from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.chains import callers
from dispatch.problem import SUPERVISED, encode
from dispatch.repair_kernel import assign_all, find_arcs
from dispatch.seating import Seating

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.chains import Callers
    from dispatch.problem import Problem
    from dispatch.scenario import Scenario

_LINE = ["beat_id", "shift_id", "role"]


@dataclass(frozen=True, slots=True)
class Ground:
    """A scenario as arrays, with what a repair looks up in it.

    Attributes
    ----------
    scenario : Scenario
    problem : Problem
    calls : Callers
        Who may fill each line.
    weight : (places,) int64
        Weight of each place (`Problem.place_value` is that times `unmet`, which may be 0).
    total : (places + 1,) int64
        Weight of the places before each.
    shift_of : (S,) int64
        Row in ``scenario.shifts`` of each rank.
    person_at : dict of str to int
        Person of the problem by id; who can fill no line is not there.
    """

    scenario: Scenario
    problem: Problem
    calls: Callers
    weight: NDArray[np.int64]
    total: NDArray[np.int64]
    shift_of: NDArray[np.int64]
    person_at: dict[str, int]

    @classmethod
    def of(cls, scenario: Scenario) -> Ground:
        """Encode a scenario and turn its arcs round."""
        problem = encode(scenario)
        weights = scenario.demand["weight"].to_numpy()
        flat = [weight for line in problem.line_of for weight in weights[line]]
        ids = scenario.people["person_id"].to_numpy()[problem.person_of]
        starts, ends = (
            scenario.shifts[name].dt.as_unit("us").astype(np.int64).to_numpy()
            for name in ("starts_at", "ends_at")
        )
        return cls(
            scenario=scenario,
            problem=problem,
            calls=callers(problem),
            weight=np.array(flat, np.int64),
            total=np.concatenate(([0], np.cumsum(flat))).astype(np.int64),
            shift_of=np.lexsort((starts, ends)),
            person_at={name: n for n, name in enumerate(ids)},
        )

    def lines(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Line of each row of a table with ``beat_id, shift_id, role``; -1 where there is none."""
        known = pd.MultiIndex.from_frame(self.scenario.demand.iloc[self.problem.line_of][_LINE])
        return known.get_indexer(pd.MultiIndex.from_frame(table[_LINE])).astype(np.int64)

    def arcs(self, roster: pd.DataFrame) -> tuple[NDArray[np.int64], ...]:
        """Row, line and cost of each assignment; row -1 where no rule-keeping arc is that."""
        problem, line = self.problem, self.lines(roster)
        person = np.array([self.person_at.get(name, -1) for name in roster["person_id"]], np.int64)
        known = (line >= 0) & (person >= 0)
        shift = problem.post_shift[problem.line_post[np.maximum(line, 0)]].astype(np.int64)
        width = problem.shift_prev.size
        keys = problem.row_person.astype(np.int64) * width + problem.row_shift
        wanted = person * width + shift
        row = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        known[known] = keys[row[known]] == wanted[known]
        at = find_arcs(problem, np.where(known, row, -1), line)
        cost = np.zeros(at.size, np.int64)
        cost[at >= 0] = problem.arc_cost[at[at >= 0]]
        return np.where(at >= 0, row, -1), line, cost


@dataclass(frozen=True, slots=True)
class Kept:
    """A published roster without what the changes take from it; it may break H6 and H7.

    Attributes
    ----------
    ground : Ground
        Of the changed scenario, or of the published one with some rows blocked.
    seating : Seating
        Only read.
    blocked : (R,) bool
        Rows of absent people.
    lost : (L,) int64
        How many people each line lost.
    added : (L,) int64
        How many places each line gained.
    released : DataFrame
        Fixed pins that ended because their people are absent.
    """

    ground: Ground
    seating: Seating
    blocked: NDArray[np.bool_]
    lost: NDArray[np.int64]
    added: NDArray[np.int64]
    released: pd.DataFrame

    @property
    def weight(self) -> int:
        """Return the weighted unmet of the kept roster against the changed demand."""
        return unmet(self.ground, self.seating)

    def broken_posts(self) -> NDArray[np.int64]:
        """Return the posts on which H6 or H7 does not hold any more."""
        seating, problem = self.seating, self.ground.problem
        broken = seating.supervised > problem.seats * seating.supervisors
        broken |= (seating.volunteers > 0) & (seating.volunteers < problem.min_volunteers)
        return np.flatnonzero(broken)

    def stranded_rows(self, posts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of volunteers who may have to leave when these posts lose somebody more.

        Those in supervised roles; everybody where the post has too few for H7 or might get so.
        """
        problem, seating, calls = self.ground.problem, self.seating, self.ground.calls
        places = [
            calls.row[calls.start[line] : calls.start[line + 1]]
            for post in posts
            for line in range(problem.post_start[post], problem.post_start[post + 1])
        ]
        candidates = np.unique(np.concatenate([*places, np.zeros(0, np.int32)])).astype(np.int64)
        wanted = np.zeros(problem.num_posts, np.bool_)
        wanted[posts] = True
        at = seating.row_line[candidates]
        here = (at >= 0) & wanted[problem.line_post[np.maximum(at, 0)]]
        rows, line = candidates[here], at[here]
        post = problem.line_post[line]
        volunteer = ~problem.is_staff[problem.row_person[rows]]
        lonely = seating.volunteers[post] - seating.supervised[post] < problem.min_volunteers
        stay = ~volunteer
        stay |= ~lonely & (problem.line_kind[line] != SUPERVISED)
        return np.asarray(rows[~stay], np.int64)


def seat(
    ground: Ground, row: NDArray[np.int64], line: NDArray[np.int64], cost: NDArray[np.int64]
) -> Seating:
    """Seat people on arcs."""
    seating = Seating.empty(ground.problem)
    assign_all(ground.problem, seating, row, line, cost)
    return seating


def copy(seating: Seating) -> Seating:
    """Copy a seating, to change the copy."""
    return Seating._make(part.copy() for part in seating)


def unmet(ground: Ground, seating: Seating) -> int:
    """Weighted unmet of a seating."""
    first = ground.problem.place_start[:-1]
    total = ground.total
    return int(total[-1] - (total[first + seating.filled] - total[first]).sum())
