"""Cliques of shifts that are too close to each other: exactly the pairs that H3 forbids."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from tiny_city import (
    availability_table,
    demand_table,
    people_table,
    random_scenario,
    shifts_table,
    tiny_scenario,
)

from dispatch.chains import callers
from dispatch.piece_model import rest_cliques, solve_piece
from dispatch.pieces import cut_piece
from dispatch.problem import encode
from dispatch.schedules import may_follow
from dispatch.seating import Seating


def whole(problem):
    return cut_piece(
        problem, callers(problem), Seating.empty(problem), np.arange(problem.num_posts)
    )


def long_day():
    """A long shift clashes with an early and with a late one, which do not clash."""
    shifts = shifts_table(
        ("early", "2026-11-27 06:00", "2026-11-27 08:00"),
        ("late", "2026-11-27 17:00", "2026-11-27 19:00"),
        ("long", "2026-11-27 07:00", "2026-11-27 20:00"),
    )
    return tiny_scenario(
        shifts=shifts,
        people=people_table({"person_id": "li", "tier": "auxiliary"}),
        availability=availability_table(*(("li", s, 0) for s in ("early", "late", "long"))),
        demand=demand_table(*(("haiwei", s, "auxiliary", (1,)) for s in ("early", "late", "long"))),
    )


def test_cliques_hold_every_clash_and_nothing_else():
    clashes = 0
    for scenario in (long_day(), *(random_scenario(seed, shifts=6) for seed in range(40))):
        problem = encode(scenario)
        if not problem.arc_line.size:
            continue
        piece = whole(problem)
        clique, arc = rest_cliques(piece)
        found = set()
        for c in np.unique(clique):
            members = sorted(arc[clique == c].tolist())
            assert len(members) == len(set(members))
            found |= set(combinations(members, 2))
        row = piece.row
        wanted = set()
        for a, b in combinations(range(row.size), 2):
            if piece.row_person[row[a]] != piece.row_person[row[b]]:
                continue
            shifts = piece.row_shift[row[a]], piece.row_shift[row[b]]
            if row[a] == row[b] or not may_follow(*shifts, piece.shift_prev):
                wanted.add((a, b))
        assert found == wanted
        clashes += len(wanted)
    assert clashes > 0


def test_the_early_and_the_late_shift_beat_the_long_one():
    taken = solve_piece(whole(encode(long_day())), None, None)
    assert taken.sum() == 2
