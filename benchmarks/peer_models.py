"""A scenario as one flat mixed-integer model, and a choice of its arcs as a roster.

Every peer gets the same arcs (`dispatch.problem.encode`), so that none spends its time on finding
out who may stand where. Variables in this order: an arc is taken (x), a place is filled (y), a post
has a supervisor (z), a post has volunteers (b), a person works an n-th shift (t). Minimised is
``cost x - value y + steps t``, plus the worst objective, subject to

- ``sum x = sum y`` a line; ``sum x = sum t`` a person (H4 is the number of t);
- at most one arc of a clique of shifts that are too close to each other (H3);
- ``sum of supervised x <= seats * sum of staff x`` (H6) and, place by place, ``y <= z``,
  ``z <= sum of staff x``: without these the linear relaxation opens a part of a seat for a part
  of a supervisor;
- ``y <= b`` and ``min_volunteers * b <= sum of volunteers' y`` (H7).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from dispatch.problem import STAFF, SUPERVISED, Problem
from dispatch.roster import ROSTER_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

Arrays = dict[str, "NDArray[Any]"]


def flat_model(problem: Problem) -> Arrays:
    """Write the model as arrays: rows ``lower <= A v <= upper``, ``floor <= v <= 1``."""
    arcs, places = problem.arc_line.size, problem.place_value.size
    posts, people = problem.num_posts, problem.num_people
    row = np.repeat(np.arange(problem.row_person.size), np.diff(problem.arc_start))
    person, line = problem.row_person[row], problem.arc_line
    post, kind = problem.line_post[line], problem.line_kind[line]
    place_line = np.repeat(np.arange(problem.num_lines), np.diff(problem.place_start))
    place_post, place_kind = problem.line_post[place_line], problem.line_kind[place_line]
    step_person = np.repeat(np.arange(people), problem.max_shifts)
    nth = np.arange(step_person.size) - np.repeat(
        np.cumsum(problem.max_shifts) - problem.max_shifts, problem.max_shifts
    )
    starts = np.cumsum([0, arcs, places, posts, posts, step_person.size])
    x, y, z, b, t = (np.arange(low, high) for low, high in pairwise(starts.tolist()))
    rows = _Rows()
    rows.add(problem.num_lines, [(line, x, -1), (place_line, y, 1)], 0, 0)
    rows.add(people, [(person, x, 1), (step_person, t, -1)], 0, 0)
    clique, member = _cliques(problem)
    rows.add(int(clique.max(initial=-1)) + 1, [(clique, member, 1)], -np.inf, 1)
    staff, led = kind == STAFF, kind == SUPERVISED
    rows.add(posts, [(post[led], x[led], 1), (post[staff], x[staff], -problem.seats)], -np.inf, 0)
    rows.add(posts, [(np.arange(posts), z, 1), (post[staff], x[staff], -1)], -np.inf, 0)
    for guard, some in ((z, place_kind == SUPERVISED), (b, place_kind != STAFF)):
        each = np.arange(int(some.sum()))
        rows.add(each.size, [(each, y[some], 1), (each, guard[place_post[some]], -1)], -np.inf, 0)
    some = place_kind != STAFF
    rows.add(
        posts,
        [(np.arange(posts), b, problem.min_volunteers), (place_post[some], y[some], -1)],
        -np.inf,
        0,
    )
    floor = np.zeros(starts[-1])
    floor[x[problem.row_forced[row]]] = 1
    steps = np.diff(problem.steps)
    cost = np.concatenate(
        (problem.arc_cost, -problem.place_value, np.zeros(2 * posts), steps[nth])
    ).astype(np.float64)
    matrix = rows.matrix(int(starts[-1]))
    return {
        "cost": cost,
        "floor": floor,
        "whole": np.concatenate((np.ones(arcs), np.zeros(places), np.ones(2 * posts), nth * 0)) > 0,
        "indptr": matrix.indptr.astype(np.int64),
        "indices": matrix.indices.astype(np.int32),
        "data": matrix.data,
        "lower": np.concatenate(rows.lower),
        "upper": np.concatenate(rows.upper),
        "worst": np.array(problem.worst),
    }


class _Rows:
    """Constraints collected as triplets."""

    def __init__(self) -> None:
        self.parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        self.lower: list[NDArray[np.float64]] = []
        self.upper: list[NDArray[np.float64]] = []
        self.count = 0

    def add(
        self,
        count: int,
        terms: list[tuple[NDArray[Any], NDArray[Any], int]],
        lower: float,
        upper: float,
    ) -> None:
        """Add constraints; a term is (constraint of each entry, variable, coefficient)."""
        for at, variable, coefficient in terms:
            self.parts.append((at + self.count, variable, np.full(at.size, float(coefficient))))
        self.lower.append(np.full(count, float(lower)))
        self.upper.append(np.full(count, float(upper)))
        self.count += count

    def matrix(self, columns: int) -> csr_array:
        """Give the collected rows, sorted."""
        at, variable, value = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        matrix = csr_array((value, (at, variable)), shape=(self.count, columns))
        matrix.sort_indices()
        return matrix


def _cliques(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give (clique, arc) pairs of the largest sets of a person's shifts that exclude each other.

    A person's rows are in the order of their ends; those that clash with row r and end before it
    are a run that ends at r. A run inside the next row's says nothing new.
    """
    count = problem.row_person.size
    each = np.arange(count)
    width = problem.shift_prev.size + 1
    key = problem.row_person.astype(np.int64) * width + problem.row_shift
    earliest = problem.shift_prev[problem.row_shift]
    begin = np.searchsorted(key, problem.row_person.astype(np.int64) * width + earliest)
    begin = np.minimum(begin, each)
    inside = np.zeros(count, bool)
    inside[:-1] = (begin[1:] <= begin[:-1]) & (problem.row_person[1:] == problem.row_person[:-1])
    kept = np.flatnonzero(~inside)
    low, high = problem.arc_start[begin[kept]], problem.arc_start[kept + 1]
    size = high - low
    clique = np.repeat(np.arange(kept.size), size)
    member = np.arange(clique.size) - np.repeat(np.cumsum(size) - size, size)
    return clique, np.repeat(low, size) + member


def taken_arcs(scenario: Scenario, problem: Problem, roster: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which arcs a roster takes."""
    key = list(ROSTER_COLUMNS[1:])
    people = pd.Index(scenario.people["person_id"].take(problem.person_of))
    lines = pd.MultiIndex.from_frame(scenario.demand.iloc[problem.line_of][key])
    person = people.get_indexer(roster["person_id"]).astype(np.int64)
    line = lines.get_indexer(pd.MultiIndex.from_frame(roster[key]))
    row = np.repeat(np.arange(problem.row_person.size), np.diff(problem.arc_start))
    every = problem.row_person[row].astype(np.int64) * problem.num_lines + problem.arc_line
    return np.isin(every, person * problem.num_lines + line)


def full_hint(problem: Problem, taken: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give the value of every variable in the roster that takes these arcs."""
    row = np.repeat(np.arange(problem.row_person.size), np.diff(problem.arc_start))
    filled = np.bincount(problem.arc_line[taken], minlength=problem.num_lines)
    place_line = np.repeat(np.arange(problem.num_lines), np.diff(problem.place_start))
    nth_place = np.arange(place_line.size) - problem.place_start[place_line]
    kind = problem.line_kind[problem.arc_line]
    post = problem.line_post[problem.arc_line]
    staffed, company = (
        np.bincount(post[taken & some], minlength=problem.num_posts) > 0
        for some in (kind == STAFF, kind != STAFF)
    )
    worked = np.bincount(problem.row_person[row[taken]], minlength=problem.num_people)
    step_person = np.repeat(np.arange(problem.num_people), problem.max_shifts)
    nth = np.arange(step_person.size) - np.repeat(
        np.cumsum(problem.max_shifts) - problem.max_shifts, problem.max_shifts
    )
    parts = (taken, nth_place < filled[place_line], staffed, company, nth < worked[step_person])
    return np.concatenate(parts).astype(np.float64)


def roster_of(scenario: Scenario, problem: Problem, taken: NDArray[np.bool_]) -> pd.DataFrame:
    """Give the roster that takes these arcs."""
    row = np.repeat(np.arange(problem.row_person.size), np.diff(problem.arc_start))[taken]
    line = problem.line_of[problem.arc_line[taken]]
    roster = scenario.demand[list(ROSTER_COLUMNS[1:])].iloc[line].reset_index(drop=True)
    people = scenario.people["person_id"].iloc[problem.person_of[problem.row_person[row]]]
    roster.insert(0, "person_id", people.reset_index(drop=True))
    return roster.sort_values(list(ROSTER_COLUMNS), ignore_index=True)
