"""The baseline: heaviest place first, nearest suitable person.

What a careful dispatcher does by hand, and what a plan is compared with. Officers and auxiliaries
come first: the n-th supervisor of a post is worth the own place and the volunteers who may then
stand there (the n-th `volunteers_per_supervisor` heaviest places). Volunteers follow by the weight
of their places; the first ones of a post come together or not at all. All rules are kept; nothing
is ever taken back for something better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.greedy_kernel import ANY_STAFF, ANY_VOLUNTEER, Board, State, fill, put
from dispatch.problem import STAFF, SUPERVISED, Problem, encode
from dispatch.roster import ROSTER_COLUMNS
from grid.errors import ScenarioError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

    Order = tuple[NDArray[np.int64], NDArray[np.int64]]


def greedy_roster(scenario: Scenario) -> pd.DataFrame:
    """Fill the heaviest places first, each with the nearest suitable person.

    Returns
    -------
    DataFrame
        A roster, `ROSTER_COLUMNS`, that keeps H1-H9, sorted by its columns.

    Raises
    ------
    ScenarioError
        When this simple way finds no supervisor or companions for somebody who is pinned.
    """
    problem = encode(scenario)
    board, state = _board(problem), _empty(problem)
    for row in np.flatnonzero(problem.row_forced):
        put(board, state, row, problem.arc_line[problem.arc_start[row]], 1)
    fill(board, state, *_beside_the_pinned(problem, state))
    fill(board, state, *_staff(problem))
    fill(board, state, *_volunteers(problem))
    if _wanting(problem, state).any():
        raise ScenarioError(
            "Expected supervisors and companions for everybody who is pinned, found none for some."
        )
    rows = np.flatnonzero(state.chosen >= 0)
    people, demand = scenario.people["person_id"], scenario.demand[list(ROSTER_COLUMNS[1:])]
    roster = demand.iloc[problem.line_of[state.chosen[rows]]].reset_index(drop=True)
    person = problem.person_of[board.row_person[rows]]
    roster.insert(0, "person_id", people.iloc[person].reset_index(drop=True))
    return roster.sort_values(list(ROSTER_COLUMNS), ignore_index=True)


def _board(problem: Problem) -> Board:
    order = np.lexsort((problem.arc_cost, problem.arc_line))
    arc_row = np.repeat(np.arange(problem.row_shift.size), np.diff(problem.arc_start))
    people = np.arange(problem.num_people)
    return Board(
        arc_first=np.searchsorted(problem.arc_line[order], np.arange(problem.num_lines + 1)),
        arc_row=arc_row[order],
        row_person=np.repeat(people, np.diff(problem.row_start)),
        row_start=problem.row_start,
        row_shift=problem.row_shift,
        shift_prev=problem.shift_prev,
        max_shifts=problem.max_shifts,
        line_kind=problem.line_kind,
        line_required=problem.line_required,
        place_start=problem.place_start,
        place_value=problem.place_value,
        line_post=problem.line_post,
        post_start=problem.post_start,
        seats=problem.seats,
        min_volunteers=problem.min_volunteers,
    )


def _empty(problem: Problem) -> State:
    heads = (np.zeros(problem.num_posts, np.int64) for _ in range(3))
    return State(
        np.full(problem.row_shift.size, -1, np.int64),
        np.zeros(problem.num_people, np.int64),
        np.zeros(problem.num_lines, np.int64),
        *heads,
    )


def _wanting(problem: Problem, state: State) -> NDArray[np.bool_]:
    """Find posts at which H6 or H7 is not kept yet: only beside people who are pinned."""
    alone = (state.volunteers > 0) & (state.volunteers < problem.min_volunteers)
    return alone | (state.supervised > problem.seats * state.supervisors)


def _beside_the_pinned(problem: Problem, state: State) -> Order:
    """Supervisors, then companions, for volunteers who are pinned."""
    posts = np.flatnonzero(_wanting(problem, state))
    companions = np.maximum(problem.min_volunteers - state.volunteers[posts], 0)
    seats = state.supervised[posts] + companions
    supervisors = -(-seats // max(1, problem.seats)) - state.supervisors[posts]
    staff = np.repeat(posts, np.maximum(supervisors, 0))
    pairs = posts[companions > 0]
    return (
        np.concatenate((staff, pairs)),
        np.repeat([ANY_STAFF, ANY_VOLUNTEER], [staff.size, pairs.size]),
    )


def _staff(problem: Problem) -> Order:
    """Supervisors by what they are worth: the own place, and those of the volunteers they lead."""
    own_post, own, own_nth = _ranked_places(problem, STAFF)
    led_post, led, led_nth = _ranked_places(problem, SUPERVISED)
    longest = int(own_nth.max(initial=-1)) + 1
    worth = np.zeros((problem.num_posts, longest), np.int64)
    worth[own_post, own_nth] = own
    leader = led_nth // problem.seats if problem.seats else np.full(led_nth.size, longest)
    can = leader < longest
    np.add.at(worth, (led_post[can], leader[can]), led[can])
    entries = worth[own_post, own_nth]
    post = own_post[np.lexsort((own_post, -entries))]
    return post, np.full(post.size, ANY_STAFF, np.int64)


def _ranked_places(problem: Problem, kind: int) -> tuple[NDArray[np.int64], ...]:
    """Post, value, and rank by falling value in its post, of the places of one kind."""
    line = np.repeat(np.arange(problem.num_lines), problem.line_required)
    of_kind = problem.line_kind[line] == kind
    post, value = problem.line_post[line][of_kind].astype(np.int64), problem.place_value[of_kind]
    order = np.lexsort((-value, post))
    post, value = post[order], value[order]
    return post, value, np.arange(post.size) - np.searchsorted(post, post)


def _volunteers(problem: Problem) -> Order:
    """Places of volunteers, the heaviest first."""
    line = np.repeat(np.arange(problem.num_lines), problem.line_required)
    theirs = np.flatnonzero(problem.line_kind[line] != STAFF)
    order = theirs[np.lexsort((theirs, -problem.place_value[theirs]))]
    return problem.line_post[line[order]].astype(np.int64), line[order]
