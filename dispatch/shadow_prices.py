"""Shadow prices: where one more person helps most, and what.

The dual prices of ``prices.csv`` prove the bound, and overstate what one person brings: they are
slopes of a relaxation with many optimal duals, in which half a supervisor opens half a post. Here a
price is found from the roster: a newcomer on a line either fills an open place of it, or relieves
somebody who moves on to one, along the chains that improve a roster (`shadow_kernel.relief`). A
supervisor's place counts with the seats that it opens, as far as people who are free, or chains
that do not disturb each other, fill them. What the search does not meet is not counted.
``benchmarks/price_error.py`` measures both prices against people really added.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from dispatch.remedies import NOBODY
from dispatch.remedy_kernel import FREE, HOLE, find_chains, may_leave_holes
from dispatch.shadow_kernel import relief, single_moves
from dispatch.standing import LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dispatch.remedy_search import Survey

SHADOW_COLUMNS: Final = ("by", "key", "tier", "lines", "short", "missing", "mean", "best", "where")
"""Columns of `shadow_prices`; see there."""

_MAX_LINES, _MAX_MOVES = 64, 3
_MAX_MOVED = 8
"""People who could move to a line that are looked at: as many as a supervisor usually leads."""


def line_worth(survey: Survey) -> NDArray[np.int64]:
    """Return by how much the objective falls with one more suitable person on each line.

    The person lives at the beat, is free for the line's shift, and has no shift yet. In the order
    of ``scenario.demand``.
    """
    holes, worth = _open_places(survey)
    found = relief(survey.standing, survey.found, holes, worth, _MAX_LINES, _MAX_MOVES)
    first = survey.scenario.costs.extra_shift[0]
    values: NDArray[np.int64] = np.maximum(0, found[: survey.num_lines] - first)
    return values


def _open_places(survey: Survey) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give lines with a place that one person may take as things stand, and its worth."""
    standing, missing = survey.standing, survey.missing
    post = standing.line_post
    seats = standing.seats * standing.post_supervisors - standing.post_supervised
    company = standing.post_volunteers + 1 >= standing.min_volunteers
    volunteers = ~standing.line_staffed
    may = missing > 0
    may[volunteers] &= company[post[volunteers]]
    may[standing.line_supervised] &= seats[post[standing.line_supervised]] > 0
    may[survey.hazardous()] = False
    holes = np.flatnonzero(may)
    worth = standing.place_value[standing.place_start[holes] + standing.line_heads[holes]].copy()
    opened = _opened(survey, np.maximum(0, seats))
    worth += np.where(standing.line_staffed[holes], opened[post[holes]], 0)
    order = np.argsort(-worth, kind="stable")
    return holes[order], worth[order]


def _opened(survey: Survey, seats: NDArray[np.int64]) -> NDArray[np.int64]:
    """Worth of the seats that one more supervisor opens on each post, for people who are free."""
    standing, missing, found = survey.standing, survey.missing, survey.found
    worth = np.zeros(seats.size, np.int64)
    wanted = standing.line_supervised & (missing > 0) & ~survey.hazardous()
    lines = np.flatnonzero(wanted)
    chains = find_chains(standing, found, lines, _MAX_LINES, _MAX_MOVES)
    moves = single_moves(standing, found, lines, may_leave_holes(standing), _MAX_MOVED)
    by_post: dict[int, list[_Way]] = {}
    for q, line in enumerate(lines.tolist()):
        first = standing.place_start[line] + standing.line_heads[line]
        values = tuple(standing.place_value[first : standing.place_start[line + 1]].tolist())
        ways = [*_ways(survey, line, values, chains, q), *_moved(survey, line, values, moves, q)]
        by_post.setdefault(int(standing.line_post[line]), []).extend(ways)
    for post, some in by_post.items():
        gains = _take(some, int(seats[post]) + standing.seats)
        together = standing.post_volunteers[post] + len(gains) >= standing.min_volunteers
        worth[post] = sum(gains[int(seats[post]) :]) if together else 0
    return worth


class _Way(NamedTuple):
    """Somebody who comes to a line by moves of `people`, from a post `emptied` or from none."""

    line: int
    worths: tuple[int, ...]
    cost: int
    people: frozenset[int]
    emptied: int


def _ways(
    survey: Survey,
    line: int,
    values: tuple[int, ...],
    chains: tuple[NDArray[np.int64], ...],
    q: int,
) -> Iterator[_Way]:
    """Give who comes to a line, free or by a chain of moves, and what it costs."""
    found, work_line = survey.found, survey.standing.work_line
    post = survey.standing.line_post
    for who, cost in zip(found.free[line].tolist(), found.free_cost[line].tolist(), strict=True):
        if who >= 0:
            yield _Way(line, values, int(cost), frozenset((who,)), -1)
    moves, person, row, last, _, price = chains
    for end in (FREE, HOLE):
        if (n := int(moves[q, end])) > 0:
            people = frozenset((*person[q, end, :n].tolist(), int(last[q, end]))) - {NOBODY}
            left = int(post[work_line[row[q, end, n - 1]]]) if end == HOLE else NOBODY
            yield _Way(line, values, int(price[q, end]), people, left)


def _moved(
    survey: Survey,
    line: int,
    values: tuple[int, ...],
    moves: tuple[NDArray[np.int64], ...],
    q: int,
) -> Iterator[_Way]:
    """Give who could leave a place worth less for the line."""
    post = survey.standing.line_post[survey.standing.work_line]
    for who, row, cost in zip(*(table[q].tolist() for table in moves), strict=True):
        if who < 0 or cost >= values[0]:
            break
        yield _Way(line, values, cost, frozenset((who,)), int(post[row]))


def _take(ways: list[_Way], most: int) -> list[int]:
    """Take ways that do not disturb each other, each time the best; return what they gain."""
    heap = [(way.cost - way.worths[0], n) for n, way in enumerate(ways)]
    heapify(heap)
    used: set[int] = set()
    emptied: set[int] = set()
    taken: dict[int, int] = {}
    gains: list[int] = []
    while heap and len(gains) < most:
        loss, n = heappop(heap)
        way = ways[n]
        place = taken.get(way.line, 0)
        if way.people & used or way.emptied in emptied or place == len(way.worths):
            continue
        now = way.cost - way.worths[place]
        if now > loss:  # the better places of the line are taken by now
            heappush(heap, (now, n))
            continue
        if now >= 0:
            break
        gains.append(-now)
        used |= way.people
        emptied |= {way.emptied} - {NOBODY}
        taken[way.line] = place + 1
    return gains


def shadow_prices(survey: Survey, *, worth: NDArray[np.int64] | None = None) -> pd.DataFrame:
    """Tell where one more person helps most: by line's station, shift, role and qualification.

    Parameters
    ----------
    survey : Survey
        Of a roster that keeps H1-H9.
    worth : (L,) int64, optional
        `line_worth` of it, where it is known already.

    Returns
    -------
    DataFrame
        `SHADOW_COLUMNS`: ``by`` is ``station``, ``shift``, ``role`` or ``qualification``,
        ``key`` its id, ``tier`` that of the roles; ``lines`` and ``short`` count demand lines,
        ``missing`` their unfilled places. ``mean`` is the mean over the places missing of what one
        more suitable person brings there; ``best`` the highest of any line, and ``where`` that
        line, ``beat shift role``. By falling ``best``.
    """
    scenario = survey.scenario
    demand = scenario.demand.iloc[: survey.num_lines]
    price = line_worth(survey) if worth is None else worth
    missing = survey.missing[: survey.num_lines]
    station = dict(zip(scenario.beats["beat_id"], scenario.beats["station_id"], strict=True))
    tier = dict(zip(scenario.roles["role"], scenario.roles["tier"], strict=True))
    opens = dict(zip(scenario.roles["role"], scenario.roles["qualifications"], strict=True))
    table = demand[LINE].assign(
        price=price,
        missing=missing,
        tier=demand["role"].map(tier),
        station=demand["beat_id"].map(station),
        where=demand["beat_id"] + " " + demand["shift_id"] + " " + demand["role"],
    )[demand["required"] > 0]
    certified = table.assign(qualification=table["role"].map(opens)).explode("qualification")
    parts = [
        _grouped(table, "station", "station"),
        _grouped(table, "shift", "shift_id"),
        _grouped(table, "role", "role"),
        _grouped(certified.dropna(subset="qualification"), "qualification", "qualification"),
    ]
    whole = pd.concat(parts, ignore_index=True)[list(SHADOW_COLUMNS)]
    texts = dict.fromkeys(("by", "key", "tier", "where"), "str")
    return whole.astype(texts)


def _grouped(table: pd.DataFrame, by: str, column: str) -> pd.DataFrame:
    weighted = table.assign(
        key=table[column],
        short=(table["missing"] > 0).astype("int64"),
        sums=table["price"] * table["missing"],
    ).sort_values("price", ascending=False, kind="stable")
    groups = weighted.groupby(["key", "tier"], sort=True)
    found = groups.agg(
        lines=("price", "size"),
        short=("short", "sum"),
        missing=("missing", "sum"),
        sums=("sums", "sum"),
        best=("price", "first"),
        where=("where", "first"),
    ).reset_index()
    mean = np.rint(found["sums"] / found["missing"].clip(lower=1)).astype("int64")
    return found.assign(by=by, mean=mean).sort_values(
        ["best", "mean", "key"], ascending=[False, False, True], kind="stable"
    )
