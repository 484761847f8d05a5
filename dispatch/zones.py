"""Zones of the city that share nobody, so that each can be improved in a thread of its own.

Stations that share volunteers lie side by side, so zones are grown over the graph of stations that
share people. Whoever may work in two zones stands still while the zones are improved; the next turn
grows other zones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem


class Zone(NamedTuple):
    """A part of the city.

    Attributes
    ----------
    problem : Problem
        The whole problem in which everybody who is not of this zone alone is pinned.
    lines : (L,) bool
        Lines of the zone.
    supervisors : (n,) int64
        Staff of the zone.
    """

    problem: Problem
    lines: NDArray[np.bool_]
    supervisors: NDArray[np.int64]


def cut_zones(problem: Problem, count: int, turn: int) -> list[Zone]:
    """Cut the city into `count` zones of about as many arcs each.

    Parameters
    ----------
    turn : int
        Other turns grow other zones.
    """
    station = problem.post_station[problem.line_post]
    zone_of_station = _grow(problem, station, count, turn)
    zone_of_line = zone_of_station[station]
    person = np.repeat(problem.row_person, np.diff(problem.arc_start))
    zone_of_arc = zone_of_line[problem.arc_line]
    first = np.full(problem.num_people, count, np.int64)
    last = np.full(problem.num_people, -1, np.int64)
    np.minimum.at(first, person, zone_of_arc)
    np.maximum.at(last, person, zone_of_arc)
    home = np.where(first == last, first, -1)
    return [
        Zone(
            problem._replace(row_forced=problem.row_forced | (home[problem.row_person] != zone)),
            zone_of_line == zone,
            np.flatnonzero(problem.is_staff & (home == zone)),
        )
        for zone in range(count)
    ]


def _grow(
    problem: Problem, station_of_line: NDArray[np.int32], count: int, turn: int
) -> NDArray[np.int64]:
    """(stations,) zone of each station, grown from one end of the graph of shared people."""
    num = int(station_of_line.max(initial=-1)) + 1
    person = np.repeat(problem.row_person, np.diff(problem.arc_start))
    at = sp.coo_array(
        (np.ones(person.size, np.int32), (person, station_of_line[problem.arc_line])),
        shape=(problem.num_people, num),
    ).tocsr()
    load: NDArray[np.int64] = np.asarray(at.sum(axis=0)).ravel()
    at.data[:] = 1
    shared = (at.T @ at).toarray().astype(np.float64)
    np.fill_diagonal(shared, 0)
    zone = np.full(num, count - 1, np.int64)
    left = np.ones(num, np.bool_)
    for z in range(count - 1):
        share = load[left].sum() / (count - z)
        # Start where fewest people lead elsewhere; turns start elsewhere.
        ends = np.flatnonzero(left)
        order = ends[np.argsort(shared[ends][:, left].sum(axis=1), kind="stable")]
        grown = [int(order[turn * 7 % order.size])]
        left[grown[0]] = False
        total = load[grown[0]]
        pull = shared[grown[0]].copy()
        while total < share and left.any():
            inside = np.flatnonzero(left)
            nxt = int(inside[np.argmax(pull[inside])])
            left[nxt] = False
            grown.append(nxt)
            total += load[nxt]
            pull += shared[nxt]
        zone[grown] = z
    return zone
