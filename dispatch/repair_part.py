"""The part of a roster that a repair may change, and its independent parts as arrays.

A `Region` lists the arcs that may be taken and those of the kept roster that may be left; all else
stands still. People and posts that no arc joins are independent: `split` finds these groups, and
`cut_part` takes one out as plain arrays of numbers, with what stands still as constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dispatch.problem import STAFF, SUPERVISED
from dispatch.repair_kernel import find_clear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem
    from dispatch.seating import Seating


class Region(NamedTuple):
    """Arcs (row, line) of the problem that a repair may use; each stands once.

    Attributes
    ----------
    row, line, cost : (n,) int64
    now : (n,) bool
        The arc is in the kept roster: it may be left. The others may be taken.
    """

    row: NDArray[np.int64]
    line: NDArray[np.int64]
    cost: NDArray[np.int64]
    now: NDArray[np.bool_]


class Part(NamedTuple):
    """An independent part of a region, in its own numbers.

    Attributes
    ----------
    arc : (n,) int64
        Positions of the part's arcs in the region, which the next six arrays describe.
    now, forced : (n,) bool
    cost : (n,) int64
    person, shift, line : (n,) int64
        Arcs are sorted by person, then shift (by rank of its end).
    person_id : (people,) int64
    room, fixed : (people,) int64
        Shifts that the person may still take beside those that stand still, and these.
    line_id, line_kind, line_post : (lines,) int64
    base : (lines,) int64
        People on the line who stand still.
    post_id : (posts,) int64
    staff, supervised, volunteers : (posts,) int64
        People on the post who stand still.
    place_line : (places,) int64
        Places that are not taken by people who stand still and that somebody could take.
    place_weight, place_value : (places,) int64
    steps : (K + 1,) int64
    shift_prev : (S,) int32
    seats, min_volunteers : int
    """

    arc: NDArray[np.int64]
    now: NDArray[np.bool_]
    forced: NDArray[np.bool_]
    cost: NDArray[np.int64]
    person: NDArray[np.int64]
    shift: NDArray[np.int64]
    line: NDArray[np.int64]
    person_id: NDArray[np.int64]
    room: NDArray[np.int64]
    fixed: NDArray[np.int64]
    line_id: NDArray[np.int64]
    line_kind: NDArray[np.int64]
    line_post: NDArray[np.int64]
    base: NDArray[np.int64]
    post_id: NDArray[np.int64]
    staff: NDArray[np.int64]
    supervised: NDArray[np.int64]
    volunteers: NDArray[np.int64]
    place_line: NDArray[np.int64]
    place_weight: NDArray[np.int64]
    place_value: NDArray[np.int64]
    steps: NDArray[np.int64]
    shift_prev: NDArray[np.int32]
    seats: int
    min_volunteers: int


def make_region(
    problem: Problem,
    seating: Seating,
    left: NDArray[np.int64],
    arcs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
) -> Region:
    """Join rows that may be left and arcs that may be taken; drop what clashes with the rest.

    Parameters
    ----------
    left : int64
        Rows of the kept roster that may be left, in any order, repeats allowed.
    arcs : (row, line, cost) of int64
        Arcs that may be taken, repeats and arcs of the kept roster allowed.
    """
    left = np.unique(left)
    row, line, cost = arcs
    leavable = np.zeros(problem.row_shift.size, np.bool_)
    leavable[left] = True
    key, first = np.unique(row * problem.num_lines + line, return_index=True)
    row, line, cost = key // problem.num_lines, key % problem.num_lines, cost[first]
    keep = (seating.row_line[row] != line) & find_clear(problem, seating, leavable, row)
    # A row on which the person stands and which may not be left blocks its other arcs.
    keep &= (seating.row_line[row] < 0) | leavable[row]
    return Region(
        row=np.concatenate((left, row[keep])),
        line=np.concatenate((seating.row_line[left].astype(np.int64), line[keep])),
        cost=np.concatenate((seating.row_cost[left], cost[keep])),
        now=np.arange(left.size + int(keep.sum())) < left.size,
    )


def split(problem: Problem, region: Region, smallest: int) -> list[NDArray[np.int64]]:
    """Positions of the arcs of each independent group of people and posts.

    Groups with fewer than `smallest` arcs are put together while they stay below it: a solver
    takes some milliseconds to start.
    """
    if not region.row.size:
        return []
    person = problem.row_person[region.row].astype(np.int64)
    post = problem.line_post[region.line].astype(np.int64)
    size = problem.num_people + problem.num_posts
    graph = coo_array(
        (np.ones(person.size, np.int8), (person, problem.num_people + post)), (size, size)
    )
    label = connected_components(graph, directed=False)[1][person]
    names, group, counts = np.unique(label, return_inverse=True, return_counts=True)
    bag = np.empty(names.size, np.int64)
    bags, filled = 0, 0
    for name in range(names.size):
        if filled and filled + counts[name] > smallest:
            bags, filled = bags + 1, 0
        bag[name] = bags
        filled += counts[name]
    bagged = bag[group]
    order = np.argsort(bagged, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(bagged[order])) + 1)
    return sorted(found, key=len, reverse=True)  # threads end together when the long ones go first


def cut_part(
    problem: Problem,
    weight: NDArray[np.int64],
    seating: Seating,
    region: Region,
    arc: NDArray[np.int64],
) -> Part:
    """Take the given arcs of a region out as a part."""
    shift = problem.row_shift[region.row[arc]].astype(np.int64)
    arc = arc[np.lexsort((region.line[arc], shift, problem.row_person[region.row[arc]]))]
    row, now = region.row[arc], region.now[arc]
    person_id, person = np.unique(problem.row_person[row].astype(np.int64), return_inverse=True)
    line_id, line = np.unique(region.line[arc], return_inverse=True)
    post_id, line_post = np.unique(problem.line_post[line_id], return_inverse=True)
    kind = problem.line_kind[line_id].astype(np.int64)
    here = np.bincount(line[now], minlength=line_id.size)
    base = seating.filled[line_id] - here
    fixed = seating.taken[person_id] - np.bincount(person[now], minlength=person_id.size)

    def still(counts: NDArray[np.int64], of: NDArray[np.bool_]) -> NDArray[np.int64]:
        leaving = np.bincount(line_post[of], here[of], minlength=post_id.size)
        return counts[post_id] - leaving.astype(np.int64)

    most = np.minimum(problem.line_required[line_id], base + np.bincount(line))
    places = np.maximum(most - base, 0)
    place_line = np.repeat(np.arange(line_id.size), places)
    nth = np.arange(place_line.size) - np.repeat(np.cumsum(places) - places, places)
    place = problem.place_start[line_id][place_line] + base[place_line] + nth
    return Part(
        arc=arc,
        now=now,
        forced=problem.row_forced[row],
        cost=region.cost[arc],
        person=person,
        shift=problem.row_shift[row].astype(np.int64),
        line=line,
        person_id=person_id,
        room=problem.max_shifts[person_id] - fixed,
        fixed=fixed,
        line_id=line_id,
        line_kind=kind,
        line_post=line_post,
        base=base,
        post_id=post_id.astype(np.int64),
        staff=still(seating.supervisors, kind == STAFF),
        supervised=still(seating.supervised, kind == SUPERVISED),
        volunteers=still(seating.volunteers, kind != STAFF),
        place_line=place_line,
        place_weight=weight[place],
        place_value=problem.place_value[place],
        steps=problem.steps,
        shift_prev=problem.shift_prev,
        seats=problem.seats,
        min_volunteers=problem.min_volunteers,
    )


def unmet_weight(part: Part, taken: NDArray[np.bool_]) -> int:
    """Weight of the part's places that stay unfilled when the arcs `taken` are."""
    return int(part.place_weight.sum()) - _filled(part, part.place_weight, taken)


def part_cost(part: Part, taken: NDArray[np.bool_]) -> int:
    """Objective of the part (what stands still left out): unfilled places, arcs and steps."""
    unfilled = int(part.place_value.sum()) - _filled(part, part.place_value, taken)
    shifts = np.bincount(part.person[taken], minlength=part.room.size)
    steps = part.steps[part.fixed + shifts] - part.steps[part.fixed]
    return unfilled + int(part.cost[taken].sum()) + int(steps.sum())


def disturbed(part: Part, taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(people,) whose assignments differ from the kept ones."""
    return np.bincount(part.person, taken != part.now, minlength=part.room.size) > 0


def _filled(part: Part, worth: NDArray[np.int64], taken: NDArray[np.bool_]) -> int:
    filled = np.bincount(part.line[taken], minlength=part.line_id.size)
    first = np.searchsorted(part.place_line, np.arange(part.line_id.size))
    nth = np.arange(part.place_line.size) - first[part.place_line]
    return int(worth[nth < filled[part.place_line]].sum())
