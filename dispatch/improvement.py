"""Improvement of a roster by re-solving its pieces, the most promising first.

The city is cut into pieces of a station's posts over some days (`partition`). A round solves every
piece once, in the order of how far it is from what the relaxation's prices promise, in batches of
pieces that share nobody, so that their answers can all be applied.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numba as nb
import numpy as np

from dispatch.piece_model import solve_piece
from dispatch.pieces import cut_piece, put_back, worth
from dispatch.seating import broken_posts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from dispatch.chains import Callers
    from dispatch.executors import PiecePool
    from dispatch.pieces import Piece
    from dispatch.problem import Problem
    from dispatch.seating import Seating

MAX_ARCS = 9_000
"""Pieces larger than this take HiGHS more than some seconds (measured: docs/planning.md)."""
MAX_NODES = 200
MAX_SECONDS = 6.0
_MEND = np.int64(1) << 40
"""What a broken post counts for in the order of the pieces."""


def partition(problem: Problem, calls: Callers, turn: int) -> list[NDArray[np.int64]]:
    """Cut the posts into pieces of one station and neighbouring shifts, of bounded size.

    A problem that is no larger than a piece is one piece.

    Parameters
    ----------
    turn : int
        Odd turns shift the cuts by half a piece, so that no cut stays.
    """
    arcs = np.add.reduceat(np.diff(calls.start), problem.post_start[:-1])
    if arcs.sum() <= MAX_ARCS:
        return [np.arange(problem.num_posts)] if arcs.any() else []
    pieces = []
    for station in np.unique(problem.post_station):
        posts = np.flatnonzero(problem.post_station == station)
        if not arcs[posts].any():  # nobody can come to any of them
            continue
        posts = posts[np.argsort(problem.post_shift[posts], kind="stable")]
        parts = int(-(-arcs[posts].sum() // MAX_ARCS))
        # Fill by running totals: a shift is never torn apart.
        total = np.cumsum(arcs[posts]) - arcs[posts]
        share = arcs[posts].sum() / parts
        offset = 0.5 if turn % 2 and parts > 1 else 0.0
        first = total[np.searchsorted(problem.post_shift[posts], problem.post_shift[posts])]
        label = np.floor(first / share + offset).astype(np.int64)
        pieces += [posts[label == k] for k in np.unique(label)]
    return pieces


@nb.njit(cache=True, nogil=True)
def shortfall_worth(problem, seating):
    """(Q,) value of the unfilled places of each post."""
    lost = np.zeros(problem.post_shift.size, np.int64)
    for line in range(problem.line_post.size):
        for k in range(
            problem.place_start[line] + seating.filled[line], problem.place_start[line + 1]
        ):
            lost[problem.line_post[line]] += problem.place_value[k]
    return lost


def improve_by_pieces(
    problem: Problem,
    calls: Callers,
    seating: Seating,
    *,
    turn: int,
    pool: PiecePool,
    seconds_left: Callable[[], float] | None,
    improved: Callable[[int], None],
    stop: Callable[[], bool] | None = None,
) -> int:
    """Solve every piece once and apply what is better; return by how much the objective fell.

    Pieces with a post that breaks H6 or H7, as pins can leave one, come first, and what mends them
    is applied whatever it costs.

    Parameters
    ----------
    turn : int
        Number of the round: odd ones cut elsewhere.
    pool : PiecePool
        Where pieces are solved, as many at a time as it has workers.
    seconds_left : callable, optional
        Without it, pieces are limited in nodes alone and the result is repeatable.
    improved : callable
        Told of each gain.
    stop : callable, optional
        Asked now and then whether to leave the rest of the pieces.
    """
    pieces = partition(problem, calls, turn)
    lost = shortfall_worth(problem, seating)
    lost[broken_posts(problem, seating)] += _MEND
    order = np.argsort([-int(lost[posts].sum()) for posts in pieces], kind="stable")
    gained = 0
    for batch in _batches(problem, calls, [pieces[i] for i in order], pool.workers):
        limit = None if seconds_left is None else min(MAX_SECONDS, seconds_left())
        if (limit is not None and limit <= 0) or (stop is not None and stop()):
            break
        cuts = [cut_piece(problem, calls, seating, posts) for posts in batch]
        solve = partial(solve_piece, seconds=limit, nodes=MAX_NODES)
        for index, taken in pool.map_pieces(solve, cuts, stop=stop):
            broken = bool(broken_posts(problem, seating)[batch[index]].any())
            gain = _apply(problem, seating, cuts[index], taken, must=broken)
            if gain:
                gained += gain
                improved(gain)
    return gained


def improve_whole(
    problem: Problem,
    calls: Callers,
    seating: Seating,
    *,
    pool: PiecePool,
    seconds: float | None,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Solve the whole problem as one piece; return by how much the objective fell.

    What no piece and no chain finds, because a choice at one end of town pays at the other, this
    does; it is for towns, and hopeless for a city (measured: docs/planning.md).

    Parameters
    ----------
    seconds : float, optional
        Limit; without it a limit in nodes, and the result is repeatable.
    """
    piece = cut_piece(problem, calls, seating, np.arange(problem.num_posts))
    nodes = MAX_NODES if seconds is None else None
    solve = partial(solve_piece, seconds=seconds, nodes=nodes, from_now=True)
    gained = 0
    for _, taken in pool.map_pieces(solve, [piece], stop=stop):
        gained += _apply(problem, seating, piece, taken, must=False)
    return gained


def _apply(
    problem: Problem,
    seating: Seating,
    piece: Piece,
    taken: NDArray[np.bool_] | None,
    *,
    must: bool,
) -> int:
    """Put an answer back that is better, or that must be taken; return the gain."""
    if taken is None:
        return 0
    gain = worth(piece, taken) - worth(piece, piece.now)
    if gain <= 0 and not must:
        return 0
    put_back(problem, seating, piece, taken)
    return gain


def _batches(
    problem: Problem, calls: Callers, pieces: list[NDArray[np.int64]], workers: int
) -> Iterator[list[NDArray[np.int64]]]:
    """Take the pieces in order, `workers` at a time, such that those of a batch share nobody."""
    waiting = list(pieces)
    people = [_people(problem, calls, posts) for posts in waiting]
    while waiting:
        chosen, busy = [0], people[0].copy()
        for i in range(1, len(waiting)):
            if len(chosen) == workers:
                break
            if not (busy & people[i]).any():
                chosen.append(i)
                busy |= people[i]
        yield [waiting[i] for i in chosen]
        for i in reversed(chosen):
            del waiting[i], people[i]


def _people(problem: Problem, calls: Callers, posts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(P,) who may work on some of the posts."""
    mask = np.zeros(problem.num_people, np.bool_)
    for q in posts:
        first, last = calls.start[problem.post_start[q]], calls.start[problem.post_start[q + 1]]
        mask[problem.row_person[calls.row[first:last]]] = True
    return mask
