"""From a roster to the remedies of its short lines: the compiled search, put together by line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from dispatch.funnel import Funnel, funnel
from dispatch.funnel_kernel import NUM_FIXES
from dispatch.remedies import (
    CHANGES,
    EFFORT,
    MOVE_EFFORT,
    NOBODY,
    Key,
    Line,
    Part,
    PostState,
    Remedy,
    Search,
)
from dispatch.remedy_kernel import FREE, HOLE, NUM_ENDS, find_chains
from dispatch.rules import Tier
from dispatch.standing import LINE, Standing, stand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Depth:
    """How far the search for one chain goes.

    Attributes
    ----------
    max_lines : int
        Lines that it may meet.
    max_moves : int
        People moved from one place to another.
    max_ways : int
        Ways to fill each place that are combined with each other.
    max_remedies : int
        Remedies for each line.
    """

    max_lines: int
    max_moves: int
    max_ways: int
    max_remedies: int


SHALLOW: Final = Depth(16, 2, 3, 1)
"""For every short line of a city, in some seconds."""

DEEP: Final = Depth(4000, 5, 100, 100)
"""For one line that somebody asks about."""

_BATCH: Final = 2_000
"""Lines whose chains are searched for at a time."""
_NO_WAY: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Survey:
    """A roster looked at: who could fill what.

    Attributes
    ----------
    scenario : Scenario
        With a line of no place for a supervisor on every post that has none.
    num_lines : int
        Lines of the scenario as it was given; they come first.
    keys : list of Key
    standing : Standing
    found : Funnel
    """

    scenario: Scenario
    num_lines: int
    keys: list[Key]
    standing: Standing
    found: Funnel

    @classmethod
    def of(cls, scenario: Scenario, roster: pd.DataFrame, workers: int = 1) -> Survey:
        """Survey a roster that keeps H1-H9, on so many threads."""
        full = _with_places_for_supervisors(scenario)
        keys = list(zip(*(full.demand[name].tolist() for name in LINE), strict=True))
        standing = stand(full, roster, workers)
        return cls(full, len(scenario.demand), keys, standing, funnel(standing, workers))

    @property
    def missing(self) -> NDArray[np.int64]:
        """(L,) unfilled places of each line."""
        required = np.diff(self.standing.place_start)
        return np.maximum(0, required - self.standing.line_heads)

    def remedies(
        self, wanted: NDArray[np.int64], depth: Depth, workers: int = 1
    ) -> Iterator[tuple[int, bool, list[Remedy]]]:
        """Look for remedies of short lines.

        Parameters
        ----------
        wanted : (n,) int64
        depth : Depth
        workers : int
            Threads that search for chains; what is found does not depend on it.

        Yields
        ------
        line : int
        now : bool
            Whether somebody could be added as things stand.
        remedies : list of Remedy
            Best first; at least one.
        """
        standing, missing = self.standing, self.missing
        volunteers = wanted[~standing.line_staffed[wanted]]
        post = np.isin(standing.line_post, standing.line_post[volunteers])
        beside = post & (standing.line_staffed | (missing > 0))
        beside[wanted] = True
        lines = np.flatnonzero(beside)
        lines = lines[np.argsort(standing.line_post[lines], kind="stable")]
        is_wanted = np.isin(lines, wanted).tolist()
        hazardous = self.hazardous()[lines].tolist()
        of_post = standing.line_post[lines].tolist()
        search = Search(self.keys, standing.seats, standing.min_volunteers, depth.max_remedies)
        found: dict[int, tuple[bool, list[Remedy]]] = {}
        ways = zip(self._lines(lines, depth, workers), of_post, is_wanted, hazardous, strict=True)
        for _, group in groupby(ways, key=itemgetter(1)):
            of_group = list(group)
            state = self._post([(line, never) for line, _, _, never in of_group])
            for line, _, asked, never in of_group:
                if not asked:
                    continue
                if never:
                    found[line.number] = False, [Remedy(obstacle="hazardous")]
                elif standing.line_staffed[line.number]:
                    found[line.number] = search.staff_line(line)
                else:
                    found[line.number] = search.volunteer_line(line, state)
        for number in wanted.tolist():
            yield number, *found[number]

    def cheapest_move(self, line: int) -> tuple[int, int] | None:
        """Find who could be moved to a line from another, and leave that open, at the least loss.

        Returns
        -------
        person, line : int
            None where nobody may leave; whether it pays is another question.
        """
        moves, person, row, _, _, _ = find_chains(
            self.standing, self.found, np.array([line]), DEEP.max_lines, 1
        )
        if moves[0, HOLE] < 1:
            return None
        return int(person[0, HOLE, 0]), int(self.standing.work_line[row[0, HOLE, 0]])

    def hazardous(self) -> NDArray[np.bool_]:
        """(L,) say which lines are volunteers' in a hazardous role: never to be filled (H8)."""
        roles = self.scenario.roles
        barred = roles["hazardous"] & (roles["tier"] == Tier.VOLUNTEER)
        flags: NDArray[np.bool_] = barred.to_numpy(np.bool_)[self.standing.line_role]
        return flags

    def seats(self, line: int) -> int:
        """Return how many more supervised volunteers the post of a line has room for (H6)."""
        standing = self.standing
        post = standing.line_post[line]
        seats = standing.seats * int(standing.post_supervisors[post])
        return seats - int(standing.post_supervised[post])

    def _post(self, lines: list[tuple[Line, bool]]) -> PostState:
        """Put together what is known of a post: its lines, and which must never be filled (H8)."""
        standing = self.standing
        number = lines[0][0].number
        volunteers = int(standing.post_volunteers[standing.line_post[number]])
        state = PostState(self.seats(number), volunteers, [], [])
        for line, never in lines:
            if standing.line_staffed[line.number]:
                state.staff.append(line)
            elif not (never or line.is_full):
                state.short.insert(len(state.short) if line.supervised else 0, line)
        return state

    def _lines(self, lines: NDArray[np.int64], depth: Depth, workers: int) -> Iterator[Line]:
        """Give lines with every way to fill one more place of each.

        Chains of the next lines are searched for while those of the first are put together.
        """
        batches = [lines[i : i + _BATCH] for i in range(0, lines.size, _BATCH)]
        if workers == 1 or len(batches) < 2:
            for batch in batches:
                yield from self._put_together(batch, self._chains(batch, depth), depth.max_ways)
            return
        with ThreadPoolExecutor(workers) as threads:
            running = threads.map(lambda batch: self._chains(batch, depth), batches)
            for batch, chains in zip(batches, running, strict=True):
                yield from self._put_together(batch, chains, depth.max_ways)

    def _chains(self, lines: NDArray[np.int64], depth: Depth) -> tuple[NDArray[Any], ...]:
        chains: tuple[NDArray[Any], ...] = find_chains(
            self.standing, self.found, lines, depth.max_lines, depth.max_moves
        )
        return chains

    def _put_together(
        self, lines: NDArray[np.int64], chains: tuple[NDArray[Any], ...], max_ways: int
    ) -> Iterator[Line]:
        """Give lines with their best ways: people free, chains, people one change away."""
        standing, found = self.standing, self.found
        best, efforts, costs = (
            table.tolist() for table in _best_ways(found, lines, chains, max_ways)
        )
        moves, person, row, last, last_m, _ = (table.tolist() for table in chains)
        free, fix, fix_m = (
            table.tolist()
            for table in (found.free[lines], found.fix[lines, :, 1], found.fix_m[lines, :, 1])
        )
        num_free, work_line = found.free.shape[1], standing.work_line
        left_by = work_line[np.maximum(chains[2], 0)].tolist() if work_line.size else row
        start, value = standing.place_start, standing.place_value
        begins = np.minimum(start[lines] + standing.line_heads[lines], start[lines + 1]).tolist()
        ends, supervised = start[lines + 1].tolist(), standing.line_supervised[lines].tolist()
        recruit_cost, recruit_effort = int(self.scenario.costs.extra_shift[0]), EFFORT["recruit"]
        for q, number in enumerate(lines.tolist()):
            parts = []
            for way, effort, cost in zip(best[q], efforts[q], costs[q], strict=True):
                end, change = way - num_free, way - num_free - NUM_ENDS
                if effort == _NO_WAY:
                    break
                if end < 0:
                    part = Part(number, (), free[q][way], "", -1, cost, 0.0, effort)
                elif change < 0:
                    n = moves[q][end]
                    movers = tuple(zip(person[q][end][:n], left_by[q][end][:n], strict=True))
                    hole = movers[-1][1] if end == HOLE else -1
                    kind = CHANGES[end - 1] if FREE < end < HOLE else ""
                    part = Part(
                        number, movers, last[q][end], kind, hole, cost, last_m[q][end], effort
                    )
                else:
                    part = Part(
                        number,
                        (),
                        fix[q][change],
                        CHANGES[change],
                        -1,
                        cost,
                        fix_m[q][change],
                        effort,
                    )
                parts.append(part)
            parts.append(Part(number, (), NOBODY, "recruit", -1, recruit_cost, 0.0, recruit_effort))
            yield Line(number, supervised[q], value[begins[q] : ends[q]].tolist(), parts)


def _best_ways(
    found: Funnel, lines: NDArray[np.int64], chains: tuple[NDArray[Any], ...], max_ways: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Rank the ways to fill one more place of each line by effort and cost.

    Returns
    -------
    way, effort, cost : (lines, at most max_ways)
        Best first. Ways are numbered: people free, ends of chains, people one change away. The
        effort is `_NO_WAY` where there are no more.
    """
    moves, costs = chains[0], chains[5]
    asked = np.array([EFFORT[change] for change in CHANGES[:NUM_FIXES]])
    moving = moves >= 0
    moving[:, FREE] = moves[:, FREE] > 0  # those who are free have ways of their own
    of_end = np.concatenate(([0.0], asked, [0.0]))
    is_hole = np.arange(NUM_ENDS) == HOLE
    free, fix = found.free[lines], found.fix[lines, :, 1]
    effort = np.concatenate(
        (
            np.zeros(free.shape),
            of_end + MOVE_EFFORT * (moves + is_hole),
            np.broadcast_to(asked, fix.shape),
        ),
        axis=1,
    )
    there = np.concatenate((free >= 0, moving, fix >= 0), axis=1)
    cost = np.concatenate(
        (
            np.where(free >= 0, found.free_cost[lines], 0).astype(np.int64),
            costs,
            np.where(fix >= 0, found.fix_cost[lines, :, 1], 0).astype(np.int64),
        ),
        axis=1,
    )
    effort[~there] = _NO_WAY
    way = np.lexsort((cost, effort), axis=1)[:, :max_ways]
    return way, np.take_along_axis(effort, way, 1), np.take_along_axis(cost, way, 1)


def _with_places_for_supervisors(scenario: Scenario) -> Scenario:
    """Add a line of no place to posts without any staff line, so that a supervisor can be found.

    Its role is the first of auxiliaries (or else of officers) that asks for nothing special.
    """
    staff = [
        (len(role["professions"]) + len(role["qualifications"]), role["tier"], role["role"])
        for role in scenario.roles.to_dict("records")
        if role["tier"] != Tier.VOLUNTEER
    ]
    if not staff:
        return scenario
    plain = min(staff)[2]  # "auxiliary" comes before "officer"
    demand = scenario.demand
    staffed = demand["role"].isin([role for _, _, role in staff])
    has_staff = staffed.groupby([demand["beat_id"], demand["shift_id"]], sort=False).any()
    bare = [(*post, plain, 0, ()) for post in has_staff.index[~has_staff]]
    if not bare:
        return scenario
    more = pd.DataFrame(bare, columns=[*LINE, "required", "weight"])
    return replace(scenario, demand=pd.concat([demand, more], ignore_index=True))
