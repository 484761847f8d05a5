"""Tolls: what a person's visit to a post pays to the post for being open.

A *visit* is an available shift of a volunteer together with a post of that shift. In every roster
a visit needs an open post: of the person's arcs to the post's lines at most one is used, and only
where the post has volunteers at all; and at most one to its supervised lines, and only where
somebody supervised is there (then H6 gives it a supervisor, and H7 company). Without these
inequalities the relaxation opens half a post with half a supervisor and seats one whole volunteer
there. A toll ``>= 0`` prices each: the person pays it for the visit, the post earns it by opening.

On three stations of the demo city the linear relaxation with these inequalities has the optimum of
the integer program; without them it lies 1.5 to 4.6 % below (docs/planning.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.problem import STAFF, SUPERVISED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem

HIGHEST_TOLL = 1_000_000_000
"""Tolls stay 32-bit integers."""


class Visits(NamedTuple):
    """The visits of a problem: runs of arcs of one row to one post.

    Attributes
    ----------
    start : (V + 1,) int64
        Arcs of visit v are ``start[v]:start[v + 1]``; every arc belongs to one visit.
    row, post : (V,) int32
    of_row : (R + 1,) int64
        Visits of row r are ``of_row[r]:of_row[r + 1]``.
    mixed : (Q,) bool
        The post has supervised and other volunteer lines, so that both inequalities matter.
    """

    start: NDArray[np.int64]
    row: NDArray[np.int32]
    post: NDArray[np.int32]
    of_row: NDArray[np.int64]
    mixed: NDArray[np.bool_]


class Ledger(NamedTuple):
    """Tolls while the bound is raised; only visits that were ever overdrawn are touched.

    Attributes
    ----------
    toll : (V, 2) float32
        For the company of the post, and for supervised company.
    push : (V, 2) float32
        Recent mean of the overdraft.
    average : (V, 2) float32
        Running mean of `toll`.
    active : (V,) int64
        Visits at work: of each part, ``size[part]`` entries from the part's first visit on.
    is_active : (V,) bool
    size : (parts,) int64
    """

    toll: NDArray[np.float32]
    push: NDArray[np.float32]
    average: NDArray[np.float32]
    active: NDArray[np.int64]
    is_active: NDArray[np.bool_]
    size: NDArray[np.int64]

    @classmethod
    def empty(cls, visits: Visits, parts: int = 1) -> Ledger:
        """No tolls, for so many parts of the people."""
        size = visits.row.size
        toll, push, average = (np.zeros((size, 2), np.float32) for _ in range(3))
        return cls(
            toll,
            push,
            average,
            np.zeros(size, np.int64),
            np.zeros(size, np.bool_),
            np.zeros(parts, np.int64),
        )


class Charge(NamedTuple):
    """Tolls as the two halves of the relaxation read them.

    Attributes
    ----------
    arc : (N,) int32
        What each arc pays.
    post : (Q, 2) int64
        What each post earns by having volunteers, and by having supervised ones.
    """

    arc: NDArray[np.int32]
    post: NDArray[np.int64]

    @classmethod
    def nothing(cls, problem: Problem) -> Charge:
        """Nobody pays."""
        return cls(
            np.zeros(problem.arc_line.size, np.int32), np.zeros((problem.num_posts, 2), np.int64)
        )


def visits_of(problem: Problem) -> Visits:
    """Group the arcs by visit."""
    row = np.repeat(np.arange(problem.row_shift.size, dtype=np.int32), np.diff(problem.arc_start))
    post = problem.line_post[problem.arc_line]
    first = np.ones(post.size, np.bool_)
    first[1:] = (post[1:] != post[:-1]) | (row[1:] != row[:-1])
    start = np.flatnonzero(first)
    kinds = [
        np.bincount(problem.line_post[problem.line_kind == kind], minlength=problem.num_posts) > 0
        for kind in range(3)
    ]
    return Visits(
        start=np.append(start, post.size).astype(np.int64),
        row=row[start],
        post=post[start],
        of_row=np.searchsorted(row[start], np.arange(problem.row_shift.size + 1)).astype(np.int64),
        mixed=kinds[1] & kinds[2],
    )


@nb.njit(cache=True, nogil=True)
def charge(problem, visits, toll, arc_toll, post_toll):
    """Write what integer tolls make each arc pay and each post earn.

    Parameters
    ----------
    toll : (V, 2) int64
        Zero on visits of staff and of pinned rows.
    arc_toll : (N,) int32
        Overwritten.
    post_toll : (Q, 2) int64
        Overwritten.
    """
    arc_toll[:] = 0
    post_toll[:, :] = 0
    for v in range(visits.row.size):
        company, guarded = toll[v, 0], toll[v, 1]
        if company == 0 and guarded == 0:
            continue
        post_toll[visits.post[v], 0] += company
        post_toll[visits.post[v], 1] += guarded
        for k in range(visits.start[v], visits.start[v + 1]):
            supervised = problem.line_kind[problem.arc_line[k]] == SUPERVISED
            arc_toll[k] = company + (guarded if supervised else 0)


@nb.njit(cache=True, nogil=True)
def _join(problem, visits, ledger, first, last, part, chosen, is_open):
    """Make visits of rows ``first:last`` active that people want to pay to posts not open."""
    # as variables of their own: reaching into a tuple in the loop costs many times the time
    row_forced, arc_line = problem.row_forced, problem.arc_line
    line_kind, line_post = problem.line_kind, problem.line_post
    of_row, start = visits.of_row, visits.start
    is_active, active = ledger.is_active, ledger.active
    n = of_row[first] + ledger.size[part]
    for r in range(first, last):
        k = chosen[r]
        if k < 0 or row_forced[r]:
            continue
        line = arc_line[k]
        kind = line_kind[line]
        if kind == STAFF:
            continue
        q = line_post[line]
        if is_open[q, 0] and (is_open[q, 1] or kind != SUPERVISED):
            continue
        low, high = of_row[r], of_row[r + 1]
        while high - low > 1:
            middle = (low + high) >> 1
            if start[middle] <= k:
                low = middle
            else:
                high = middle
        if not is_active[low]:
            is_active[low] = True
            active[n] = low
            n += 1
    ledger.size[part] = n - of_row[first]


@nb.njit(cache=True, nogil=True)
def step_tolls(
    problem,
    visits,
    ledger,
    first,
    last,
    part,
    chosen,
    is_open,
    step,
    momentum,
    keep,
    arc_toll,
    change,
):
    """Move the tolls of active visits one subgradient step, and what they charge with them.

    Parameters
    ----------
    first, last, part : int
        Rows of a part of the people, and its number: parts may run side by side.
    chosen : (R,) int64
        Arc that each row's person takes, -1 for none.
    is_open : (Q, 2) bool
        Whether the post takes volunteers, and supervised ones.
    step : float
        By how much a toll changes for one overdraft.
    momentum, keep : float
        Of the running means of the overdraft and of the toll.
    arc_toll : (N,) int32
        Brought up to date.
    change : (Q, 2) int64
        Increased by what each post earns more.
    """
    _join(problem, visits, ledger, first, last, part, chosen, is_open)
    tolls, pushes, averages = ledger.toll, ledger.push, ledger.average
    is_active, active = ledger.is_active, ledger.active
    start, visit_post, visit_row, mixed = visits.start, visits.post, visits.row, visits.mixed
    arc_line, line_kind = problem.arc_line, problem.line_kind
    begin = visits.of_row[first]
    left = begin
    for i in range(begin, begin + ledger.size[part]):
        v = active[i]
        q, k = visit_post[v], chosen[visit_row[v]]
        comes = start[v] <= k < start[v + 1]
        company = np.int32(np.rint(tolls[v, 0]))
        guarded = np.int32(np.rint(tolls[v, 1]))
        rests = True
        for which in range(2):
            if which == 1:
                if not mixed[q]:
                    break
                comes = comes and line_kind[arc_line[k]] == SUPERVISED
            overdraft = np.float32(comes) - np.float32(is_open[q, which])
            push = momentum * pushes[v, which] + (1 - momentum) * overdraft
            toll = min(max(tolls[v, which] + step * push, 0.0), np.float64(HIGHEST_TOLL))
            pushes[v, which] = push
            tolls[v, which] = toll
            averages[v, which] += (1 - keep) * (toll - averages[v, which])
            rests = rests and toll == 0 and push <= 0
        new_company = np.int32(np.rint(tolls[v, 0]))
        new_guarded = np.int32(np.rint(tolls[v, 1]))
        if new_company != company or new_guarded != guarded:
            change[q, 0] += new_company - company
            change[q, 1] += new_guarded - guarded
            for k in range(start[v], start[v + 1]):
                supervised = line_kind[arc_line[k]] == SUPERVISED
                arc_toll[k] = new_company + (new_guarded if supervised else 0)
        if rests:
            is_active[v] = False
            pushes[v, :] = 0
            averages[v, :] = 0
        else:
            active[left] = v
            left += 1
    ledger.size[part] = left - begin
