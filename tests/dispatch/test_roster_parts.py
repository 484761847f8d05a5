"""Construction, chains and pieces: counts agree, gains are what the objective says, rules hold."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oracle import optimum, with_pins
from tiny_city import demand_table, people_table, random_scenario, tiny_scenario

from dispatch import improvement
from dispatch.bound import Ascent, Relaxation
from dispatch.chains import callers, improve_by_chains
from dispatch.construction import Guide, construct
from dispatch.dive import dive
from dispatch.exact import solve_exactly
from dispatch.executors import PiecePool
from dispatch.piece_model import solve_piece
from dispatch.pieces import cut_piece, put_back, worth
from dispatch.problem import STAFF, SUPERVISED, encode
from dispatch.schedules import may_follow
from dispatch.seating import Seating, objective
from dispatch.transfers import improve_by_transfers
from dispatch.zones import cut_zones


def cities(count, people=12):
    for seed in range(count):
        scenario = random_scenario(1_000 + seed, people=people)
        if seed % 2:
            scenario = with_pins(scenario, random.Random(seed))
        problem = encode(scenario)
        if problem.num_lines and problem.num_people:
            yield scenario, problem


def constructed(problem, calls):
    with ThreadPoolExecutor(1) as threads:
        relaxation = Relaxation(problem, threads, 1)
        ascent = Ascent(relaxation)
        ascent.climb(30, 1.0, 0.01)
        guide = Guide(ascent.best.line, ascent.post_tolls(), ascent.filled, problem)
        drawn, filled = dive(ascent)
        guide = guide._replace(drawn=drawn, filled=filled)
        return construct(problem, calls, guide, relaxation.forced, seed=0)


def assert_lawful(problem, seating):
    """Assert that the counts are true and that H3, H4, H6, H7 and H9 hold."""
    busy = np.flatnonzero(seating.row_line >= 0)
    line = seating.row_line[busy]
    filled = np.bincount(line, minlength=problem.num_lines)
    assert np.array_equal(filled, seating.filled)
    assert (filled <= problem.line_required).all()
    for counted, kinds in (
        (seating.supervisors, [STAFF]),
        (seating.supervised, [SUPERVISED]),
        (seating.volunteers, [1, 2]),
    ):
        mine = np.isin(problem.line_kind[line], kinds)
        truth = np.bincount(problem.line_post[line[mine]], minlength=problem.num_posts)
        assert np.array_equal(truth, counted)
    assert (seating.supervised <= problem.seats * seating.supervisors).all()
    alone = (seating.volunteers > 0) & (seating.volunteers < problem.min_volunteers)
    assert not alone.any()
    taken = np.bincount(problem.row_person[busy], minlength=problem.num_people)
    assert np.array_equal(taken, seating.taken)
    assert (taken <= problem.max_shifts).all()
    for a, b in itertools.pairwise(busy):
        if problem.row_person[a] == problem.row_person[b]:
            assert may_follow(problem.row_shift[a], problem.row_shift[b], problem.shift_prev)
    for row in busy:
        arcs = slice(problem.arc_start[row], problem.arc_start[row + 1])
        at = np.flatnonzero(problem.arc_line[arcs] == seating.row_line[row])
        assert problem.arc_cost[arcs][at[0]] == seating.row_cost[row]


def test_constructed_rosters_keep_every_rule():
    for _, problem in cities(25):
        assert_lawful(problem, constructed(problem, callers(problem)))


def test_chains_gain_what_they_say_and_keep_every_rule():
    gained, rng = 0, np.random.default_rng(2)
    for _, problem in cities(25):
        calls = callers(problem)
        if problem.row_forced.any():
            continue  # an empty roster would break the pins
        seating = Seating.empty(problem)
        supervisors = problem.line_kind == STAFF
        price = rng.integers(0, 5_000, problem.num_lines)
        improve_by_chains(problem, calls, seating, price, lines=supervisors)
        before = objective(problem, seating)
        gain = improve_by_chains(problem, calls, seating, price)
        assert objective(problem, seating) == before - gain
        assert gain >= 0
        gained += gain
        assert_lawful(problem, seating)
    assert gained > 0


def test_transfers_gain_what_they_say_and_keep_every_rule():
    gained, rng = 0, np.random.default_rng(4)
    for _, problem in cities(60, people=16):
        calls = callers(problem)
        seating = constructed(problem, calls)
        alone = (seating.volunteers > 0) & (seating.volunteers < problem.min_volunteers)
        if alone.any() and problem.row_forced.any():
            continue  # company for a pinned volunteer that only the exact stage finds
        people = np.flatnonzero(problem.is_staff)
        price = rng.integers(0, 5_000, problem.num_lines)
        toll = rng.integers(0, 5_000, (problem.num_posts, 2))
        before = objective(problem, seating)
        gain = improve_by_transfers(
            problem, calls, seating, price, toll, people=people, doubt=30_000
        )
        assert objective(problem, seating) == before - gain
        assert_lawful(problem, seating)
        gained += gain
    assert gained > 0


@pytest.mark.parametrize("most", [10, 9_000])
def test_pieces_gain_what_they_say_and_keep_every_rule(most, monkeypatch):
    monkeypatch.setattr(improvement, "MAX_ARCS", most)
    for _, problem in cities(25):
        calls = callers(problem)
        seating = constructed(problem, calls)
        for posts in improvement.partition(problem, calls, turn=0):
            piece = cut_piece(problem, calls, seating, posts)
            taken = solve_piece(piece, None, 200)
            before = objective(problem, seating)
            gain = worth(piece, taken) - worth(piece, piece.now)
            assert gain >= -1e-4 * abs(worth(piece, taken))
            put_back(problem, seating, piece, taken)
            assert objective(problem, seating) == before - gain
            assert_lawful(problem, seating)


def test_a_piece_of_everything_is_solved_to_the_optimum():
    for scenario, problem in cities(12, people=6):
        calls = callers(problem)
        seating = constructed(problem, calls)
        piece = cut_piece(problem, calls, seating, np.arange(problem.num_posts))
        put_back(problem, seating, piece, solve_piece(piece, None, None))
        best = optimum(scenario)[0]
        assert objective(problem, seating) == pytest.approx(best, rel=1e-4)


def test_a_piece_takes_no_half_company():
    """One volunteer for two places: half of each place would satisfy a relaxed H7."""
    scenario = tiny_scenario(
        people=people_table(
            {"person_id": "aux", "tier": "auxiliary"},
            {"person_id": "only", "tier": "volunteer", "insured_until": "2027-12-31"},
        ),
        demand=demand_table(
            ("haiwei", "morning", "auxiliary", (1,)), ("haiwei", "morning", "patrol_guard", (9, 9))
        ),
    )
    problem = encode(scenario)
    calls = callers(problem)
    piece = cut_piece(problem, calls, Seating.empty(problem), np.arange(problem.num_posts))
    taken = solve_piece(piece, None, None)
    assert not (problem.line_kind[piece.line_id[piece.line[taken]]] == SUPERVISED).any()


@pytest.mark.parametrize("most", [5, 20])
def test_every_post_is_in_one_piece_of_one_station(most, monkeypatch):
    monkeypatch.setattr(improvement, "MAX_ARCS", most)
    cut = 0
    for _, problem in cities(25):
        calls = callers(problem)
        for turn in (0, 1):
            pieces = improvement.partition(problem, calls, turn)
            posts = np.concatenate(pieces) if pieces else np.zeros(0, int)
            assert np.unique(posts).size == posts.size
            workable = np.add.reduceat(np.diff(calls.start), problem.post_start[:-1]) > 0
            assert set(np.flatnonzero(workable)) <= set(posts.tolist())
            if problem.arc_line.size > most:
                assert all(np.unique(problem.post_station[piece]).size == 1 for piece in pieces)
            cut += len(pieces) > 1
    assert cut > 0


def test_a_small_problem_is_one_piece():
    for _, problem in cities(10):
        (piece,) = improvement.partition(problem, callers(problem), turn=0)
        assert np.array_equal(piece, np.arange(problem.num_posts))


def test_small_problems_are_solved_and_proven_as_a_whole():
    for scenario, problem in cities(25, people=6):
        calls = callers(problem)
        seating = constructed(problem, calls)
        bound = solve_exactly(problem, calls, seating, seconds=None)
        assert bound == objective(problem, seating) == optimum(scenario)[0]
        assert_lawful(problem, seating)


def test_a_town_as_one_program_is_at_its_optimum():
    worse = 0
    for scenario, problem in cities(12, people=10):
        calls = callers(problem)
        pinned = problem.row_forced.any()
        seating = constructed(problem, calls) if pinned else Seating.empty(problem)
        before = objective(problem, seating)
        with PiecePool() as pool:
            gained = improvement.improve_whole(problem, calls, seating, pool=pool, seconds=None)
        best = optimum(scenario)[0]
        assert objective(problem, seating) == before - gained
        # HiGHS stops within a ten-thousandth of what the places are worth.
        assert best <= before - gained <= best + 1e-4 * problem.worst
        assert_lawful(problem, seating)
        worse += gained > 0
    assert worse > 0


def test_a_town_that_nobody_waits_for_stays_as_it_is():
    _, problem = next(cities(1, people=10))
    calls = callers(problem)
    seating = constructed(problem, calls)
    before = seating.row_line.copy()
    with PiecePool() as pool:
        assert not improvement.improve_whole(
            problem, calls, seating, pool=pool, seconds=None, stop=lambda: True
        )
    assert np.array_equal(seating.row_line, before)


def test_without_time_an_exact_search_proves_no_more_than_the_truth():
    for turn, (scenario, problem) in enumerate(cities(10, people=9)):
        calls = callers(problem)
        seating = constructed(problem, calls)
        before = objective(problem, seating)
        bound = solve_exactly(problem, calls, seating, seconds=None, work=10.0 ** (turn % 4 - 5))
        assert 0 <= bound <= optimum(scenario)[0] <= objective(problem, seating) <= before


def test_zones_share_nobody():
    cut = 0
    for _, problem in cities(12, people=30):
        for turn in range(3):
            zones = cut_zones(problem, 2, turn)
            lines = sum(zone.lines.astype(int) for zone in zones)
            assert (lines == 1).all()
            free = sum((~zone.problem.row_forced).astype(int) for zone in zones)
            assert (free <= 1).all()
            for zone in zones:
                rows = np.flatnonzero(~zone.problem.row_forced)
                for row in rows:
                    arcs = slice(problem.arc_start[row], problem.arc_start[row + 1])
                    assert zone.lines[problem.arc_line[arcs]].all()
                assert problem.is_staff[zone.supervisors].all()
                cut += rows.size > 0
    assert cut > 0
