"""How many people must change whatever is done anywhere: a lower bound for the whole problem.

The programs of a region prove nothing of plans that reach beyond it. This does. Take the posts of
one shift whose volunteers have too few supervisors (H6). In every roster that keeps the rules, on
each of them a volunteer has left or a supervisor has come; either is disturbed, and nobody does it
for two posts of one shift: one stands on one post, and one comes to one post. So the shift with
most such posts is a lower bound. Supervisors come from the post's own station (H5), so stations
add up, unless a volunteer stands on such posts of several: these count as one.

With posts that lack company (H7) one volunteer can help two, by leaving one for the other: half
their number counts. And when the kept roster leaves more unmet than the repaired one, at least
one person must change for every roster that is as good; at least two when no one person alone, of
the whole city, can recover so much by other assignments (found for everybody by the planner's
dynamic program over their shifts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dispatch.repair_kernel import one_can_gain

if TYPE_CHECKING:
    from dispatch.repair_kept import Kept


def fewest_anywhere(kept: Kept, reached: int) -> int:
    """Return a lower bound on the people whom any roster disturbs that is as good.

    Parameters
    ----------
    reached : int
        Weighted unmet of the repaired roster: what "as good" means.
    """
    problem, seating = kept.ground.problem, kept.seating
    unsupervised = seating.supervised > problem.seats * seating.supervisors
    alone = (seating.volunteers > 0) & (seating.volunteers < problem.min_volunteers)
    shifts = problem.shift_prev.size
    broken = np.bincount(problem.post_shift[unsupervised | alone], minlength=shifts)
    together = int((broken.max(initial=0) + 1) // 2)
    bound = max(_unsupervised(kept), together, int(kept.weight > reached))
    return max(bound, 2) if bound == 1 and _needs_two(kept, reached) else bound


def _needs_two(kept: Kept, reached: int) -> bool:
    """Whether no one person can recover what the repair recovered."""
    problem = kept.ground.problem
    free = problem._replace(steps=np.zeros_like(problem.steps))
    wanted = kept.weight - reached
    return not one_can_gain(free, kept.ground.weight, kept.seating, kept.blocked, wanted)


def _unsupervised(kept: Kept) -> int:
    """Sum over groups of stations of the most unsupervised posts in one shift."""
    problem, seating = kept.ground.problem, kept.seating
    unsupervised = seating.supervised > problem.seats * seating.supervisors
    posts = np.flatnonzero(unsupervised)
    if not posts.size:
        return 0
    rows = np.flatnonzero(seating.row_line >= 0)
    post = problem.line_post[seating.row_line[rows]]
    rows, post = rows[unsupervised[post]], post[unsupervised[post]]
    stations = int(problem.post_station.max()) + 1
    person = stations + problem.row_person[rows].astype(np.int64)
    size = stations + problem.num_people
    graph = coo_array(
        (np.ones(rows.size, np.int8), (problem.post_station[post].astype(np.int64), person)),
        (size, size),
    )
    group = connected_components(graph, directed=False)[1][problem.post_station[posts]]
    counts = np.zeros((int(group.max()) + 1, problem.shift_prev.size), np.int64)
    np.add.at(counts, (group, problem.post_shift[posts]), 1)
    return int(counts.max(axis=1).sum())
