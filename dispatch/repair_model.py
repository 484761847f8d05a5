"""The mixed-integer program of one part of a repair.

Variables: an arc is taken (x, binary), a place is filled (y), a post has a supervisor (z) or
volunteers (b), a person works an n-th shift (t), a person is disturbed (d). With kept arcs K, and
the cliques C of arcs of one person of which H3 lets one be taken::

    d[p] >= 1 - x[a]                    for each kept arc a of p
    d[p] >= sum of x[a] over C - K     for each clique C of p

so d is whole where x is, and says exactly whether p's assignments differ from the kept ones. H1,
H2, H5, H8 and forbidden pins are in the arcs; H3, H4, H6, H7, H9 and fixed pins are constraints,
written as in `dispatch.piece_model`. Every question is one objective over these variables with
limits on the unmet weight and on the number of people disturbed; each answer comes with the
solver's bound, rounded to the integer that it proves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from dispatch.problem import STAFF, SUPERVISED
from dispatch.repair_part import disturbed, part_cost, unmet_weight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.repair_part import Part

Aim = Literal["weight", "people", "objective"]
_Goal = Literal["weight", "people", "objective", "order"]

_TOLERANCE = 1e-4
"""A solver's bound may be wrong by so much: far below the 1 between two integers."""
_NODES = 20_000
_LARGEST = 1_000_000
"""Above this a half is too near to a solver's tolerance to tell two plans apart."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan of a part, and what is proven of it.

    Attributes
    ----------
    taken : (n,) bool
        Which arcs of the part to take.
    weight, people, objective : int
        Unmet weight, people disturbed and objective of the part.
    bound : int
        No plan of the part within the limits that were set does better in what was asked for.
    """

    taken: NDArray[np.bool_]
    weight: int
    people: int
    objective: int
    bound: int


class UndecidedError(Exception):
    """The limits ended a search that had found no plan, nor that there is none."""


class PartModel:
    """One part's program, built once and asked several questions."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._build()

    def solve(
        self,
        aim: Aim,
        *,
        most_weight: int | None = None,
        most_people: int | None = None,
        among: Answer | None = None,
    ) -> Answer | None:
        """Find the plan with the least of `aim` within the limits; None where there is none.

        Parameters
        ----------
        aim : {"weight", "people", "objective"}
        most_weight, most_people : int, optional
            Limits on unmet weight and on people disturbed.
        among : Answer, optional
            Only people whom this plan disturbs may be disturbed: a far smaller question.
        """
        solved = self._run(aim, (most_weight, most_people), 0.9, among)
        if solved is None:
            return None
        answer = self.judge(solved[0])
        bound = math.ceil(solved[1] - _slack(solved[1]))
        return replace(answer, bound=min(bound, _of(answer, aim)))

    def in_order(self) -> tuple[Answer, int] | None:
        """Least unmet weight, then fewest people, then a low objective, in one program.

        One person more is worth less than one unit of weight, and all that the objective can
        differ less than half a person; so a gap under a half proves the first two.

        Returns
        -------
        answer : Answer
            Its bound is of people, among plans that leave no more unmet.
        weight_bound : int
        """
        if self._part.place_weight.sum() * (self._part.room.size + 1) > _LARGEST:
            return self._one_after_the_other()
        solved = self._run("order", (None, None), 0.45)
        if solved is None:
            return None
        answer = self.judge(solved[0])
        unit = self._part.room.size + 1
        proven = math.ceil(solved[1] - 0.5 - _slack(solved[1]))
        if proven >= answer.weight * unit + answer.people:
            return replace(answer, bound=answer.people), answer.weight
        weight = max(-(-(proven - self._part.room.size) // unit), 0)
        people = max(proven - answer.weight * unit, 0)
        return replace(answer, bound=people), min(weight, answer.weight)

    def _one_after_the_other(self) -> tuple[Answer, int] | None:
        best = self.solve("weight")
        if best is None:
            return None
        few = self.solve("people", most_weight=best.weight)
        return (replace(best, bound=0) if few is None else few), best.bound

    def _run(
        self,
        aim: _Goal,
        limits: tuple[int | None, int | None],
        gap: float,
        among: Answer | None = None,
    ) -> tuple[NDArray[np.bool_], float] | None:
        model = self._model(aim, *limits)
        if among is not None:
            still = ~disturbed(self._part, among.taken)[self._part.person]
            for arc in np.flatnonzero(still).tolist():
                model.variables.lower_bounds[arc] = float(self._part.now[arc])
                model.variables.upper_bounds[arc] = float(self._part.now[arc])
        parameters = mathopt.SolveParameters(
            relative_gap_tolerance=0.0,
            absolute_gap_tolerance=gap,
            node_limit=_NODES,
        )
        result = mathopt.solve(
            mathopt.Model.from_model_proto(model), mathopt.SolverType.HIGHS, params=parameters
        )
        if not result.has_primal_feasible_solution():
            if result.termination.reason != mathopt.TerminationReason.INFEASIBLE:
                raise UndecidedError
            return None
        values = result.variable_values()
        taken = np.fromiter(values.values(), float, len(values))[: self._part.arc.size] > 0.5
        return taken, result.best_objective_bound()

    def judge(self, taken: NDArray[np.bool_]) -> Answer:
        """Count a plan in integers; nothing is proven of it."""
        part = self._part
        return Answer(
            taken,
            unmet_weight(part, taken),
            int(disturbed(part, taken).sum()),
            part_cost(part, taken),
            0,
        )

    def _model(
        self, aim: _Goal, most_weight: int | None, most_people: int | None
    ) -> model_pb2.ModelProto:
        model = model_pb2.ModelProto()
        model.CopyFrom(self._proto)
        cost, offset = self._aims[aim]
        used = np.flatnonzero(cost)
        model.objective.offset = offset
        model.objective.linear_coefficients.ids.extend(used.tolist())
        model.objective.linear_coefficients.values.extend(cost[used].tolist())
        # The last two constraints are the limits: weight filled from below, people from above.
        if most_weight is not None:
            filled = float(self._part.place_weight.sum()) - most_weight
            model.linear_constraints.lower_bounds[-2] = filled
        if most_people is not None:
            model.linear_constraints.upper_bounds[-1] = float(most_people)
        return model

    def _build(self) -> None:
        part = self._part
        arcs, places, posts = part.arc.size, part.place_line.size, part.post_id.size
        most = np.minimum(part.room, np.bincount(part.person, minlength=part.room.size))
        step_person = np.repeat(np.arange(most.size), most)
        nth = np.arange(step_person.size) - np.repeat(np.cumsum(most) - most, most)
        before = part.fixed[step_person] + nth
        x = np.arange(arcs)
        y = arcs + np.arange(places)
        z = arcs + places + np.arange(posts)
        b = z + posts
        t = arcs + places + 2 * posts + np.arange(step_person.size)
        d = arcs + places + 2 * posts + step_person.size + np.arange(most.size)
        size = arcs + places + 2 * posts + step_person.size + most.size
        rows = _Rows()
        self._lines_and_people(rows, x, y, t, step_person)
        self._posts(rows, x, y, z, b)
        self._disturbed(rows, x, d)
        ones = np.zeros(places, np.int64)
        rows.add([(ones, y, part.place_weight.astype(float))], -np.inf, np.inf, 1)
        rows.add([(np.zeros(d.size, np.int64), d, 1.0)], -np.inf, np.inf, 1)
        lower = np.zeros(size)
        lower[x[part.forced]] = 1.0
        # People who stand still on a post are a company already.
        lower[b[part.volunteers > 0]] = 1.0
        whole = np.zeros(size, bool)
        whole[x] = True
        whole[z] = True
        whole[b] = True
        weight, value = np.zeros(size), np.zeros(size)
        weight[y] = -part.place_weight
        value[y] = -part.place_value
        value[x] = part.cost
        value[t] = part.steps[before + 1] - part.steps[before]
        people = np.zeros(size)
        people[d] = 1.0
        # What the objective can come to beside the places: under half a person in all.
        spread = float(np.maximum(value, 0).sum()) + 1.0
        order = weight * (most.size + 1) + people
        order[x] += value[x] * (0.45 / spread)
        order[t] += value[t] * (0.45 / spread)
        total = float(part.place_weight.sum()) * (most.size + 1)
        self._aims = {
            "order": (order, total),
            "weight": (weight, float(part.place_weight.sum())),
            "people": (people, 0.0),
            "objective": (value, float(part.place_value.sum())),
        }
        self._proto = rows.proto(lower, whole)

    def _lines_and_people(
        self,
        rows: _Rows,
        x: NDArray[np.int64],
        y: NDArray[np.int64],
        t: NDArray[np.int64],
        step_person: NDArray[np.int64],
    ) -> None:
        """H9 (a line has so many places), H4 by the number of steps, H3 by cliques."""
        part = self._part
        rows.add([(part.line, x, -1.0), (part.place_line, y, 1.0)], 0, 0, part.line_id.size)
        rows.add([(part.person, x, 1.0), (step_person, t, -1.0)], 0, 0, part.room.size)
        self._clique, self._member = _cliques(part)
        rows.add([(self._clique, self._member, 1.0)], -np.inf, 1, _count(self._clique))

    def _posts(
        self,
        rows: _Rows,
        x: NDArray[np.int64],
        y: NDArray[np.int64],
        z: NDArray[np.int64],
        b: NDArray[np.int64],
    ) -> None:
        """H6 and H7, with what stands still on the right-hand side."""
        part = self._part
        posts = part.post_id.size
        each = np.arange(posts)
        kind, post = part.line_kind[part.line], part.line_post[part.line]
        staff, seated = kind == STAFF, kind == SUPERVISED
        rows.add(
            [(post[seated], x[seated], 1.0), (post[staff], x[staff], -float(part.seats))],
            -np.inf,
            (part.seats * part.staff - part.supervised).astype(float),
            posts,
        )
        rows.add(
            [(each, z, 1.0), (post[staff], x[staff], -1.0)],
            -np.inf,
            part.staff.astype(float),
            posts,
        )
        place_kind, place_post = part.line_kind[part.place_line], part.line_post[part.place_line]
        guarded = np.flatnonzero(place_kind == SUPERVISED)
        n = np.arange(guarded.size)
        rows.add([(n, y[guarded], 1.0), (n, z[place_post[guarded]], -1.0)], -np.inf, 0, n.size)
        company = np.flatnonzero(place_kind != STAFF)
        n = np.arange(company.size)
        rows.add([(n, y[company], 1.0), (n, b[place_post[company]], -1.0)], -np.inf, 0, n.size)
        rows.add(
            [(each, b, float(part.min_volunteers)), (place_post[company], y[company], -1.0)],
            -np.inf,
            part.volunteers.astype(float),
            posts,
        )

    def _disturbed(self, rows: _Rows, x: NDArray[np.int64], d: NDArray[np.int64]) -> None:
        part = self._part
        kept = np.flatnonzero(part.now)
        n = np.arange(kept.size)
        rows.add([(n, x[kept], -1.0), (n, d[part.person[kept]], -1.0)], -np.inf, -1, n.size)
        fresh = ~part.now[self._member]
        names, clique = np.unique(self._clique[fresh], return_inverse=True)
        member = self._member[fresh]
        owner = np.zeros(names.size, np.int64)
        owner[clique] = part.person[member]
        rows.add(
            [(clique, x[member], 1.0), (np.arange(names.size), d[owner], -1.0)],
            -np.inf,
            0,
            names.size,
        )


def _slack(bound: float) -> float:
    """How far a solver's bound may be off."""
    return _TOLERANCE * max(1.0, abs(bound) * 1e-5)


def _of(answer: Answer, aim: Aim) -> int:
    if aim == "weight":
        return answer.weight
    return answer.people if aim == "people" else answer.objective


def _count(group: NDArray[np.int64]) -> int:
    return int(group.max(initial=-1)) + 1


def _cliques(part: Part) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(clique, arc) pairs: of each clique of arcs of one person, too close in time, one may be.

    With rests added to their ends, shifts are intervals, and every clique of an interval graph
    has a point in common: the start of one of them. `shift_prev` rises with the start, so shift a
    covers the start of b when ``shift_prev[a] <= shift_prev[b] <= a``.
    """
    prev = part.shift_prev[part.shift].astype(np.int64)
    width = part.shift_prev.size + 1
    point = np.unique(part.person * width + prev)
    owner, at = point // width, point % width
    begin = np.searchsorted(part.person, owner)
    size = np.searchsorted(part.person, owner, side="right") - begin
    clique = np.repeat(np.arange(size.size), size)
    member = np.arange(clique.size) + np.repeat(begin - (np.cumsum(size) - size), size)
    covers = (prev[member] <= at[clique]) & (part.shift[member] >= at[clique])
    return clique[covers], member[covers]


class _Rows:
    """Constraints collected as triplets."""

    def __init__(self) -> None:
        self._entries: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
        self._lower: list[NDArray[np.float64]] = []
        self._upper: list[NDArray[np.float64]] = []
        self._count = 0

    def add(
        self,
        terms: list[tuple[NDArray[np.int64], NDArray[np.int64], float | NDArray[np.float64]]],
        lower: float,
        upper: float | NDArray[np.float64],
        count: int,
    ) -> None:
        """Add constraints; a term is (constraint of each entry, variable, coefficient)."""
        for row, variable, coefficient in terms:
            self._entries.append(
                (row + self._count, variable, np.broadcast_to(coefficient, row.shape))
            )
        self._lower.append(np.full(count, lower, np.float64))
        self._upper.append(np.broadcast_to(np.asarray(upper, np.float64), count))
        self._count += count

    def proto(self, lower: NDArray[np.float64], whole: NDArray[np.bool_]) -> model_pb2.ModelProto:
        """Fill a MathOpt model message in bulk; every variable is at most 1."""
        model = model_pb2.ModelProto()
        model.variables.ids.extend(range(lower.size))
        model.variables.lower_bounds.extend(lower.tolist())
        model.variables.upper_bounds.extend([1.0] * lower.size)
        model.variables.integers.extend(whole.tolist())
        model.linear_constraints.ids.extend(range(self._count))
        model.linear_constraints.lower_bounds.extend(np.concatenate(self._lower).tolist())
        model.linear_constraints.upper_bounds.extend(np.concatenate(self._upper).tolist())
        at, variable, value = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        order = np.lexsort((variable, at))
        matrix = model.linear_constraint_matrix
        matrix.row_ids.extend(at[order].tolist())
        matrix.column_ids.extend(variable[order].tolist())
        matrix.coefficients.extend(value[order].tolist())
        return model
