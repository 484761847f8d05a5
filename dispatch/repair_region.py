"""Which posts and people can matter to a repair: the region around the changes.

A small problem is its own region, so all that is proven of the region is proven of the whole. In a
city the region grows from the holes along chains: whoever may take the place, free or by leaving
another place that is given up or filled by the next, over several people and a few hundred lines.
The best chains of each hole join the region, with the people whom they could send home and the
best open places these could go to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.problem import STAFF, SUPERVISED
from dispatch.repair_kernel import find_chains, find_open_places
from dispatch.repair_part import Region, make_region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.repair_kept import Kept

WHOLE_ARCS = 4_000
"""A problem with so many arcs or fewer is solved whole."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How far a region grows.

    Attributes
    ----------
    chains : int
        Best chains kept for each hole.
    reach : int
        Lines that the search from one hole may meet.
    depth : int
        People on one chain, at most.
    openings : int
        Open places offered to each person who may be sent home.
    """

    chains: int
    reach: int
    depth: int
    openings: int


def growth_for(holes: int) -> Growth:
    """Choose the growth by the number of holes: what a second or a tenth of one allows."""
    if holes <= 16:
        return Growth(chains=24, reach=300, depth=4, openings=6)
    if holes <= 120:
        return Growth(chains=12, reach=200, depth=3, openings=4)
    return Growth(chains=5, reach=100, depth=3, openings=3)


def grow(kept: Kept, growth: Growth | None = None) -> tuple[Region, bool]:
    """Return the region of a repair, and whether it is the whole problem."""
    problem = kept.ground.problem
    if growth is None and problem.arc_line.size <= WHOLE_ARCS:
        return _whole(kept), True
    holes, worths = _holes(kept)
    growth = growth or growth_for(int((kept.lost + kept.added).sum()))
    count = np.minimum(kept.lost + kept.added, 3)[holes]
    tops = growth.chains * np.maximum(count, 1)
    row, line, cost, left, given = find_chains(
        problem, kept.ground.weight, kept.ground.calls, kept.seating, kept.blocked,
        holes, worths, tops.astype(np.int64), growth.reach, growth.depth,
    )  # fmt: skip
    posts = np.unique(np.concatenate((kept.broken_posts(), given)))
    stranded = kept.stranded_rows(posts)
    more = find_open_places(
        problem, kept.ground.weight, kept.seating, kept.blocked, stranded, growth.openings
    )
    return make_region(
        problem,
        kept.seating,
        np.concatenate((left, stranded)),
        (
            np.concatenate((row, more[0])),
            np.concatenate((line, more[1])),
            np.concatenate((cost, more[2])),
        ),
    ), False


def _whole(kept: Kept) -> Region:
    problem = kept.ground.problem
    row = np.repeat(np.arange(problem.row_shift.size), np.diff(problem.arc_start))
    free = ~kept.blocked[row]
    return make_region(
        problem,
        kept.seating,
        np.flatnonzero(kept.seating.row_line >= 0),
        (
            row[free],
            problem.arc_line[free].astype(np.int64),
            problem.arc_cost[free].astype(np.int64),
        ),
    )


def _holes(kept: Kept) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lines with a place to fill because of the changes, and what filling one recovers.

    On a post that lost its supervisors, any line of staff will do, and is worth the places of
    those who would have to leave.
    """
    problem, seating, weight = kept.ground.problem, kept.seating, kept.ground.weight
    wanted = (kept.lost + kept.added) > 0
    unsupervised = seating.supervised > problem.seats * seating.supervisors
    wanted |= unsupervised[problem.line_post] & (problem.line_kind == STAFF)
    lines = np.flatnonzero(wanted & (seating.filled < problem.line_required))
    worth = weight[problem.place_start[lines] + seating.filled[lines]].copy()
    for n, line in enumerate(lines):
        post = problem.line_post[line]
        here = np.arange(problem.post_start[post], problem.post_start[post + 1])
        if problem.line_kind[line] == STAFF and unsupervised[post]:
            here = here[problem.line_kind[here] == SUPERVISED]
        elif 0 < seating.volunteers[post] < problem.min_volunteers:
            here = here[problem.line_kind[here] != STAFF]
        else:
            continue
        for at in here:
            first = problem.place_start[at]
            worth[n] += weight[first : first + seating.filled[at]].sum()
    return lines, worth
