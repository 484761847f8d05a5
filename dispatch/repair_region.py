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
from dispatch.repair_cluster import group_holes
from dispatch.repair_kernel import Chains, find_chains, find_open_places
from dispatch.repair_part import Region, make_region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem
    from dispatch.repair_kept import Kept

_MUST = 1 << 30
"""Extra worth of a place without which a pinned person would stand against the rules."""
_PINNED_CHAINS = 10
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
    group : int
        Chains in one independent group, at most; 0: holes are not taken apart.
    """

    chains: int
    reach: int
    depth: int
    openings: int
    group: int = 0


_FEW = (
    Growth(chains=24, reach=300, depth=4, openings=6),
    Growth(chains=12, reach=150, depth=3, openings=4),
    Growth(chains=6, reach=100, depth=3, openings=3),
    Growth(chains=3, reach=60, depth=2, openings=2),
)
_FEW_HOLES, _FEW_ARCS = 16, 220
"""One dropout: the largest of these whose region has no more arcs than 0.1 s takes."""
_SOME = Growth(chains=6, reach=100, depth=3, openings=3, group=300)
_SOME_HOLES = 120
_MANY = Growth(chains=3, reach=40, depth=2, openings=3, group=400)
"""Four hundred dropouts: what one second takes."""
THOROUGH = Growth(chains=8, reach=100, depth=3, openings=4, group=1_000)
"""Larger groups of more chains: some seconds for four hundred dropouts, more demand made good."""


def grow(kept: Kept, growth: Growth | None = None) -> tuple[Region, bool]:
    """Return the region of a repair, and whether it is the whole problem.

    Parameters
    ----------
    growth : Growth, optional
        By default a small problem is its own region, and a region in a city is as large as a
        tenth of a second (few holes) or a second (hundreds) allows.
    """
    if growth is not None:
        return _grown(kept, growth), False
    if kept.ground.problem.arc_line.size <= WHOLE_ARCS:
        return _whole(kept), True
    holes = int((kept.lost + kept.added).sum())
    if holes > _FEW_HOLES:
        return _grown(kept, _SOME if holes <= _SOME_HOLES else _MANY), False
    for smaller in _FEW:
        region = _grown(kept, smaller)
        if region.row.size <= _FEW_ARCS:
            break
    return region, False


def _grown(kept: Kept, growth: Growth) -> Region:
    problem = kept.ground.problem
    holes, worths = _holes(kept)
    count = np.minimum(kept.lost + kept.added, 3)[holes]
    pinned = _pinned_posts(kept)[problem.line_post[holes]]
    tops = growth.chains * np.maximum(count, 1) * np.where(pinned, _PINNED_CHAINS, 1)
    chains = Chains(
        *find_chains(
            problem, kept.ground.weight, kept.ground.calls, kept.seating, kept.blocked,
            holes, worths, tops.astype(np.int64), growth.reach, growth.depth,
        )
    )  # fmt: skip
    broken = kept.broken_posts()
    good = np.ones(chains.hole.size, np.bool_)
    owner = np.zeros(0, np.int64)
    if growth.group:
        good, owner = _apart(kept, holes, chains, broken, growth.group)
        good |= pinned[chains.hole]  # what pins need may join two groups
    posts = np.unique(np.concatenate((broken, chains.given[good[chains.given_chain]])))
    stranded = kept.stranded_rows(posts)
    row, line, cost = find_open_places(
        problem, kept.ground.weight, kept.seating, kept.blocked, stranded, growth.openings
    )
    if growth.group:
        mine = _own_openings(problem, owner, row, line)
        row, line, cost = row[mine], line[mine], cost[mine]
    used = good[chains.chain]
    return make_region(
        problem,
        kept.seating,
        np.concatenate((chains.left[good[chains.left_chain]], stranded)),
        (
            np.concatenate((chains.row[used], row)),
            np.concatenate((chains.line[used], line)),
            np.concatenate((chains.cost[used], cost)),
        ),
    )


def _apart(
    kept: Kept,
    holes: NDArray[np.int64],
    chains: Chains,
    broken: NDArray[np.int64],
    most: int,
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Group the holes; return which chains stay inside their group, and who owns what.

    Things are people, then posts. A broken post without a hole counts as one.
    """
    problem, seating = kept.ground.problem, kept.seating
    people = problem.num_people
    posts = np.unique(np.concatenate((problem.line_post[holes], broken)).astype(np.int64))
    at = np.searchsorted(posts, problem.line_post[holes])
    chain_post = at[chains.hole]
    stranded = kept.stranded_rows(broken)
    home = np.searchsorted(posts, problem.line_post[seating.row_line[stranded]])
    must = (
        np.concatenate((home, np.arange(posts.size))),
        np.concatenate((problem.row_person[stranded].astype(np.int64), people + posts)),
    )
    followers = kept.stranded_rows(np.unique(chains.given))
    follower_post = problem.line_post[seating.row_line[followers]]
    order = np.argsort(follower_post, kind="stable")
    first = np.searchsorted(follower_post[order], chains.given)
    last = np.searchsorted(follower_post[order], chains.given, side="right")
    size = last - first
    follow_chain = np.repeat(chains.given_chain, size)
    nth = np.arange(follow_chain.size) - np.repeat(np.cumsum(size) - size, size)
    follow = followers[order[np.repeat(first, size) + nth]]
    chain = np.concatenate(
        (chains.chain, chains.chain, chains.left_chain, follow_chain, np.arange(chains.hole.size))
    )
    thing = np.concatenate(
        (
            problem.row_person[chains.row].astype(np.int64),
            people + problem.line_post[chains.line].astype(np.int64),
            people + problem.line_post[seating.row_line[chains.left]].astype(np.int64),
            problem.row_person[follow].astype(np.int64),
            people + posts[chain_post],
        )
    )
    sizes = np.bincount(chain_post, minlength=posts.size) + np.bincount(home, minlength=posts.size)
    group, owner = group_holes(posts.size, must, (chain_post[chain], thing), sizes, most)
    good = np.ones(chains.hole.size, np.bool_)
    good[chain[owner[thing] != group[chain_post[chain]]]] = False
    return good, np.append(owner, np.full(people + problem.num_posts - owner.size, -1))


def _own_openings(
    problem: Problem,
    owner: NDArray[np.int64],
    row: NDArray[np.int64],
    line: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which openings lie on posts of the person's own group, or of nobody: then it takes them."""
    owner = owner.copy()
    mine = np.zeros(row.size, np.bool_)
    things = problem.num_people + problem.line_post[line].astype(np.int64)
    for n, (person, post) in enumerate(
        zip(problem.row_person[row].tolist(), things.tolist(), strict=True)
    ):
        if owner[post] < 0:
            owner[post] = owner[person]
        mine[n] = owner[post] == owner[person]
    return mine


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
    those who would have to leave. Where places were added beyond the seats, a supervisor is worth
    the places that he opens; where there is no company yet, any volunteer is one.
    """
    problem, seating, weight = kept.ground.problem, kept.seating, kept.ground.weight
    wanted = (kept.lost + kept.added) > 0
    staff = problem.line_kind == STAFF
    seats = problem.seats * seating.supervisors - seating.supervised
    added = np.zeros(problem.num_posts, np.int64)
    np.add.at(added, problem.line_post, kept.added * (problem.line_kind == SUPERVISED))
    starved = (seats < 0) | (seats < added)
    wanted |= starved[problem.line_post] & staff
    guests = np.zeros(problem.num_posts, np.int64)
    np.add.at(guests, problem.line_post, kept.added * ~staff)
    alone = (seating.volunteers > 0) & (seating.volunteers < problem.min_volunteers)
    lonely = alone | ((guests > 0) & (seating.volunteers < problem.min_volunteers))
    wanted |= lonely[problem.line_post] & ~staff
    lines = np.flatnonzero(wanted & (seating.filled < problem.line_required))
    worth = weight[problem.place_start[lines] + seating.filled[lines]].copy()
    pinned = _pinned_posts(kept)
    for n, line in enumerate(lines):
        post = problem.line_post[line]
        here = np.arange(problem.post_start[post], problem.post_start[post + 1])
        if staff[line] and starved[post]:
            worth[n] += _seat_worth(kept, here[problem.line_kind[here] == SUPERVISED])
        elif alone[post] and not staff[line]:
            for at in here[~staff[here]]:
                first = problem.place_start[at]
                worth[n] += weight[first : first + seating.filled[at]].sum()
        if pinned[post]:
            worth[n] += _MUST
    return lines, worth


def _pinned_posts(kept: Kept) -> NDArray[np.bool_]:
    """(Q,) posts that cannot be given up: pins hold people there whom H6 or H7 would send home."""
    problem = kept.ground.problem
    rows = kept.stranded_rows(kept.broken_posts())
    rows = rows[problem.row_forced[rows]]
    pinned = np.zeros(problem.num_posts, np.bool_)
    pinned[problem.line_post[kept.seating.row_line[rows]]] = True
    return pinned


def _seat_worth(kept: Kept, lines: NDArray[np.int64]) -> int:
    """Weight of the places that a supervisor saves or opens: filled ones, then added ones."""
    problem, seating = kept.ground.problem, kept.seating
    places = [
        kept.ground.weight[first : first + seating.filled[at] + kept.added[at]]
        for at, first in zip(lines, problem.place_start[lines], strict=True)
    ]
    best = np.sort(np.concatenate([*places, np.zeros(0, np.int64)]))[::-1]
    return int(best[: problem.seats].sum())
